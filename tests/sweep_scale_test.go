package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	orders "countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/settlement"
	"countersign/workflows/sweep"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// office is what a sweep asks: a plan of so many moves, and the trail.
type office struct {
	moves int
	mu    sync.Mutex
	ended map[string]bool
	asked []string
}

const pageSize = 100

func moveID(i int) string { return fmt.Sprintf("sweep-%06d", i) }

func (o *office) PlanSweep(context.Context, steps.PlanSweepInput) (steps.PlanSweepResult, error) {
	return steps.PlanSweepResult{Moves: o.moves, MoveChunks: (o.moves + pageSize - 1) / pageSize, Summary: "a plan"}, nil
}

func (o *office) SweepPage(_ context.Context, in steps.SweepPageInput) (res steps.SweepPageResult, err error) {
	for i := in.Chunk * pageSize; i < min((in.Chunk+1)*pageSize, o.moves); i++ {
		res.Instructions = append(res.Instructions, countersign.Instruction{
			ExternalID: moveID(i), WalletID: "wa-00000-00000-0000000000000000", Network: "EthereumSepolia", Covered: true, Purpose: in.SweepID + ": deposits go to the treasury",
			Transfer: &countersign.Transfer{Kind: "Erc20", Asset: "0x00000000000000000000000000000000000000dd", To: "0x00000000000000000000000000000000000000cc", Amount: countersign.NewAmount(1_000_000_000)},
		})
	}
	return res, nil
}

func (o *office) SweepEnds(_ context.Context, in steps.SweepEndsInput) (res steps.SweepEndsResult, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, in.SettlementIDs...)
	for _, id := range in.SettlementIDs {
		if o.ended[id] {
			res.Ends = append(res.Ends, steps.LegEnd{SettlementID: id, State: countersign.SettlementSettled})
		}
	}
	return res, nil
}

func (o *office) CloseSweep(context.Context, steps.CloseSweepInput) (steps.CloseSweepResult, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return steps.CloseSweepResult{Planned: o.moves, Moved: len(o.ended), Summary: "a report"}, nil
}

// settle stands in for a settlement: it ends at once, or, the slow one, when it is let go.
func (o *office) settle(slow string) func(workflow.Context, settlement.SettlementInput) (settlement.SettlementStatus, error) {
	return func(ctx workflow.Context, in settlement.SettlementInput) (settlement.SettlementStatus, error) {
		if in.ID == slow {
			workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
		}
		o.mu.Lock()
		o.ended[in.ID] = true
		o.mu.Unlock()
		report := settlement.LegReport{SettlementID: in.ID, State: countersign.SettlementSettled}
		err := workflow.SignalExternalWorkflow(ctx, in.Sweep, "", workflows.LegSignal, report).Get(ctx, nil)
		workflow.GetLogger(ctx).Debug("told", "error", err) // the first was before there was a sweep
		return settlement.SettlementStatus{State: countersign.SettlementSettled}, nil
	}
}

// TestASweepOfManyMoves runs a sweep on Temporal's own server, with settlements that end at once:
// 500 moves, or as many as COUNTERSIGN_TEST_MOVES says (make slow: 10,000). Every move is begun
// once, and no history grows long. Two moves have workflows before: one has ended unheard, and one
// ends later.
func TestASweepOfManyMoves(t *testing.T) {
	t.Parallel()
	moves := 500
	if n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_TEST_MOVES")); err == nil {
		moves = n
	}
	c := newClockwork(t)
	o := &office{moves: moves, ended: map[string]bool{}}
	run := orders.Run{Due: time.Now().UTC().Truncate(time.Second), Order: orders.Order{
		Sweep: "many", Network: "EthereumSepolia", Tag: "deposit", Treasury: "wa-treasury", Assets: []orders.Asset{{}}, MaxGasPrice: countersign.NewAmount(1), Concurrency: 100,
	}}
	const early, slow = 7, 8
	o.work(t, c, moveID(slow))
	for _, i := range []int{early, slow} {
		o.startLeg(t, c, run, moveID(i))
	}
	waitFor(t, "an end before the sweep", func(context.Context) error { return o.has(moveID(early)) })

	start := client.StartWorkflowOptions{
		ID: run.ID(), TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, WorkflowExecutionErrorWhenAlreadyStarted: true,
	}
	sweeping, err := c.Client.ExecuteWorkflow(t.Context(), start, workflows.SweepWorkflow, sweep.SweepInput{Run: run})
	if err != nil {
		t.Fatal(err)
	}
	first := sweeping.GetRunID()
	waitFor(t, "a question for what was there already", func(context.Context) error { return o.wasAsked(moveID(slow)) })
	if err := c.Client.SignalWorkflow(t.Context(), workflows.SettlementID(moveID(slow)), "", "go", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.ExecuteWorkflow(t.Context(), start, workflows.SweepWorkflow, sweep.SweepInput{Run: run}); !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		t.Errorf("it was started again: %v", err)
	}
	var end sweep.SweepStatus
	if err := sweeping.Get(t.Context(), &end); err != nil {
		t.Fatal(err)
	}
	if end.Outcome != sweep.Swept || end.Begun != moves || end.Ends[countersign.SettlementSettled] != moves || end.InFlight != 0 || len(o.ended) != moves {
		t.Errorf("%+v, %d ended", end, len(o.ended))
	}
	c.readRuns(run.ID(), first, moves)
}

// work runs a worker for sweeps in this process.
func (o *office) work(t *testing.T, c *clockwork, slow string) {
	t.Helper()
	w := worker.New(c.Client, workflows.TaskQueue, worker.Options{MaxConcurrentWorkflowTaskPollers: 8, MaxConcurrentActivityTaskPollers: 4})
	w.RegisterWorkflowWithOptions(sweep.Sweep, workflow.RegisterOptions{Name: workflows.SweepWorkflow})
	w.RegisterWorkflowWithOptions(o.settle(slow), workflow.RegisterOptions{Name: workflows.SettlementWorkflow})
	w.RegisterActivity(o)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

// startLeg starts the settlement of a move before the sweep does.
func (o *office) startLeg(t *testing.T, c *clockwork, run orders.Run, id string) {
	t.Helper()
	_, err := c.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.SettlementID(id), TaskQueue: workflows.TaskQueue},
		workflows.SettlementWorkflow, settlement.SettlementInput{ID: id, Sweep: run.ID()})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) has(id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ended[id] {
		return errors.New("not yet")
	}
	return nil
}

func (o *office) wasAsked(id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, asked := range o.asked {
		if asked == id {
			return nil
		}
	}
	return errors.New("not yet")
}

// maxEvents is how long a history of a sweep may be. Temporal warns at 10,240 events and ends a
// workflow at 51,200.
const maxEvents = 8000

// readRuns reads the history of each run of a sweep's workflow: each is short, and together they
// have begun each move once.
func (w *clockwork) readRuns(id, runID string, moves int) {
	w.t.Helper()
	begun := map[string]int{}
	longest, largest, runs := 0, 0, 0
	for ; runID != ""; runs++ {
		events, size, next := 0, 0, ""
		all := w.Client.GetWorkflowHistory(w.t.Context(), id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for all.HasNext() {
			e, err := all.Next()
			if err != nil {
				w.t.Fatal(err)
			}
			events, size = events+1, size+e.Size()
			if a := e.GetStartChildWorkflowExecutionInitiatedEventAttributes(); a != nil {
				begun[a.WorkflowId]++
			}
			if a := e.GetWorkflowExecutionContinuedAsNewEventAttributes(); a != nil {
				next = a.NewExecutionRunId
			}
		}
		longest, largest, runID = max(longest, events), max(largest, size), next
	}
	w.t.Logf("%d moves in %d runs, the longest of %d events, the largest of %d bytes", moves, runs, longest, largest)
	if longest > maxEvents || len(begun) != moves {
		w.t.Errorf("the longest history has %d events, want at most %d; %d moves were begun, want %d", longest, maxEvents, len(begun), moves)
	}
	for id, n := range begun {
		if n != 1 {
			w.t.Errorf("%s was begun %d times", id, n)
		}
	}
}
