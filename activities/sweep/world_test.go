package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"countersign"
)

const (
	network  = "Net"
	token    = "0x00000000000000000000000000000000000000dd"
	treasury = "0x000000000000000000000000000000000000aaaa"
	station  = "0x000000000000000000000000000000000000bbbb"
)

var noon = time.Date(2026, 11, 29, 17, 30, 0, 0, time.UTC)

var errDown = errors.New("it is down")

// world is a custodian and a chain, as the activities see them.
type world struct {
	wallets  []countersign.Wallet
	unread   error
	balances map[string]uint64 // by contract and address
	faults   map[string]string // by contract and address
	block    uint64
	lost     map[uint64]bool // blocks that the nodes do not have any more
	base     uint64
	tip      uint64
	estimate func(from, to string, data []byte) (uint64, string)
	batches  []int
	crash    crash
}

// crash fails the nth thing that is asked of the outside.
type crash struct {
	at, n int
	// after says that it happens all the same, and only the answer is lost.
	after bool
}

func (c *crash) before() error {
	if c.n++; c.n == c.at && !c.after {
		return errDown
	}
	return nil
}

func (c *crash) behind() error {
	if c.n == c.at && c.after {
		return errDown
	}
	return nil
}

// happened reports whether there was an nth thing.
func (c *crash) happened() bool { return c.at > 0 && c.n >= c.at }

func address(i int) string { return fmt.Sprintf("0x%040x", 0x1000+i) }

func newWorld(wallets int) *world {
	w := &world{balances: map[string]uint64{}, faults: map[string]string{}, lost: map[uint64]bool{}, block: 100, base: 1000, tip: 10}
	w.wallets = []countersign.Wallet{
		{ID: "wa-treasury", Network: network, Address: treasury, Tags: []string{"deposit"}},
		{ID: "wa-station", Network: network, Address: station},
		{ID: "wa-elsewhere", Network: "Else", Address: address(1), Tags: []string{"deposit"}},
		{ID: "wa-untagged", Network: network, Address: address(70_000)},
		{ID: "wa-archived", Network: network, Address: address(70_001), Tags: []string{"deposit"}, Inactive: true},
		{ID: "wa-new", Network: network, Tags: []string{"deposit"}},
	}
	w.balances[station] = 1e18
	for i := range wallets {
		w.wallets = append(w.wallets, countersign.Wallet{ID: fmt.Sprintf("wa-%05d", i), Network: network, Address: address(i), Tags: []string{"vip", "deposit"}})
	}
	return w
}

func (w *world) Wallets(context.Context) iter.Seq2[countersign.Wallet, error] {
	return func(yield func(countersign.Wallet, error) bool) {
		if err := w.crash.before(); err != nil {
			yield(countersign.Wallet{}, err)
			return
		}
		if w.unread != nil && !yield(countersign.Wallet{}, w.unread) {
			return
		}
		for _, x := range w.wallets {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (w *world) Final(_ context.Context, n string) (countersign.BlockRef, error) {
	if n != network {
		return countersign.BlockRef{}, fmt.Errorf("%w: %s", countersign.ErrNoNode, n)
	}
	return countersign.BlockRef{Number: w.block, Hash: fmt.Sprintf("0x%064x", w.block), Time: noon}, w.crash.before()
}

func (w *world) At(_ context.Context, _ string, b countersign.BlockRef, contract string, holders []string) ([]countersign.Amount, []string, error) {
	if err := w.crash.before(); err != nil {
		return nil, nil, err
	}
	w.batches = append(w.batches, len(holders))
	if w.lost[b.Number] {
		w.block = b.Number + 1
		return nil, nil, fmt.Errorf("%w: missing trie node", countersign.ErrUnsure)
	}
	amounts, faults := make([]countersign.Amount, len(holders)), make([]string, len(holders))
	for i, h := range holders {
		amounts[i], faults[i] = countersign.NewAmount(w.balances[contract+h]), w.faults[contract+h]
	}
	return amounts, faults, nil
}

func (w *world) Price(context.Context, string) (base, tip countersign.Amount, err error) {
	return countersign.NewAmount(w.base), countersign.NewAmount(w.tip), w.crash.before()
}

func (w *world) Estimate(_ context.Context, _, from, to string, _ countersign.Amount, data []byte) (uint64, string, error) {
	if err := w.crash.before(); err != nil {
		return 0, "", err
	}
	if w.estimate != nil {
		units, fault := w.estimate(from, to, data)
		return units, fault, nil
	}
	if len(data) > 0 {
		return 50_000, "", nil
	}
	return 21_000, "", nil
}
