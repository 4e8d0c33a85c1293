package workflows_test

import (
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit/booked"
	"countersign/workflows"
)

// final is a transaction that is booked at once.
func final(by string) bookkeeping.BookDepositResult {
	return bookkeeping.BookDepositResult{
		Inclusion: countersign.Final, End: bookkeeping.EndBooked, Index: 7, Block: countersign.BlockRef{Number: 3, Hash: "0xb"}, FollowedBy: by,
	}
}

func TestABookedDepositIsWatched(t *testing.T) {
	for by, want := range map[string]time.Duration{booked.ByChain: time.Hour, booked.ByCustodian: 24 * time.Hour} {
		b := newTeller(func(int) (bookkeeping.BookDepositResult, error) { return final(by), nil })
		began := b.Now()
		b.RegisterDelayedCallback(func() { b.SignalWorkflow(workflows.EventSignal, depositEvent("e-1", "wa-1")) }, time.Minute)
		b.RegisterDelayedCallback(func() {
			answer, err := b.QueryWorkflow(workflows.StatusQuery)
			var status workflows.DepositStatus
			if err != nil || answer.Get(&status) != nil || status.End != bookkeeping.EndBooked || status.Index != 7 {
				t.Errorf("%s: %+v while it is watched, %v", by, status, err)
			}
		}, 2*time.Minute)
		res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
		if took := b.Now().Sub(began); err != nil || res.End != bookkeeping.EndBooked || res.Reversals != 0 || took != want {
			t.Errorf("%s: %+v, %v after %s, want %s", by, res, err, took, want)
		}
		if len(b.asked) != 1 || len(b.rechecked) < 4 {
			t.Errorf("%s: read %d times and again %d times", by, len(b.asked), len(b.rechecked))
		}
		heard := 0
		for _, in := range b.rechecked {
			heard += len(in.Deliveries)
			if in.End != bookkeeping.EndBooked || in.Block.Hash != "0xb" || in.FollowedBy != by {
				t.Errorf("%s: asked %+v", by, in)
			}
		}
		if heard != 1 {
			t.Errorf("%s: the late delivery was handed on %d times", by, heard)
		}
	}
}

func TestWhatOthersBookIsNotWatched(t *testing.T) {
	for _, end := range []string{bookkeeping.EndSettlement, bookkeeping.EndVanished} {
		b := newTeller(func(int) (bookkeeping.BookDepositResult, error) {
			return bookkeeping.BookDepositResult{Inclusion: countersign.Final, End: end}, nil
		})
		if res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"}); err != nil || res.End != end || len(b.rechecked) != 0 {
			t.Errorf("%s: %+v, %v, read again %d times", end, res, err, len(b.rechecked))
		}
	}
}

func TestADepositThatLeavesItsFinalBlockBeginsAnew(t *testing.T) {
	b := newTeller(nil)
	b.look = func(n int) (bookkeeping.BookDepositResult, error) {
		switch n {
		case 1, 5:
			return final(booked.ByChain), nil
		}
		return bookkeeping.BookDepositResult{Inclusion: countersign.InPool}, nil
	}
	b.gone = func(n int) bookkeeping.RecheckDepositResult {
		if n == 2 {
			return bookkeeping.RecheckDepositResult{Gone: true, Now: "in pool", Index: 9}
		}
		return bookkeeping.RecheckDepositResult{}
	}
	res, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	if err != nil || res.End != bookkeeping.EndBooked || res.Reversals != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	if len(b.asked) != 5 || b.asked[0].Round > 1 || b.asked[1].Round != 2 || b.asked[4].Round != 2 || b.rechecked[len(b.rechecked)-1].Round != 2 {
		t.Errorf("asked %+v, and again %+v", b.asked, b.rechecked)
	}
}

func TestAWatchedDepositContinuesAsNew(t *testing.T) {
	b := newTeller(func(int) (bookkeeping.BookDepositResult, error) { return final(booked.ByChain), nil })
	b.SetContinueAsNewSuggested(true)
	_, err := b.run(t, workflows.DepositInput{Network: "Net", TxHash: "0x1"})
	in := carriedOn[workflows.DepositInput](t, err)
	again := newTeller(nil)
	again.SetStartTime(in.Carried.Stands.Until.Add(-time.Minute))
	began := again.Now()
	res, err := again.run(t, in)
	if took := again.Now().Sub(began); err != nil || res.End != bookkeeping.EndBooked || res.Index != 7 || len(again.asked) != 0 || took != time.Minute {
		t.Errorf("%+v, %v after %s", res, err, took)
	}
}
