package sweep

import (
	"slices"
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/workflows"
	"countersign/workflows/settlement"
	"countersign/workflows/step"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// perRun is how many moves a run of the workflow begins before it goes on in a new one. A
	// move costs up to 13 events (its start four, its signal and its end four each with their
	// workflow tasks, one for the rest), which makes 4,000: about where Temporal itself
	// suggests a new run (4,096 events, temporal.md), and it allows 2,000 open children.
	perRun = 300
	// askAfter is how long a move may be under way before the trail is asked for it.
	askAfter = time.Hour
	// gasPause is how long a sweep waits before it asks again what gas costs.
	gasPause = 10 * time.Minute
	// topUpPatience is how long top-ups are waited for at most, from when all have begun.
	topUpPatience = time.Hour
)

// A Leg is a move that is under way.
type Leg struct {
	SettlementID string `json:"settlement_id"`
	// Asked is when it was begun, or last asked for; zero where it must be asked for now.
	Asked time.Time `json:"asked,omitzero"`
}

// begin begins what is left of a purpose's chunks, never more at once than the order allows.
func (s *run) begin(ctx workflow.Context, chunks int) error {
	var do *steps.Sweeps
	for s.c.Chunk < chunks && s.c.Stopped == "" {
		in := steps.SweepPageInput{SweepID: s.id, Purpose: s.c.Purpose, Chunk: s.c.Chunk}
		page, err := step.Run[steps.SweepPageResult](ctx, "read what "+s.id+" moves next", do.SweepPage, in)
		if err != nil {
			return err
		}
		if page.Stop != "" {
			if err := s.waitForGas(ctx, page.Stop); err != nil {
				return err
			}
			continue
		}
		for ; s.c.Offset < len(page.Instructions); s.c.Offset++ {
			free, err := s.await(ctx, s.until(), s.free)
			switch {
			case err != nil:
				return err
			case !free:
				s.stop(Late, "")
				return nil
			case s.begun >= perRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested():
				return s.again(ctx)
			}
			if i := page.Instructions[s.c.Offset]; !slices.Contains(page.Without, i.ExternalID) {
				s.start(ctx, i)
			}
		}
		s.c.Chunk, s.c.Offset = s.c.Chunk+1, 0
	}
	return nil
}

// waitForGas waits for a while when gas has come to cost more than the plan offers, and stops the
// sweep when the order's patience ends first.
func (s *run) waitForGas(ctx workflow.Context, why string) error {
	now := workflow.Now(ctx)
	if !now.Before(s.until()) {
		s.stop(GasPrice, why)
		return nil
	}
	s.dear = why
	s.tell(ctx)
	until := now.Add(gasPause)
	if s.until().Before(until) {
		until = s.until()
	}
	_, err := s.await(ctx, until, func() bool { return false })
	s.dear = ""
	s.tell(ctx)
	return err
}

// start begins a move. Its settlement is nobody's child in the end: it goes on when the sweep
// goes on in a new run, is cancelled or has ended.
func (s *run) start(ctx workflow.Context, i countersign.Instruction) {
	s.c.Begun++
	s.begun++
	s.starting++
	s.c.Legs = append(s.c.Legs, Leg{SettlementID: i.ExternalID, Asked: workflow.Now(ctx)})
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflows.SettlementID(i.ExternalID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         "Settlement " + i.ExternalID + " of " + s.id,
	}), workflows.SettlementWorkflow, settlement.SettlementInput{ID: i.ExternalID, Instruction: &i, Sweep: s.id})
	workflow.Go(ctx, func(ctx workflow.Context) {
		err := child.GetChildWorkflowExecution().Get(ctx, nil)
		s.starting--
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			s.doubt(i.ExternalID)
			return
		}
		var end settlement.SettlementStatus
		if err == nil {
			err = child.Get(ctx, &end)
		}
		if err != nil { // nobody follows it any more; the report says what the trail knows
			workflow.GetLogger(ctx).Error("settlement of a sweep has failed", "settlement", i.ExternalID, "error", err)
			end.State = countersign.SettlementFailed
		}
		s.ended(i.ExternalID, end.State)
		s.tell(ctx)
	})
}

// await waits for something, at most until a time, and reports whether it came. Meanwhile it asks
// for the ends of moves that have not told theirs.
func (s *run) await(ctx workflow.Context, until time.Time, ready func() bool) (came bool, err error) {
	for {
		now := workflow.Now(ctx)
		switch {
		case ready():
			return true, nil
		case !now.Before(until):
			return false, nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return false, s.again(ctx)
		}
		if err := s.ask(ctx, now); err != nil {
			return false, err
		}
		if ready() {
			return true, nil
		}
		wait := until.Sub(now)
		for _, leg := range s.c.Legs {
			wait = min(wait, leg.Asked.Add(askAfter).Sub(now))
		}
		err := s.pause(ctx, wait, "ask for moves that have not told their end", func() bool { return ready() || s.doubts })
		if err != nil {
			return false, err
		}
	}
}

// pause waits for a time, or until something is.
func (s *run) pause(ctx workflow.Context, d time.Duration, why string, ready func() bool) error {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	due := workflow.NewTimerWithOptions(timerCtx, max(d, 0), workflow.TimerOptions{Summary: why})
	return workflow.Await(ctx, func() bool { return ready() || due.IsReady() })
}

// ask reads from the trail how moves have ended that should have told it.
func (s *run) ask(ctx workflow.Context, now time.Time) error {
	s.doubts = false
	var ids []string
	for i := range s.c.Legs {
		if leg := &s.c.Legs[i]; now.Sub(leg.Asked) >= askAfter {
			ids = append(ids, leg.SettlementID)
			leg.Asked = now
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var do *steps.Sweeps
	res, err := step.Run[steps.SweepEndsResult](ctx, "ask how moves of "+s.id+" have ended", do.SweepEnds, steps.SweepEndsInput{SweepID: s.id, SettlementIDs: ids})
	for _, e := range res.Ends {
		s.ended(e.SettlementID, e.State)
	}
	s.tell(ctx)
	return err
}

// free reports whether one more may be begun, idle whether nothing is under way.
func (s *run) free() bool { return len(s.c.Legs) < s.in.Run.Order.Window() }
func (s *run) idle() bool { return len(s.c.Legs) == 0 }

// doubt has a move asked for whose workflow was there already: it may have ended long ago.
func (s *run) doubt(id string) {
	if i := s.find(id); i >= 0 {
		s.c.Legs[i].Asked, s.doubts = time.Time{}, true
	}
}

// drop forgets a move that was under way, and reports whether it was.
func (s *run) drop(id string) bool {
	i := s.find(id)
	if i < 0 {
		return false
	}
	s.c.Legs = slices.Delete(s.c.Legs, i, i+1)
	return true
}

func (s *run) find(id string) int {
	return slices.IndexFunc(s.c.Legs, func(l Leg) bool { return l.SettlementID == id })
}

// again goes on in a new run, once it is known that what was to be started was, and everything
// was heard that has come.
func (s *run) again(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return s.starting == 0 }); err != nil {
		return err
	}
	s.drain()
	in := s.in
	in.Carried = &s.c
	return workflow.NewContinueAsNewError(ctx, workflows.SweepWorkflow, in)
}
