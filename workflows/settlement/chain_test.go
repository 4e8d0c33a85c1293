package settlement_test

import (
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/beside"
	"countersign/audit/booked"
	"countersign/store"
	"countersign/workflows/settlement"
)

func TestABlockThatLeavesTheChainIsRetracted(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.world.on(tx, countersign.Included, 101); s.hears("a") })
	s.at(2*time.Minute, func() { s.world.on(tx, countersign.InPool, 0) })
	s.at(4*time.Minute, func() {
		if st := s.status(); st.State != countersign.SettlementBroadcast || st.Retractions != 1 {
			t.Errorf("after the fork: %+v", st)
		}
		s.world.on(tx, countersign.Included, 102)
	})
	s.at(6*time.Minute, func() { s.world.on(tx, countersign.Final, 103) }) // into another block, and final
	end := s.pay()
	if end.State != countersign.SettlementSettled || end.Retractions != 2 || end.Round != 1 || end.Escalations != 0 || end.Block.Number != 103 {
		t.Errorf("%+v", end)
	}
	want(t, "records", s.records(), "[settlement.opened settlement.submitted webhook.accepted settlement.retracted settlement.retracted settlement.settled]")
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

func TestFinalityThatIsBrokenIsReversed(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("confirmed", tx); s.world.on(tx, countersign.Final, 101); s.hears("a") })
	s.at(10*time.Minute, func() { s.world.on(tx, countersign.InPool, 0) })
	s.at(20*time.Minute, func() {
		s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "940") // taken back, and held again
		s.holds("wallets:Net:wa-hot", "ETH/18", "1000", "1000")
		if st := s.status(); st.State != countersign.SettlementBroadcast || st.Issue != countersign.IssueReversed {
			t.Errorf("after the reversal: %+v", st)
		}
		s.world.on(tx, countersign.Final, 105)
	})
	end := s.pay()
	if end.State != countersign.SettlementSettled || end.Round != 2 || end.Block.Number != 105 {
		t.Errorf("%+v", end)
	}
	want(t, "records", s.records(), "[settlement.opened settlement.submitted webhook.accepted settlement.settled settlement.retracted settlement.reversed alarm.raised settlement.escalated settlement.settled]")
	want(t, "issues", s.issues(), "[settlement/pay-1/escalated/finality_broken]")
	if _, err := s.trail.Find(t.Context(), countersign.AlarmKey(string(audit.FinalityBroken), pay, "1")); err != nil {
		t.Error(err)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
	s.holds("wallets:Net:wa-hot", "ETH/18", "993", "993")
}

func TestANetworkWithoutANodeIsFollowedThroughTheCustodian(t *testing.T) {
	s := newSite(t)
	s.world.noNode = true
	s.at(time.Minute, func() {
		s.becomes("confirmed", tx)
		s.world.set(xfr, func(r *countersign.Request) {
			r.Fee, r.ConfirmedAt = countersign.NewAmount(9), noon.Add(time.Minute)
		})
		s.hears("a")
	})
	s.at(time.Hour, func() {
		s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
		s.holds("wallets:Net:wa-hot", "ETH/18", "991", "991")
		record, err := s.trail.Find(t.Context(), "settlement/pay-1/settled")
		var body booked.Settled
		if err != nil || record.Decode(&body) != nil || body.FollowedBy != booked.ByCustodian {
			t.Errorf("%+v, %v", body, err)
		}
		s.becomes("failed", tx) // it takes its word back
		s.hears("b")
	})
	end := s.pay()
	if end.State != countersign.SettlementFailed || end.FollowedBy != booked.ByCustodian || end.Round != 2 {
		t.Errorf("%+v", end)
	}
	want(t, "records", s.records(), "[settlement.opened settlement.submitted webhook.accepted settlement.settled webhook.accepted settlement.retracted settlement.reversed alarm.raised settlement.escalated settlement.released]")
	s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
	s.holds("wallets:Net:wa-hot", "ETH/18", "1000", "1000")
}

func TestWhatIsStuckIsToldOnceAThreshold(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.hears("a") })
	s.at(40*time.Hour, func() { s.world.on(tx, countersign.Final, 101) })
	end := s.pay()
	if end.State != countersign.SettlementSettled || end.Escalations != 4 {
		t.Errorf("%+v", end)
	}
	want(t, "issues", s.issues(), "[settlement/pay-1/escalated/stuck settlement/pay-1/escalated/stuck/2 settlement/pay-1/escalated/stuck/3 settlement/pay-1/escalated/stuck/4]")
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

// replace has a transaction of the custodian's take the place of the first.
func replace(s *site, kind string) {
	s.world.set("tx-r", func(r *countersign.Request) {
		r.RequestRef = countersign.RequestRef{Kind: countersign.TransactionRequest, WalletID: "wa-hot", ID: "tx-r"}
		r.Network, r.Status, r.TxHash, r.Activity.Request = "Net", "broadcasted", "0x2", kind
	})
	s.world.set(xfr, func(r *countersign.Request) { r.ReplacementID = "tx-r" })
}

// What takes the place of a transaction is followed, and books what it has done.
func TestATransactionIsReplacedByAFasterOne(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.hears("a") })
	s.at(2*time.Minute, func() { replace(s, countersign.SpeedUpTransaction); s.becomes("failed", tx) })
	s.at(5*time.Minute, func() { s.world.on("0x2", countersign.Final, 101) })
	end := s.pay()
	if end.State != countersign.SettlementSettled || end.TxHash != "0x2" || end.Escalations != 0 {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

func TestATransactionIsCancelled(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.hears("a") })
	s.at(2*time.Minute, func() { replace(s, countersign.CancelTransaction) })
	s.at(5*time.Minute, func() {
		s.world.on("0x2", countersign.Final, 101, func(e *countersign.Effect) { e.Moves, e.Fee = nil, countersign.NewAmount(14) })
	})
	end := s.pay()
	if end.State != countersign.SettlementCancelled || end.Escalations != 0 {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
	s.holds("wallets:Net:wa-hot", "ETH/18", "986", "986") // what cancelling cost
}

func TestATransactionIsCancelledTooLate(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); replace(s, countersign.CancelTransaction); s.hears("a") })
	s.at(5*time.Minute, func() { s.world.on(tx, countersign.Final, 101) })
	if end := s.pay(); end.State != countersign.SettlementSettled || end.TxHash != tx {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

func TestAReplacementIsNoSettlementOfItsOwn(t *testing.T) {
	s := newSite(t)
	s.world.set(xfr, func(r *countersign.Request) {
		r.RequestRef, r.ExternalID = countersign.RequestRef{Kind: countersign.TransferRequest, WalletID: "wa-hot", ID: xfr}, pay
	})
	replace(s, countersign.CancelTransaction)
	ref := countersign.RequestRef{Kind: countersign.TransactionRequest, WalletID: "wa-hot", ID: "tx-r"}
	end := s.run(settlement.SettlementInput{ID: "tx-r", Request: &ref})
	if end.State != countersign.SettlementReplacement || end.PartOf != pay {
		t.Errorf("%+v", end)
	}
	want(t, "records", s.records(), "[settlement.opened]")
	if held, err := s.books.Entry(t.Context(), "tx-r"); err != nil || len(held) != 0 {
		t.Errorf("it has an entry: %v, %v", held, err)
	}
}

func TestWhatMovedOtherwiseIsPostedAsItMoved(t *testing.T) {
	erc20 := func(to string, n uint64) countersign.Move {
		return countersign.Move{Kind: "Erc20", Asset: token, From: hot, To: to, Amount: countersign.NewAmount(n)}
	}
	for _, tt := range []struct {
		name    string
		change  func(*countersign.Effect)
		state   countersign.SettlementState
		issue   countersign.SettlementIssue
		differs int
		usdc    string
	}{
		{"as asked", func(*countersign.Effect) {}, countersign.SettlementSettled, "", 0, "940"},
		{"a fee on the way", func(e *countersign.Effect) {
			e.Moves = []countersign.Move{erc20(stranger, 59), erc20("0x0000000000000000000000000000000000000000", 1)}
		}, countersign.SettlementSettled, countersign.IssueDiffers, 1, "940"},
		{"more than asked", func(e *countersign.Effect) { e.Moves = []countersign.Move{erc20(stranger, 61)} }, countersign.SettlementSettled, countersign.IssueDiffers, 2, "939"},
		{"to another wallet of ours", func(e *countersign.Effect) { e.Moves = []countersign.Move{erc20(cold, 60)} }, countersign.SettlementSettled, countersign.IssueDiffers, 1, "940"},
		{"nothing", func(e *countersign.Effect) { e.Moves = nil }, countersign.SettlementSettled, countersign.IssueDiffers, 2, "1000"},
		{"reverted, whatever the custodian says", func(e *countersign.Effect) { e.Moves, e.Succeeded = nil, false }, countersign.SettlementReverted, countersign.IssueReverted, 0, "1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.at(time.Minute, func() { s.becomes("confirmed", tx); s.world.on(tx, countersign.Final, 101, tt.change); s.hears("a") })
			end := s.pay()
			if end.State != tt.state || end.Issue != tt.issue || len(end.Differs) != tt.differs {
				t.Errorf("%+v", end)
			}
			s.holds("wallets:Net:wa-hot", "USDC/6", tt.usdc, tt.usdc)
			s.holds("wallets:Net:wa-hot", "ETH/18", "993", "993")
		})
	}
}

// What is in doubt is not posted before a person says so.
func TestADoubtfulEffectWaitsForAPerson(t *testing.T) {
	s := newSite(t)
	doubt := func(e *countersign.Effect) { e.Doubts = []string{"the balance changed by 59"} }
	s.at(time.Minute, func() { s.becomes("confirmed", tx); s.world.on(tx, countersign.Final, 101, doubt); s.hears("a") })
	s.at(30*time.Hour, func() {
		s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "940")
		if st := s.status(); st.State != countersign.SettlementIncluded || st.Issue != countersign.IssueDoubtful || st.Escalations != 1 {
			t.Errorf("before anybody has looked: %+v", st)
		}
		key := countersign.SettlementKey(pay, "accepted/"+tx)
		if _, err := s.trail.Append(t.Context(), audit.Draft{Key: key, Type: booked.SettlementAccepted, Body: booked.Acceptance{SettlementID: pay, By: "carol", Reason: "looked"}}); err != nil {
			t.Error(err)
		}
	})
	if end := s.pay(); end.State != countersign.SettlementSettled || !strings.Contains(end.IssueReason, "the balance changed by 59") {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

// The custodian gives a transaction up that somebody still has.
func TestWhatWasGivenUpMayHappenAfterAll(t *testing.T) {
	s := newSite(t)
	s.at(time.Minute, func() { s.becomes("failed", tx); s.hears("a") })
	s.at(30*time.Minute, func() { s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "940") })
	s.at(3*time.Hour, func() {
		s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "1000")
		if st := s.status(); st.State != countersign.SettlementFailed || st.Issue != countersign.IssueUnseen {
			t.Errorf("given up: %+v", st)
		}
	})
	s.at(9*time.Hour, func() { s.world.on(tx, countersign.Final, 101) })
	end := s.pay()
	if end.State != countersign.SettlementSettled || end.Issue != countersign.IssueAfterRelease || end.Round != 2 {
		t.Errorf("%+v", end)
	}
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
}

// Nodes that do not agree prove nothing, neither that it is there nor that it is gone.
func TestNodesThatDoNotAgreeProveNothing(t *testing.T) {
	s := newSite(t)
	unsure := func(yes bool) func() {
		return func() { s.world.mu.Lock(); s.world.unsure = yes; s.world.mu.Unlock() }
	}
	s.at(time.Minute, func() { s.becomes("broadcasted", tx); s.world.on(tx, countersign.Included, 101); s.hears("a") })
	s.at(2*time.Minute, unsure(true))
	s.at(30*time.Minute, func() {
		if st := s.status(); st.State != countersign.SettlementIncluded || st.Retractions != 0 {
			t.Errorf("%+v", st)
		}
	})
	s.at(40*time.Minute, unsure(false))
	s.at(41*time.Minute, func() { s.world.on(tx, countersign.Final, 101) })
	if end := s.pay(); end.State != countersign.SettlementSettled || end.Retractions != 0 {
		t.Errorf("%+v", end)
	}
}

func TestWhatOthersAskedForIsObserved(t *testing.T) {
	s := newSite(t)
	ref := countersign.RequestRef{Kind: countersign.TransferRequest, WalletID: "wa-hot", ID: xfr}
	s.world.set(xfr, func(r *countersign.Request) {
		r.RequestRef, r.ExternalID, r.InitiatorID, r.Network, r.Status = ref, "a name with spaces", "us-9", "Net", "pending"
		r.Activity.Transfer, r.Raw = sixty().Transfer, []byte(`{"id":"xfr"}`)
	})
	s.at(time.Minute, func() { s.holds("wallets:Net:wa-hot", "USDC/6", "1000", "940") })
	s.at(2*time.Minute, func() { s.becomes("confirmed", tx); s.world.on(tx, countersign.Final, 101) })
	end := s.run(settlement.SettlementInput{ID: xfr, Request: &ref})
	if end.State != countersign.SettlementSettled || s.world.asked != 0 {
		t.Errorf("%+v", end)
	}
	want(t, "records", s.records(), "[settlement.opened settlement.settled]")
	s.holds("wallets:Net:wa-hot", "USDC/6", "940", "940")
	var named int
	for e, err := range s.trail.DB.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range beside.Names(e.Record) {
			named++
			if _, err := s.trail.DB.Evidence(t.Context(), n.String()); err != nil {
				t.Errorf("what %s names: %v", e.Record.Key, err)
			}
		}
	}
	if named != 2 { // the custodian's JSON of the request, and the effect
		t.Errorf("the records name %d pieces of evidence, want 2", named)
	}
}
