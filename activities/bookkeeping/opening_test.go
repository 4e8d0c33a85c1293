package bookkeeping_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit/booked"
)

// Anybody can send a wallet what does not answer as a token does. That is left out of its books,
// unless it is money of ours.
func TestATokenThatDoesNotAnswerIsLeftOut(t *testing.T) {
	const spam, other = "0x00000000000000000000000000000000000000ee", "0x00000000000000000000000000000000000000ff"
	open := func(o *office, wallet int) (booked.Opening, error) {
		w := o.world.wallets[wallet]
		if _, err := o.OpenWallet(t.Context(), bookkeeping.OpenWalletInput{Wallet: w}); err != nil {
			return booked.Opening{}, err
		}
		entry, err := o.trail.Find(t.Context(), bookkeeping.OpeningKey(w.Network, w.ID))
		var body booked.Opening
		if err == nil {
			err = entry.Decode(&body)
		}
		return body, err
	}
	o := newOffice(t)
	o.world.balances[hot], o.world.balances[hot+token], o.world.balances[hot+other] = 1000, 7, 3
	o.world.holdings = []countersign.Holding{{Kind: "Erc20", Asset: spam, Balance: countersign.NewAmount(9)}, {Kind: "Erc20", Asset: other, Balance: countersign.NewAmount(3)}}
	o.world.faults = map[string]string{spam: "reverted"}
	body, err := open(o, 0)
	if err != nil || fmt.Sprint(body.LeftOut) != "[{"+spam+" reverted}]" || len(body.Balances) != 3 {
		t.Errorf("%+v, %v", body, err)
	}
	o.holds("wallets:Net:wa-hot", "ETH/18", "1000")
	o.holds("wallets:Net:wa-hot", "USDC/6", "7")

	o.world.faults[other] = "returned nothing" // it has answered for the other wallet
	if _, err := open(o, 1); err == nil || !strings.Contains(err.Error(), "stands in the books as") {
		t.Errorf("a token that is in the books: %v", err)
	}
	delete(o.world.faults, other)
	o.world.faults[token] = "did not return 32 bytes"
	if _, err := open(o, 1); err == nil || !strings.Contains(err.Error(), "which the chart names: the contract did not return 32 bytes") {
		t.Errorf("a token that the chart names: %v", err)
	}
	delete(o.world.faults, token)
	if body, err := open(o, 1); err != nil || len(body.LeftOut) != 1 {
		t.Errorf("afterwards: %+v, %v", body, err)
	}
}

// Logs say that a stranger has taken what we never had: no person need look. Whatever else there
// is to doubt, one must.
func TestWhatIsTakenThatWeNeverHad(t *testing.T) {
	const fake = "0x00000000000000000000000000000000000000ee"
	doubt := "the balance of " + hot + " of token " + fake + " changed by 0 in block 101, Transfer logs say -9"
	for _, tt := range []struct {
		name   string
		moves  []countersign.Move
		doubts []string
		end    string
	}{
		{"a fake", []countersign.Move{moved("Erc20", fake, hot, stranger, 9)}, []string{doubt}, bookkeeping.EndNothing},
		{"two of them", []countersign.Move{moved("Erc20", fake, hot, stranger, 9), moved("Erc20", fake, cold, stranger, 9)}, []string{doubt, doubt}, bookkeeping.EndNothing},
		{"another doubt", []countersign.Move{moved("Erc20", fake, hot, stranger, 9)}, []string{doubt, "the native balance of " + hot + " changed by -1"}, bookkeeping.EndDoubtful},
		{"a token of the chart", []countersign.Move{moved("Erc20", token, hot, stranger, 9)}, []string{"token " + token}, bookkeeping.EndDoubtful},
		{"something comes, too", []countersign.Move{moved("Erc20", fake, hot, stranger, 9), moved("Erc20", fake, stranger, cold, 9)}, []string{doubt}, bookkeeping.EndDoubtful},
		{"no doubt", []countersign.Move{moved("Erc20", fake, hot, stranger, 9)}, nil, bookkeeping.EndBooked},
	} {
		o := newOffice(t)
		e := effect("0x1", tt.moves...)
		e.Doubts = tt.doubts
		o.world.effects["0x1"] = e
		if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x1"}); res.End != tt.end {
			t.Errorf("%s: %+v, want %s", tt.name, res, tt.end)
		}
	}
	o := newOffice(t)
	o.world.effects["0x1"] = effect("0x1", moved("Erc20", fake, stranger, hot, 9)) // now we had it
	later := effect("0x2", moved("Erc20", fake, hot, stranger, 9))
	later.Doubts = []string{doubt}
	o.world.effects["0x2"] = later
	o.book(bookkeeping.BookDepositInput{TxHash: "0x1"})
	if res := o.book(bookkeeping.BookDepositInput{TxHash: "0x2"}); res.End != bookkeeping.EndDoubtful {
		t.Errorf("what we had: %+v", res)
	}
}
