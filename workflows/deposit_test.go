package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/activities/bookkeeping"
	"countersign/activities/rescreening"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/testsuite"
)

// teller is a deposit's workflow in the test environment.
type teller struct {
	*testsuite.TestWorkflowEnvironment
	asked []bookkeeping.BookDepositInput
	look  func(n int) (bookkeeping.BookDepositResult, error)
	// rechecked are the questions after it was final; nothing has changed where gone is nil.
	rechecked []bookkeeping.RecheckDepositInput
	gone      func(n int) bookkeeping.RecheckDepositResult
}

func newTeller(look func(n int) (bookkeeping.BookDepositResult, error)) *teller {
	b := &teller{TestWorkflowEnvironment: new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment(), look: look}
	worker.Register(b, worker.Activities{
		Approvals: &activities.Approvals{}, Events: &activities.Events{}, Reconciler: &activities.Reconciler{},
		Screening: &rescreening.Screening{}, Comparison: &activities.Comparison{}, Deposits: &bookkeeping.Deposits{},
	})
	var d *bookkeeping.Deposits
	b.OnActivity(d.BookDeposit, anything, anything).Return(func(_ context.Context, in bookkeeping.BookDepositInput) (bookkeeping.BookDepositResult, error) {
		b.asked = append(b.asked, in)
		return b.look(len(b.asked))
	})
	b.OnActivity(d.RecheckDeposit, anything, anything).Return(func(_ context.Context, in bookkeeping.RecheckDepositInput) (bookkeeping.RecheckDepositResult, error) {
		b.rechecked = append(b.rechecked, in)
		if b.gone == nil {
			return bookkeeping.RecheckDepositResult{}, nil
		}
		return b.gone(len(b.rechecked)), nil
	})
	return b
}

func depositEvent(id, wallet string) countersign.Event {
	return countersign.Event{ID: id, Kind: "chain.deposit.seen", Source: "countersign", Subject: "Net:0x1", WalletID: wallet}
}

func (b *teller) run(t *testing.T, in workflows.DepositInput) (workflows.DepositStatus, error) {
	t.Helper()
	b.ExecuteWorkflow(workflows.Deposit, in)
	if !b.IsWorkflowCompleted() {
		t.Fatal("the workflow is still open")
	}
	var res workflows.DepositStatus
	if err := b.GetWorkflowError(); err != nil {
		return res, err
	}
	return res, b.GetWorkflowResult(&res)
}

func TestADepositIsReadUntilItIsFinal(t *testing.T) {
	b := newTeller(nil)
	final := b.Now().Add(3 * time.Hour)
	b.look = func(int) (bookkeeping.BookDepositResult, error) {
		if b.Now().Before(final) {
			return bookkeeping.BookDepositResult{Inclusion: countersign.Included}, nil
		}
		return bookkeeping.BookDepositResult{Inclusion: countersign.Final, End: bookkeeping.EndBooked, Index: 7}, nil
	}
	res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	if err != nil || res.End != bookkeeping.EndBooked || res.Index != 7 {
		t.Errorf("%+v, %v", res, err)
	}
	if n := len(b.asked); n < 10 || n > 25 { // 15 s, 30 s … and then every 15 minutes
		t.Errorf("asked %d times in three hours", n)
	}
}

func TestAnEventWakesADeposit(t *testing.T) {
	told := false
	b := newTeller(func(int) (bookkeeping.BookDepositResult, error) {
		if !told {
			return bookkeeping.BookDepositResult{Inclusion: countersign.Included}, nil
		}
		return bookkeeping.BookDepositResult{Inclusion: countersign.Final, End: bookkeeping.EndBooked}, nil
	})
	began, at := b.Now(), 5*time.Hour+7*time.Minute
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(workflows.EventSignal, depositEvent("e-1", "wa-1")) }, 0)
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(workflows.EventSignal, depositEvent("e-1", "wa-1")) }, time.Hour) // a duplicate is no news
	b.RegisterDelayedCallback(func() {
		told = true
		b.SignalWorkflow(workflows.EventSignal, depositEvent("e-2", "wa-2"))
	}, at)
	res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	if took := b.Now().Sub(began); err != nil || took != at+time.Hour || res.Heard != 3 {
		t.Errorf("it took %s, %+v, %v; want an hour from the moment of the event", took, res, err)
	}
	last := b.asked[len(b.asked)-1]
	if fmt.Sprint(last.Wallets) != "[wa-1 wa-2]" || len(last.Deliveries) != 2 {
		t.Errorf("asked with wallets %v and %d deliveries, want both of each", last.Wallets, len(last.Deliveries))
	}
}

func TestADepositIsGivenUpAfterAMonth(t *testing.T) {
	b := newTeller(nil)
	b.look = func(int) (bookkeeping.BookDepositResult, error) {
		if b.asked[len(b.asked)-1].GiveUp {
			return bookkeeping.BookDepositResult{Inclusion: countersign.NotSeen, End: bookkeeping.EndVanished}, nil
		}
		return bookkeeping.BookDepositResult{Inclusion: countersign.NotSeen}, nil
	}
	began := b.Now()
	res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	if took := b.Now().Sub(began); err != nil || res.End != bookkeeping.EndVanished || took < 30*24*time.Hour || took > 31*24*time.Hour {
		t.Errorf("%+v, %v after %s", res, err, took)
	}
}

func TestALongDepositContinuesAsNew(t *testing.T) {
	b := newTeller(func(int) (bookkeeping.BookDepositResult, error) {
		return bookkeeping.BookDepositResult{Inclusion: countersign.InPool}, nil
	})
	b.SetContinueAsNewSuggested(true)
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(workflows.EventSignal, depositEvent("e-1", "wa-1")) }, 0)
	_, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	in := carriedOn[workflows.DepositInput](t, err)
	if in.Carried == nil || in.Carried.Heard != 1 || len(in.Carried.Unrecorded) != 1 || fmt.Sprint(in.Wallets) != "[wa-1]" || in.Carried.Seen.Add(depositEvent("e-1", "wa-1")) {
		t.Errorf("carried %+v", in)
	}
}

func TestDepositOf(t *testing.T) {
	for subject, want := range map[string]string{"Net:0x1": "deposit/Net/0x1", "Net:a:b": "deposit/Net/a:b", "Net": "", ":0x1": "", "Net:": "", "": "", "a/b:c": ""} {
		in, err := workflows.DepositOf(countersign.Event{Subject: subject})
		if (err == nil) != (want != "") || err != nil && !errors.Is(err, countersign.ErrID) || err == nil && workflows.DepositID(in.Network, in.TxHash) != want {
			t.Errorf("%q: %+v, %v; want %q", subject, in, err, want)
		}
	}
}
