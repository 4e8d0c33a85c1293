package sweep_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	plans "countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/sweep"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

const settled = countersign.SettlementSettled

// ended sweeps and fails on an error.
func (w *world) ended() sweep.SweepStatus {
	w.Helper()
	end, err := w.sweep()
	if err != nil {
		w.Fatal(err)
	}
	if end.Phase != sweep.Closed || end.Report == nil {
		w.Fatalf("it has no report: %+v", end)
	}
	return end
}

// says holds a status to its sums.
func (w *world) says(end sweep.SweepStatus, outcome sweep.Outcome, stopped sweep.Stop, begun, moved, inFlight int) {
	w.Helper()
	if end.Outcome != outcome || end.Stopped != stopped || end.Begun != begun || end.Ends[settled] != moved || end.InFlight != inFlight {
		w.Errorf("outcome %q, stopped %q, %d begun, %d moved, %d in flight: want %q, %q, %d, %d, %d\n%+v",
			end.Outcome, end.Stopped, end.Begun, end.Ends[settled], end.InFlight, outcome, stopped, begun, moved, inFlight, end)
	}
	if len(w.legs) != begun {
		w.Errorf("%d moves were begun, want %d", len(w.legs), begun)
	}
	if got := fmt.Sprint(w.reports); stopped != "" && !strings.Contains(got, string(stopped)) {
		w.Errorf("the report was asked for with %s, want %s", got, stopped)
	}
}

func TestEveryMoveIsBegunOnceAndTopUpsComeFirst(t *testing.T) {
	w := newWorld(t, 30, 100)
	end := w.ended()
	w.says(end, "swept", "", 130, 130, 0)
	for i, id := range w.order {
		if topUp := strings.HasPrefix(id, string(plans.GasTopUp)); topUp != (i < 30) {
			t.Fatalf("move %d is %s", i, id)
		}
	}
	if w.most != plans.DefaultConcurrency || w.asked != 0 {
		t.Errorf("%d at once, %d asked for", w.most, w.asked)
	}
}

func TestItGoesOnInNewRuns(t *testing.T) {
	w := newWorld(t, 50, 900)
	w.run.Order.Concurrency = 40
	w.says(w.ended(), "swept", "", 950, 950, 0)
	if w.runs != 4 {
		t.Errorf("%d runs, want one for each 300 moves", w.runs)
	}
}

func TestAPersonsWord(t *testing.T) {
	for _, tt := range []struct {
		name    string
		verdict steps.SweepVerdictResult
		after   time.Duration
		signals int
		outcome sweep.Outcome
		stopped sweep.Stop
		moved   int
	}{
		{"approved, and told of", steps.SweepVerdictResult{Verdict: steps.Approved, By: "ana", Index: 8}, time.Hour, 1, "swept", "", 12},
		{"approved, and told of three times", steps.SweepVerdictResult{Verdict: steps.Approved, By: "ana", Index: 8}, time.Hour, 3, "swept", "", 12},
		{"approved, and the signal is lost", steps.SweepVerdictResult{Verdict: steps.Approved, By: "ana", Index: 8}, 3 * time.Hour, 0, "swept", "", 12},
		{"declined", steps.SweepVerdictResult{Verdict: steps.Declined, By: "bo", Index: 8}, time.Hour, 1, "declined", "declined", 0},
		{"a signal without a word on the trail", steps.SweepVerdictResult{}, time.Hour, 5, "unapproved", "unapproved", 0},
		{"never", steps.SweepVerdictResult{}, time.Hour, 0, "unapproved", "unapproved", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 2, 10)
			w.run.Order.Approval = true
			w.hints = func(env *testsuite.TestWorkflowEnvironment) {
				env.RegisterDelayedCallback(func() {
					w.phase(env, sweep.AwaitingApproval)
					w.mu.Lock()
					w.verdict = tt.verdict
					w.mu.Unlock()
					for range tt.signals {
						env.SignalWorkflow(workflows.VerdictSignal, nil)
					}
				}, tt.after)
			}
			end := w.ended()
			w.says(end, tt.outcome, tt.stopped, tt.moved, tt.moved, 0)
			if end.By != tt.verdict.By {
				t.Errorf("by %q, want %q", end.By, tt.verdict.By)
			}
		})
	}
}

func (w *world) phase(env *testsuite.TestWorkflowEnvironment, want sweep.Phase) {
	w.Helper()
	v, err := env.QueryWorkflow(workflows.StatusQuery)
	var st sweep.SweepStatus
	if err != nil || v.Get(&st) != nil || st.Phase != want || want == sweep.AwaitingGasPrice && st.Why == "" {
		w.Errorf("it is %q, %q (%v), want %q", st.Phase, st.Why, err, want)
	}
}

func TestWhatIsNotMoved(t *testing.T) {
	t.Run("gas is too dear for a plan", func(t *testing.T) {
		w := newWorld(t, 2, 10)
		w.deferred, w.run.Order.Approval = plans.GasPrice, true
		w.says(w.ended(), "deferred", "deferred", 0, 0, 0)
	})
	t.Run("there is nothing", func(t *testing.T) {
		w := newWorld(t, 0, 0)
		w.run.Order.Approval = true
		w.says(w.ended(), "nothing", "", 0, 0, 0)
	})
	t.Run("some are denied, one fails and one cannot even be opened", func(t *testing.T) {
		w := newWorld(t, 5, 30)
		w.fate = func(id string) fate {
			switch {
			case id == "to_treasury-3":
				return fate{fails: true, state: countersign.SettlementFailed}
			case strings.HasSuffix(id, "-4"):
				return fate{after: time.Minute, state: countersign.SettlementDenied, told: 1}
			}
			return quick(id)
		}
		end := w.ended()
		w.says(end, "partial", "", 35, 32, 0)
		if fmt.Sprint(end.Ends) != "map[denied:2 failed:1 settled:32]" {
			t.Errorf("ends: %v", end.Ends)
		}
	})
}

// A run that Temporal has forgotten is started again under its name.
func TestARunThatHasItsReportBeginsNothing(t *testing.T) {
	w := newWorld(t, 2, 10)
	w.closed, w.run.Order.Approval = true, true
	w.says(w.ended(), "partial", "reported", 0, 0, 0)
}

func TestSignalsThatAreLostAreAskedFor(t *testing.T) {
	w := newWorld(t, 0, 20)
	w.fate = func(id string) fate {
		f := quick(id)
		if strings.HasSuffix(id, "3") {
			f.told = 0
		}
		return f
	}
	w.says(w.ended(), "swept", "", 20, 20, 0)
	if w.asked == 0 {
		t.Error("nobody asked the trail")
	}
}

func TestWhatHangsIsLeftUnderWay(t *testing.T) {
	t.Run("a move", func(t *testing.T) {
		w := newWorld(t, 0, 40)
		w.run.Order.Concurrency = 3
		w.fate = func(id string) fate {
			if id == "to_treasury-5" {
				return fate{}
			}
			return quick(id)
		}
		start := due
		w.says(w.ended(), "partial", "", 40, 39, 1)
		if waited := w.now().Sub(start); waited < 20*time.Hour || waited > 21*time.Hour {
			t.Errorf("it waited for %s, want the order's patience", waited)
		}
	})
	t.Run("a top-up holds up nobody for long", func(t *testing.T) {
		w := newWorld(t, 3, 10)
		w.fate = func(id string) fate {
			if id == "gas_top_up-1" {
				return fate{}
			}
			return quick(id)
		}
		w.says(w.ended(), "partial", "", 13, 12, 1)
	})
	t.Run("as many as may be under way: the rest is not begun", func(t *testing.T) {
		w := newWorld(t, 0, 10)
		w.run.Order.Concurrency, w.run.Order.ReportAfter = 4, plans.Duration(2*time.Hour)
		w.fate = func(string) fate { return fate{} }
		w.says(w.ended(), "partial", "late", 4, 0, 4)
	})
}

func TestEveryActivityMayFail(t *testing.T) {
	w := newWorld(t, 10, 30)
	w.run.Order.Approval = true
	w.verdict = steps.SweepVerdictResult{Verdict: steps.Approved, By: "ana"}
	w.fail = map[string]int{"PlanSweep": 3, "SweepPage": 3, "SweepVerdict": 2, "SweepEnds": 2, "CloseSweep": 3}
	w.fate = func(id string) fate {
		f := quick(id)
		if strings.HasSuffix(id, "2") {
			f.told = 0
		}
		return f
	}
	w.says(w.ended(), "swept", "", 40, 40, 0)
	for name, left := range w.fail {
		if left != 0 {
			t.Errorf("%s did not fail as often as it was to", name)
		}
	}
}

func TestAPlanThatCannotBeMadeFails(t *testing.T) {
	w := newWorld(t, 1, 1)
	w.run.Order.ReportAfter = plans.Duration(time.Hour)
	w.fail["PlanSweep"] = 1 << 30
	if end, err := w.sweep(); err == nil || len(w.legs)+len(w.reports) != 0 {
		t.Errorf("%+v, %v", end, err)
	}
}

func TestACancelledSweepReportsAndLeavesItsMovesAlone(t *testing.T) {
	w := newWorld(t, 0, 60)
	w.hints = func(env *testsuite.TestWorkflowEnvironment) {
		env.RegisterDelayedCallback(env.CancelWorkflow, 4*time.Minute)
	}
	_, err := w.sweep()
	var cancelled *temporal.CanceledError
	if !errors.As(err, &cancelled) || len(w.reports) != 1 || w.reports[0] != "cancelled" || len(w.legs) != 50 {
		t.Errorf("%v, reports %v, %d begun", err, w.reports, len(w.legs))
	}
}

func TestAnOrderThatIsNone(t *testing.T) {
	for name, change := range map[string]func(*plans.Run){
		"no treasury":   func(r *plans.Run) { r.Order.Treasury = "" },
		"half a second": func(r *plans.Run) { r.Due = r.Due.Add(time.Second / 2) },
		"no time":       func(r *plans.Run) { r.Due = time.Time{} },
	} {
		w := newWorld(t, 1, 1)
		change(&w.run)
		var no *temporal.ApplicationError
		if _, err := w.sweep(); !errors.As(err, &no) || no.Type() != "InvalidRequest" || !no.NonRetryable() {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, 1, 1)
	env := w.env(due)
	other := w.run
	other.Order.Sweep = "other"
	env.ExecuteWorkflow(workflows.SweepWorkflow, sweep.SweepInput{Run: other})
	if err := env.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "start it as") {
		t.Errorf("under another ID: %v", err)
	}
}
