package posting_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/ledger/posting"

	"pgregory.net/rapid"
)

const (
	net   = "Ethereum"
	hot   = "0x00000000000000000000000000000000000000a1"
	cold  = "0x00000000000000000000000000000000000000a2"
	other = "0x00000000000000000000000000000000000000ff"
	token = "0x00000000000000000000000000000000000000cc"
	zero  = "0x0000000000000000000000000000000000000000"
)

var books = func() chart.Chart {
	c, err := chart.New(chart.File{
		Wallets: []chart.Wallet{{ID: "wa-hot", Account: "treasury:hot"}},
		Assets:  []chart.Asset{{Network: net, Contract: token, Asset: ledger.Asset{Code: "USDC", Scale: 6}}, {Network: net, Asset: ledger.Asset{Code: "ETH", Scale: 18}}},
	})
	if err != nil {
		panic(err)
	}
	return c
}()

func ours() posting.Wallets {
	w := posting.Wallets{}
	w.Add("0x"+strings.ToUpper(hot[2:]), posting.Wallet{ID: "wa-hot"})
	w.Add(cold, posting.Wallet{ID: "wa-cold"})
	w.Add("", posting.Wallet{ID: "wa-none"})
	return w
}

func move(asset, from, to string, n uint64) countersign.Move {
	return countersign.Move{Kind: "Erc20", Asset: asset, From: from, To: to, Amount: countersign.NewAmount(n)}
}

func effect(from string, fee uint64, moves ...countersign.Move) countersign.Effect {
	return countersign.Effect{
		Network: net, TxHash: "0x01", Inclusion: countersign.Final, Block: countersign.BlockRef{Number: 10, Hash: "0xb1"},
		Succeeded: true, From: from, Fee: countersign.NewAmount(fee), Moves: moves,
	}
}

func lines(ps []ledger.Posting) (out []string) {
	for _, p := range ps {
		out = append(out, fmt.Sprintf("%s > %s %s %s", p.From, p.To, p.Amount, p.Asset.Code))
	}
	return out
}

func TestWhatIsPosted(t *testing.T) {
	later := ours()
	later.Add(cold, posting.Wallet{ID: "wa-cold", Opening: 10})
	both := posting.Wallets{}
	both.Add(hot, posting.Wallet{ID: "wa-hot", Opening: 11})
	reverted := effect(hot, 7)
	reverted.Succeeded = false
	for name, tt := range map[string]struct {
		ours posting.Wallets
		e    countersign.Effect
		want string
	}{
		"a payment and its fee":                  {ours(), effect(hot, 7, move(token, hot, other, 5)), "[treasury:hot > outside:Ethereum 5 USDC treasury:hot > fees:Ethereum 7 ETH]"},
		"between wallets of ours":                {ours(), effect(hot, 7, move("", hot, cold, 5)), "[treasury:hot > wallets:Ethereum:wa-cold 5 ETH treasury:hot > fees:Ethereum 7 ETH]"},
		"a deposit, whose fee others pay":        {ours(), effect(other, 7, move(token, other, hot, 5)), "[outside:Ethereum > treasury:hot 5 USDC]"},
		"an allowance that takes from us":        {ours(), effect(other, 7, move(token, hot, other, 5)), "[treasury:hot > outside:Ethereum 5 USDC]"},
		"minted and burnt are outside":           {ours(), effect(hot, 0, move(token, zero, hot, 9), move(token, hot, zero, 4)), "[outside:Ethereum > treasury:hot 9 USDC treasury:hot > outside:Ethereum 4 USDC]"},
		"a fee on transfer":                      {ours(), effect(hot, 1, move(token, hot, other, 99), move(token, hot, zero, 1)), "[treasury:hot > outside:Ethereum 100 USDC treasury:hot > fees:Ethereum 1 ETH]"},
		"strangers among themselves":             {ours(), effect(other, 7, move(token, other, zero, 5)), "[]"},
		"to itself":                              {ours(), effect(hot, 7, move(token, hot, hot, 5)), "[treasury:hot > fees:Ethereum 7 ETH]"},
		"nothing":                                {ours(), effect(hot, 0, move(token, hot, other, 0)), "[]"},
		"a token that the chart does not name":   {ours(), effect(other, 0, move(other, zero, cold, 5)), "[outside:Ethereum > wallets:Ethereum:wa-cold 5 Ethereum." + other + "]"},
		"reverted: the fee alone":                {ours(), reverted, "[treasury:hot > fees:Ethereum 7 ETH]"},
		"to a wallet whose opening has it":       {later, effect(hot, 7, move("", hot, cold, 5)), "[treasury:hot > opening:Ethereum 5 ETH treasury:hot > fees:Ethereum 7 ETH]"},
		"a stranger to one whose opening has it": {later, effect(other, 7, move("", other, cold, 5)), "[]"},
		"all of it in openings":                  {both, effect(hot, 7, move("", hot, other, 5)), "[]"},
	} {
		got, err := posting.Of(books, tt.ours, tt.e)
		if err != nil || fmt.Sprint(lines(got)) != tt.want {
			t.Errorf("%s: %v, %v\nwant %s", name, lines(got), err, tt.want)
		}
	}
}

func TestWhatCannotBePosted(t *testing.T) {
	pool, odd, many := effect(hot, 1), effect(hot, 1, move("", hot, other, 1)), effect(hot, 1)
	pool.Inclusion, odd.Succeeded = countersign.InPool, false
	for i := range 101 {
		many.Moves = append(many.Moves, move(fmt.Sprintf("0x%040d", i), hot, other, 1))
	}
	for name, e := range map[string]countersign.Effect{"in no block": pool, "reverted with moves": odd, "too many": many} {
		if got, err := posting.Of(books, ours(), e); !errors.Is(err, posting.ErrEffect) || got != nil {
			t.Errorf("%s: %v, %v, want ErrEffect", name, got, err)
		}
	}
	most, err := countersign.AmountFromBig(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	if err != nil {
		t.Fatal(err)
	}
	e := effect(hot, 1, move(token, hot, other, 1), countersign.Move{Asset: token, From: hot, To: other, Amount: most})
	if got, err := posting.Of(books, ours(), e); !errors.Is(err, countersign.ErrAmount) {
		t.Errorf("beyond 256 bits: %v, %v, want ErrAmount", got, err)
	}
}

func TestWhatIsHeld(t *testing.T) {
	pay := func(to string, n uint64) *countersign.Transfer {
		return &countersign.Transfer{Kind: "Erc20", Asset: token, To: to, Amount: countersign.NewAmount(n)}
	}
	call := func(to string, wei uint64) *countersign.Call {
		return &countersign.Call{To: to, Value: countersign.NewAmount(wei), Data: []byte{1}}
	}
	for name, tt := range map[string]struct {
		t    *countersign.Transfer
		c    *countersign.Call
		want string
	}{
		"to a stranger":      {pay(other, 5), nil, "[treasury:hot > outside:Ethereum 5 USDC]"},
		"to ours, any case":  {pay("0x"+strings.ToUpper(cold[2:]), 5), nil, "[treasury:hot > wallets:Ethereum:wa-cold 5 USDC]"},
		"to itself":          {pay(hot, 5), nil, "[]"},
		"a call with value":  {nil, call(other, 3), "[treasury:hot > outside:Ethereum 3 ETH]"},
		"a creation":         {nil, call("", 3), "[treasury:hot > outside:Ethereum 3 ETH]"},
		"a call without":     {nil, call(other, 0), "[]"},
		"nobody knows what":  {nil, nil, "[]"},
		"a zero of a token":  {pay(other, 0), nil, "[]"},
		"all that there are": {pay(other, ^uint64(0)), nil, "[treasury:hot > outside:Ethereum 18446744073709551615 USDC]"},
	} {
		got, err := posting.Asked(books, ours(), net, "wa-hot", tt.t, tt.c)
		if err != nil || fmt.Sprint(lines(got)) != tt.want {
			t.Errorf("%s: %v, %v; want %s", name, lines(got), err, tt.want)
		}
	}
}

// Whatever moves, the books of the wallets change by what their balances do on the chain.
func TestTheBooksFollowTheBalances(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		addresses := rapid.SampledFrom([]string{hot, cold, other, zero})
		e := effect(addresses.Draw(rt, "sender"), rapid.Uint64Range(0, 9).Draw(rt, "fee"))
		chain := map[string]*big.Int{}
		add := func(address, asset string, n int64) {
			k := address + asset
			if chain[k] == nil {
				chain[k] = new(big.Int)
			}
			chain[k].Add(chain[k], big.NewInt(n))
		}
		for range rapid.IntRange(0, 30).Draw(rt, "moves") {
			m := move(rapid.SampledFrom([]string{"", token}).Draw(rt, "asset"), addresses.Draw(rt, "from"), addresses.Draw(rt, "to"), rapid.Uint64Range(0, 1<<40).Draw(rt, "amount"))
			e.Moves = append(e.Moves, m)
			n := m.Amount.Big().Int64()
			add(m.From, m.Asset, -n)
			add(m.To, m.Asset, n)
		}
		add(e.From, "", -e.Fee.Big().Int64())
		ps, err := posting.Of(books, ours(), e)
		if err != nil {
			rt.Fatal(err)
		}
		totals := map[ledger.Key]ledger.Total{}
		if len(ps) > 0 {
			s := ledger.Step{ID: "s", State: ledger.Posted, Postings: ps, Lineage: "l", Record: "r", At: time.Unix(1, 0)}
			if err := ledger.Apply(totals, nil, s); err != nil {
				rt.Fatal(err)
			}
		}
		for address, account := range map[string]ledger.Account{hot: "treasury:hot", cold: "wallets:Ethereum:wa-cold"} {
			for asset, a := range map[string]ledger.Asset{"": books.Asset(net, ""), token: books.Asset(net, token)} {
				want := new(big.Int)
				if c := chain[address+asset]; c != nil {
					want = c
				}
				if got := totals[ledger.Key{Account: account, Asset: a}].Balance(); got.Cmp(want) != 0 {
					rt.Fatalf("%s has %s %s in the books, %s on the chain", account, got, a.Code, want)
				}
			}
		}
	})
}
