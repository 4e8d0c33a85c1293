package sweep_test

import (
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	plans "countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"testing"

	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"
)

// fates draws what becomes of each move, once for each.
func fates(rt *rapid.T) func(string) fate {
	drawn := map[string]fate{}
	return func(id string) fate {
		f, there := drawn[id]
		if !there {
			f = fate{
				after: time.Duration(rapid.IntRange(0, 3*3600).Draw(rt, "seconds")) * time.Second,
				state: rapid.SampledFrom([]countersign.SettlementState{
					settled, settled, settled, countersign.SettlementDenied, countersign.SettlementFailed, countersign.SettlementReverted, "",
				}).Draw(rt, "state"),
				told: rapid.IntRange(0, 3).Draw(rt, "told"),
			}
			drawn[id] = f
		}
		return f
	}
}

// Whatever becomes of moves, in any order, told of as often as you like, with signals that are
// about nothing, runs that end at any time and activities that fail: no move is begun twice or
// beyond the window (the world sees to that), and in the end the sweep counts what happened.
func TestAnyOrderOfEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rapid.IntRange(0, 12).Draw(rt, "top-ups"), rapid.IntRange(0, 40).Draw(rt, "moves"))
		w.run.Order.Concurrency = rapid.IntRange(1, 12).Draw(rt, "window")
		w.run.Order.ReportAfter = plans.Duration(time.Duration(rapid.IntRange(1, 60).Draw(rt, "hours")) * time.Hour)
		w.run.Order.Approval = rapid.Bool().Draw(rt, "approval")
		w.verdict = steps.SweepVerdictResult{Verdict: steps.Approved, By: "ana"}
		w.fate = fates(rt)
		for _, name := range []string{"PlanSweep", "SweepPage", "SweepVerdict", "SweepEnds", "CloseSweep"} {
			w.fail[name] = rapid.IntRange(0, 2).Draw(rt, name+" fails")
		}
		cut := rapid.SliceOfN(rapid.IntRange(0, 4*3600), 0, 4).Draw(rt, "new runs")
		w.hints = func(env *testsuite.TestWorkflowEnvironment) {
			if w.runs > len(cut) {
				return
			}
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflow(workflows.LegSignal, settlement.LegReport{SettlementID: "to_treasury-999", State: settled})
				env.SignalWorkflow(workflows.VerdictSignal, "anything")
				env.SignalWorkflow(workflows.LegSignal, "no report")
				env.SetContinueAsNewSuggested(true)
			}, time.Duration(cut[w.runs-1])*time.Second)
		}
		end := w.ended()
		over := w.now().Sub(due) >= time.Duration(w.run.Order.ReportAfter)
		count := map[countersign.SettlementState]int{}
		var under int
		for _, l := range w.legs {
			if l.state == "" || w.now().Before(l.ends) {
				under++
			} else {
				count[l.state]++
			}
		}
		total := 0
		for state, n := range end.Ends {
			total += n
			if n > count[state] || !over && n != count[state] {
				rt.Errorf("%d are %s by the workflow, %d by the world", n, state, count[state])
			}
		}
		switch {
		case len(w.legs) != end.Begun || total+end.InFlight != end.Begun || end.InFlight < under:
			rt.Errorf("%d begun, %d under way: %+v", len(w.legs), under, end)
		case !over && (end.InFlight != 0 || end.Stopped != "" || end.Begun != w.topUps+w.moves):
			rt.Errorf("it ended early: %+v", end)
		}
	})
}
