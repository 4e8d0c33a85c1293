// Package anchored keeps which anchors have ever been given a checkpoint of a database's log.
//
// An anchor that keeps nothing is new, or somebody has taken its content away. The two look
// the same from outside; the database tells them apart, because it knows what it has given
// and where. Whoever holds both the database and the anchor can still clear both: that is
// for witnesses, and for anchors in other hands, to show.
package anchored

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/store/sqldb"
)

// Begun returns the size of the first checkpoint, in records, that an anchor is known to
// have kept; 0 when none is known.
func Begun(ctx context.Context, db *sqldb.DB, anchor string) (size int64, err error) {
	err = db.QueryRowContext(ctx, db.Text("SELECT size FROM anchors WHERE anchor = ?"), anchor).Scan(&size)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read whether the anchor was begun: %w", err)
	}
	return size, nil
}

// Note keeps that an anchor has a checkpoint of size records. The first note stands.
func Note(ctx context.Context, db *sqldb.DB, tx *sql.Tx, anchor string, size int64, at time.Time) error {
	_, err := tx.ExecContext(ctx, db.Text("INSERT INTO anchors (anchor, size, at) VALUES (?, ?, ?) ON CONFLICT (anchor) DO NOTHING"),
		anchor, size, at.UnixMicro())
	if err != nil {
		return fmt.Errorf("note that the anchor is begun: %w", err)
	}
	return nil
}

// Forget makes an anchor new again that was begun with a checkpoint of size records. It
// changes nothing when the anchor was begun with another.
func Forget(ctx context.Context, db *sqldb.DB, tx *sql.Tx, anchor string, size int64) error {
	if _, err := tx.ExecContext(ctx, db.Text("DELETE FROM anchors WHERE anchor = ? AND size = ?"), anchor, size); err != nil {
		return fmt.Errorf("forget that the anchor was begun: %w", err)
	}
	return nil
}
