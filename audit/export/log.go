package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"countersign/audit"
	"countersign/audit/tree"
)

var (
	// ErrRange means that a range cannot be exported: it is empty, lies beyond the log, or
	// does not begin and end with a checkpoint. [Align] and [Bounds] find one that does.
	ErrRange = errors.New("not a range of the log")

	// ErrLog means that the log is not what its own checkpoint says. Nothing is exported:
	// look at it with audit verify.
	ErrLog = errors.New("the log does not verify")
)

// A Log is what is exported, as a store keeps it.
type Log interface {
	// Records yields what q picks, in the order of the log.
	Records(ctx context.Context, q Query) iter.Seq2[audit.Entry, error]
	// Checkpoint is the newest signed checkpoint; CheckpointBefore the newest of at most
	// size records, CheckpointAfter the oldest of at least size; Checkpoints are those of
	// more than from and at most to records, smallest first.
	Checkpoint(ctx context.Context) ([]byte, error)
	CheckpointBefore(ctx context.Context, size int64) ([]byte, error)
	CheckpointAfter(ctx context.Context, size int64) ([]byte, error)
	Checkpoints(ctx context.Context, from, to int64) iter.Seq2[[]byte, error]
	// Tile is width hashes of a tile of the tree, 32 bytes each.
	Tile(ctx context.Context, level int, n int64, width int) ([]byte, error)
}

// A Query picks records. The zero Query picks all.
type Query struct {
	// From is the first index wanted, Before the first that is not, 0 for no bound.
	From, Before int64
	// Limit is the most records, 0 for all.
	Limit int
	Type  audit.Type
	// Since and Until bound the time of signing: Since <= t < Until.
	Since, Until time.Time
}

// Bounds is the smallest range between two checkpoints with every record that was signed
// at or after since and before until; a zero time is no bound. It may hold some more.
func Bounds(ctx context.Context, log Log, since, until time.Time) (from, to int64, err error) {
	last, err := newest(ctx, log)
	if err != nil {
		return 0, 0, err
	}
	to = last.Size
	if !since.IsZero() {
		if from, err = first(ctx, log, Query{Since: since}, to); err != nil {
			return 0, 0, err
		}
	}
	if !until.IsZero() {
		// Clocks of two processes may differ: some behind the first one too late may be in
		// time.
		late, err := first(ctx, log, Query{From: from}.after(until), to)
		if err != nil {
			return 0, 0, err
		}
		end := late
		for e, err := range log.Records(ctx, Query{From: late, Before: to, Until: until}) {
			if err != nil {
				return 0, 0, fmt.Errorf("find the end of the range: %w", err)
			}
			end = e.Index + 1
		}
		to = end
	}
	if from >= to {
		return 0, 0, fmt.Errorf("%w: no record was signed in that time", ErrRange)
	}
	return Align(ctx, log, from, to)
}

func (q Query) after(t time.Time) Query { q.Since = t; return q }

// first is the index of the first record that q picks, otherwise where there is none.
func first(ctx context.Context, log Log, q Query, otherwise int64) (int64, error) {
	q.Limit = 1
	for e, err := range log.Records(ctx, q) {
		if err != nil {
			return 0, fmt.Errorf("find a bound of the range: %w", err)
		}
		return min(e.Index, otherwise), nil
	}
	return otherwise, nil
}

// Align widens a range of indexes, from <= index < to, until both ends are checkpoints. A
// to of 0 is the end of the log.
func Align(ctx context.Context, log Log, from, to int64) (int64, int64, error) {
	last, err := newest(ctx, log)
	if err != nil {
		return 0, 0, err
	}
	if to == 0 {
		to = last.Size
	}
	if from < 0 || from >= to || to > last.Size {
		return 0, 0, fmt.Errorf("%w: from %d to %d, the log has %d records", ErrRange, from, to, last.Size)
	}
	one, err := read(log.CheckpointAfter(ctx, 1)) // before the first one there is only the beginning
	if err != nil {
		return 0, 0, err
	}
	if from < one.Size {
		from = 0
	} else if c, err := read(log.CheckpointBefore(ctx, from)); err != nil {
		return 0, 0, err
	} else {
		from = c.Size
	}
	end, err := read(log.CheckpointAfter(ctx, to))
	return from, end.Size, err
}

func newest(ctx context.Context, log Log) (tree.Checkpoint, error) {
	return read(log.Checkpoint(ctx))
}

func read(msg []byte, err error) (tree.Checkpoint, error) {
	if err != nil {
		return tree.Checkpoint{}, fmt.Errorf("read a checkpoint: %w", err)
	}
	return tree.ReadCheckpoint(msg)
}
