package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	plans "countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/settlement"
	"countersign/workflows/sweep"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

var (
	due     = time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC)
	errLost = errors.New("connection lost")
)

// A fate is what becomes of a move: after some time it ends in a state, which its workflow tells
// so many times. Without a state it never ends.
type fate struct {
	after time.Duration
	state countersign.SettlementState
	told  int
	fails bool // its workflow fails at once
}

// quick is a move that goes as it should.
func quick(string) fate {
	return fate{after: 3 * time.Minute, state: countersign.SettlementSettled, told: 1}
}

// A leg is a move that was begun.
type leg struct {
	fate
	ends time.Time
}

// world is what is around a sweep's workflow: activities that keep their promises, a plan, and
// settlements with a fate. A move begun twice, or beyond the window, is a failure.
type world struct {
	testing.TB
	mu  sync.Mutex
	now func() time.Time

	run           plans.Run
	topUps, moves int
	deferred      plans.Reason
	closed        bool // the run has its report
	stop          func(plans.Purpose, int) string
	verdict       steps.SweepVerdictResult
	without       []string // moves whose gas has not come
	fate          func(id string) fate
	fail          map[string]int // how often each activity is still to fail

	legs    map[string]leg
	order   []string // as they were begun
	most    int      // under way at once
	asked   int      // how often the trail was asked for ends
	reports []string // the reasons that reports were asked for with
	runs    int
	hints   func(*testsuite.TestWorkflowEnvironment)
}

func newWorld(t testing.TB, topUps, moves int) *world {
	return &world{
		TB: t, topUps: topUps, moves: moves, fate: quick, fail: map[string]int{}, legs: map[string]leg{},
		stop: func(plans.Purpose, int) string { return "" },
		run: plans.Run{Due: due, Order: plans.Order{
			Sweep: "nightly", Network: "Net", Tag: "deposit", Treasury: "wa-treasury", Assets: []plans.Asset{{}}, MaxGasPrice: countersign.NewAmount(9),
		}},
	}
}

// lost fails where an activity is to fail.
func (w *world) lost(name string) error {
	if w.fail[name] > 0 {
		w.fail[name]--
		return errLost
	}
	return nil
}

const chunk = 7 // moves

func (w *world) size(p plans.Purpose) int {
	if p == plans.GasTopUp {
		return w.topUps
	}
	return w.moves
}

func (w *world) PlanSweep(_ context.Context, in steps.PlanSweepInput) (steps.PlanSweepResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	chunks := func(n int) int { return (n + chunk - 1) / chunk }
	res := steps.PlanSweepResult{Index: 7, TopUps: w.topUps, Moves: w.moves, Skips: 2, TopUpChunks: chunks(w.topUps), MoveChunks: chunks(w.moves), Closed: w.closed, Summary: "a plan"}
	if w.deferred != "" {
		res = steps.PlanSweepResult{Index: 7, Skips: 2, Deferred: w.deferred, Summary: "nothing"}
	}
	return res, w.lost("PlanSweep")
}

func (w *world) SweepPage(_ context.Context, in steps.SweepPageInput) (res steps.SweepPageResult, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.SweepID != w.run.ID() {
		w.Errorf("a page of %q was asked for", in.SweepID)
	}
	if stop := w.stop(in.Purpose, in.Chunk); stop != "" {
		return steps.SweepPageResult{Stop: stop}, w.lost("SweepPage")
	}
	if in.Purpose == plans.ToTreasury {
		res.Without = w.without
	}
	for i := in.Chunk * chunk; i < min((in.Chunk+1)*chunk, w.size(in.Purpose)); i++ {
		res.Instructions = append(res.Instructions, countersign.Instruction{ExternalID: fmt.Sprintf("%s-%d", in.Purpose, i), WalletID: "wa-1"})
	}
	return res, w.lost("SweepPage")
}

func (w *world) SweepVerdict(context.Context, steps.SweepVerdictInput) (steps.SweepVerdictResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.verdict, w.lost("SweepVerdict")
}

func (w *world) SweepEnds(_ context.Context, in steps.SweepEndsInput) (res steps.SweepEndsResult, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	for _, id := range in.SettlementIDs {
		if l, begun := w.legs[id]; begun && l.state != "" && !w.now().Before(l.ends) {
			res.Ends = append(res.Ends, steps.LegEnd{SettlementID: id, State: l.state})
		}
	}
	return res, w.lost("SweepEnds")
}

func (w *world) CloseSweep(_ context.Context, in steps.CloseSweepInput) (steps.CloseSweepResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, in.Reason)
	res := steps.CloseSweepResult{Index: 9, Skipped: 2, Summary: "a report"}
	if w.deferred == "" {
		res.Planned = w.topUps + w.moves
	}
	for _, l := range w.legs {
		switch {
		case l.state == "" || w.now().Before(l.ends):
			res.UnderWay++
		case l.state == countersign.SettlementSettled:
			res.Moved++
		default:
			res.Failed++
		}
	}
	res.NotBegun = res.Planned - len(w.legs)
	return res, w.lost("CloseSweep")
}

// begin takes down that a move was begun.
func (w *world) begin(id string, now time.Time) leg {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, twice := w.legs[id]; twice {
		w.Errorf("%s was begun twice", id)
	}
	if strings.HasPrefix(id, string(plans.ToTreasury)) && w.verdict.Verdict != steps.Approved && w.run.Order.Approval {
		w.Errorf("%s was begun without approval", id)
	}
	f := w.fate(id)
	l := leg{f, now.Add(f.after)}
	w.legs[id], w.order = l, append(w.order, id)
	under := 0
	for _, id := range w.order {
		if l := w.legs[id]; l.state == "" || now.Before(l.ends) {
			under++
		}
	}
	w.most = max(w.most, under)
	if under > w.run.Order.Window() {
		w.Errorf("%d moves are under way, at most %d may be", under, w.run.Order.Window())
	}
	return l
}

// settle stands in for the settlement's workflow.
func (w *world) settle(ctx workflow.Context, in settlement.SettlementInput) (settlement.SettlementStatus, error) {
	if in.Sweep != w.run.ID() || in.Instruction == nil || in.Instruction.ExternalID != in.ID {
		w.Errorf("a settlement was begun with %+v", in)
	}
	l := w.begin(in.ID, workflow.Now(ctx))
	if l.fails {
		return settlement.SettlementStatus{}, errLost
	}
	if l.state == "" {
		return settlement.SettlementStatus{}, workflow.Sleep(ctx, 1000*time.Hour)
	}
	if err := workflow.Sleep(ctx, l.after); err != nil {
		return settlement.SettlementStatus{}, err
	}
	for range l.told {
		report := settlement.LegReport{SettlementID: in.ID, State: l.state}
		if err := workflow.SignalExternalWorkflow(ctx, in.Sweep, "", workflows.LegSignal, report).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Info("not told", "error", err)
		}
	}
	return settlement.SettlementStatus{State: l.state}, workflow.Sleep(ctx, 25*time.Hour) // it is watched
}

// env is a test environment that begins at a time.
func (w *world) env(at time.Time) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetStartTime(at)
	env.SetDetachedChildWait(false)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: w.run.ID(), TaskQueue: workflows.TaskQueue})
	env.RegisterWorkflowWithOptions(sweep.Sweep, workflow.RegisterOptions{Name: workflows.SweepWorkflow})
	env.RegisterWorkflowWithOptions(w.settle, workflow.RegisterOptions{Name: workflows.SettlementWorkflow})
	env.RegisterActivity(w.activities())
	w.now = env.Now
	return env
}

// sweep runs the workflow to its end, in as many runs as it takes.
func (w *world) sweep() (end sweep.SweepStatus, err error) {
	w.Helper()
	in, at := sweep.SweepInput{Run: w.run}, due
	for w.runs = 1; ; w.runs++ {
		env := w.env(at)
		w.carried(env, in)
		if w.hints != nil {
			w.hints(env)
		}
		env.ExecuteWorkflow(workflows.SweepWorkflow, in)
		if !env.IsWorkflowCompleted() {
			w.Fatal("it does not end")
		}
		err := env.GetWorkflowError()
		var again *workflow.ContinueAsNewError
		if !errors.As(err, &again) {
			if err == nil {
				err = env.GetWorkflowResult(&end)
			}
			return end, err
		}
		in = sweep.SweepInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &in); err != nil {
			w.Fatal(err)
		}
		at = env.Now()
	}
}

// carried has the moves that an earlier run has begun tell this one, and bounds what is carried.
func (w *world) carried(env *testsuite.TestWorkflowEnvironment, in sweep.SweepInput) {
	if in.Carried == nil {
		return
	}
	if text, err := json.Marshal(in.Carried); err != nil || len(in.Carried.Legs) > w.run.Order.Window() || len(text) > 2000+100*w.run.Order.Window() {
		w.Errorf("%d moves and %d bytes are carried on: %v", len(in.Carried.Legs), len(text), err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, carried := range in.Carried.Legs {
		l := w.legs[carried.SettlementID]
		if l.state == "" {
			continue
		}
		env.RegisterDelayedCallback(func() {
			for range l.told {
				env.SignalWorkflow(workflows.LegSignal, settlement.LegReport{SettlementID: carried.SettlementID, State: l.state})
			}
		}, max(l.ends.Sub(env.Now()), 0))
	}
}
