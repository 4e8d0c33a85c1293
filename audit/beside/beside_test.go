package beside_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/beside"
	"countersign/audit/booked"
	"countersign/audit/screened"
	"countersign/audit/swept"
)

func digest(c string) string { return strings.Repeat(c, 64) }

// Whatever the types of records say is kept beside the trail is named, and nothing else is.
func TestWhatRecordsName(t *testing.T) {
	for _, tt := range []struct {
		kind audit.Type
		body any
		want []string
	}{
		{audit.DecisionIntent, audit.Intent{
			Snapshot: digest("1"), CallHash: digest("2"), Tree: digest("3"), Rules: audit.Rules{Digest: digest("4")}, Trigger: &audit.Trigger{Digest: digest("5")},
			Evidence: []audit.Evidence{{Kind: "screening", Asked: "sha256:" + digest("b"), Digest: digest("a")}, {Kind: "wallet", Asked: "{}", Digest: digest("c")}},
			Shadow:   &audit.Shadow{Evidence: []audit.Evidence{{Kind: "list", Digest: digest("d")}}},
		}, []string{digest("a"), digest("b"), digest("c"), "list " + digest("d")}},
		{audit.HumanDecided, audit.HumanDecision{Decision: digest("a"), Log: digest("b")}, []string{digest("a"), digest("b")}},
		{audit.AlarmRaised, audit.Alarm{Evidence: digest("a")}, []string{digest("a")}},
		{screened.ApprovalRescreened, screened.Rescreened{Report: digest("a"), Lists: []screened.List{{Digest: digest("b")}}}, []string{digest("a")}},
		{booked.DepositDoubtful, booked.Deposit{Evidence: digest("a"), Step: digest("b")}, []string{digest("a")}},
		{booked.DepositBooked, booked.Deposit{}, nil},
		{booked.SettlementOpened, booked.Settlement{RequestDigest: digest("a"), Held: booked.Booking{Step: digest("b")}}, []string{digest("a")}},
		{booked.SettlementSubmitted, booked.Submission{Answer: digest("a")}, []string{digest("a")}},
		{booked.SettlementSettled, booked.Settled{Evidence: digest("a")}, []string{digest("a")}},
		{swept.SweepPlanned, swept.Planned{Contents: digest("a")}, []string{"list " + digest("a")}},
		{swept.SweepApproved, swept.Verdict{Contents: digest("a")}, []string{"list " + digest("a")}},
		{swept.SweepClosed, swept.Closed{Contents: digest("a")}, []string{"list " + digest("a")}},
		{audit.DecisionOutcome, audit.Post{Snapshot: digest("a")}, nil},
		{audit.SignedIn, audit.SignIn{Digest: digest("a")}, nil},
		{audit.AlarmRaised, audit.Alarm{Evidence: digest("A")}, nil},
	} {
		text, err := json.Marshal(tt.body)
		if err != nil {
			t.Fatal(err)
		}
		if got := words(beside.Names(audit.Record{Type: tt.kind, Body: text})); !slices.Equal(got, tt.want) {
			t.Errorf("%s names %q, want %q", tt.kind, got, tt.want)
		}
	}
}

func TestWhatListsName(t *testing.T) {
	list, err := json.Marshal([]audit.Evidence{{Kind: "screening", Asked: "sha256:" + digest("b"), Digest: digest("a")}})
	if err != nil {
		t.Fatal(err)
	}
	table, err := json.Marshal(swept.Contents{TopUps: []string{digest("a")}, Moves: []string{digest("b")}, Skips: []string{digest("c")}, Results: []string{digest("d")}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		string(list): {digest("a"), digest("b")}, string(table): {digest("a"), digest("b"), digest("c"), digest("d")}, "no JSON": nil, `{"moves":["x"]}`: nil,
	} {
		if got := words(beside.Inside([]byte(text))); !slices.Equal(got, want) {
			t.Errorf("%s names %q, want %q", text, got, want)
		}
	}
}

func words(all []beside.Name) (out []string) {
	for _, n := range all {
		text := n.String()
		if n.List {
			text = "list " + text
		}
		out = append(out, text)
	}
	return out
}
