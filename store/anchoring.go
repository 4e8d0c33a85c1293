package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/treelog"

	"golang.org/x/mod/sumdb/tlog"
)

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
	// [ErrRolledBack] says that it has signed another history.
	Cosign(ctx context.Context, checkpoint []byte, prove func(ctx context.Context, old int64) ([]tlog.Hash, error)) ([]byte, error)
	String() string
}

// anchorTimeout bounds one round of telling anchors and witnesses.
const anchorTimeout = 30 * time.Second

// anchoring is how far the anchors and witnesses have been told. Whoever waits for more
// leads a round, and all who wait meanwhile share the next one.
type anchoring struct {
	mu   sync.Mutex
	size int64
	held map[Anchor][]byte // what each anchor keeps, as we know it
}

// Barrier returns once a record stands under a signed checkpoint that all anchors keep
// and the quorum of witnesses has signed. Nothing may take effect that a record explains
// before that. A record that stands under none is [audit.ErrForged].
func (t *Trail) Barrier(ctx context.Context, e audit.Entry) error {
	db := t.DB
	if db.log == nil {
		return ErrNoLog
	}
	if err := db.refused(); err != nil {
		return err
	}
	if err := db.covered(ctx, e); err != nil {
		return err
	}
	if len(db.log.Anchors)+len(db.log.Witnesses) == 0 {
		return nil
	}
	a := &db.anchored
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size > e.Index {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, anchorTimeout)
	defer cancel()
	// The newest by now: whoever has waited behind us is under it too.
	msg, at, err := db.newestSigned(ctx, e.Index)
	if err != nil {
		return err
	}
	if err := db.tell(ctx, msg, at); err != nil {
		if errors.Is(err, ErrRolledBack) {
			db.refuse(err)
		}
		return fmt.Errorf("anchor the checkpoint of %d records: %w", at.Size, err)
	}
	a.size = at.Size
	return nil
}

// covered fails unless a record stands in its place under a signed checkpoint. What this
// process has put there itself it knows; of anything else it wants the proof.
func (db *DB) covered(ctx context.Context, e audit.Entry) error {
	db.mu.Lock()
	ours := e.LeafHash != "" && db.recent.has(e)
	db.mu.Unlock()
	if ours {
		return nil
	}
	r, err := db.Receipt(ctx, e.Index)
	if err != nil {
		return err
	}
	if r.Record != e.JWS {
		return fmt.Errorf("record %d: %w: another one stands in its place", e.Index, audit.ErrForged)
	}
	if _, err := r.Check(db.log.verifiers()); err != nil {
		return fmt.Errorf("record %d: %w: %w", e.Index, audit.ErrForged, err)
	}
	return nil
}

// newestSigned is the newest checkpoint, from memory when that covers index.
func (db *DB) newestSigned(ctx context.Context, index int64) ([]byte, tree.Checkpoint, error) {
	db.mu.Lock()
	last := db.recent.signed
	db.mu.Unlock()
	if last.Size > index {
		return last.Note, last.Checkpoint, nil
	}
	msg, err := db.Checkpoint(ctx)
	if err != nil {
		return nil, tree.Checkpoint{}, err
	}
	at, err := tree.OpenCheckpoint(msg, db.log.verifiers())
	return msg, at, err
}

// recent is what a process has appended lately, and the checkpoint over it.
type recent struct {
	signed treelog.Signed
	places map[int64]string // JWS by index
	oldest int64
}

// maxRecent bounds it: decisions are posted soon after they are made.
const maxRecent = 4096

func (r *recent) add(entries []audit.Entry, at treelog.Signed) {
	if r.places == nil {
		r.places, r.oldest = map[int64]string{}, entries[0].Index
	}
	for _, e := range entries {
		r.places[e.Index] = e.JWS
	}
	for ; len(r.places) > maxRecent; r.oldest++ {
		delete(r.places, r.oldest)
	}
	r.signed = at
}

func (r *recent) has(e audit.Entry) bool { jws, ok := r.places[e.Index]; return ok && jws == e.JWS }

// tell gives a checkpoint to all anchors and to the quorum of witnesses.
func (db *DB) tell(ctx context.Context, msg []byte, at tree.Checkpoint) error {
	for _, a := range db.log.Anchors {
		if err := db.swap(ctx, a, msg, at); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	var failed []error
	signed := 0
	for _, w := range db.log.Witnesses {
		if err := db.cosign(ctx, w, msg, at); errors.Is(err, ErrRolledBack) {
			return fmt.Errorf("witness %s: %w", w, err) // whatever the others say
		} else if err != nil {
			failed = append(failed, fmt.Errorf("witness %s: %w", w, err))
			continue
		}
		signed++
	}
	if signed < db.log.Quorum {
		return fmt.Errorf("%d of %d witnesses have signed, %d must: %w", signed, len(db.log.Witnesses), db.log.Quorum, errors.Join(failed...))
	}
	return nil
}

// swap moves one anchor on to a checkpoint. What it keeps must be a beginning of the
// log: another process may have moved it, a restored database has not.
func (db *DB) swap(ctx context.Context, a Anchor, msg []byte, at tree.Checkpoint) error {
	old, known := db.anchored.held[a]
	for tries := 0; ; tries++ {
		if !known {
			var err error
			if old, _, err = db.load(ctx, a); err != nil {
				return err
			}
			ahead, err := db.anchorBehind(ctx, a, old, at)
			if err != nil || ahead {
				return err
			}
		}
		err := a.Swap(ctx, old, msg)
		if err == nil && old == nil {
			err = db.begun(ctx, a, at.Size)
		}
		if err == nil {
			if db.anchored.held == nil {
				db.anchored.held = map[Anchor][]byte{}
			}
			db.anchored.held[a] = msg
			return nil
		}
		delete(db.anchored.held, a)
		if known = false; tries == 5 {
			return err
		}
	}
}

// anchorBehind compares what an anchor keeps with the log at a checkpoint. It reports
// whether the anchor is ahead of it, as it is when another process has appended since.
func (db *DB) anchorBehind(ctx context.Context, a Anchor, kept []byte, at tree.Checkpoint) (ahead bool, err error) {
	if kept == nil {
		return false, nil
	}
	c, err := tree.OpenCheckpoint(kept, db.log.verifiers())
	if err != nil {
		return false, err
	}
	if err := db.Extends(ctx, c); err != nil {
		return false, err
	}
	return c.Size >= at.Size, db.begun(ctx, a, c.Size)
}

// compareAnchors is what a process asks before it appends anything.
func (db *DB) compareAnchors(ctx context.Context, l *Log) error {
	for _, a := range l.Anchors {
		kept, first, err := db.load(ctx, a)
		if errors.Is(err, ErrAnchorLost) && first == l.Anew[a.String()] {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("anchor %s: %w", a, err)
		}
		if kept == nil {
			continue
		}
		c, err := tree.OpenCheckpoint(kept, l.verifiers())
		if err != nil {
			return fmt.Errorf("anchor %s keeps %w: another log's, or signed by another key", a, err)
		}
		if err := db.Extends(ctx, c); err != nil {
			return fmt.Errorf("anchor %s: %w: restore the newest backup, or, when people have found that the records in between are lost, take the anchor away", a, err)
		}
		if err := db.begun(ctx, a, c.Size); err != nil {
			return fmt.Errorf("anchor %s: %w", a, err)
		}
	}
	return nil
}
