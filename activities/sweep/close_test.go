package sweep_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/swept"
	"countersign/sweep"
)

// settles is the record of a move that is final: what it moved and what that cost.
func (o *office) settles(m sweep.Move, round string, state countersign.SettlementState, amount, fee uint64) {
	e := countersign.Effect{Network: network, TxHash: "0x" + m.ExternalID, Succeeded: state == countersign.SettlementSettled, From: m.From, Fee: countersign.NewAmount(fee)}
	if e.Succeeded {
		e.Moves = []countersign.Move{
			{From: m.From, To: m.To, Asset: m.Contract, Amount: countersign.NewAmount(amount), Log: -1},
			{From: m.From, To: address(77), Asset: m.Contract, Amount: countersign.NewAmount(5), Log: 3}, // what a token keeps
		}
	}
	o.record(countersign.SettlementKey(m.ExternalID, "settled"+round), booked.SettlementSettled, booked.Settled{
		SettlementID: m.ExternalID, WalletID: m.WalletID, Network: network, State: state, Effect: e, Differs: []string{"something"},
	})
}

func (o *office) released(m sweep.Move, round string, state countersign.SettlementState) {
	o.record(countersign.SettlementKey(m.ExternalID, "released"+round), booked.SettlementReleased, booked.Released{SettlementID: m.ExternalID, State: state, Reason: "no"})
}

func (o *office) opened(m sweep.Move) {
	o.record(countersign.SettlementKey(m.ExternalID, "opened"), booked.SettlementOpened, booked.Settlement{SettlementID: m.ExternalID})
}

func (o *office) reversed(m sweep.Move, round string) {
	o.record(countersign.SettlementKey(m.ExternalID, "reversed"+round), booked.SettlementReversed, booked.Retracted{SettlementID: m.ExternalID})
}

// ended is a plan of ten moves and how each of them stands.
func (o *office) ended() (plan sweep.Plan, want []countersign.SettlementState) {
	o.plan(run(order()))
	plan, _, err := swept.ReadPlan(o.t.Context(), o.trail, run(order()).ID())
	if err != nil || len(plan.All()) != 10 {
		o.t.Fatalf("planned %d, %v", len(plan.All()), err)
	}
	all := plan.All()
	for _, m := range all[:9] {
		o.opened(m)
	}
	o.settles(all[0], "", countersign.SettlementSettled, 100, 7)
	o.settles(all[1], "", countersign.SettlementSettled, 200, 7)
	o.settles(all[2], "", countersign.SettlementReverted, 0, 9)
	o.released(all[3], "", countersign.SettlementDenied)
	o.settles(all[4], "", countersign.SettlementSettled, 300, 7)
	o.reversed(all[4], "") // and not posted again
	o.settles(all[5], "", countersign.SettlementSettled, 400, 7)
	o.reversed(all[5], "")
	o.settles(all[5], "/2", countersign.SettlementSettled, 401, 8)
	o.released(all[6], "", countersign.SettlementFailed)
	o.settles(all[6], "/2", countersign.SettlementSettled, 500, 7) // it happened after all
	o.settles(all[7], "", countersign.SettlementCancelled, 0, 3)
	return plan, []countersign.SettlementState{"settled", "settled", "reverted", "denied", "broadcast", "settled", "settled", "cancelled", "opening", ""}
}

func TestTheReportIsOfWhatReallyMoved(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		w := newWorld(7)
		w.money(7)
		w.balances[address(6)] = 0
		w.balances[token+address(0)] = 0
		w.balances[address(0)] = 1e15
		o := newOfficeOn(t, w, dsn)
		plan, want := o.ended()
		id := plan.Run.ID()
		res, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: id, Reason: "gas_price"})
		if err != nil {
			t.Fatal(err)
		}
		if got := res; got.Planned != 10 || got.Moved != 4 || got.Failed != 3 || got.UnderWay != 2 || got.NotBegun != 1 || got.Skipped != len(plan.Skips) || !strings.Contains(got.Summary, "gas_price") {
			t.Errorf("closed %+v", got)
		}
		c, results, _, err := swept.ReadReport(t.Context(), o.trail, id)
		if err != nil || c.Fees.String() != "41" { // 7+7+9+8+7+3
			t.Errorf("the report: %v, fees %s", err, c.Fees)
		}
		moved := map[string]string{}
		for _, total := range c.Totals {
			moved[string(total.Purpose)+total.Contract] = fmt.Sprintf("%d: %s", total.Moves, total.Amount)
		}
		sums := map[string]uint64{}
		counts := map[string]int{}
		for i, amount := range []uint64{100, 200, 0, 0, 0, 401, 500, 0, 0, 0} {
			m := plan.All()[i]
			if r := results[i]; r.SettlementID != m.ExternalID || r.State != want[i] || r.Amount.String() != fmt.Sprint(amount) || r.Planned.Cmp(m.Amount) != 0 {
				t.Errorf("result %d: %+v, want %s of %d", i, r, want[i], amount)
			}
			if amount > 0 {
				sums[string(m.Purpose)+m.Contract] += amount
				counts[string(m.Purpose)+m.Contract]++
			}
		}
		for k, n := range sums {
			if moved[k] != fmt.Sprintf("%d: %d", counts[k], n) {
				t.Errorf("of %s moved %s, want %d: %d", k, moved[k], counts[k], n)
			}
		}
		o.settles(plan.All()[8], "", countersign.SettlementSettled, 600, 7)
		if again, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: id}); err != nil || again != res {
			t.Errorf("closed again: %+v, %v", again, err)
		}
	})
}

func TestEndsAreThoseOfTheTrail(t *testing.T) {
	w := newWorld(7)
	w.money(7)
	w.balances[address(6)] = 0
	w.balances[token+address(0)] = 0
	w.balances[address(0)] = 1e15
	o := newOffice(t, w)
	plan, want := o.ended()
	in := steps.SweepEndsInput{SweepID: plan.Run.ID()}
	var ends []steps.LegEnd
	for i, m := range plan.All() {
		in.SettlementIDs = append(in.SettlementIDs, m.ExternalID)
		if want[i].Ended() {
			ends = append(ends, steps.LegEnd{SettlementID: m.ExternalID, State: want[i]})
		}
	}
	res, err := o.SweepEnds(t.Context(), in)
	if err != nil || fmt.Sprint(res.Ends) != fmt.Sprint(ends) {
		t.Errorf("ends %v, %v, want %v", res.Ends, err, ends)
	}
}

func TestACrashAnywhereMakesOneReport(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			w := newWorld(2)
			w.money(2)
			o := newOffice(t, w)
			r := run(order())
			o.plan(r)
			w.crash = crash{at: at, after: after}
			_, _ = o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: r.ID(), Reason: "first"})
			happened := w.crash.happened()
			w.crash = crash{}
			if _, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: r.ID(), Reason: "second"}); err != nil {
				t.Fatal(err)
			}
			c, results, _, err := swept.ReadReport(t.Context(), o.trail, r.ID())
			if err != nil || len(results) != 3 || c.NotBegun != 3 {
				t.Fatalf("after crash %d: %+v, %v", at, c, err)
			}
			if !happened {
				break
			}
		}
	}
	o := newOffice(t, newWorld(0))
	o.record("other/closed", booked.BatchClosed, booked.BatchEnd{}) // under a key that reads like a report's
	if _, _, err := swept.FindReport(t.Context(), o.trail, "other"); !errors.Is(err, audit.ErrNoRecord) {
		t.Errorf("another record is taken for a report: %v", err)
	}
	if _, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: "sweep/never/2026-11-29T17:30:00Z"}); !errors.Is(err, audit.ErrNoRecord) {
		t.Errorf("a report without a plan: %v", err)
	}
}
