package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/anchored"
	"countersign/store/barrier"
	"countersign/store/treelog"
)

// An Anchor is a [barrier.Anchor]. The anchors of package audit/anchor are the real ones.
type Anchor = barrier.Anchor

// A Witness is a [barrier.Witness].
type Witness = barrier.Witness

// ErrAnchorLost is [barrier.ErrLost].
var ErrAnchorLost = barrier.ErrLost

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
	err := db.barrier.Reach(ctx, e.Index, func(ctx context.Context) (treelog.Signed, error) { return db.newestSigned(ctx, e.Index) })
	if errors.Is(err, ErrRolledBack) {
		db.refuse(err)
	}
	return err
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
	if _, err := r.Check(db.barrier.Keys); err != nil {
		return fmt.Errorf("record %d: %w: %w", e.Index, audit.ErrForged, err)
	}
	return nil
}

// newestSigned is the newest checkpoint, from memory when that covers index.
func (db *DB) newestSigned(ctx context.Context, index int64) (treelog.Signed, error) {
	db.mu.Lock()
	last := db.recent.signed
	db.mu.Unlock()
	if last.Size > index {
		return last, nil
	}
	msg, err := db.Checkpoint(ctx)
	if err != nil {
		return treelog.Signed{}, err
	}
	at, err := tree.OpenCheckpoint(msg, db.barrier.Keys)
	return treelog.Signed{Checkpoint: at, Note: msg}, err
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

// BeginAnew has the emptied anchors begin anew that [Log.Anew] names, and appends an alarm
// for each in the same transaction. An acceptance serves once: the anchor's next beginning
// has another size.
func (t *Trail) BeginAnew(ctx context.Context) error {
	if t.DB.log == nil {
		return ErrNoLog
	}
	for _, a := range t.DB.log.Anchors {
		_, first, err := t.DB.barrier.Load(ctx, a)
		if err == nil || !errors.Is(err, ErrAnchorLost) {
			if err != nil {
				return fmt.Errorf("anchor %s: %w", a, err)
			}
			continue
		}
		if t.DB.log.Anew[a.String()] != first {
			return fmt.Errorf("anchor %s: %w", a, err)
		}
		d := audit.Draft{Key: fmt.Sprintf("anchor/anew/%d/%s", first, a), Type: audit.AlarmRaised, Body: audit.Alarm{
			Code: audit.AnchorAnew,
			What: fmt.Sprintf("the anchor %s has kept checkpoints since one of %d records and was found empty; an operator accepted that it begins anew", a, first),
		}}
		if _, err := t.append(ctx, d.Key, &d, func(tx *sql.Tx) (audit.Draft, error) {
			return d, anchored.Forget(ctx, t.DB.sql, tx, a.String(), first)
		}); err != nil {
			return err
		}
	}
	return nil
}

// CosignedFrom is the smallest size, of at least size records, of a checkpoint that the
// quorum of witnesses has signed. It is size itself where no quorum is asked for, and
// [ErrNoCheckpoint] where none was reached: [Trail.Barrier] reaches one for a new record.
func (db *DB) CosignedFrom(ctx context.Context, size int64) (int64, error) {
	if db.log == nil {
		return size, nil
	}
	return db.barrier.CosignedFrom(ctx, size)
}

// Cosignatures are the notes of the checkpoint of size records, one for each witness that
// has signed it, with its signature.
func (db *DB) Cosignatures(ctx context.Context, size int64) ([][]byte, error) {
	return barrier.Cosignatures(ctx, db.sql, size)
}
