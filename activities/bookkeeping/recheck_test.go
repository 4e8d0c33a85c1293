package bookkeeping_test

import (
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit"
	"countersign/audit/booked"
)

// recheck asks whether what was booked still stands.
func (o *office) recheck(tx string, round int, read bookkeeping.BookDepositResult) bookkeeping.RecheckDepositResult {
	o.t.Helper()
	res, err := o.RecheckDeposit(o.t.Context(), bookkeeping.RecheckDepositInput{
		Network: "Net", TxHash: tx, Round: round, End: read.End, Block: read.Block, FollowedBy: read.FollowedBy,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return res
}

// moveTo puts a transaction into another block.
func (o *office) moveTo(tx, block string, in countersign.Inclusion) {
	e := o.world.effects[tx]
	e.Block.Hash, e.Inclusion = block, in
	o.world.effects[tx] = e
}

func TestADepositThatLeavesTheChainAfterItWasFinal(t *testing.T) {
	o := newOffice(t)
	o.world.effects["0x1"] = effect("0x1", moved("Native", "", stranger, hot, 500))
	first := o.book(bookkeeping.BookDepositInput{TxHash: "0x1"})
	o.holds("wallets:Net:wa-hot", "ETH/18", "500")
	if res := o.recheck("0x1", 1, first); res.Gone || res.Index != 0 {
		t.Fatalf("%+v, want it to stand", res)
	}

	o.moveTo("0x1", "0xc", countersign.Included)
	gone := o.recheck("0x1", 1, first)
	if again := o.recheck("0x1", 1, first); !gone.Gone || gone.Now != "in block 0xc" || again != gone {
		t.Fatalf("%+v, then %+v", gone, again)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "0")
	var body booked.DepositReversal
	entry, err := o.trail.Find(t.Context(), bookkeeping.DepositKey("Net", "0x1")+"/reversed")
	if err != nil || entry.Index != gone.Index || entry.Record.Type != booked.DepositReversed || entry.Decode(&body) != nil || body.Reverses != first.Index || body.Reversed.Entry != "deposit:Net:0x1" || body.Reversed.Step == "" || body.Block.Hash != "0xb" {
		t.Errorf("%+v, %v", body, err)
	}
	var alarm audit.Alarm
	entry, err = o.trail.Find(t.Context(), countersign.AlarmKey(string(audit.FinalityBroken), bookkeeping.DepositKey("Net", "0x1"), "1"))
	if err != nil || entry.Decode(&alarm) != nil || !strings.Contains(alarm.What, "0x1") || !strings.Contains(alarm.What, "0xc") {
		t.Errorf("alarm %+v, %v", alarm, err)
	}

	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x1", Round: 2}); res.End != "" {
		t.Fatalf("%+v before it is final again", res)
	}
	o.moveTo("0x1", "0xc", countersign.Final)
	second := o.book(bookkeeping.BookDepositInput{TxHash: "0x1", Round: 2})
	if second.End != bookkeeping.EndBooked || second.Index <= gone.Index || second.Block.Hash != "0xc" {
		t.Fatalf("%+v", second)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "500")

	delete(o.world.effects, "0x1") // and gone for good
	if res := o.recheck("0x1", 2, second); !res.Gone || res.Now != "not seen" || res.Index <= second.Index {
		t.Errorf("%+v", res)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "0")
}

func TestWhatWasNotBookedIsNotReversed(t *testing.T) {
	o := newOffice(t)
	doubtful := effect("0xdoubt", moved("Native", "", stranger, hot, 5))
	doubtful.Doubts = []string{"the native balance of " + hot + " changed by 4"}
	failed := effect("0xfailed")
	failed.Succeeded = false
	for tx, want := range map[string]struct {
		effect   countersign.Effect
		end      string
		recorded bool
	}{
		"0xdoubt":  {doubtful, bookkeeping.EndDoubtful, true},
		"0xfailed": {failed, bookkeeping.EndReverted, false},
		"0xother":  {effect("0xother"), bookkeeping.EndNothing, false},
	} {
		o.world.effects[tx] = want.effect
		read := o.book(bookkeeping.BookDepositInput{TxHash: tx})
		if read.End != want.end {
			t.Fatalf("%s: %+v", tx, read)
		}
		o.moveTo(tx, "0xc", countersign.Included)
		res := o.recheck(tx, 1, read)
		if !res.Gone || (res.Index > 0) != want.recorded {
			t.Errorf("%s: %+v", tx, res)
		}
	}
}

func TestTheCustodianTakesItsWordBack(t *testing.T) {
	o := newOffice(t)
	if _, err := o.OpenWallets(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.world.history["ab"] = countersign.Effect{
		Network: "Stellar", TxHash: "ab", Inclusion: countersign.Final, Succeeded: true,
		Block: countersign.BlockRef{Number: 7, Time: noon.Add(time.Minute)}, Moves: []countersign.Move{moved("Native", "", "GELSE", "GXLM", 70)},
	}
	read := o.book(bookkeeping.BookDepositInput{Network: "Stellar", TxHash: "ab", Wallets: []string{"wa-x"}})
	in := bookkeeping.RecheckDepositInput{Network: "Stellar", TxHash: "ab", Wallets: []string{"wa-x"}, End: read.End, Block: read.Block, FollowedBy: read.FollowedBy}
	if res, err := o.RecheckDeposit(t.Context(), in); read.End != bookkeeping.EndBooked || err != nil || res.Gone {
		t.Fatalf("%+v, then %+v, %v", read, res, err)
	}
	delete(o.world.history, "ab")
	if res, err := o.RecheckDeposit(t.Context(), in); err != nil || !res.Gone || res.Index == 0 {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestARecheckHearsAndMayFail(t *testing.T) {
	o := newOffice(t)
	o.world.effects["0x1"] = effect("0x1", moved("Native", "", stranger, hot, 500))
	read := o.book(bookkeeping.BookDepositInput{TxHash: "0x1"})
	in := bookkeeping.RecheckDepositInput{
		Network: "Net", TxHash: "0x1", End: read.End, Block: read.Block, FollowedBy: read.FollowedBy,
		Deliveries: []countersign.Event{{ID: "e-late", Kind: "chain.deposit.confirmed", Source: "countersign", Subject: "Net:0x1"}},
	}
	if _, err := o.RecheckDeposit(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := o.trail.Find(t.Context(), countersign.WebhookKey("e-late")); err != nil {
		t.Errorf("the delivery is not on the trail: %v", err)
	}
	o.world.down = countersign.ErrUnsure // nodes that disagree say nothing
	if res, err := o.RecheckDeposit(t.Context(), in); err == nil || res.Gone {
		t.Errorf("%+v, %v while the nodes disagree", res, err)
	}
	in.TxHash = "a/b"
	if _, err := o.RecheckDeposit(t.Context(), in); err == nil {
		t.Error("a hash that is no ID was taken")
	}
}
