// Package settlement is the order in which a settlement happens, and a batch of them.
//
// A settlement is one workflow, named after its external ID, whoever asked for it: an
// instruction of ours, or somebody else whose request the custodian's webhooks tell of. It is
// held in the books, submitted, approved by its approval's own workflow, sent, included, final
// and posted. Every webhook is a hint to look, and a poll replaces one that is lost.
package settlement

import (
	"time"

	"countersign"
	"countersign/activities/settlement"
	"countersign/workflows"
	"countersign/workflows/step"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Settlement sees one settlement to its end, and watches for a while whether that lasts.
//
// What is on the chain decides. A transaction that leaves its block is waited for again, and
// what had been posted is reversed; one that was given up and happens after all is posted.
func Settlement(ctx workflow.Context, in SettlementInput) (SettlementStatus, error) {
	s := newCase(in)
	if err := s.listen(ctx); err != nil {
		return SettlementStatus{}, err
	}
	over, err := s.begin(ctx)
	for polls := 0; err == nil && !over; polls++ {
		before := s.c.State
		if over, err = s.look(ctx); err != nil || over {
			break
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			s.drain()
			return s.status(), workflow.NewContinueAsNewError(ctx, workflows.SettlementWorkflow, s.carry())
		}
		if s.c.State != before {
			polls = 0
		}
		err = s.wait(ctx, polls)
	}
	if err != nil {
		return SettlementStatus{}, err
	}
	s.drain()
	return s.status(), nil
}

// begin opens the settlement and has it submitted, and reports whether that was the end.
func (s *stateful) begin(ctx workflow.Context) (over bool, err error) {
	var do *settlement.Settlements
	if s.c.Opened == nil {
		in := settlement.OpenSettlementInput{
			ID: s.in.ID, Instruction: s.in.Instruction, Request: s.in.Request, Batch: s.in.Batch, Deliveries: s.c.Unrecorded,
		}
		opened, err := step.Run[settlement.OpenSettlementResult](ctx, "hold settlement "+s.in.ID+" in the books", do.OpenSettlement, in)
		if s.in.Sweep != "" && step.Permanent(err) { // a batch watches its legs, a sweep continues as new and cannot
			s.tell(ctx, countersign.SettlementRefused)
		}
		if err != nil {
			return true, err
		}
		s.recorded(len(in.Deliveries))
		s.c.Opened, s.c.Case, s.c.Request = &opened, opened.Case, opened.Request
		if err := s.show(ctx); err != nil {
			return true, err
		}
		switch {
		case opened.PartOf != "":
			return true, s.move(ctx, countersign.SettlementReplacement)
		case opened.Refused != "":
			s.c.Reason = opened.Refused
			return true, s.move(ctx, countersign.SettlementRefused)
		}
	}
	if s.c.Request != nil {
		return false, nil
	}
	return s.submit(ctx)
}

// submit gives the instruction to the custodian. What it will not take is given up.
func (s *stateful) submit(ctx workflow.Context) (over bool, err error) {
	var do *settlement.Settlements
	if err := s.move(ctx, countersign.SettlementSubmitting); err != nil {
		return true, err
	}
	submitted, err := step.Run[settlement.SubmitSettlementResult](ctx, "submit "+s.in.ID, do.SubmitSettlement, settlement.SubmitSettlementInput{ID: s.in.ID})
	if step.Permanent(err) {
		if err := s.release(ctx, countersign.SettlementRefused, err.Error()); err != nil {
			return true, err
		}
		return true, s.escalate(ctx, countersign.IssueRefused, s.c.Reason)
	}
	if err != nil {
		return true, err
	}
	s.c.Request, s.c.ApprovalID = &submitted.Request, submitted.ApprovalID
	return false, nil
}

// look reads how it stands, does what follows from that, and reports whether all is done.
func (s *stateful) look(ctx workflow.Context) (over bool, err error) {
	s.news = false // what was heard until now is no news after this
	var do *settlement.Settlements
	in := settlement.FollowSettlementInput{Case: s.c.Case, Request: *s.c.Request, Deliveries: s.c.Unrecorded}
	seen, err := step.Run[settlement.FollowSettlementResult](ctx, "look how "+s.in.ID+" stands", do.FollowSettlement, in)
	if err != nil {
		return true, err
	}
	s.recorded(len(in.Deliveries))
	for _, do := range []func(workflow.Context, settlement.FollowSettlementResult) error{s.retract, s.follow, s.post, s.giveUp, s.complain} {
		if err := do(ctx, seen); err != nil {
			return true, err
		}
	}
	workflow.SetCurrentDetails(ctx, s.story())
	return s.ended() && !workflow.Now(ctx).Before(s.c.Until), nil
}

// wait returns when there is news or the poll is due.
func (s *stateful) wait(ctx workflow.Context, polls int) error {
	if s.news {
		return nil
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	due := workflow.NewTimerWithOptions(timerCtx, s.pause(workflow.Now(ctx), polls), workflow.TimerOptions{Summary: "look again"})
	return workflow.Await(ctx, func() bool { return s.news || due.IsReady() })
}

// pause is how long to wait: seconds while a block may come, minutes otherwise, and no longer
// than the settlement is watched.
func (s *stateful) pause(now time.Time, polls int) time.Duration {
	d := step.PollAfter(polls)
	if s.c.State == countersign.SettlementIncluded || !s.c.Sent.IsZero() && now.Sub(s.c.Sent) < time.Hour {
		d = min(2*time.Second<<min(polls, 5), time.Minute)
	}
	if s.ended() {
		d = min(d, s.c.Until.Sub(now))
	}
	return max(d, time.Second)
}

// move shows another state, and tells of an end who waits for it.
func (s *stateful) move(ctx workflow.Context, to countersign.SettlementState) error {
	if s.c.State == to {
		return nil
	}
	updates := []temporal.SearchAttributeUpdate{workflows.SettlementAttribute.ValueSet(string(to))}
	switch {
	case to.Ended():
		updates = append(updates, workflows.OutcomeAttribute.ValueSet(string(to)))
	case s.c.State.Ended():
		updates = append(updates, workflows.OutcomeAttribute.ValueUnset())
	}
	s.c.State = to
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		return err
	}
	if to.Ended() {
		s.tell(ctx, to)
	}
	return ctx.Err()
}

// tell tells the batch or the sweep that it is of how it has ended, once.
func (s *stateful) tell(ctx workflow.Context, end countersign.SettlementState) {
	to := s.in.Sweep
	if s.in.Batch != "" {
		to = workflows.BatchID(s.in.Batch)
	}
	if to == "" || s.c.Reported {
		return
	}
	s.c.Reported = true
	report := LegReport{SettlementID: s.in.ID, State: end}
	if err := workflow.SignalExternalWorkflow(ctx, to, "", workflows.LegSignal, report).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("who waits for it was not told", "workflow", to, "error", err) // it has ended
	}
}
