package text_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sweep"
	"countersign/sweep/text"
)

const coin = "0x00000000000000000000000000000000000000aa"

func n(v uint64) countersign.Amount { return countersign.NewAmount(v) }

// plan makes one of three wallets: one sends both assets, one is topped up, one is empty but
// for a token whose contract answers with what is no text.
func plan(t *testing.T, maxGasPrice uint64) sweep.Plan {
	t.Helper()
	wallet := func(id, address string) countersign.Wallet {
		return countersign.Wallet{ID: id, Network: "EthereumSepolia", Address: address, Tags: []string{"deposit"}}
	}
	holding := func(id, address string, native, token uint64) sweep.Holding {
		return sweep.Holding{Wallet: wallet(id, address), Native: n(native), Tokens: []countersign.Amount{{}, n(token)}}
	}
	fault := holding("wa-3", "0x0000000000000000000000000000000000000103", 0, 0)
	fault.Fault = map[int]string{1: "the contract said \x1b[31mno\n"}
	station := holding("st-1", "0x0000000000000000000000000000000000000002", 9_000_000, 0)
	p, err := sweep.Make(
		sweep.Run{Due: time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC), Order: sweep.Order{
			Sweep: "nightly", Network: "EthereumSepolia", Tag: "deposit", Treasury: "tr-1", MaxGasPrice: n(maxGasPrice), Approval: true,
			Assets: []sweep.Asset{{Floor: n(1000)}, {Contract: coin}}, TopUp: &sweep.TopUp{Wallet: "st-1", Floor: n(5000)},
		}},
		sweep.Snapshot{
			Block: countersign.BlockRef{Number: 7, Hash: "0x07", Time: time.Date(2026, 11, 29, 17, 29, 48, 0, time.UTC)}, Price: n(10),
			Gas: []uint64{21_000, 60_000}, NativeGas: 21_000, Treasury: wallet("tr-1", "0x0000000000000000000000000000000000000001"), Station: &station,
			Wallets: []sweep.Holding{
				holding("wa-1", "0x0000000000000000000000000000000000000101", 12_345_678, 1_000_000),
				holding("wa-2", "0x0000000000000000000000000000000000000102", 0, 250), fault,
			},
		})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check compares a text, in which settlements have short names.
func check(t *testing.T, p sweep.Plan, want string) {
	t.Helper()
	var b strings.Builder
	if err := text.Table(&b, p); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for i, m := range p.All() {
		got = strings.ReplaceAll(got, m.ExternalID, "sweep-"+string(rune('a'+i)))
	}
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAPlanForPeople(t *testing.T) {
	check(t, plan(t, 2000), `
sweep/nightly/2026-11-29T17:30:00Z: wallets tagged deposit on EthereumSepolia, to tr-1 at 0x0000000000000000000000000000000000000001
read at block 7 (0x07) of 2026-11-29 17:29:48Z
gas is offered 10 wei, and may cost 2,000
top-ups: 1, moves: 3, left where they are: 3
a person approves all of it before anything moves

SUMS
PURPOSE      ASSET                                       MOVES      AMOUNT  FEES UP TO, WEI  EACH KEEPS
gas top-up   native                                          1     601,000          210,000       5,000
to treasury  native                                          1  11,534,678          210,000       1,000
to treasury  0x00000000000000000000000000000000000000aa      2   1,000,250        1,200,000           0

TOP-UPS
FROM  TO    ASSET    AMOUNT  FEE UP TO, WEI  SETTLEMENT
st-1  wa-2  native  601,000         210,000  sweep-a

MOVES
FROM  TO    ASSET                                           AMOUNT  FEE UP TO, WEI  SETTLEMENT
wa-1  tr-1  native                                      11,534,678         210,000  sweep-b
wa-1  tr-1  0x00000000000000000000000000000000000000aa   1,000,000         600,000  sweep-c
wa-2  tr-1  0x00000000000000000000000000000000000000aa         250         600,000  sweep-d

STAYS
COUNT  ASSET                                       REASON      WHICH MEANS
    2  native                                      nothing     there is nothing above the floor
    1  0x00000000000000000000000000000000000000aa  unreadable  its balance could not be read, or moving it would be refused

STAYS, EACH
WALLET  ASSET                                       HOLDS  REASON      DETAIL
wa-3    0x00000000000000000000000000000000000000aa      0  unreadable  the contract said ?[31mno?
`)
}

func TestAPlanThatIsPutOffSaysWhy(t *testing.T) {
	check(t, plan(t, 9), `
sweep/nightly/2026-11-29T17:30:00Z: wallets tagged deposit on EthereumSepolia, to tr-1 at 0x0000000000000000000000000000000000000001
read at block 7 (0x07) of 2026-11-29 17:29:48Z
gas is offered 10 wei, and may cost 9
NOTHING MOVES: gas costs more than the order allows
top-ups: 0, moves: 0, left where they are: 6

STAYS
COUNT  ASSET                                       REASON      WHICH MEANS
    2  0x00000000000000000000000000000000000000aa  gas_price   gas costs more than the order allows
    2  native                                      nothing     there is nothing above the floor
    1  native                                      gas_price   gas costs more than the order allows
    1  0x00000000000000000000000000000000000000aa  unreadable  its balance could not be read, or moving it would be refused

STAYS, EACH
WALLET  ASSET                                            HOLDS  REASON      DETAIL
wa-1    native                                      12,345,678  gas_price
wa-1    0x00000000000000000000000000000000000000aa   1,000,000  gas_price
wa-2    0x00000000000000000000000000000000000000aa         250  gas_price
wa-3    0x00000000000000000000000000000000000000aa           0  unreadable  the contract said ?[31mno?
`)
}

// broken is a terminal that has gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestATableThatCouldNotBeWrittenIsAnError(t *testing.T) {
	if err := text.Table(broken{}, plan(t, 2000)); err == nil {
		t.Error("it was written to nobody")
	}
}

func TestEveryReasonHasWords(t *testing.T) {
	for _, r := range []sweep.Reason{
		sweep.Nothing, sweep.Dust, sweep.FeeTooHigh, sweep.NoGas, sweep.StationLow, sweep.Unreadable,
		sweep.NotFollowed, sweep.IsTreasury, sweep.IsStation, sweep.SameAddress, sweep.GasPrice,
	} {
		if w := text.Words(r); w == string(r) || w == "" {
			t.Errorf("%s has no words", r)
		}
	}
	if text.Words("from_tomorrow") != "from_tomorrow" {
		t.Error("a reason of a later version is not shown")
	}
}
