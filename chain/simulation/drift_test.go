package simulation_test

import (
	"strings"
	"testing"
	"time"

	"countersign/chain/simulation"
)

func TestDrift(t *testing.T) {
	pays := result(delta(wallet, dollar, "-100"), delta(friend, dollar, "100"))
	event := func(contracts ...string) simulation.Result {
		return with(result(), func(r *simulation.Result) {
			for _, c := range contracts {
				r.Calls[0].Logs = append(r.Calls[0].Logs, simulation.Log{Address: c, Topics: []string{"0x01"}, Data: simulation.Bytes{byte(len(r.Calls[0].Logs))}})
			}
		})
	}
	reverts := func(reason string) simulation.Result {
		return with(result(), func(r *simulation.Result) { r.Calls = []simulation.CallResult{{Reverted: true, Reason: reason}} })
	}
	within := func(by uint64) []simulation.Tolerance {
		return []simulation.Tolerance{simulation.Within(wallet, dollar, n(by))}
	}
	for _, tt := range []struct {
		name          string
		before, after simulation.Result
		tolerances    []simulation.Tolerance
		says          string
	}{
		{"block, method and gas", pays, with(pays, func(r *simulation.Result) {
			r.Block, r.Method = simulation.Block{Number: 9, Time: time.Unix(9, 0)}, simulation.TraceCall
			r.Calls = []simulation.CallResult{{GasUsed: 9}}
		}), nil, ""},
		{"order, number and data of events", event(friend, other, other), event(other, friend), nil, ""},
		{"another event", event(friend), event(friend, other), nil, other + " writes event 0x01, which was not so"},
		{"an event less", event(friend, other), event(friend), nil, "no longer: " + other + " writes event 0x01"},
		{"nothing simulated", simulation.Result{}, simulation.Result{}, nil, "nothing was simulated"},
		{"another chain", pays, with(pays, func(r *simulation.Result) { r.ChainID = 2 }), nil, "chain 2"},
		{"another number of calls", pays, with(pays, func(r *simulation.Result) { r.Calls = make([]simulation.CallResult, 2) }), nil, "2 calls, before 1"},
		{"reverts now", result(), reverts("closed"), nil, "call 1 reverts: closed, before it succeeds"},
		{"reverts otherwise", reverts("closed"), reverts("late"), nil, "late, before it reverts: closed"},
		{"another amount", pays, result(delta(wallet, dollar, "-101"), delta(friend, dollar, "100")), nil, "loses 101 of " + dollar.String() + ", before -100"},
		{"another recipient", pays, result(delta(wallet, dollar, "-100"), delta(other, dollar, "100")), nil, "new: " + other + " gains 100"},
		{"within a tolerance", pays, result(delta(wallet, dollar, "-101"), delta(friend, dollar, "100")), within(1), ""},
		{"beyond a tolerance", pays, result(delta(wallet, dollar, "-102"), delta(friend, dollar, "100")), within(1), "loses 102"},
		{"tolerance for another account", pays, result(delta(wallet, dollar, "-100"), delta(friend, dollar, "99")), within(1), "gains 99"},
		{"new within a tolerance", result(), result(delta(wallet, dollar, "1")), within(1), ""},
		{"gone within a tolerance", result(delta(wallet, dollar, "1")), result(), within(1), ""},
		{"gone", pays, result(delta(wallet, dollar, "-100")), nil, "no longer: " + friend + " gains 100"},
		{"new allowance", pays, allowing(pays, allowance(friend, 1)), nil, "new: " + wallet + " lets"},
		{"allowance gone, though it was of nothing", allowing(pays, allowance(friend, 0)), pays, nil, "no longer"},
		{"another allowance", allowing(pays, allowance(friend, 1)), allowing(pays, allowance(friend, 2)), within(9), "take 2"},
		{"a disagreement", pays, with(pays, func(r *simulation.Result) {
			r.Disagreements = []simulation.Disagreement{{Account: wallet, Asset: dollar}}
		}), nil, "disagree for " + wallet},
		{"something unread", pays, with(pays, func(r *simulation.Result) { r.Unread = []string{"a word"} }), nil, "unread: a word"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := simulation.Drift(tt.before, tt.after, tt.tolerances...)
			if (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) {
				t.Errorf("Drift = %q, want %q", got, tt.says)
			}
		})
	}
}
