package seednames_test

import (
	"testing"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/gate"
	"countersign/sandbox/seednames"
)

func TestTheLastThatWasSignedIsTheVote(t *testing.T) {
	entry := func(id, user, action string) auth.Entry { return auth.Entry{ID: id, UserID: user, Action: action} }
	const one, two = "POST /v2/policy-approvals/ap-1/decisions", "POST /v2/policy-approvals/ap-2/decisions"
	reason := "within policy"
	approvals := map[string]gate.Approval{
		"ap-1": {Decisions: []gate.Decision{{UserID: "us-bot", Value: gate.Approved, Reason: &reason}, {UserID: "us-ana", Value: gate.Denied}}},
		"ap-2": {},
	}
	got, err := seednames.Decisions([]auth.Entry{
		entry("uj-1", "us-bot", one), entry("uj-2", "us-ana", "POST /wallets"), entry("uj-3", "us-bot", one),
		entry("uj-4", "us-bot", two), entry("uj-5", "us-ana", one),
	}, func(id string) (gate.Approval, error) { return approvals[id], nil })
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ id, approval, decision string }{
		{"uj-1", "ap-1", "Abstain"}, {"uj-3", "ap-1", "Approve"}, {"uj-4", "ap-2", "Abstain"}, {"uj-5", "ap-1", "Reject"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d decisions, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].ID != w.id || got[i].ApprovalID != w.approval || got[i].Decision != w.decision {
			t.Errorf("item %d = %+v, want %+v", i, got[i], w)
		}
	}
	if got[1].Reason == nil || *got[1].Reason != reason || got[0].Reason != nil {
		t.Errorf("reasons = %v and %v, want none and %q", got[0].Reason, got[1].Reason, reason)
	}
}

func TestValue(t *testing.T) {
	for word, want := range map[string]string{"Approve": "Approved", "reject": "Denied", "ABSTAIN": "Abstain", "Approved": "Approved", "maybe": "maybe"} {
		if got := seednames.Value(word); got != want {
			t.Errorf("Value(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	start, end, err := seednames.Span("2026-05-01", "2026-05-31")
	if err != nil || start.Format(time.RFC3339) != "2026-05-01T00:00:00Z" || end.Format("2006-01-02T15:04:05.000") != "2026-05-31T23:59:59.999" {
		t.Errorf("Span = %s to %s (%v), want the whole of May", start, end, err)
	}
	if start, end, err := seednames.Span("", ""); err != nil || start.After(time.Unix(0, 0)) || end.Before(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("Span of nothing = %s to %s (%v), want all of time", start, end, err)
	}
	for _, bad := range []string{"yesterday", "2026-13-01"} {
		if _, _, err := seednames.Span(bad, ""); err == nil {
			t.Errorf("Span(%q) was taken", bad)
		}
		if _, _, err := seednames.Span("", bad); err == nil {
			t.Errorf("Span to %q was taken", bad)
		}
	}
}
