package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"time"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"go.temporal.io/sdk/workflow"
)

// SweepInput starts a Sweep. Its workflow's ID is the run's.
type SweepInput struct {
	Run sweep.Run `json:"run"`
	// Carried is what an earlier run of the same workflow hands on; starters leave it empty.
	Carried *CarriedSweep `json:"carried,omitempty"`
}

// CarriedSweep is all that a sweep's workflow must not forget. It does not grow with the plan.
type CarriedSweep struct {
	Began    time.Time              `json:"began"`
	Plan     *steps.PlanSweepResult `json:"plan,omitempty"`
	Approved bool                   `json:"approved,omitempty"`
	By       string                 `json:"by,omitempty"`
	// Purpose, Chunk and Offset are the next move that is to be begun.
	Purpose sweep.Purpose `json:"purpose"`
	Chunk   int           `json:"chunk,omitempty"`
	Offset  int           `json:"offset,omitempty"`
	// Paid is when the last top-up was begun.
	Paid time.Time `json:"paid,omitzero"`
	// Legs are the moves under way, at most as many as the order's window; Begun and Ends
	// count all that were begun and how they ended.
	Legs    []Leg                               `json:"legs,omitempty"`
	Begun   int                                 `json:"begun,omitempty"`
	Ends    map[countersign.SettlementState]int `json:"ends,omitempty"`
	Stopped Stop                                `json:"stopped,omitempty"`
	Why     string                              `json:"why,omitempty"`
}

// A Stop is why a sweep stopped before everything was begun.
type Stop string

// The stops. Wire format, also of the report.
const (
	Deferred   Stop = "deferred"   // the plan itself says that nothing moves now
	Reported   Stop = "reported"   // the run has ended before and has its report
	Declined   Stop = "declined"   // a person has declined the plan
	Unapproved Stop = "unapproved" // nobody has approved it in time
	GasPrice   Stop = "gas_price"  // gas cost more than the plan offers until the order's patience was over
	Late       Stop = "late"       // the order's patience was over
	Cancelled  Stop = "cancelled"  // the workflow was cancelled
)

// A Phase is a step of a sweep, for the status query.
type Phase string

// The phases of a sweep. Wire format.
const (
	Planning         Phase = "planning"
	AwaitingApproval Phase = "awaiting_approval"  // a person must approve the plan
	AwaitingGasPrice Phase = "awaiting_gas_price" // gas costs more than the plan offers
	ToppingUp        Phase = "topping_up"         // gas goes to wallets that lack it
	Moving           Phase = "moving"             // moves are begun and followed
	Closed           Phase = "closed"             // the report is made
)

// SweepStatus answers the status query, and is the result in the end.
type SweepStatus struct {
	SweepID string                 `json:"sweep_id"`
	Phase   Phase                  `json:"phase"`
	Plan    *steps.PlanSweepResult `json:"plan,omitempty"`
	// By is who approved or declined the plan.
	By string `json:"by,omitempty"`
	// Begun counts the moves that were begun, top-ups too, InFlight those under way, and Ends
	// the others by how they have ended, as their workflows have said. The report counts by
	// the trail.
	Begun    int                                 `json:"begun"`
	InFlight int                                 `json:"in_flight"`
	Ends     map[countersign.SettlementState]int `json:"ends,omitempty"`
	// Stopped is why nothing more was begun, Why says it in more words, or what gas costs while
	// the sweep waits for that.
	Stopped Stop                    `json:"stopped,omitempty"`
	Why     string                  `json:"why,omitempty"`
	Report  *steps.CloseSweepResult `json:"report,omitempty"`
	Outcome Outcome                 `json:"outcome,omitempty"`
}

// An Outcome is how a sweep went, for search attribute Outcome.
type Outcome string

// The outcomes. Wire format; where it stopped and nothing was begun, the outcome is the stop.
const (
	Swept   Outcome = "swept"   // all that was planned has moved
	Partial Outcome = "partial" // some of it has not
	Nothing Outcome = "nothing" // there was nothing to move
)

// A Need is why people must look at a sweep, for search attribute ReasonCode.
type Need string

// The needs. Wire format.
const (
	NeedsApproval Need = "approval_needed"   // approve or decline the plan
	NeedsLook     Need = "moves_not_settled" // moves ended otherwise, or are still under way
)

// run is a sweep on its way.
type run struct {
	in SweepInput
	id string
	c  CarriedSweep

	legs, verdicts workflow.ReceiveChannel
	begun          int    // by this run of the workflow
	starting       int    // children of which it is not known whether they have started
	doubts         bool   // a move is to be asked for now
	waiting, woken bool   // for a verdict, and by a hint that there is one
	dear           string // why nothing is begun for now: what gas costs
	closed         *steps.CloseSweepResult
}

func newRun(ctx workflow.Context, in SweepInput) *run {
	s := &run{in: in, id: in.Run.ID()}
	if in.Carried != nil {
		s.c = *in.Carried
	} else {
		s.c = CarriedSweep{Began: workflow.Now(ctx), Purpose: sweep.GasTopUp}
	}
	return s
}

// check refuses an order that is none, and a name under which nobody would find the run.
func (s *run) check(ctx workflow.Context) error {
	if err := s.in.Run.Order.Check(); err != nil {
		return err
	}
	if due := s.in.Run.Due; due.IsZero() || !due.Equal(due.Truncate(time.Second)) {
		return errors.New("due: want the scheduled time in whole seconds")
	}
	if id := workflow.GetInfo(ctx).WorkflowExecution.ID; id != s.id {
		return fmt.Errorf("workflow ID %q: start it as %q, so that it is started once", id, s.id)
	}
	return nil
}

// until is when the order's patience is over.
func (s *run) until() time.Time { return s.c.Began.Add(s.in.Run.Order.Patience()) }

// stop has nothing more begun. The first reason stands.
func (s *run) stop(code Stop, why string) {
	if s.c.Stopped == "" {
		s.c.Stopped, s.c.Why = code, why
	}
}

// listen makes the workflow answer queries and hear signals.
func (s *run) listen(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, workflows.StatusQuery,
		func() (SweepStatus, error) { return s.status(), nil },
		workflow.QueryHandlerOptions{Description: "where the sweep stands"})
	if err != nil {
		return err
	}
	s.legs = workflow.GetSignalChannelWithOptions(ctx, workflows.LegSignal,
		workflow.SignalChannelOptions{Description: "how a move has ended (LegReport)"})
	s.verdicts = workflow.GetSignalChannelWithOptions(ctx, workflows.VerdictSignal,
		workflow.SignalChannelOptions{Description: "a person has approved or declined the plan; a hint to look at the trail"})
	s.drain()
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var r settlement.LegReport
			if !s.legs.Receive(ctx, &r) {
				return
			}
			s.ended(r.SettlementID, r.State)
			s.tell(ctx)
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for s.verdicts.Receive(ctx, nil) {
			s.woken = true
		}
	})
	return nil
}

// drain hears what has arrived already, without waiting.
func (s *run) drain() {
	for {
		var r settlement.LegReport
		if !s.legs.ReceiveAsync(&r) {
			break
		}
		s.ended(r.SettlementID, r.State)
	}
	for s.verdicts.ReceiveAsync(nil) {
		s.woken = true
	}
}

func (s *run) phase() Phase {
	switch {
	case s.closed != nil:
		return Closed
	case s.c.Plan == nil:
		return Planning
	case s.waiting:
		return AwaitingApproval
	case s.dear != "":
		return AwaitingGasPrice
	case s.c.Purpose == sweep.GasTopUp && s.c.Plan.TopUps > 0:
		return ToppingUp
	}
	return Moving
}

func (s *run) status() SweepStatus {
	return SweepStatus{
		SweepID: s.id, Phase: s.phase(), Plan: s.c.Plan, By: s.c.By, Begun: s.c.Begun, InFlight: len(s.c.Legs), Ends: maps.Clone(s.c.Ends),
		Stopped: s.c.Stopped, Why: cmp.Or(s.c.Why, s.dear), Report: s.closed, Outcome: s.outcome(),
	}
}

func (s *run) outcome() Outcome {
	switch r := s.closed; {
	case r == nil:
		return ""
	case s.c.Stopped != "" && s.c.Stopped != Reported && s.c.Begun == 0:
		return Outcome(s.c.Stopped)
	case r.Planned == 0:
		return Nothing
	case r.Moved == r.Planned:
		return Swept
	}
	return Partial
}
