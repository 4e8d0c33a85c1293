package api_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
)

// A token that is bound to wallets sees all that is said of them, people's votes with how they
// proved themselves too, and nothing that names another wallet or none.
func TestABoundTokenSeesWhatComesOfItsWallets(t *testing.T) {
	d := newDesk(t)
	d.signIn("wallet")
	first := d.size()
	about := func(n, wallet string) []audit.Draft {
		ap, lineage := "ap-"+n, "approval/ap-"+n
		return []audit.Draft{
			{Key: "webhook/" + n, Type: audit.WebhookAccepted, Lineage: lineage, Body: audit.Delivery{Event: countersign.Event{Kind: countersign.ApprovalPending, Subject: ap, WalletID: wallet}}},
			{Key: "post/" + n, Type: audit.DecisionOutcome, Lineage: lineage, Body: audit.Post{ApprovalID: ap, WalletID: wallet}},
			{Key: "escalated/" + n, Type: audit.ApprovalEscalated, Lineage: lineage, Body: audit.Escalation{ApprovalID: ap, WalletID: wallet}},
			{Key: "human/" + n, Type: audit.HumanDecided, Lineage: lineage, Body: audit.HumanDecision{
				ApprovalID: ap, WalletID: wallet, Vote: countersign.Vote{UserID: "us-alice", Verdict: countersign.Reject}, Assertion: &countersign.Assertion{CredentialID: "cr-1"},
			}},
			{Key: "outcome/" + n, Type: audit.ApprovalOutcome, Lineage: lineage, Body: audit.Resolution{ApprovalID: ap, WalletID: wallet}},
			{Key: "settled/" + n, Type: booked.SettlementSettled, Lineage: lineage, Body: booked.Settled{SettlementID: "s-" + n, ApprovalID: ap, WalletID: wallet, Wallets: []string{wallet}}},
		}
	}
	for n, wallet := range []string{"wa-1", "wa-3", ""} {
		for _, draft := range about(strconv.Itoa(n), wallet) {
			d.append(draft)
		}
	}
	d.append(audit.Draft{Key: "settled/both", Type: booked.SettlementSettled, Body: booked.Settled{WalletID: "wa-1", Wallets: []string{"wa-1", "wa-3"}}})
	want := []int64{first, first + 1, first + 2, first + 3, first + 4, first + 5}
	if got := indexes(pageOf(t, d.get("wallet", "/v1/records")).Items); !slices.Equal(got, want) {
		t.Errorf("it sees %v, want %v", got, want)
	}
	if got := indexes(pageOf(t, d.get("wallet", "/v1/records?approver=us-alice")).Items); !slices.Equal(got, want[3:4]) {
		t.Errorf("of alice's votes it sees %v, want %v", got, want[3:4])
	}
	for index := first; index < d.size(); index++ {
		code := http.StatusNotFound
		if slices.Contains(want, index) {
			code = http.StatusOK
		}
		if got := d.get("wallet", "/v1/records/"+strconv.FormatInt(index, 10)).Code; got != code {
			t.Errorf("record %d: %d, want %d", index, got, code)
		}
	}
}
