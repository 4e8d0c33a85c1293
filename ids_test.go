package countersign_test

import (
	"errors"
	"strings"
	"testing"

	"countersign"
)

func TestCheckID(t *testing.T) {
	for _, tt := range []struct {
		name, id string
		ok       bool
	}{
		{"a custodian's ID", "ap-01234-56789-abcdefghijklmnop", true},
		{"every character that is allowed", "AZaz09-_.:", true},
		{"one character", "x", true},
		{"128 characters", strings.Repeat("a", 128), true},
		{"dots between", "a.b.c", true},
		{"129 characters", strings.Repeat("a", 129), false},
		{"a megabyte", strings.Repeat("a", 1<<20), false},
		{"empty", "", false},
		{"space", "a b", false},
		{"space at the end", "a ", false},
		{"slash", "a/b", false},
		{"backslash", `a\b`, false},
		{"this directory", ".", false},
		{"parent directory", "..", false},
		{"climbing", "a..b", false},
		{"percent", "a%2fb", false},
		{"query", "a?b", false},
		{"fragment", "a#b", false},
		{"newline", "a\nb", false},
		{"NUL", "a\x00b", false},
		{"quote", `a"b`, false},
		{"other letters", "ä", false},
		{"letters that look like ours", "аp-1", false}, // Cyrillic а
		{"broken UTF-8", "a\xff", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := countersign.CheckID(tt.id)
			if tt.ok != (err == nil) || (err != nil && !errors.Is(err, countersign.ErrID)) {
				t.Errorf("CheckID(%.80q) = %v, want ok %t", tt.id, err, tt.ok)
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{countersign.DecisionKey("ap-1", "us-1"), "approval/ap-1/decision/us-1"},
		{countersign.PostKey("ap-1", "us-1"), "approval/ap-1/post/us-1"},
		{countersign.OutcomeKey("ap-1"), "approval/ap-1/outcome"},
		{countersign.EventKey("we-1"), "event/we-1"},
	} {
		if tt.got != tt.want {
			t.Errorf("key = %q, want %q: it names a record for ever", tt.got, tt.want)
		}
	}
}

func TestReasonCodeValid(t *testing.T) {
	for _, tt := range []struct {
		name string
		code countersign.ReasonCode
		want bool
	}{
		{"ours", countersign.WithinPolicy, true},
		{"a book's own", "sanctions_hit_2", true},
		{"64 characters", countersign.ReasonCode(strings.Repeat("a", 64)), true},
		{"65 characters", countersign.ReasonCode(strings.Repeat("a", 65)), false},
		{"empty", "", false},
		{"upper case", "Within_policy", false},
		{"dash", "within-policy", false},
		{"space", "within policy", false},
		{"dot within", "a.b", false},
		{"other letters", "größe", false},
		{"newline", "a\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.code.Valid(); got != tt.want {
				t.Errorf("Valid(%q) = %t, want %t", tt.code, got, tt.want)
			}
		})
	}
}

func TestOwnReasonCodesAreValid(t *testing.T) {
	seen := map[countersign.ReasonCode]bool{}
	for _, c := range []countersign.ReasonCode{
		countersign.WithinPolicy, countersign.DenyListed, countersign.OverCap, countersign.OverBudget,
		countersign.UnlistedRecipient, countersign.UnknownContract, countersign.UnknownFunction, countersign.UnknownAsset,
		countersign.MalformedCallData, countersign.UnreadableActivity, countersign.ContractCreation, countersign.ValueWithCall,
		countersign.SelfInitiated, countersign.NoRule, countersign.NoVerdict, countersign.RulePanic, countersign.RuleTimeout,
		countersign.EvidenceUnavailable, countersign.NotPending, countersign.ExpiresTooSoon, countersign.ChangedAfterRead,
	} {
		if !c.Valid() || seen[c] {
			t.Errorf("code %q: valid %t, seen before %t", c, c.Valid(), seen[c])
		}
		seen[c] = true
	}
}

func TestApproval(t *testing.T) {
	a := countersign.Approval{Votes: []countersign.Vote{{UserID: "us-1", Verdict: countersign.Reject}}}
	if v, ok := a.VoteOf("us-1"); !ok || v.Verdict != countersign.Reject {
		t.Errorf("VoteOf(us-1) = %v, %t", v, ok)
	}
	if v, ok := a.VoteOf("us-2"); ok {
		t.Errorf("VoteOf(us-2) = %v, want none", v)
	}
	for status, want := range map[countersign.ApprovalStatus]bool{
		countersign.StatusPending: false, countersign.StatusApproved: true, countersign.StatusDenied: true,
		countersign.StatusExpired: true, "": false, "Approved": false, "on_hold": false,
	} {
		if got := status.Final(); got != want {
			t.Errorf("%q is final: %t, want %t", status, got, want)
		}
	}
}
