package tests

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/store"
	"countersign/workflows/settlement"
)

const elsewhere = "0x2222222222222222222222222222222222222222"

// standsStill is a chain that makes no blocks but for transactions and when it is told to, and of
// whose blocks so many can be reorganised away.
func standsStill(blocks int) func(*options) {
	return func(o *options) { o.Finality, o.BlockTime = blocks, -time.Second }
}

// weather has the control API do something to the chain.
func (s *site) weather(what string, body any) {
	s.t.Helper()
	s.control("/chain/"+s.stack.Platform.Network+"/"+what, body, nil)
}

func (s *site) blocks(n int) { s.weather("mine", map[string]int{"blocks": n}) }

// reorganise replaces the newest blocks; what drops their transactions holds them.
func (s *site) reorganise(depth int, drop bool) {
	s.weather("reorganise", map[string]any{"depth": depth, "drop": drop})
}

func (s *site) release() { s.weather("release", map[string]any{}) }

// isApproved starts a transfer and has people approve it.
func (s *site) isApproved(id string, n uint64) {
	s.instruct(transferOf(id, "Native", "", elsewhere, n))
	s.decides(id, true)
}

// replaces has the platform's own replacement take the place of a transfer: "cancel" or
// "speed-up". People approve it too.
func (s *site) replaces(id, how string) {
	s.t.Helper()
	st, err := s.settlementStatus(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	admin, err := s.stack.Platform.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	var made struct {
		ID string `json:"id"`
	}
	path := "/wallets/" + s.stack.Platform.WalletID + "/transfers/" + st.Request.ID + "/" + how
	if err := admin.Do(s.t.Context(), http.MethodPost, path, struct{}{}, &made); err != nil {
		s.t.Fatal(err)
	}
}

// A block leaves the chain before it is final. Nothing was posted, so nothing is reversed: the
// settlement says that it was retracted and waits for what comes, which is the same transaction
// in another block, one that replaces it, or one that cancels it.
func TestASettlementIsReorganisedBeforeItIsFinal(t *testing.T) {
	t.Parallel()
	const finality = 4
	s := newSite(t, standsStill(finality))
	s.blocks(finality) // what the treasury was paid at first is final: its books begin with it
	s.startWorker()
	s.startIngress()
	p := newPurse(s)
	for _, tt := range []struct {
		name, how string // how it comes back
		end       countersign.SettlementState
	}{
		{"again in another block", "", countersign.SettlementSettled},
		{"once it is let go", "release", countersign.SettlementSettled},
		{"by one that pays more", "speed-up", countersign.SettlementSettled},
		{"never, it is cancelled", "cancel", countersign.SettlementCancelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := "reorg-" + tt.how
			first, st := s.comesBack(id, tt.how, finality, tt.end)
			if st.Retractions != 1 || st.Round != 1 || st.Escalations != 0 || (st.TxHash == first.TxHash) != (tt.how == "" || tt.how == "release") {
				t.Errorf("%+v", st)
			}
			if err := p.agree(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	s.verifies()
}

// comesBack has a transfer's block leave the chain and its transaction, or what takes its place,
// come back in another, and be final. It returns how it stood before and in the end.
func (s *site) comesBack(id, how string, finality int, end countersign.SettlementState) (first, last settlement.SettlementStatus) {
	s.t.Helper()
	s.isApproved(id, 1000)
	first = s.reaches(id, countersign.SettlementIncluded)
	s.reorganise(1, how != "")
	if how != "" {
		s.reaches(id, countersign.SettlementBroadcast)
	}
	switch how {
	case "":
	case "release":
		s.release()
	default:
		s.replaces(id, how)
	}
	waitFor(s.t, "another block of "+id, func(ctx context.Context) error {
		st, err := s.settlementStatus(ctx, id)
		if err == nil && (st.State != countersign.SettlementIncluded || st.Block.Hash == first.Block.Hash) {
			err = fmt.Errorf("%+v", st)
		}
		return err
	})
	s.blocks(finality)
	last = s.reaches(id, end)
	s.release() // nothing is held any more
	return first, last
}

// We take a block for final that is not: its transaction leaves the chain after it was posted. It
// is reversed with an alarm, held again, and settled once more when it comes back.
func TestWhatWasPostedIsReorganisedAway(t *testing.T) {
	t.Parallel()
	const finality = 6
	s := newSite(t, standsStill(finality), func(o *options) { o.NodeFinality = "confirmations:1" })
	s.blocks(finality)
	s.startWorker()
	s.startIngress()
	p := newPurse(s)
	const id = "broken-1"
	s.isApproved(id, 1000)
	s.reaches(id, countersign.SettlementIncluded)
	s.blocks(1)
	s.reaches(id, countersign.SettlementSettled)
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}

	s.reorganise(2, true)
	st := s.reaches(id, countersign.SettlementBroadcast)
	if st.Round != 2 || st.Retractions != 1 || st.Issue != countersign.IssueReversed {
		t.Errorf("after the reorganisation: %+v", st)
	}
	alarm := audit.Alarm{}
	if e, err := s.Trail.Find(t.Context(), countersign.AlarmKey(string(audit.FinalityBroken), id, "1")); err != nil || e.Decode(&alarm) != nil || alarm.SettlementID != id {
		t.Errorf("alarm %+v, %v", alarm, err)
	}
	s.release()
	s.reaches(id, countersign.SettlementIncluded)
	s.blocks(1)
	if st = s.reaches(id, countersign.SettlementSettled); st.Round != 2 || st.Escalations != 1 {
		t.Errorf("%+v", st)
	}
	if err := p.agree(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.records(booked.SettlementSettled, id); n != 2 {
		t.Errorf("%d records of what was posted, want 2", n)
	}
	s.verifies()
}

// records counts those of a type about a settlement.
func (s *site) records(kind audit.Type, id string) (n int) {
	s.t.Helper()
	for e, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: kind}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if e.Record.Lineage == countersign.SettlementLineage(id) {
			n++
		}
	}
	return n
}
