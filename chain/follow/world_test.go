package follow_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"countersign/chain/follow"
)

// world is a chain with forks, as one node shows it, and a keeper that may fail.
type world struct {
	rand   *rand.Rand
	chain  []follow.Block // the canonical one, from block 0
	events map[follow.Hash][]follow.Event
	depth  int // how far below the head blocks are final
	final  uint64
	made   uint64
	forks  int
	txs    uint64
	pool   []follow.Hash // transactions that left the chain, to come again

	tooMany int // a range with more events than this is refused
	fails   func() bool
	between func() // happens between any two answers
	lag     int

	kept     *follow.Cursor
	told     []follow.Occurrence
	keepFail func() (before, after bool)
}

func newWorld(seed uint64) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 1)), events: map[follow.Hash][]follow.Event{}, depth: 12, tooMany: 1 << 30}
	w.chain = []follow.Block{{Hash: hash(0)}}
	return w
}

func hash(n uint64) follow.Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("block"), n))
}

// grow mines a block with up to three events. Some are of transactions that a fork dropped.
func (w *world) grow() {
	w.made++
	last := w.chain[len(w.chain)-1]
	b := follow.Block{Number: last.Number + 1, Hash: hash(w.made), Parent: last.Hash, Time: 1000 + w.made}
	for range w.rand.IntN(4) {
		w.txs++
		tx := follow.Hash(sha256.Sum256(binary.BigEndian.AppendUint64([]byte("tx"), w.txs)))
		if len(w.pool) > 0 && w.rand.IntN(2) == 0 {
			tx, w.pool = w.pool[0], w.pool[1:]
		}
		w.events[b.Hash] = append(w.events[b.Hash], follow.Event{Block: b.Hash, Number: b.Number, Tx: tx, Index: uint64(len(w.events[b.Hash])), Rule: "r"})
	}
	w.chain = append(w.chain, b)
	if n := uint64(len(w.chain) - 1); n > uint64(w.depth) {
		w.final = max(w.final, n-uint64(w.depth))
	}
}

// fork drops up to 8 blocks, never a final one, and grows others.
func (w *world) fork() {
	n := min(1+w.rand.IntN(8), len(w.chain)-1-int(w.final))
	if n < 1 {
		return
	}
	w.forks++
	for _, b := range w.chain[len(w.chain)-n:] {
		for _, e := range w.events[b.Hash] {
			w.pool = append(w.pool, e.Tx)
		}
	}
	w.chain = w.chain[:len(w.chain)-n]
	for range n - 1 + w.rand.IntN(3) { // shorter by one, as long, or longer
		w.grow()
	}
}

func (w *world) answer() error {
	if w.between != nil {
		w.between()
	}
	if w.fails != nil && w.fails() {
		return errors.New("the node does not answer")
	}
	return nil
}

func (w *world) Head(context.Context) (follow.Block, error) {
	err := w.answer()
	return w.chain[max(0, len(w.chain)-1-w.lag)], err
}

func (w *world) Final(context.Context) (follow.Block, error) {
	err := w.answer()
	return w.chain[w.final], err
}

func (w *world) ByNumber(_ context.Context, n uint64) (follow.Block, error) {
	if err := w.answer(); err != nil {
		return follow.Block{}, err
	}
	if n >= uint64(len(w.chain)) {
		return follow.Block{}, fmt.Errorf("no block %d", n)
	}
	return w.chain[n], nil
}

func (w *world) Events(_ context.Context, b follow.Block) ([]follow.Event, error) {
	return w.events[b.Hash], w.answer()
}

func (w *world) Range(_ context.Context, from, to uint64) (all []follow.Event, err error) {
	if to > w.final {
		return nil, fmt.Errorf("block %d is not final", to)
	}
	for _, b := range w.chain[from : to+1] {
		all = append(all, w.events[b.Hash]...)
	}
	if len(all) > w.tooMany {
		return nil, follow.ErrTooMany
	}
	return all, w.answer()
}

func (w *world) Load(context.Context) (*follow.Cursor, error) { return w.kept, nil }

func (w *world) Keep(_ context.Context, c follow.Cursor, occurred []follow.Occurrence) error {
	before, after := false, false
	if w.keepFail != nil {
		before, after = w.keepFail()
	}
	if before {
		return errors.New("killed before it was kept")
	}
	w.kept, w.told = &c, append(w.told, occurred...)
	if after {
		return errors.New("killed before the answer")
	}
	return nil
}

// check replays what was told and compares it with the final chain: nothing missed, nothing
// that is not there, each event in states that can follow each other.
func (w *world) check(t interface{ Fatalf(string, ...any) }, from uint64) (retracted int) {
	state := map[string]follow.State{}
	confirmed := map[string]bool{}
	for _, o := range w.told {
		id := fmt.Sprintf("%x/%x/%d", o.Block, o.Tx, o.Index)
		switch before := state[id]; {
		case o.State == follow.Seen && (before == "" || before == follow.Retracted):
		case o.State == follow.Retracted && before == follow.Seen:
			retracted++
		case o.State == follow.Confirmed && before != follow.Confirmed && before != follow.Retracted:
			confirmed[id] = true
		default:
			t.Fatalf("event %s of block %d is %q after %q", id, o.Number, o.State, before)
		}
		state[id] = o.State
	}
	missed, events := 0, 0
	for _, b := range w.chain[from : w.final+1] {
		for _, e := range w.events[b.Hash] {
			events++
			id := fmt.Sprintf("%x/%x/%d", e.Block, e.Tx, e.Index)
			if !confirmed[id] {
				missed++
			}
			delete(confirmed, id)
		}
	}
	if missed > 0 || len(confirmed) > 0 {
		t.Fatalf("of %d events %d were missed, and %d confirmed that are not on the chain", events, missed, len(confirmed))
	}
	return retracted
}
