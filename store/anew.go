package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/store/anchored"
)

// ErrAnchorLost means that an anchor keeps nothing, though this database has given it a
// checkpoint. Nothing is signed or posted past it until its content is back, or until an
// operator has accepted that it begins anew.
var ErrAnchorLost = errors.New("the anchor was emptied")

// load reads what an anchor keeps. With [ErrAnchorLost] comes the size of the first
// checkpoint that it was given.
func (db *DB) load(ctx context.Context, a Anchor) (kept []byte, first int64, err error) {
	// Asked in this order: what was noted by now had been swapped in before.
	if first, err = anchored.Begun(ctx, db.sql, a.String()); err != nil {
		return nil, 0, err
	}
	if kept, err = a.Load(ctx); err != nil {
		return nil, 0, err
	}
	if kept == nil && first > 0 {
		return nil, first, fmt.Errorf("%w: it keeps nothing, and has kept checkpoints since one of %d records: put its content back, or, when people have found that the log is whole, accept a new one as docs/anchors.md says, by %d@%s",
			ErrAnchorLost, first, first, a)
	}
	return kept, first, nil
}

// begun notes that an anchor keeps a checkpoint of size records, unless that is known.
func (db *DB) begun(ctx context.Context, a Anchor, size int64) error {
	if first, err := anchored.Begun(ctx, db.sql, a.String()); err != nil || first > 0 {
		return err
	}
	return db.sql.Transact(ctx, func(tx *sql.Tx) error {
		return anchored.Note(ctx, db.sql, tx, a.String(), size, db.now())
	})
}

// BeginAnew has the emptied anchors begin anew that [Log.Anew] names, and appends an alarm
// for each in the same transaction. An acceptance serves once: the anchor's next beginning
// has another size.
func (t *Trail) BeginAnew(ctx context.Context) error {
	if t.DB.log == nil {
		return ErrNoLog
	}
	for _, a := range t.DB.log.Anchors {
		_, first, err := t.DB.load(ctx, a)
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
		if _, err := t.append(ctx, d.Key, true, func(tx *sql.Tx) (audit.Draft, error) {
			return d, anchored.Forget(ctx, t.DB.sql, tx, a.String(), first)
		}); err != nil {
			return err
		}
	}
	return nil
}
