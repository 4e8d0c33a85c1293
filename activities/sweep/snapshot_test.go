package sweep_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/sweep"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// planned makes a plan and puts it on nothing.
func (o *office) planned(ord sweep.Order) sweep.Plan {
	o.t.Helper()
	p, err := o.Planner.Plan(o.t.Context(), run(ord))
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// becomes says what a plan has of a wallet's asset: an amount, or why not.
func becomes(p sweep.Plan, wallet, contract string) (amount string, why sweep.Reason, detail string) {
	for _, m := range p.Moves {
		if m.WalletID == wallet && m.Contract == contract {
			return m.Amount.String(), "", ""
		}
	}
	for _, s := range p.Skips {
		if s.WalletID == wallet && s.Contract == contract {
			return "", s.Reason, s.Detail
		}
	}
	return "", "", "not in the plan"
}

func TestABlockThatNodesHaveLostIsNotMixedWithANewerOne(t *testing.T) {
	w := newWorld(250)
	w.money(250)
	w.lost[100] = true
	o := newOffice(t, w)
	if p := o.planned(order()); p.Block.Number != 101 || len(p.Moves) != 350 {
		t.Errorf("planned at block %d: %d moves", p.Block.Number, len(p.Moves))
	}
	for n := range uint64(1000) {
		w.lost[n] = true
	}
	if _, err := o.Planner.Plan(t.Context(), run(order())); !errors.Is(err, countersign.ErrUnsure) {
		t.Errorf("when no block is there: %v", err)
	}
}

func TestWhatCannotBeReadStays(t *testing.T) {
	w := newWorld(3)
	w.money(3)
	w.balances[token+address(1)] = 7
	w.faults[token+address(1)] = "returned nothing"
	p := newOffice(t, w).planned(order())
	if _, why, detail := becomes(p, "wa-00001", token); why != sweep.Unreadable || !strings.Contains(detail, "returned nothing") {
		t.Errorf("an unreadable token: %s, %s", why, detail)
	}
	if amount, why, _ := becomes(p, "wa-00002", token); amount != "12" {
		t.Errorf("another's: %s %s", amount, why)
	}
	if amount, why, _ := becomes(p, "wa-00001", ""); amount == "" {
		t.Errorf("its other asset: %s", why)
	}
}

func TestMovesThatWouldBeRefusedStay(t *testing.T) {
	w := newWorld(12)
	w.money(12)
	frozen := map[string]bool{address(2): true, address(4): true}
	w.estimate = func(from, to string, data []byte) (uint64, string) {
		switch {
		case len(data) == 0 && to == treasury:
			return 31_000, ""
		case len(data) == 0:
			return 21_000, ""
		case frozen[from]:
			return 0, "execution reverted: frozen"
		}
		if want := "a9059cbb000000000000000000000000" + treasury[2:]; to != token || !strings.HasPrefix(hex.EncodeToString(data), want) || len(data) != 68 {
			t.Errorf("tried %x at %s", data, to)
		}
		return 60_000, ""
	}
	w.balances[token+address(0)] = 0 // so that the frozen are tried first
	p := newOffice(t, w).planned(order())
	for _, wallet := range []string{"wa-00002", "wa-00004"} {
		if _, why, detail := becomes(p, wallet, token); why != sweep.Unreadable || !strings.Contains(detail, "frozen") {
			t.Errorf("%s: %s, %s", wallet, why, detail)
		}
	}
	for _, m := range p.Moves {
		if want := map[string]uint64{token: 120_000, "": 37_200}[m.Contract]; m.Gas != want {
			t.Errorf("%s of %q may use %d, want %d", m.WalletID, m.Contract, m.Gas, want)
		}
	}
	for i := range 12 {
		frozen[address(i)] = true
	}
	p = newOffice(t, w).planned(order())
	for i := range 12 {
		if amount, _, _ := becomes(p, w.wallets[6+i].ID, token); amount != "" {
			t.Errorf("wallet %d moves %s of what nobody may", i, amount)
		}
	}
}

func TestNothingIsPlannedBeyondWhatIsFreeInOurBooks(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		w := newWorld(6)
		for i := range 6 {
			w.balances[address(i)], w.balances[token+address(i)] = 1e15, 500
		}
		w.balances[station] = 1e15
		o := newOfficeOn(t, w, dsn)
		o.opens("wa-00001", map[string]uint64{"": 1e15, token: 400})
		o.opens("wa-00002", map[string]uint64{"": 1e15, token: 900})
		o.opens("wa-00003", map[string]uint64{"": 1e15, token: 500})
		o.holds("wa-00003", token, 100)
		o.opens("wa-00004", nil)
		o.opens("wa-00005", map[string]uint64{"": 1e15, token: 500})
		o.holds("wa-00005", "", 900)
		p := o.planned(order())
		for _, tt := range []struct {
			wallet, contract, amount string
			why                      sweep.Reason
		}{
			{"wa-00000", token, "500", ""},            // its books have not begun
			{"wa-00001", token, "400", ""},            // they have less
			{"wa-00002", token, "500", ""},            // they have more
			{"wa-00003", token, "", sweep.Unreadable}, // a settlement has not ended
			{"wa-00003", "", "", sweep.Unreadable},    // and what it costs is not known
			{"wa-00004", token, "", sweep.Nothing},    // they know of nothing
			{"wa-00005", token, "", sweep.Unreadable}, // it holds the other asset
		} {
			if amount, why, detail := becomes(p, tt.wallet, tt.contract); amount != tt.amount || why != tt.why {
				t.Errorf("%s of %q: %s, %s, %s, want %s, %s", tt.wallet, tt.contract, amount, why, detail, tt.amount, tt.why)
			}
		}
	})
}

func TestANetworkWithoutANodeIsPutOff(t *testing.T) {
	w := newWorld(2)
	w.wallets = append(w.wallets, countersign.Wallet{ID: "wa-else-treasury", Network: "Else", Address: "GXLM"})
	o := newOffice(t, w)
	ord := order()
	ord.Network, ord.Treasury, ord.TopUp = "Else", "wa-else-treasury", nil
	res := o.plan(run(ord))
	if res.Deferred != sweep.NotFollowed || res.Moves != 0 || res.Skips != 2 {
		t.Errorf("planned %+v", res)
	}
}

func TestGasThatCostsTooMuchPutsItOff(t *testing.T) {
	w := newWorld(2)
	w.money(2)
	w.base = 4000 // and a quarter is 5000, and there is a tip
	o := newOffice(t, w)
	if res := o.plan(run(order())); res.Deferred != sweep.GasPrice || res.Moves != 0 || res.TopUps != 0 {
		t.Errorf("planned %+v", res)
	}
}

func TestAnOrderThatDoesNotFitTheWallets(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *world, o *sweep.Order)
		want   string
	}{
		"no such treasury":      {func(_ *world, o *sweep.Order) { o.Treasury = "wa-no" }, "treasury"},
		"an archived treasury":  {func(_ *world, o *sweep.Order) { o.Treasury = "wa-archived" }, "treasury"},
		"a treasury elsewhere":  {func(_ *world, o *sweep.Order) { o.Treasury = "wa-elsewhere" }, "treasury"},
		"no such station":       {func(_ *world, o *sweep.Order) { o.TopUp.Wallet = "wa-no" }, "top_up.wallet"},
		"a station without one": {func(_ *world, o *sweep.Order) { o.TopUp.Wallet = "wa-new" }, "top_up.wallet"},
		"an order that is none": {func(_ *world, o *sweep.Order) { o.Assets = nil }, "assets"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1)
			ord := order()
			tt.change(w, &ord)
			_, err := newOffice(t, w).PlanSweep(t.Context(), steps.PlanSweepInput{Run: run(ord)})
			var app *temporal.ApplicationError
			if !errors.As(err, &app) || !app.NonRetryable() || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one that names %s, for good", err, tt.want)
			}
		})
	}
}

func TestAListWithAHoleIsNoList(t *testing.T) {
	w := newWorld(3)
	w.unread = errDown
	if _, err := newOffice(t, w).PlanSweep(t.Context(), steps.PlanSweepInput{Run: run(order())}); !errors.Is(err, errDown) {
		t.Errorf("error = %v", err)
	}
}

func TestAWalletOnTwoPagesIsOne(t *testing.T) {
	w := newWorld(3)
	w.money(3)
	w.wallets = append(w.wallets, w.wallets[len(w.wallets)-1])
	o := newOffice(t, w)
	if res := o.plan(run(order())); res.Moves != 4 {
		t.Errorf("planned %+v", res)
	}
}

func TestPlanningIsHeardOf(t *testing.T) {
	w := newWorld(1200)
	w.money(1200)
	o := newOffice(t, w)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(o.Sweeps)
	beats := 0
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { beats++ })
	value, err := env.ExecuteActivity(o.PlanSweep, steps.PlanSweepInput{Run: run(order())})
	if err != nil {
		t.Fatal(err)
	}
	var res steps.PlanSweepResult
	if err := value.Get(&res); err != nil || res.Moves != 1680 {
		t.Errorf("planned %+v, %v", res, err)
	}
	if beats == 0 {
		t.Error("nobody heard that it is alive")
	}
}
