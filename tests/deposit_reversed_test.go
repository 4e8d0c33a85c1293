package tests

import (
	"context"
	"fmt"
	"testing"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/store"
	"countersign/workflows"
)

// We take a block for final that is not: a deposit leaves the chain after it was booked. It is
// reversed with an alarm, and booked once more when it comes back.
func TestABookedDepositIsReorganisedAway(t *testing.T) {
	t.Parallel()
	s, _ := depositReorganised(t)
	if n, back := s.count(booked.DepositBooked), s.count(booked.DepositReversed); n != 2 || back != 1 {
		t.Errorf("%d times booked and %d times reversed, want 2 and 1", n, back)
	}
	s.verifies()
}

// depositReorganised pays the treasury, reorganises the payment away when it is booked, and
// back. The books are the chain's at each time. It returns the deposit's workflow.
func depositReorganised(t *testing.T) (s *site, id string) {
	t.Helper()
	const finality = 6
	s = newSite(t, standsStill(finality), func(o *options) { o.NodeFinality = "confirmations:1" })
	s.blocks(finality)
	s.startWorker()
	s.startIngress()
	p := newPurse(s)
	waitFor(t, "the opening of the treasury's books", p.agree)

	var paid struct {
		TxHash string `json:"txHash"`
	}
	s.control("/deposits", map[string]string{"network": s.stack.Platform.Network, "to": s.stack.Platform.Treasury, "amount": "1000"}, &paid)
	id = workflows.DepositID(s.stack.Platform.Network, paid.TxHash)
	s.blocks(1)
	s.depositBecomes(id, func(st workflows.DepositStatus) bool { return st.End == bookkeeping.EndBooked })
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}

	s.reorganise(2, true)
	s.depositBecomes(id, func(st workflows.DepositStatus) bool { return st.End == "" && st.Reversals == 1 })
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.count(audit.AlarmRaised); n != 1 {
		t.Errorf("%d alarms, want one", n)
	}

	s.release()
	s.blocks(1)
	s.depositBecomes(id, func(st workflows.DepositStatus) bool { return st.End == bookkeeping.EndBooked && st.Reversals == 1 })
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}
	return s, id
}

// depositBecomes nudges a deposit, as an event does, until it stands as is wanted.
func (s *site) depositBecomes(id string, wanted func(workflows.DepositStatus) bool) (st workflows.DepositStatus) {
	s.t.Helper()
	nudges := 0
	waitFor(s.t, "the deposit", func(ctx context.Context) error {
		nudges++
		hint := countersign.Event{ID: fmt.Sprintf("nudge-%d-%d", s.count(booked.DepositBooked), nudges), Kind: "chain.deposit.seen", Source: "countersign"}
		if err := s.Temporal.SignalWorkflow(ctx, id, "", workflows.EventSignal, hint); err != nil {
			return err
		}
		v, err := s.Temporal.QueryWorkflow(ctx, id, "", workflows.StatusQuery)
		if err != nil {
			return err
		}
		if err := v.Get(&st); err != nil || wanted(st) {
			return err
		}
		return fmt.Errorf("it is %+v", st)
	})
	return st
}

// count counts the records of a type.
func (s *site) count(kind audit.Type) (n int) {
	s.t.Helper()
	for _, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: kind}) {
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}
