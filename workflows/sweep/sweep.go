// Package sweep is the order in which a sweep happens.
//
// A run of an order is one workflow, named after the order and the time at which it was due. It
// has a plan made and signed, waits for a person's word on it where the order asks for one, has
// gas given to wallets that lack it, and then has each move settled by a workflow of its own, so
// many at a time as the order allows. What the plan says and how each move ended is on the trail:
// the workflow keeps counts, where in the plan it is and which moves are under way, and goes on in
// a new run before its history grows long.
package sweep

import (
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/sweep"
	"countersign/workflows/step"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Sweep sees one run of an order to its report.
//
// A move that ends otherwise than settled is counted, and the sweep goes on: what stays where it
// is belongs to the next run. When the order's patience is over nothing more is begun, and the
// report says what is still under way; the settlements go on without the sweep.
//
// A sweep that is cancelled begins nothing more, makes its report, and ends as cancelled.
func Sweep(ctx workflow.Context, in SweepInput) (SweepStatus, error) {
	s := newRun(ctx, in)
	if err := s.listen(ctx); err != nil {
		return SweepStatus{}, err
	}
	for _, do := range []func(workflow.Context) error{s.plan, s.approve, s.topUp, s.move, s.settle} {
		err := do(ctx)
		if ctx.Err() != nil && s.c.Plan != nil {
			s.stop(Cancelled, "")
			break
		}
		if err != nil {
			return s.status(), err
		}
	}
	free, _ := workflow.NewDisconnectedContext(ctx)
	if err := s.report(free); err != nil {
		return s.status(), err
	}
	return s.status(), ctx.Err()
}

// plan has the plan made, which is the same one however often it is asked for.
func (s *run) plan(ctx workflow.Context) error {
	s.tell(ctx)
	if s.c.Plan != nil {
		return nil
	}
	if err := s.check(ctx); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), "InvalidRequest", err)
	}
	if err := s.show(ctx); err != nil {
		return err
	}
	var do *steps.Sweeps
	var plan steps.PlanSweepResult
	long := workflow.WithActivityOptions(ctx, atLength("plan "+s.id, s.until().Sub(workflow.Now(ctx))))
	if err := workflow.ExecuteActivity(long, do.PlanSweep, steps.PlanSweepInput{Run: s.in.Run}).Get(ctx, &plan); err != nil {
		return err
	}
	s.c.Plan = &plan
	switch {
	case plan.Closed:
		s.stop(Reported, "")
	case plan.Deferred != "":
		s.stop(Deferred, string(plan.Deferred))
	}
	s.tell(ctx)
	return nil
}

// approve waits for a person's word on the plan as a whole, where the order asks for one. The
// trail has the word: a signal is a hint to look, and a poll replaces one that is lost.
func (s *run) approve(ctx workflow.Context) error {
	if !s.in.Run.Order.Approval || s.c.Approved || s.c.Stopped != "" || s.c.Plan.TopUps+s.c.Plan.Moves == 0 {
		return nil
	}
	s.waiting = true
	s.tell(ctx)
	if err := s.needs(ctx, NeedsApproval); err != nil {
		return err
	}
	for polls := 0; s.waiting; polls++ {
		s.woken = false
		var do *steps.Sweeps
		v, err := step.Run[steps.SweepVerdictResult](ctx, "look whether "+s.id+" is approved", do.SweepVerdict, steps.SweepVerdictInput{SweepID: s.id})
		if err != nil {
			return err
		}
		left := s.until().Sub(workflow.Now(ctx))
		switch {
		case v.Verdict == steps.Approved:
			s.c.Approved, s.c.By, s.waiting = true, v.By, false
		case v.Verdict == steps.Declined:
			s.c.By, s.waiting = v.By, false
			s.stop(Declined, "")
		case left <= 0:
			s.waiting = false
			s.stop(Unapproved, "")
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return s.again(ctx)
		default:
			err = s.pause(ctx, min(step.PollAfter(polls), left), "look for the verdict again", func() bool { return s.woken })
		}
		if err != nil {
			return err
		}
	}
	s.tell(ctx)
	return s.needs(ctx, "")
}

// topUp gives gas to the wallets that lack it, and waits until that is there.
//
// A top-up that does not settle in time holds nobody up: the moves of its wallet are left out of
// the pages, and belong to the next run.
func (s *run) topUp(ctx workflow.Context) error {
	if s.c.Purpose != sweep.GasTopUp {
		return nil
	}
	if err := s.begin(ctx, s.c.Plan.TopUpChunks); err != nil || s.c.Stopped != "" {
		return err
	}
	if s.c.Paid.IsZero() {
		s.c.Paid = workflow.Now(ctx)
	}
	until := s.c.Paid.Add(min(topUpPatience, s.in.Run.Order.Patience()/2))
	if s.until().Before(until) {
		until = s.until()
	}
	if _, err := s.await(ctx, until, s.idle); err != nil {
		return err
	}
	s.c.Purpose, s.c.Chunk, s.c.Offset = sweep.ToTreasury, 0, 0
	return nil
}

// move begins all moves to the treasury, so many at a time as the order allows.
func (s *run) move(ctx workflow.Context) error {
	return s.begin(ctx, s.c.Plan.MoveChunks)
}

// settle waits until everything that was begun has ended, or the order's patience has.
func (s *run) settle(ctx workflow.Context) error {
	_, err := s.await(ctx, s.until(), s.idle)
	return err
}

// report puts on the trail what came of each move, and shows it, once it is known that what was to
// be started was: a child that has not started when its parent ends never does.
func (s *run) report(ctx workflow.Context) error {
	if err := workflow.Await(ctx, func() bool { return s.starting == 0 }); err != nil {
		return err
	}
	var do *steps.Sweeps
	var report steps.CloseSweepResult
	long := workflow.WithActivityOptions(ctx, atLength("report on "+s.id, 0))
	err := workflow.ExecuteActivity(long, do.CloseSweep, steps.CloseSweepInput{SweepID: s.id, Reason: string(s.c.Stopped)}).Get(ctx, &report)
	if err != nil {
		return err
	}
	s.closed = &report
	s.drain()
	s.tell(ctx)
	return s.conclude(ctx)
}

// atLength is for a step that reads a lot and says that it lives: tried for ever, or for as long
// as is said.
func atLength(summary string, within time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Minute, HeartbeatTimeout: 2 * time.Minute, ScheduleToCloseTimeout: max(within, 0),
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
		Summary:     summary,
	}
}

// ended counts how a move has ended, once, whoever tells of it.
func (s *run) ended(id string, state countersign.SettlementState) {
	if !state.Ended() || !s.drop(id) {
		return
	}
	if s.c.Ends == nil {
		s.c.Ends = map[countersign.SettlementState]int{}
	}
	s.c.Ends[state]++
}
