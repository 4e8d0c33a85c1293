package settlement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/stretchr/testify/mock"
)

// leg pays an amount of the token from a wallet, and is undone by a payment from another.
func leg(from, to string, n uint64, back string) steps.Leg {
	pay := func(wallet, to string) *countersign.Instruction {
		return &countersign.Instruction{WalletID: wallet, Transfer: &countersign.Transfer{Kind: "Erc20", Asset: token, To: to, Amount: countersign.NewAmount(n)}}
	}
	l := steps.Leg{Instruction: *pay(from, to)}
	if back != "" {
		l.Compensation = pay(back, hot)
	}
	return l
}

// happens has a settlement end: settled by a transaction, or rejected.
func (s *site) happens(id string, settles bool) {
	s.t.Helper()
	hash := "0x" + id
	s.world.mu.Lock()
	r, asked := s.world.requests["xfr-"+id]
	s.world.mu.Unlock()
	if !asked {
		s.t.Errorf("%s was not submitted", id)
		return
	}
	if !settles {
		s.world.set("xfr-"+id, func(r *countersign.Request) { r.Status = "rejected" })
		return
	}
	from := map[string]string{"wa-hot": hot, "wa-cold": cold}[r.WalletID]
	s.world.set("xfr-"+id, func(r *countersign.Request) { r.Status, r.TxHash = "confirmed", hash })
	s.world.on(hash, countersign.Final, 101, func(e *countersign.Effect) {
		t := r.Activity.Transfer
		e.From, e.Fee = from, countersign.NewAmount(1)
		e.Moves = []countersign.Move{{Kind: t.Kind, Asset: t.Asset, From: from, To: t.To, Amount: t.Amount}}
	})
}

func (s *site) batch(legs ...steps.Leg) (end settlement.SettlementBatchStatus) {
	s.t.Helper()
	s.OnSignalExternalWorkflow(mock.Anything, countersign.BatchLineage("b"), "", workflows.LegSignal, mock.Anything).Return(
		func(_, _, _, name string, report any) error {
			s.SignalWorkflow(name, report)
			return nil
		})
	s.ExecuteWorkflow(workflows.SettlementBatchWorkflow, settlement.SettlementBatchInput{ID: "b", Legs: legs})
	if err := s.GetWorkflowError(); err != nil || !s.IsWorkflowCompleted() {
		s.t.Fatalf("completed %v, %v", s.IsWorkflowCompleted(), err)
	}
	if err := s.GetWorkflowResult(&end); err != nil {
		s.t.Fatal(err)
	}
	return end
}

func legs(end settlement.SettlementBatchStatus) (out []string) {
	for _, l := range end.Legs {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", l.SettlementID, l.State, l.Compensation, l.CompensationState)))
	}
	return out
}

func TestABatchSettlesAllOrUndoesWhatItCan(t *testing.T) {
	t.Run("all", func(t *testing.T) {
		s := newSite(t)
		s.at(time.Minute, func() { s.happens("b.1", true) })
		s.at(10*time.Minute, func() { s.happens("b.2", true) })
		end := s.batch(leg("wa-hot", cold, 10, "wa-cold"), leg("wa-cold", stranger, 5, ""))
		want(t, "legs", legs(end), "[b.1 settled b.2 settled]")
		want(t, "end", end.End, steps.BatchSettled)
		s.holds("wallets:Net:wa-hot", "USDC/6", "990", "990")
		s.holds("wallets:Net:wa-cold", "USDC/6", "1005", "1005")
	})
	t.Run("undone", func(t *testing.T) {
		s := newSite(t)
		s.at(time.Minute, func() { s.happens("b.1", true) })
		s.at(10*time.Minute, func() { s.happens("b.2", false) })
		s.at(40*time.Minute, func() { s.happens("b.1.back", true) })
		end := s.batch(leg("wa-hot", cold, 10, "wa-cold"), leg("wa-cold", stranger, 5, ""), leg("wa-hot", cold, 1, ""))
		want(t, "legs", legs(end), "[b.1 settled b.1.back settled b.2 rejected b.3]")
		want(t, "end", end.End, steps.BatchCompensated)
		if _, asked := s.world.requests["xfr-b.3"]; asked {
			t.Error("the leg behind the one that failed was submitted")
		}
		s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
		s.holds("wallets:Net:wa-cold", "USDC/6", "1000", "1000")
		record, err := s.trail.Find(t.Context(), countersign.BatchKey("b", "closed"))
		var body booked.BatchEnd
		if err != nil || record.Decode(&body) != nil || body.End != steps.BatchCompensated || len(body.Legs) != 3 {
			t.Errorf("%+v, %v", body, err)
		}
	})
	t.Run("left to people", func(t *testing.T) {
		s := newSite(t)
		s.at(time.Minute, func() { s.happens("b.1", true) })
		s.at(10*time.Minute, func() { s.happens("b.2", true) })
		s.at(20*time.Minute, func() { s.happens("b.3", false) })
		s.at(50*time.Minute, func() { s.happens("b.2.back", false) })
		end := s.batch(leg("wa-hot", stranger, 10, ""), leg("wa-hot", cold, 5, "wa-cold"), leg("wa-hot", cold, 1, ""))
		want(t, "legs", legs(end), "[b.1 settled b.2 settled b.2.back rejected b.3 rejected]")
		want(t, "end", end.End, steps.BatchPartial)
		want(t, "issues", s.issues(), "[settlement/b.1/escalated/compensation_needed settlement/b.2/escalated/compensation_needed]")
	})
	t.Run("nothing was begun", func(t *testing.T) {
		s := newSite(t)
		end := s.batch(leg("wa-9", stranger, 10, ""), leg("wa-hot", cold, 5, ""))
		want(t, "legs", legs(end), "[b.1 refused b.2]")
		want(t, "end", end.End, steps.BatchCompensated)
	})
}

func TestWhatIsNoBatch(t *testing.T) {
	good := leg("wa-hot", stranger, 10, "")
	named := good
	named.Instruction.ExternalID = "other"
	for name, tt := range map[string]struct {
		id   string
		legs []steps.Leg
	}{
		"no legs":          {"b", nil},
		"too many":         {"b", make([]steps.Leg, 51)},
		"a long name":      {strings.Repeat("b", 41), []steps.Leg{good}},
		"no name":          {"", []steps.Leg{good}},
		"a leg with an ID": {"b", []steps.Leg{named}},
		"an empty leg":     {"b", []steps.Leg{{}}},
		"a bad way back":   {"b", []steps.Leg{{Instruction: good.Instruction, Compensation: &countersign.Instruction{}}}},
	} {
		if named, err := steps.NameLegs(tt.id, tt.legs); err == nil {
			t.Errorf("%s: %+v", name, named)
		}
	}
	named2, err := steps.NameLegs(strings.Repeat("b", 40), []steps.Leg{leg("wa-hot", cold, 1, "wa-cold")})
	if err != nil || named2[0].Compensation.ExternalID != strings.Repeat("b", 40)+".1.back" {
		t.Errorf("%+v, %v", named2, err)
	}
}
