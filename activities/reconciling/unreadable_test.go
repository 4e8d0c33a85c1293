package reconciling_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/activities/reconciling"
	"countersign/audit"
	"countersign/audit/complete"
	"countersign/completeness"
)

// What cannot be read is an alarm of its own, once, and keeps nothing else from being looked at:
// the next run goes on behind it.
func TestWhatCannotBeReadHoldsNothingUp(t *testing.T) {
	w := newWorld()
	odd := func(kind, raw string) *countersign.UnreadableError {
		return countersign.Unreadable(kind, []byte(raw), errors.New("odd"))
	}
	w.waiting = []completeness.Item{{Unreadable: odd("approval", `{"id":"ap-9","status":7}`)}, item("policy.approval.pending", "ap-1", "pending")}
	w.moved = []completeness.Item{{Unreadable: odd("history", `7`)}, {Unreadable: odd("history", `7`)}}
	w.odd = []*countersign.UnreadableError{odd("wallet", `{"id":"wa-8","network":7}`)}
	w.wallets = []countersign.Wallet{{ID: "wa-1", Network: "Net", Address: "0x1"}, {ID: "wa-2", Network: "Net", Address: "0x2"}}
	w.locked = "wa-1"
	want := []string{
		"alarm/custodian_unreadable/approval/ap-9", "alarm/custodian_unreadable/" + odd("history", `7`).Name(), "alarm/custodian_unreadable/wallet/wa-8",
	}
	for range 2 {
		lists, err := w.reconciliation().ReconcileLists(t.Context(), reconciling.ReconcileListsInput{})
		if err != nil || lists.Until.IsZero() || lists.Found.Unreadable != 2 || len(lists.Found.Unknown) != 0 || lists.Found.Expected != 1 {
			t.Errorf("lists %+v, %v, want two unreadable and nothing to ask again", lists, err)
		}
		wallets, err := w.reconciliation().ReconcileWallets(t.Context(), reconciling.ReconcileWalletsInput{Cursor: "c"})
		if err != nil || wallets.Cursor != "c+" || wallets.Found.Unreadable != 1 || len(wallets.Found.Unknown) != 1 || !strings.Contains(wallets.Found.Unknown[0], "wa-1") {
			t.Errorf("wallets %+v, %v, want one unreadable, one unknown and the next page", wallets, err)
		}
		if _, begun := w.ends["opening/wa-2"]; !begun {
			t.Error("the wallet behind one that fails was not opened")
		}
		if got := w.alarms(); !slices.Equal(got, want) {
			t.Errorf("alarms %v, want %v", got, want)
		}
	}
	if a := w.records[want[0]].Body.(audit.Alarm); a.ApprovalID != "ap-9" || a.Code != complete.Unreadable {
		t.Errorf("%+v, want the approval named", a)
	}
}

// Wallets that all fail are not at fault themselves: the same page is tried again.
func TestAPageOfWalletsThatAllFailIsTriedAgain(t *testing.T) {
	w := newWorld()
	for i := range 10 {
		w.wallets = append(w.wallets, countersign.Wallet{ID: fmt.Sprint("wa-", i), Network: "Net", Address: "0x1"})
	}
	w.locked = "all"
	if res, err := w.reconciliation().ReconcileWallets(t.Context(), reconciling.ReconcileWalletsInput{Cursor: "c"}); err == nil {
		t.Errorf("%+v, want an error", res)
	}
}
