package sources

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sort"
	"time"

	"countersign/audit/complete"
	"countersign/chain/client"
	"countersign/chain/follow"
	"countersign/chain/rule"
	"countersign/chain/scan"
	"countersign/completeness"
)

// atOnce is how many blocks are asked for at once, maxBlocks how many of a network and window at
// all: a day of one with five blocks a second.
const (
	atOnce    = 500
	maxBlocks = 500_000
)

func (s Chains) full() uint64 {
	if s.FullBlocks == 0 {
		return DefaultFullBlocks
	}
	return s.FullBlocks
}

// blocksOf are the blocks of a window. It fails with [completeness.ErrNotYet] where one of them may
// still leave the chain, or where the nodes do not know the window's end.
func (s Chains) blocksOf(ctx context.Context, network string, w completeness.Window) (r complete.Range, err error) {
	c, err := s.Nodes.Chain(network)
	if err != nil {
		return r, err
	}
	final, err := c.Final(ctx)
	if err != nil {
		return r, fmt.Errorf("%s: final block: %w", network, err)
	}
	from, to := uint64(w.From.Unix()), uint64(w.To.Unix()) //nolint:gosec // seconds since 1970
	if final.Time < to {
		if err := ended(ctx, c, final, w); err != nil {
			return r, fmt.Errorf("%s: %w", network, err)
		}
	}
	first, _, err := since(ctx, c, final, from)
	if err != nil {
		return r, fmt.Errorf("%s: %w", network, err)
	}
	after, last, err := since(ctx, c, final, to)
	if err != nil {
		return r, fmt.Errorf("%s: %w", network, err)
	}
	r = complete.Range{Network: network, Blocks: after - min(first, after)}
	if r.Blocks == 0 {
		return r, nil
	}
	if r.Blocks > maxBlocks {
		return r, fmt.Errorf("%s: %d blocks from %s to %s, at most %d are read again: certify shorter windows", network, r.Blocks, w.From, w.To, maxBlocks)
	}
	r.From, r.To, r.LastHash, r.LogsOnly = first, after-1, last.Hash.String(), r.Blocks > s.full()
	return r, nil
}

// ended makes sure that no block of the window stands above the final one.
func ended(ctx context.Context, c *client.Chain, final follow.Block, w completeness.Window) error {
	head, err := c.Head(ctx)
	if err != nil {
		return fmt.Errorf("newest block: %w", err)
	}
	newest := time.Unix(int64(head.Time), 0).UTC() //nolint:gosec // seconds since 1970
	if most := c.Settings().MaxAge; most > 0 && newest.Before(w.To.Add(-most)) {
		return fmt.Errorf("%w: the newest block is %d of %s, long before the window ends", completeness.ErrNotYet, head.Number, newest.Format(time.RFC3339))
	}
	if head.Number <= final.Number { // the chain stands still
		return nil
	}
	next, err := c.ByNumber(ctx, final.Number+1)
	if err != nil {
		return fmt.Errorf("block %d: %w", final.Number+1, err)
	}
	if next.Time < uint64(w.To.Unix()) { //nolint:gosec // seconds since 1970
		return fmt.Errorf("%w: block %d is of the window and not final", completeness.ErrNotYet, next.Number)
	}
	return nil
}

// since is the first final block of a time or later, one above the last final block where none is,
// and the block before it. One node is asked where it is, the quorum whether that is so.
func since(ctx context.Context, c *client.Chain, final follow.Block, at uint64) (number uint64, before follow.Block, err error) {
	if final.Time < at {
		return final.Number + 1, final, nil
	}
	var broken error
	n := sort.Search(int(final.Number), func(i int) bool { //nolint:gosec // a number of blocks
		b, err := c.ByNumber(ctx, uint64(i)) //nolint:gosec // not negative
		if broken == nil && err != nil {
			broken = fmt.Errorf("block %d: %w", i, err)
		}
		return broken != nil || b.Time >= at
	})
	if broken != nil {
		return 0, before, broken
	}
	number = uint64(n) //nolint:gosec // not negative
	here, err := c.AgreedByNumber(ctx, number)
	if err == nil && number > 0 {
		before, err = c.AgreedByNumber(ctx, number-1)
	}
	if err != nil {
		return 0, before, fmt.Errorf("blocks by time: %w", err)
	}
	if here.Time < at || number > 0 && before.Time >= at {
		return 0, before, fmt.Errorf("the nodes do not agree on the first block of %s", time.Unix(int64(at), 0).UTC().Format(time.RFC3339)) //nolint:gosec // seconds
	}
	return number, before, nil
}

// scan are the deposits of final blocks, by the same rules that the watchers follow and by a look
// of its own. After each range comes an event without a rule: a sign of life.
func (s Chains) scan(ctx context.Context, r complete.Range, ours []string) iter.Seq2[follow.Event, error] {
	return func(yield func(follow.Event, error) bool) {
		chain, err := s.Nodes.Chain(r.Network)
		var set *rule.Set
		if err == nil {
			set, err = rule.Compile(rule.Rules{Deposits: []rule.Deposit{{Name: "deposit", Addresses: func() []string { return ours }, Native: !r.LogsOnly, Taken: true}}})
		}
		if err != nil {
			yield(follow.Event{}, fmt.Errorf("%s: %w", r.Network, err))
			return
		}
		source := &scan.Source{Chain: chain, Rules: set}
		for from, length := r.From, uint64(atOnce); from <= r.To; {
			to := min(from+length-1, r.To)
			events, err := source.Range(ctx, from, to)
			if errors.Is(err, follow.ErrTooMany) && from < to {
				length = max((to-from+1)/2, 1)
				continue
			}
			if err != nil {
				yield(follow.Event{}, fmt.Errorf("%s: read blocks %d to %d again: %w", r.Network, from, to, err))
				return
			}
			for _, e := range append(events, follow.Event{}) {
				if !yield(e, nil) {
					return
				}
			}
			from, length = to+1, min(2*length, atOnce)
		}
	}
}
