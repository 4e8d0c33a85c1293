package workflows

import (
	"countersign"
	"countersign/activities"
	"countersign/audit"

	"go.temporal.io/sdk/workflow"
)

// Approval sees one approval from its first webhook to its end. It decides,
// posts what was decided, waits until the custodian says how the approval ended,
// and closes the books on it.
//
// An abstention posts nothing and leaves the workflow open: people decide, and
// the workflow is there to see it. A crash between any two steps changes nothing
// that was decided, because each step finds its own traces.
func Approval(ctx workflow.Context, in ApprovalInput) (ApprovalResult, error) {
	a := &approval{id: in.ApprovalID, carried: in.Carried}
	if err := a.open(ctx); err != nil {
		return ApprovalResult{}, err
	}
	for _, step := range []func(workflow.Context) error{a.decide, a.post, a.resolve} {
		if err := step(ctx); err != nil {
			return ApprovalResult{}, err
		}
	}
	a.drain(ctx)
	return a.result(), nil
}

// approval is the state of the workflow. carried survives a continue-as-new.
type approval struct {
	id      string
	carried Carried

	signals workflow.ReceiveChannel
	trigger *countersign.Event
	news    bool // something was heard since the custodian was last asked
	outcome activities.ResolveResult
}

// open makes the workflow answer queries and hear signals.
func (a *approval) open(ctx workflow.Context) error {
	if a.carried.Seen == nil {
		a.carried.Seen = countersign.Seen{}
	}
	err := workflow.SetQueryHandlerWithOptions(ctx, StatusQuery,
		func() (ApprovalStatus, error) { return a.status(), nil },
		workflow.QueryHandlerOptions{Description: "where the approval stands"})
	if err != nil {
		return err
	}
	a.signals = workflow.GetSignalChannelWithOptions(ctx, EventSignal,
		workflow.SignalChannelOptions{Description: "a verified webhook delivery (countersign.Event); a hint to look"})
	a.drain(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var e countersign.Event
			if !a.signals.Receive(ctx, &e) {
				return
			}
			a.hear(e)
		}
	})
	return nil
}

// drain hears what has arrived already, without waiting.
func (a *approval) drain(workflow.Context) {
	for {
		var e countersign.Event
		if !a.signals.ReceiveAsync(&e) {
			return
		}
		a.hear(e)
	}
}

// hear takes one delivery. The same fact is news once, however often and in
// whatever order its deliveries arrive.
func (a *approval) hear(e countersign.Event) {
	a.carried.Heard++
	if !a.carried.Seen.Add(e) {
		a.carried.Duplicates++
		return
	}
	a.news = true
	a.carried.Unrecorded = append(a.carried.Unrecorded, e)
	if a.trigger == nil {
		a.trigger = &e
	}
}

// recorded forgets the first n deliveries that were to be put on the trail.
func (a *approval) recorded(n int) { a.carried.Unrecorded = a.carried.Unrecorded[n:] }

// decide gets our decision and shows it.
func (a *approval) decide(ctx workflow.Context) error {
	if a.carried.Decided == nil {
		a.news = false // deciding reads afresh: what was heard until now is no news after it
		in := activities.DecideInput{ApprovalID: a.id, Deliveries: a.carried.Unrecorded}
		if t := a.trigger; t != nil {
			in.Trigger = &audit.Trigger{EventID: t.ID, Kind: string(t.Kind), Digest: t.Digest}
		}
		var approvals *activities.Approvals
		decided, err := run[activities.DecideResult](ctx, "decide approval "+a.id, approvals.DecideApproval, in)
		if err != nil {
			return err
		}
		a.carried.Decided = &decided
		a.recorded(len(in.Deliveries))
		if err := a.show(ctx); err != nil {
			return err
		}
	}
	workflow.SetCurrentDetails(ctx, a.story())
	return nil
}

// post gives the decision to the custodian, unless it is an abstention.
func (a *approval) post(ctx workflow.Context) error {
	verdict := a.carried.Decided.Decision.Verdict
	if a.carried.Posted != nil || !verdict.Spoken() {
		return nil
	}
	var approvals *activities.Approvals
	posted, err := run[activities.PostResult](ctx, "post "+string(verdict)+" on "+a.id,
		approvals.PostDecision, activities.PostInput{ApprovalID: a.id})
	if err != nil {
		return err
	}
	a.carried.Posted = &posted
	workflow.SetCurrentDetails(ctx, a.story())
	return nil
}

// resolve asks how the approval ended until it has: when something was heard, and
// otherwise ever more rarely.
func (a *approval) resolve(ctx workflow.Context) error {
	var approvals *activities.Approvals
	for polls := 0; ; polls++ {
		if err := a.wait(ctx, polls); err != nil {
			return err
		}
		in := activities.ResolveInput{ApprovalID: a.id, Deliveries: a.carried.Unrecorded}
		outcome, err := run[activities.ResolveResult](ctx, "ask how "+a.id+" ended", approvals.ResolveApproval, in)
		if err != nil {
			return err
		}
		a.recorded(len(in.Deliveries))
		a.outcome = outcome
		workflow.SetCurrentDetails(ctx, a.story())
		if outcome.Status.Final() {
			return workflow.UpsertTypedSearchAttributes(ctx, OutcomeAttribute.ValueSet(string(outcome.Status)))
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			a.drain(ctx)
			return workflow.NewContinueAsNewError(ctx, ApprovalWorkflow, ApprovalInput{ApprovalID: a.id, Carried: a.carried})
		}
	}
}

// wait returns when there is news or the poll is due. The timer is cancelled when
// it is not needed any more; AwaitWithTimeout would leave it running.
func (a *approval) wait(ctx workflow.Context, polls int) error {
	defer func() { a.news = false }()
	if polls == 0 && a.carried.Decided.Decision.Code == countersign.NotPending {
		return nil // it had ended before we came: ask at once
	}
	if a.news {
		return nil
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	due := workflow.NewTimerWithOptions(timerCtx, pollAfter(polls), workflow.TimerOptions{Summary: "ask the custodian again"})
	return workflow.Await(ctx, func() bool { return a.news || due.IsReady() })
}
