// Package barrier holds back what a record explains until the record stands in second places:
// under a signed checkpoint that all anchors of the log keep, and that a quorum of witnesses
// has signed.
//
// What an anchor keeps must be a beginning of the log. Where it is not, the database is not
// the one that gave it to the anchor, [treelog.ErrRolledBack]; where an anchor keeps nothing
// though it was given something, somebody has emptied it, [ErrLost].
package barrier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"countersign/audit/tree"
	"countersign/store/anchored"
	"countersign/store/sqldb"
	"countersign/store/treelog"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrLost means that an anchor keeps nothing, though this database has given it a
// checkpoint. Nothing is signed or posted past it until its content is back, or until an
// operator has accepted that it begins anew.
var ErrLost = errors.New("the anchor was emptied")

// An Anchor keeps the newest checkpoint in a place that a restored database does not
// reach. The anchors of package audit/anchor are the real ones.
type Anchor interface {
	// Load returns what is kept, nil when nothing is yet.
	Load(ctx context.Context) ([]byte, error)
	// Swap replaces old, nil for none, by new. It fails when something else is there.
	Swap(ctx context.Context, old, new []byte) error
	// String names it for people.
	String() string
}

// A Witness signs that a checkpoint extends the last one that it signed.
type Witness interface {
	// Cosign returns the checkpoint with the witness's signature. Proof shows that its
	// last one, of old records, is a beginning of it; prove makes it. An error that wraps
	// [treelog.ErrRolledBack] says that it has signed another history.
	Cosign(ctx context.Context, checkpoint []byte, prove func(ctx context.Context, old int64) ([]tlog.Hash, error)) ([]byte, error)
	String() string
}

// timeout bounds one round of telling anchors and witnesses.
const timeout = 30 * time.Second

// A Barrier is that of the log of a database. Whoever waits for more than was told leads a
// round, and all who wait meanwhile share the next one.
type Barrier struct {
	SQL *sqldb.DB
	// Keys verify the checkpoints of the log.
	Keys      note.Verifiers
	Anchors   []Anchor
	Witnesses []Witness
	// Quorum is how many of the witnesses must sign.
	Quorum int
	// Anew are anchors, by name, that may be empty though they were given checkpoints, each
	// with the size of the first.
	Anew map[string]int64
	// Now is the clock.
	Now func() time.Time

	mu   sync.Mutex
	size int64             // of the checkpoint that was told last
	held map[Anchor][]byte // what each anchor keeps, as we know it
}

// Reach returns once all anchors keep a checkpoint that covers the record at an index, and
// the quorum of witnesses has signed it. Newest makes the newest such checkpoint.
func (b *Barrier) Reach(ctx context.Context, index int64, newest func(context.Context) (treelog.Signed, error)) error {
	if len(b.Anchors)+len(b.Witnesses) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size > index {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// The newest by now: whoever has waited behind us is under it too.
	at, err := newest(ctx)
	if err != nil {
		return err
	}
	if err := b.tell(ctx, at.Note, at.Checkpoint); err != nil {
		return fmt.Errorf("anchor the checkpoint of %d records: %w", at.Size, err)
	}
	b.size = at.Size
	return nil
}

// tell gives a checkpoint to all anchors and to the quorum of witnesses.
func (b *Barrier) tell(ctx context.Context, msg []byte, at tree.Checkpoint) error {
	for _, a := range b.Anchors {
		if err := b.swap(ctx, a, msg, at); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	var failed []error
	signed := 0
	for _, w := range b.Witnesses {
		if err := b.cosign(ctx, w, msg, at); errors.Is(err, treelog.ErrRolledBack) {
			return fmt.Errorf("witness %s: %w", w, err) // whatever the others say
		} else if err != nil {
			failed = append(failed, fmt.Errorf("witness %s: %w", w, err))
			continue
		}
		signed++
	}
	if signed < b.Quorum {
		return fmt.Errorf("%d of %d witnesses have signed, %d must: %w", signed, len(b.Witnesses), b.Quorum, errors.Join(failed...))
	}
	return nil
}

// swap moves one anchor on to a checkpoint. What it keeps must be a beginning of the
// log: another process may have moved it, a restored database has not.
func (b *Barrier) swap(ctx context.Context, a Anchor, msg []byte, at tree.Checkpoint) error {
	old, known := b.held[a]
	for tries := 0; ; tries++ {
		if !known {
			var err error
			if old, _, err = b.Load(ctx, a); err != nil {
				return err
			}
			ahead, err := b.behind(ctx, a, old, at)
			if err != nil || ahead {
				return err
			}
		}
		err := a.Swap(ctx, old, msg)
		if err == nil && old == nil {
			err = b.begun(ctx, a, at.Size)
		}
		if err == nil {
			if b.held == nil {
				b.held = map[Anchor][]byte{}
			}
			b.held[a] = msg
			return nil
		}
		delete(b.held, a)
		if known = false; tries == 5 {
			return err
		}
	}
}

// behind compares what an anchor keeps with the log at a checkpoint. It reports
// whether the anchor is ahead of it, as it is when another process has appended since.
func (b *Barrier) behind(ctx context.Context, a Anchor, kept []byte, at tree.Checkpoint) (ahead bool, err error) {
	if kept == nil {
		return false, nil
	}
	c, err := tree.OpenCheckpoint(kept, b.Keys)
	if err != nil {
		return false, err
	}
	if err := b.extends(ctx, c); err != nil {
		return false, err
	}
	return c.Size >= at.Size, b.begun(ctx, a, c.Size)
}

// Check compares the log with what the anchors keep, before anything is appended to it. It
// fails with [treelog.ErrRolledBack] when the log does not extend that, and with [ErrLost]
// when an anchor was emptied and may not begin anew.
func (b *Barrier) Check(ctx context.Context) error {
	for _, a := range b.Anchors {
		kept, first, err := b.Load(ctx, a)
		if errors.Is(err, ErrLost) && first == b.Anew[a.String()] {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("anchor %s: %w", a, err)
		}
		if kept == nil {
			continue
		}
		c, err := tree.OpenCheckpoint(kept, b.Keys)
		if err != nil {
			return fmt.Errorf("anchor %s keeps %w: another log's, or signed by another key", a, err)
		}
		if err := b.extends(ctx, c); err != nil {
			return fmt.Errorf("anchor %s: %w: restore the newest backup, or, when people have found that the records in between are lost, move the anchor's content aside and accept a new beginning with COUNTERSIGN_ANCHORS_ANEW (docs/anchors.md)", a, err)
		}
		if err := b.begun(ctx, a, c.Size); err != nil {
			return fmt.Errorf("anchor %s: %w", a, err)
		}
	}
	return nil
}

// extends fails with [treelog.ErrRolledBack] unless the log extends a checkpoint.
func (b *Barrier) extends(ctx context.Context, c tree.Checkpoint) error {
	return treelog.Reader{SQL: b.SQL}.Extends(ctx, c)
}

// Load reads what an anchor keeps, nil when nothing is yet, and the size of the first
// checkpoint that it was given, 0 when none is known. That comes with [ErrLost] too.
func (b *Barrier) Load(ctx context.Context, a Anchor) (kept []byte, first int64, err error) {
	// Asked in this order: what was noted by now had been swapped in before.
	if first, err = anchored.Begun(ctx, b.SQL, a.String()); err != nil {
		return nil, 0, err
	}
	if kept, err = a.Load(ctx); err != nil {
		return nil, 0, err
	}
	if kept == nil && first > 0 {
		return nil, first, fmt.Errorf("%w: it keeps nothing, and has kept checkpoints since one of %d records: put its content back, or, when people have found that the log is whole, accept a new one as docs/anchors.md says, by %d@%s",
			ErrLost, first, first, a)
	}
	return kept, first, nil
}

// begun notes that an anchor keeps a checkpoint of size records, unless that is known.
func (b *Barrier) begun(ctx context.Context, a Anchor, size int64) error {
	if first, err := anchored.Begun(ctx, b.SQL, a.String()); err != nil || first > 0 {
		return err
	}
	return b.SQL.Transact(ctx, func(tx *sql.Tx) error {
		return anchored.Note(ctx, b.SQL, tx, a.String(), size, b.Now())
	})
}
