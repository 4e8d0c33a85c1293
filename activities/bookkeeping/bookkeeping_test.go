package bookkeeping_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
)

func TestADepositIsBookedOnceWhenItIsFinal(t *testing.T) {
	o := newOffice(t)
	in := bookkeeping.BookDepositInput{TxHash: "0x1", Deliveries: []countersign.Event{{ID: "e-1", Kind: "chain.deposit.seen"}}}
	if res := o.book(in); res.End != "" || res.Inclusion != countersign.NotSeen {
		t.Errorf("before anybody has it: %+v", res)
	}
	e := effect("0x1", moved("Native", "", stranger, hot, 500), moved("Erc20", token, stranger, cold, 70), moved("Erc20", token, stranger, stranger, 9))
	e.Inclusion = countersign.Included
	o.world.effects["0x1"] = e
	if res := o.book(in); res.End != "" || res.Inclusion != countersign.Included {
		t.Errorf("before it is final: %+v", res)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "0")
	e.Inclusion = countersign.Final
	o.world.effects["0x1"] = e
	first := o.book(in)
	again := o.book(in)
	if first.End != bookkeeping.EndBooked || again != first {
		t.Errorf("final: %+v, again %+v", first, again)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "500")
	o.holds("wallets:Net:wa-cold", "USDC/6", "70")
	o.holds("outside:Net", "USDC/6", "-70")
	entry, err := o.trail.Find(t.Context(), bookkeeping.DepositKey("Net", "0x1"))
	var body booked.Deposit
	if err != nil || entry.Record.Type != booked.DepositBooked || entry.Decode(&body) != nil {
		t.Fatalf("%v, %v", entry, err)
	}
	steps, err := o.trail.DB.Books().Entry(t.Context(), body.Entry)
	if err != nil || len(steps) != 1 || steps[0].Digest() != body.Step || steps[0].Record != entry.Record.Key {
		t.Errorf("record and step do not name each other: %+v, %+v, %v", body, steps, err)
	}
	if body.FollowedBy != booked.ByChain || fmt.Sprint(body.Wallets) != "[wa-cold wa-hot]" {
		t.Errorf("record %+v", body)
	}
	if _, err := o.trail.Find(t.Context(), countersign.WebhookKey("e-1")); err != nil {
		t.Errorf("the delivery is not on the trail: %v", err)
	}
}

// A transaction of very many moves is booked like any other: its record has the first moves that
// are ours, and all of them are beside the trail. What is doubtful at such length, or moves more of
// ours than an entry has postings, is recorded as well.
func TestATransactionOfVeryManyMoves(t *testing.T) {
	const many = 5000
	for _, tt := range []struct {
		every, doubts  int // every so many moves are to a wallet of ours
		end            string
		moves, wallets int // in the record
		held           string
	}{
		{100, 0, bookkeeping.EndBooked, 50, 50, "3"},
		{100, 3000, bookkeeping.EndDoubtful, 50, 50, "0"},
		{10, 0, bookkeeping.EndDoubtful, booked.MaxMoves, booked.MaxWallets, "0"},
	} {
		o := newOffice(t)
		id := func(i int) string { return fmt.Sprintf("wa-many-%028d", i) }
		var moves []countersign.Move
		for i := range many {
			m := moved("Erc20", token, stranger, fmt.Sprintf("0x%040x", 0x1000+i), 3)
			m.Log = i
			moves = append(moves, m)
			if i%tt.every == 0 {
				o.world.wallets = append(o.world.wallets, countersign.Wallet{ID: id(i), Network: "Net", Address: m.To})
			}
		}
		e := effect("0xmany", moves...)
		for i := range tt.doubts {
			e.Doubts = append(e.Doubts, fmt.Sprintf("the balance of wallet %d says otherwise than the logs", i))
		}
		o.world.effects["0xmany"] = e
		res := o.book(bookkeeping.BookDepositInput{TxHash: "0xmany"})
		entry, err := o.trail.Find(t.Context(), bookkeeping.DepositKey("Net", "0xmany"))
		var body booked.Deposit
		if err != nil || entry.Decode(&body) != nil || res.End != tt.end {
			t.Fatalf("%+v: %+v, %v", tt, res, err)
		}
		if n := len(body.Effect.Moves); n != tt.moves || body.Effect.Moves[1].Log != tt.every || len(body.Wallets) != tt.wallets || len(entry.JWS) > audit.MaxEntry {
			t.Errorf("%+v: %d moves, %d wallets, %d bytes", tt, n, len(body.Wallets), len(entry.JWS))
		}
		text, err := o.trail.DB.Evidence(t.Context(), body.Evidence)
		var whole countersign.Effect
		if err != nil || json.Unmarshal(text, &whole) != nil || len(whole.Moves) != many || len(whole.Doubts) != tt.doubts {
			t.Errorf("%+v: %d moves beside the trail, %v", tt, len(whole.Moves), err)
		}
		o.holds(ledger.Account("wallets:Net:"+id(many-tt.every)), "USDC/6", tt.held)
	}
}

// What was recorded before effects went beside the trail is read as it was.
func TestADepositWithItsWholeEffectIsRead(t *testing.T) {
	const old = `{"network":"Net","tx_hash":"0x1","followed_by":"chain","effect":{"network":"Net","tx_hash":"0x1","inclusion":"final","succeeded":true,"nonce":7,"fee":"21000",
		"moves":[{"kind":"Native","from":"0xaa","to":"0xbb","amount":"5","log":-1}]},"wallets":["wa-1"],"entry":"deposit:Net:0x1","step_sha256":"00"}`
	var d booked.Deposit
	if err := json.Unmarshal([]byte(old), &d); err != nil || d.Evidence != "" || len(d.Effect.Moves) != 1 || d.Effect.Moves[0].Amount.String() != "5" || d.Effect.Inclusion != countersign.Final {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWhatIsNoDeposit(t *testing.T) {
	mine := effect("0xmine", moved("Native", "", hot, cold, 5))
	mine.From = hot
	reverted := effect("0xreverted")
	reverted.Succeeded = false
	doubtful := effect("0xdoubt", moved("Erc20", token, stranger, hot, 5))
	doubtful.Doubts = []string{"the balance changed by 4"}
	for _, tt := range []struct {
		effect countersign.Effect
		end    string
		record bool
	}{
		{mine, bookkeeping.EndSettlement, false},
		{reverted, bookkeeping.EndReverted, false},
		{effect("0xothers", moved("Native", "", stranger, stranger, 5)), bookkeeping.EndNothing, false},
		{effect("0xnothing"), bookkeeping.EndNothing, false},
		{doubtful, bookkeeping.EndDoubtful, true},
	} {
		o := newOffice(t)
		o.world.effects[tt.effect.TxHash] = tt.effect
		res := o.book(bookkeeping.BookDepositInput{TxHash: tt.effect.TxHash, Deliveries: []countersign.Event{{ID: "e-1", Kind: "chain.deposit.seen"}}})
		_, err := o.trail.Find(t.Context(), bookkeeping.DepositKey("Net", tt.effect.TxHash))
		if res.End != tt.end || (err == nil) != tt.record {
			t.Errorf("%s: %+v, record %v; want %s", tt.effect.TxHash, res, err, tt.end)
		}
		if _, err := o.trail.Find(t.Context(), countersign.WebhookKey("e-1")); err != nil {
			t.Errorf("%s: the delivery is not on the trail: %v", tt.effect.TxHash, err)
		}
		o.holds("wallets:Net:wa-hot", "ETH/18", "0")
		o.holds("wallets:Net:wa-hot", "USDC/6", "0")
	}
}

// An allowance lets a stranger take what is ours.
func TestWhatAStrangerTakesIsBooked(t *testing.T) {
	o := newOffice(t)
	o.world.balances[hot+token] = 100
	o.world.effects["0x1"] = effect("0x1", moved("Erc20", token, hot, stranger, 30))
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x1"}); res.End != bookkeeping.EndBooked {
		t.Errorf("%+v", res)
	}
	o.holds("wallets:Net:wa-hot", "USDC/6", "70")
}

func TestBooksBeginWithAnOpening(t *testing.T) {
	o := newOffice(t)
	o.world.balances[hot], o.world.balances[hot+token] = 1000, 7
	o.world.holdings = []countersign.Holding{{Kind: "Native", Balance: countersign.NewAmount(3)}}
	res, err := o.OpenWallets(t.Context())
	if err != nil || res.Wallets != 3 || fmt.Sprint(res.Opened) != "[wa-hot wa-cold wa-x]" || len(res.Failed) > 0 {
		t.Fatalf("%+v, %v", res, err)
	}
	o.world.balances[hot] = 5 // the books do not begin twice
	if res, err := o.OpenWallets(t.Context()); err != nil || len(res.Opened) > 0 {
		t.Errorf("again: %+v, %v", res, err)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "1000")
	o.holds("wallets:Net:wa-hot", "USDC/6", "7")
	o.holds("opening:Net", "ETH/18", "-1000")
	o.holds("wallets:Stellar:wa-x", "Stellar/0", "3")
	// What was in a block of before is in the opening; what comes after is not.
	early := effect("0xearly", moved("Native", "", stranger, hot, 40))
	early.Block.Number = 100
	o.world.effects["0xearly"], o.world.effects["0xlate"] = early, effect("0xlate", moved("Native", "", stranger, hot, 40))
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0xearly"}); res.End != bookkeeping.EndNothing {
		t.Errorf("a block of before: %+v", res)
	}
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0xlate"}); res.End != bookkeeping.EndBooked {
		t.Errorf("a block of after: %+v", res)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "1040")
}

// A wallet that was made after the list was read is not a stranger.
func TestANewWalletIsOurs(t *testing.T) {
	const fresh = "0x00000000000000000000000000000000000000ee"
	o := newOffice(t)
	o.world.effects["0x1"] = effect("0x1", moved("Native", "", stranger, hot, 1))
	o.book(bookkeeping.BookDepositInput{TxHash: "0x1"})
	listed := o.world.listed
	o.book(bookkeeping.BookDepositInput{TxHash: "0x2"}) // nothing there: the list is not asked for
	if o.world.listed != listed {
		t.Errorf("the list was read %d times more", o.world.listed-listed)
	}
	o.world.wallets = append(o.world.wallets, countersign.Wallet{ID: "wa-new", Network: "Net", Address: fresh})
	now := effect("0x2", moved("Native", "", stranger, fresh, 9))
	now.Block.Time = noon
	o.world.effects["0x2"] = now
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x2"}); res.End != bookkeeping.EndBooked {
		t.Errorf("%+v", res)
	}
	o.holds("wallets:Net:wa-new", "ETH/18", "9")
}

func TestANetworkWithoutANodeIsFollowedThroughTheCustodian(t *testing.T) {
	o := newOffice(t)
	if _, err := o.OpenWallets(t.Context()); err != nil {
		t.Fatal(err)
	}
	paid := countersign.Effect{
		Network: "Stellar", TxHash: "ab", Inclusion: countersign.Final, Succeeded: true,
		Block: countersign.BlockRef{Number: 7, Time: noon.Add(time.Minute)}, Moves: []countersign.Move{moved("Native", "", "GSTRANGER", "GXLM", 12)},
	}
	o.world.history["ab"] = paid
	in := bookkeeping.BookDepositInput{Network: "Stellar", TxHash: "ab"}
	if res := o.book(in); res.End != "" {
		t.Errorf("without a wallet nobody knows where to look: %+v", res)
	}
	in.Wallets = []string{"wa-x"}
	res := o.book(in)
	entry, err := o.trail.Find(t.Context(), bookkeeping.DepositKey("Stellar", "ab"))
	var body booked.Deposit
	if err != nil || entry.Decode(&body) != nil || res.End != bookkeeping.EndBooked || body.FollowedBy != booked.ByCustodian {
		t.Errorf("%+v, %+v, %v", res, body, err)
	}
	o.holds("wallets:Stellar:wa-x", "Stellar/0", "12")
	paid.TxHash, paid.Block.Time = "cd", noon.Add(-time.Minute)
	o.world.history["cd"] = paid
	if res := o.book(bookkeeping.BookDepositInput{Network: "Stellar", TxHash: "cd", Wallets: []string{"wa-x"}}); res.End != bookkeeping.EndNothing {
		t.Errorf("before the opening: %+v", res)
	}
}

func TestWhatNobodyHasAnyMoreIsGivenUp(t *testing.T) {
	o := newOffice(t)
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x1", GiveUp: true}); res.End != bookkeeping.EndVanished || res.Why == "" {
		t.Errorf("%+v", res)
	}
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x1"}); res.End != bookkeeping.EndVanished {
		t.Errorf("again: %+v", res)
	}
}

// Nothing is booked on half an answer.
func TestAFailureBooksNothing(t *testing.T) {
	o := newOffice(t)
	o.world.effects["0x1"] = effect("0x1", moved("Native", "", stranger, hot, 5))
	o.world.down = errors.New("away")
	if _, err := o.BookDeposit(t.Context(), bookkeeping.BookDepositInput{Network: "Net", TxHash: "0x1"}); err == nil {
		t.Error("booked although nobody answered")
	}
	if res, err := o.OpenWallets(t.Context()); err != nil || len(res.Opened) > 0 || len(res.Failed) != 4 {
		t.Errorf("opened although nobody answered: %+v, %v", res, err)
	}
	for _, bad := range []bookkeeping.BookDepositInput{{Network: "Net"}, {TxHash: "0x1"}, {Network: "a/b", TxHash: "0x1"}} {
		if _, err := o.BookDeposit(t.Context(), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "0")
}
