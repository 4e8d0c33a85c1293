package sweep_test

import (
	"slices"
	"testing"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/audit/swept"
	"countersign/sweep"
)

// A wallet whose gas has not come cannot move its tokens: nobody is to try.
func TestMovesOfAWalletWhoseGasHasNotCome(t *testing.T) {
	w := newWorld(8)
	w.money(8)
	for i := range 8 {
		w.balances[address(i)] = 0 // tokens alone
	}
	o := newOffice(t, w)
	r := run(order())
	o.plan(r)
	plan, _, err := swept.ReadPlan(t.Context(), o.trail, r.ID())
	if err != nil || len(plan.TopUps) != 4 || len(plan.Moves) != 4 {
		t.Fatalf("%d top-ups and %d moves, %v", len(plan.TopUps), len(plan.Moves), err)
	}
	for _, m := range plan.TopUps[:3] { // the last was never begun
		o.opened(m)
	}
	o.settles(plan.TopUps[0], "", countersign.SettlementSettled, 100, 7)
	o.released(plan.TopUps[1], "", countersign.SettlementDenied)

	page, err := o.SweepPage(t.Context(), steps.SweepPageInput{SweepID: r.ID(), Purpose: sweep.ToTreasury})
	want := []string{plan.Moves[1].ExternalID, plan.Moves[2].ExternalID}
	if err != nil || len(page.Instructions) != 4 || !slices.Equal(page.Without, want) {
		t.Errorf("%d instructions, without %v, %v; want %v", len(page.Instructions), page.Without, err, want)
	}
	tops, err := o.SweepPage(t.Context(), steps.SweepPageInput{SweepID: r.ID(), Purpose: sweep.GasTopUp})
	if err != nil || len(tops.Without) != 0 {
		t.Errorf("top-ups without %v, %v", tops.Without, err)
	}

	if _, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: r.ID()}); err != nil {
		t.Fatal(err)
	}
	_, results, _, err := swept.ReadReport(t.Context(), o.trail, r.ID())
	if err != nil {
		t.Fatal(err)
	}
	for i, reason := range []string{"", "its gas has not come: the top-up is denied", "its gas has not come: the top-up is opening", ""} {
		if got := results[4+i].Reason; got != reason {
			t.Errorf("move %d: %q, want %q", i, got, reason)
		}
	}
}
