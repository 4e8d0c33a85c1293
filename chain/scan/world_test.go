package scan_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/follow"
	"countersign/chain/network"
	"countersign/chain/rule"
	"countersign/chain/scan"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

var (
	wallets = []common.Address{common.HexToAddress("0xa1"), common.HexToAddress("0xa2")}
	other   = common.HexToAddress("0xb2")
	token   = common.HexToAddress("0xc0ffee")
	fees    = common.HexToAddress("0xfee")
)

func hex(a common.Address) string { return fmt.Sprintf("0x%x", a[:]) }

// world is a chain on which everything happens that rules look for, and what was kept of it.
type world struct {
	t     testing.TB
	rand  *rand.Rand
	chain *chaintest.Chain
	nodes []*chaintest.Node
	net   network.Network
	// waited are transactions that are waited for.
	waited []string
	pool   []*chaintest.Tx
	sent   int
	forks  int
	paid   bool // the last that crossed a level went down

	kept *follow.Cursor
	told []follow.Occurrence
}

func newWorld(t testing.TB, seed uint64, nodes int) *world {
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 2)), chain: chaintest.New(7, 12), net: network.Network{ChainID: 7, Batch: 7, HedgeAfter: "5s"}}
	for _, a := range append(slices.Clone(wallets), other, token) {
		w.chain.Fund(a, 1<<40)
		w.chain.FundToken(token, a, 1<<40)
	}
	w.chain.Fund(fees, 1<<41+45)
	for range nodes {
		n := w.chain.Serve(t)
		w.nodes = append(w.nodes, n)
		w.net.URLs = append(w.net.URLs, n.URL)
	}
	return w
}

func (w *world) one(list ...common.Address) common.Address { return list[w.rand.IntN(len(list))] }

// tx makes one of each sort of transaction.
func (w *world) tx() *chaintest.Tx {
	if len(w.pool) > 0 && w.rand.IntN(2) == 0 { // one that a fork dropped
		tx := w.pool[0]
		w.pool = w.pool[1:]
		return tx
	}
	w.sent++
	to := w.one(append(slices.Clone(wallets), other, token)...)
	tx := &chaintest.Tx{From: other, To: &to, Failed: w.rand.IntN(8) == 0, Gas: 30000}
	word := func(n uint64) []byte { return common.BytesToHash(binary.BigEndian.AppendUint64(nil, n)).Bytes() }
	switch w.rand.IntN(7) {
	case 6: // what an allowance takes, or the wallet itself sends, or nothing at all
		from := w.one(wallets...)
		tx.From = w.one(other, other, from)
		tx.Logs = []chaintest.Log{chaintest.TransferLog(token, from, to, int64(w.rand.IntN(3))), chaintest.PieceLog(fees, from, other, int64(w.sent))}
	case 0:
		tx.Value = int64(w.rand.IntN(5))
	case 1:
		tx.Logs = []chaintest.Log{chaintest.TransferLog(token, other, to, 9), chaintest.PieceLog(fees, other, w.one(wallets...), int64(w.sent))}
	case 2: // a call that a rule looks for
		tx.To, tx.Input = &token, slices.Concat(crypto.Keccak256([]byte("mint(address,uint256)"))[:4], common.BytesToHash(to[:]).Bytes(), word(w.rand.Uint64N(100)))
	case 3: // one that cannot be read
		tx.To, tx.Input = &token, append(crypto.Keccak256([]byte("mint(address,uint256)"))[:4], 1)
	case 4: // an event that a rule looks for, sometimes in another shape
		l := chaintest.Log{Address: token, Topics: []common.Hash{crypto.Keccak256Hash([]byte("Paused(address,uint256)")), common.BytesToHash(to[:])}, Data: word(w.rand.Uint64N(100))}
		if w.rand.IntN(4) == 0 {
			l.Topics, l.Data = l.Topics[:1], append(common.BytesToHash(to[:]).Bytes(), l.Data...)
		}
		tx.Logs = []chaintest.Log{l}
	case 5: // what crosses a level
		tx.From, tx.To, tx.Gas, tx.Value = token, &fees, 1, 55+int64(w.rand.IntN(10))
		if w.paid = !w.paid; w.paid {
			tx.From, tx.To = fees, &token
		}
	}
	w.chain.Send(tx)
	if w.rand.IntN(30) == 0 {
		w.waited = append(w.waited, tx.Hash.Hex())
	}
	return tx
}

func (w *world) grow() {
	var txs []*chaintest.Tx
	for range w.rand.IntN(4) {
		txs = append(txs, w.tx())
	}
	w.chain.Mine(txs...)
}

// fork drops up to 8 blocks that are not final, and mines others.
func (w *world) fork() {
	head := w.chain.Head().Number
	n := min(1+w.rand.IntN(8), int(head-w.chain.Final()))
	if n < 1 {
		return
	}
	w.forks++
	w.pool = append(w.pool, w.chain.Drop(n)...)
	for range n + 1 {
		w.grow()
	}
}

func (w *world) source() *scan.Source {
	c, err := client.New(map[string]network.Network{"Net": w.net}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	chain, err := c.Chain("Net")
	if err != nil {
		w.t.Fatal(err)
	}
	set, err := rule.Compile(rule.Rules{
		Deposits: []rule.Deposit{
			{Name: "deposit", Native: true, Taken: true, Addresses: func() []string { return []string{hex(wallets[0]), hex(wallets[1])} }},
			{Name: "deposit/large", Addresses: func() []string { return []string{hex(wallets[0])} }, When: func(m countersign.Move) bool { return m.Kind == "Erc721" }},
		},
		Logs: []rule.Log{{Name: "event/paused", Contract: hex(token), Event: "Paused(address indexed by, uint256 until)", When: func(a rule.Args) bool {
			until, ok := a.Arg("until")
			n, _ := until.Amount()
			return ok && n.Cmp(countersign.NewAmount(50)) < 0
		}}},
		Calls: []rule.Call{{Name: "function/mint", To: hex(token), Function: "mint(address to, uint256 amount)", When: func(c *calldata.Call) bool {
			amount, ok := c.Arg("amount")
			n, _ := amount.Amount()
			return ok && n.Cmp(countersign.NewAmount(50)) < 0
		}}},
		Confirmed:  []rule.Confirmed{{Name: "transaction", Hashes: func() []string { return w.waited }}},
		Thresholds: []rule.Threshold{{Name: "balance/fees", Holder: hex(fees), Low: countersign.NewAmount(1 << 41), High: countersign.NewAmount(1<<41 + 60)}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &scan.Source{Chain: chain, Rules: set, Memory: w}
}

// The world keeps what a follower says.

func (w *world) Load(context.Context) (*follow.Cursor, error) { return w.kept, nil }

func (w *world) Keep(_ context.Context, c follow.Cursor, occurred []follow.Occurrence) error {
	w.kept, w.told = &c, append(w.told, occurred...)
	return nil
}

// Last is the event of a rule that still stands in the highest block. What is told last is
// another: an event is confirmed when newer ones have been seen.
func (w *world) Last(_ context.Context, name string) ([]byte, bool, error) {
	standing := map[follow.Hash]follow.Event{}
	for _, o := range w.told {
		switch {
		case o.Rule != name:
		case o.State == follow.Retracted:
			delete(standing, o.Block)
		default:
			standing[o.Block] = o.Event
		}
	}
	var newest follow.Event
	for _, e := range standing {
		if e.Number >= newest.Number {
			newest = e
		}
	}
	return newest.Data, len(standing) > 0, nil
}
