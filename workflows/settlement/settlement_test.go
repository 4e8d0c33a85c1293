package settlement_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	steps "countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/workflows"
	"countersign/workflows/settlement"
)

const (
	pay = "pay-1"
	xfr = "xfr-pay-1"
	tx  = "0x1"
)

// sixty is 60 of the token to a stranger.
func sixty() *countersign.Instruction {
	return &countersign.Instruction{
		ExternalID: pay, WalletID: "wa-hot", Purpose: "invoice 7",
		Transfer: &countersign.Transfer{Kind: "Erc20", Asset: token, To: stranger, Amount: countersign.NewAmount(60)},
	}
}

// run runs the settlement of an instruction to its end.
func (s *site) run(in settlement.SettlementInput) settlement.SettlementStatus {
	s.t.Helper()
	s.ExecuteWorkflow(workflows.SettlementWorkflow, in)
	var end settlement.SettlementStatus
	if !s.IsWorkflowCompleted() {
		s.t.Fatal("the workflow is still open")
	}
	if err := errors.Join(s.GetWorkflowError()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.GetWorkflowResult(&end); err != nil {
		s.t.Fatal(err)
	}
	return end
}

func (s *site) pay() settlement.SettlementStatus {
	s.t.Helper()
	return s.run(settlement.SettlementInput{ID: pay, Instruction: sixty()})
}

// at changes the world once so much time has passed.
func (s *site) at(d time.Duration, change func()) { s.RegisterDelayedCallback(change, d) }

// hears has the workflow told of something by a webhook.
func (s *site) hears(kind string) {
	s.SignalWorkflow(workflows.EventSignal, countersign.Event{
		ID: fmt.Sprint("whe-", s.Now().Unix()), Kind: countersign.EventKind(kind), Subject: xfr, WalletID: "wa-hot", ExternalID: pay, Date: s.Now(),
	})
}

// becomes sets the custodian's word on the request, and its transaction.
func (s *site) becomes(status countersign.RequestStatus, hash string) {
	s.world.set(xfr, func(r *countersign.Request) { r.Status, r.TxHash = status, hash })
}

// status asks the workflow.
func (s *site) status() (st settlement.SettlementStatus) {
	v, err := s.QueryWorkflow(workflows.StatusQuery)
	if err == nil {
		err = v.Get(&st)
	}
	if err != nil {
		s.t.Error(err)
	}
	return st
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n%v, want\n%v", what, got, want)
	}
}

func TestASettlementFromHeldToPosted(t *testing.T) {
	s := newSite(t)
	var seen []countersign.SettlementState
	look := func() {
		seen = append(seen, s.status().State)
		s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "940") // held from the start
	}
	s.at(time.Minute, func() { look(); s.becomes("executing", ""); s.hears("policy.approval.resolved") })
	s.at(2*time.Minute, func() { look(); s.becomes("broadcasted", tx); s.hears("wallet.transfer.broadcasted") })
	s.at(3*time.Minute, func() { look(); s.world.on(tx, countersign.Included, 101); s.hears("wallet.transfer.confirmed") })
	s.at(4*time.Minute, func() { look(); s.world.on(tx, countersign.Final, 101) }) // nobody tells
	s.at(10*time.Minute, func() { seen = append(seen, s.status().State) })
	end := s.pay()
	want(t, "states", seen, "[awaiting_approval executing broadcast included settled]")
	want(t, "records", s.records(), "[settlement.opened settlement.submitted webhook.accepted webhook.accepted webhook.accepted settlement.settled]")
	if end.State != countersign.SettlementSettled || end.FollowedBy != booked.ByChain || end.Escalations != 0 || end.Heard != 3 || end.ApprovalID != "ap-pay-1" {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
	s.holds("wallets:Net:wa-hot", "ETH/18", "993", "993")
	s.holds("fees:Net", "ETH/18", "7", "7")
	entries, err := s.books.Entry(t.Context(), pay)
	if err != nil || len(entries) != 2 || entries[1].Memo != "invoice 7" {
		t.Errorf("entry %+v, %v", entries, err)
	}
	record, err := s.trail.Find(t.Context(), "settlement/pay-1/settled")
	var body booked.Settled
	if err != nil || record.Decode(&body) != nil || body.Posted.Step != entries[1].Digest() || entries[1].Record != record.Record.Key {
		t.Errorf("record and step do not name each other: %+v, %v", body, err)
	}
}

func TestHowASettlementEndsThatDoesNotHappen(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   countersign.RequestStatus
		approval countersign.ApprovalStatus
		want     countersign.SettlementState
	}{
		{"an approver says no", "rejected", countersign.StatusDenied, countersign.SettlementDenied},
		{"nobody says anything", "rejected", countersign.StatusExpired, countersign.SettlementExpired},
		{"a policy forbids it", "rejected", "", countersign.SettlementRejected},
		{"it cannot be sent", "failed", "", countersign.SettlementFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.at(time.Minute, func() {
				s.world.mu.Lock()
				s.world.approvals["ap-pay-1"] = countersign.Approval{ID: "ap-pay-1", Status: tt.approval}
				s.world.mu.Unlock()
				s.becomes(tt.status, "")
				s.hears("wallet.transfer." + string(tt.status))
			})
			end := s.pay()
			want(t, "end", end.State, tt.want)
			want(t, "records", s.records(), "[settlement.opened settlement.submitted webhook.accepted settlement.released]")
			s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
		})
	}
}

func TestWhatIsNeverSubmitted(t *testing.T) {
	for _, tt := range []struct {
		name, issue, reason string
		change              func(*site, *countersign.Instruction)
	}{
		{"no maker", "submission_refused", "no maker is configured", func(s *site, _ *countersign.Instruction) { s.steps.Maker = nil }},
		{"the external ID is taken", "submission_refused", "external ID already names", func(s *site, _ *countersign.Instruction) { s.world.refuse = countersign.ErrExternalIDReused }},
		{"the custodian will not take it", "submission_refused", "invalid", func(s *site, _ *countersign.Instruction) { s.world.refuse = countersign.ErrInvalid }},
		{"the books have not as much", "", "not enough", func(_ *site, i *countersign.Instruction) {
			i.Covered, i.Transfer.Amount = true, countersign.NewAmount(1001)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, i := newSite(t), sixty()
			tt.change(s, i)
			end := s.run(settlement.SettlementInput{ID: pay, Instruction: i})
			if end.State != countersign.SettlementRefused || !strings.Contains(end.Reason, tt.reason) || string(end.Issue) != tt.issue {
				t.Errorf("%+v", end)
			}
			s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
			if s.world.submitted != 0 {
				t.Error("it was submitted")
			}
			if _, err := s.trail.Find(t.Context(), "settlement/pay-1/released"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The effect was lost, and the answer was lost: both end with one request and one posting.
func TestEffectsAndAnswersAreLost(t *testing.T) {
	for name, lose := range map[string]func(*site){
		"nothing":                      func(*site) {},
		"a submission":                 func(s *site) { s.world.loseEffect = 3 },
		"the answer to it":             func(s *site) { s.world.loseAnswer = 3 },
		"the opening":                  func(s *site) { s.trail.loseEffect[booked.SettlementOpened] = 2 },
		"the answer to the opening":    func(s *site) { s.trail.loseAnswer[booked.SettlementOpened] = 2 },
		"the posting":                  func(s *site) { s.trail.loseEffect[booked.SettlementSettled] = 2 },
		"the answer to the posting":    func(s *site) { s.trail.loseAnswer[booked.SettlementSettled] = 2 },
		"the reversal":                 func(s *site) { s.trail.loseEffect[booked.SettlementReversed] = 2 },
		"the answer to the reversal":   func(s *site) { s.trail.loseAnswer[booked.SettlementReversed] = 2 },
		"every second answer there is": func(s *site) { s.world.loseAnswer = 1; s.trail.loseAnswer[booked.SettlementSettled] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			lose(s)
			s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.world.on(tx, countersign.Final, 101) })
			s.at(20*time.Minute, func() { s.world.on(tx, countersign.Final, 102) }) // what could not be
			end := s.pay()
			if end.State != countersign.SettlementSettled || end.Round != 2 || s.world.submitted != 1 {
				t.Errorf("%+v, submitted %d times", end, s.world.submitted)
			}
			s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
			s.holds("wallets:Net:wa-hot", "ETH/18", "993", "993")
			n := 0
			for b, err := range s.books.Steps(t.Context(), time.Time{}, time.Time{}) {
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(b.ID, pay) {
					n++
				}
			}
			if n != 5 { // pending, posted, reversed; pending, posted
				t.Errorf("%d steps in the books, want 5", n)
			}
		})
	}
}

func TestAnInstructionThatCannotBeIsRefusedAtOnce(t *testing.T) {
	for name, spoil := range map[string]func(*countersign.Instruction){
		"another network": func(i *countersign.Instruction) { i.Network = "Other" },
		"no such wallet":  func(i *countersign.Instruction) { i.WalletID = "wa-9" },
		"another ID":      func(i *countersign.Instruction) { i.ExternalID = "pay-2" },
	} {
		s, i := newSite(t), sixty()
		spoil(i)
		s.ExecuteWorkflow(workflows.SettlementWorkflow, settlement.SettlementInput{ID: pay, Instruction: i})
		if err := s.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "InvalidRequest") {
			t.Errorf("%s: %v, want InvalidRequest", name, err)
		}
		if got := s.records(); len(got) != 0 {
			t.Errorf("%s: records %v", name, got)
		}
	}
}

// Somebody whose workflow is forgotten asks with the same ID again.
func TestAnExternalIDIsForEver(t *testing.T) {
	trail := newTrail(t)
	first := newSiteOn(t, trail)
	first.at(time.Minute, func() { first.becomes("broadcasted", tx); first.world.on(tx, countersign.Final, 101) })
	first.pay()
	again := newSiteOn(t, trail)
	again.world.requests, again.world.effects = first.world.requests, first.world.effects
	if end := again.pay(); end.State != countersign.SettlementSettled || again.world.asked != 0 {
		t.Errorf("%+v, asked %d times", end, again.world.asked)
	}
	again.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
	other, i := newSiteOn(t, trail), sixty()
	i.Transfer.Amount = countersign.NewAmount(61)
	other.ExecuteWorkflow(workflows.SettlementWorkflow, settlement.SettlementInput{ID: pay, Instruction: i})
	if err := other.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "ExternalIDReused") {
		t.Errorf("other terms: %v, want ExternalIDReused", err)
	}
}

func TestALongSettlementGoesOnInANewRun(t *testing.T) {
	s := newSite(t)
	s.SetContinueAsNewSuggested(true)
	s.ExecuteWorkflow(workflows.SettlementWorkflow, settlement.SettlementInput{ID: pay, Instruction: sixty()})
	if err := s.GetWorkflowError(); err == nil || !strings.Contains(err.Error(), "continue as new") {
		t.Fatalf("%v, want a new run", err)
	}
	// The next run knows what the first has done.
	next := newSiteOn(t, s.trail.Trail)
	next.world.requests = s.world.requests
	next.world.on(tx, countersign.Final, 101)
	next.becomes("confirmed", tx)
	opened, err := s.steps.OpenSettlement(t.Context(), steps.OpenSettlementInput{ID: pay, Instruction: sixty()})
	if err != nil {
		t.Fatal(err)
	}
	ref := countersign.RequestRef{Kind: countersign.TransferRequest, WalletID: "wa-hot", ID: xfr}
	end := next.run(settlement.SettlementInput{ID: pay, Instruction: sixty(), Carried: &settlement.CarriedSettlement{
		Opened: &opened, Case: opened.Case, Request: &ref, State: countersign.SettlementAwaitingApproval, Heard: 4,
	}})
	if end.State != countersign.SettlementSettled || end.Heard != 4 || next.world.asked != 0 {
		t.Errorf("%+v", end)
	}
	want(t, "records", next.records(), "[settlement.opened settlement.submitted settlement.settled]")
}
