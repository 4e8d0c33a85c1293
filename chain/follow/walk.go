package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	defaultSpan   = 1000
	defaultMaxTip = 10_000
)

// settle confirms our blocks above the final one where the node's final block has passed them
// all, after going back to what it has.
func (f *Follower) settle(ctx context.Context, final Block) error {
	for len(f.cursor.Tip) > 0 && f.cursor.last().Number <= final.Number {
		last := f.cursor.last()
		now, err := f.Source.ByNumber(ctx, last.Number)
		if err != nil {
			return fmt.Errorf("read block %d: %w", last.Number, err)
		}
		if now.Hash == last.Hash {
			return f.confirm(ctx, len(f.cursor.Tip))
		}
		if err := f.retract(ctx); err != nil {
			return err
		}
	}
	return nil
}

// backfill reads what is final and far behind in ranges, as long as no block of ours is above:
// what was seen of those is told by [Follower.finalize].
func (f *Follower) backfill(ctx context.Context, final Block) error {
	most := f.Span
	if most == 0 {
		most = defaultSpan
	}
	if f.span == 0 {
		f.span = most
	}
	for len(f.cursor.Tip) == 0 && f.cursor.Final.Number < final.Number {
		from := f.cursor.Final.Number + 1
		to := min(from+f.span-1, final.Number)
		events, err := f.Source.Range(ctx, from, to)
		if errors.Is(err, ErrTooMany) && from < to {
			f.span = max((to-from+1)/2, 1)
			continue
		}
		if err != nil {
			return fmt.Errorf("read blocks %d to %d: %w", from, to, err)
		}
		if err := f.filled(ctx, from, to, events); err != nil {
			return err
		}
		f.span = min(f.span*2, most)
	}
	return nil
}

// filled keeps a range, when it still follows what was kept before it.
func (f *Follower) filled(ctx context.Context, from, to uint64, events []Event) error {
	first, err := f.Source.ByNumber(ctx, from)
	if err != nil {
		return fmt.Errorf("read block %d: %w", from, err)
	}
	if first.Parent != f.cursor.Final.Hash {
		return fmt.Errorf("%w: block %d was %s, its successor names %s", ErrFinality, f.cursor.Final.Number, f.cursor.Final.Hash, first.Parent)
	}
	last := first
	if to > from {
		if last, err = f.Source.ByNumber(ctx, to); err != nil {
			return fmt.Errorf("read block %d: %w", to, err)
		}
	}
	var occurred []Occurrence
	for _, e := range events {
		if e.Number < from || e.Number > to {
			return fmt.Errorf("blocks %d to %d were asked for, an event of block %d came", from, to, e.Number)
		}
		occurred = append(occurred, Occurrence{e, Confirmed})
	}
	return f.keep(ctx, Cursor{Final: last}, occurred)
}

// walk follows the chain to its head, and back first where ours has left it.
func (f *Follower) walk(ctx context.Context, head Block) error {
	most := f.MaxTip
	if most == 0 {
		most = defaultMaxTip
	}
	for {
		last := f.cursor.last()
		if last.Number >= head.Number {
			// The chain may have become shorter, or another of the same length.
			if f.onChain(ctx, last, head) {
				return nil
			}
			if err := f.retract(ctx); err != nil {
				return err
			}
			continue
		}
		if uint64(len(f.cursor.Tip)) >= most {
			return fmt.Errorf("%d blocks are walked and none has become final: the node's final block stands at %d", most, f.cursor.Final.Number)
		}
		next, err := f.Source.ByNumber(ctx, last.Number+1)
		if err != nil {
			return fmt.Errorf("read block %d: %w", last.Number+1, err)
		}
		if next.Parent != last.Hash {
			if err := f.retract(ctx); err != nil {
				return err
			}
			continue
		}
		if err := f.see(ctx, next); err != nil {
			return err
		}
	}
}

// onChain reports whether our last block is on the chain with a head that is not above it, as
// far as that can be told now: the head was read before, and may have moved.
func (f *Follower) onChain(ctx context.Context, last, head Block) bool {
	if last.Hash == head.Hash {
		return true
	}
	if now, err := f.Source.ByNumber(ctx, last.Number); err == nil {
		return now.Hash == last.Hash
	}
	// Nothing is there: a node that lags, or a chain that became shorter. When other blocks
	// follow they will name another parent.
	i := slices.IndexFunc(f.cursor.Tip, func(w Walked) bool { return w.Number == head.Number })
	if i < 0 {
		return true
	}
	now, err := f.Source.ByNumber(ctx, head.Number)
	return err != nil || now.Hash == f.cursor.Tip[i].Hash
}

// see walks one block.
func (f *Follower) see(ctx context.Context, b Block) error {
	events, err := f.Source.Events(ctx, b)
	if err != nil {
		return fmt.Errorf("read the events of block %d, %s: %w", b.Number, b.Hash, err)
	}
	var occurred []Occurrence
	for _, e := range events {
		if e.Block != b.Hash {
			return fmt.Errorf("the events of block %d, %s, were asked for, one of %s came", b.Number, b.Hash, e.Block)
		}
		occurred = append(occurred, Occurrence{e, Seen})
	}
	return f.keep(ctx, Cursor{Final: f.cursor.Final, Tip: append(slices.Clone(f.cursor.Tip), Walked{b, events})}, occurred)
}

// retract goes back by one block.
func (f *Follower) retract(ctx context.Context) error {
	n := len(f.cursor.Tip)
	if n == 0 {
		return fmt.Errorf("%w: block %d, %s", ErrFinality, f.cursor.Final.Number, f.cursor.Final.Hash)
	}
	var occurred []Occurrence
	for _, e := range slices.Backward(f.cursor.Tip[n-1].Events) {
		occurred = append(occurred, Occurrence{e, Retracted})
	}
	return f.keep(ctx, Cursor{Final: f.cursor.Final, Tip: slices.Clone(f.cursor.Tip[:n-1])}, occurred)
}

// finalize confirms the blocks up to the final one, if ours at its height is that very block.
func (f *Follower) finalize(ctx context.Context, final Block) error {
	i := slices.IndexFunc(f.cursor.Tip, func(w Walked) bool { return w.Number == final.Number })
	if i < 0 {
		return nil
	}
	if f.cursor.Tip[i].Hash != final.Hash {
		// It was final before we walked: what we walked since is of a moment after, or the
		// node is of two minds. The next step will see the same or better.
		return fmt.Errorf("block %d is %s on the chain that was walked, and final as %s", final.Number, f.cursor.Tip[i].Hash, final.Hash)
	}
	return f.confirm(ctx, i+1)
}

// confirm confirms the oldest n blocks.
func (f *Follower) confirm(ctx context.Context, n int) error {
	var occurred []Occurrence
	for _, w := range f.cursor.Tip[:n] {
		for _, e := range w.Events {
			occurred = append(occurred, Occurrence{e, Confirmed})
		}
	}
	return f.keep(ctx, Cursor{Final: f.cursor.Tip[n-1].Block, Tip: slices.Clone(f.cursor.Tip[n:])}, occurred)
}
