// Package cursors keeps in SQL how far each sink has taken the records of a log.
package cursors

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/store/sqldb"
)

// ErrMoved means that a cursor does not stand where the caller believes: another sender
// has moved it.
var ErrMoved = errors.New("cursor stands elsewhere")

// Next is the next index that a sink wants; 0 when it was never moved.
func Next(ctx context.Context, db *sqldb.DB, sink string) (next int64, err error) {
	err = db.QueryRowContext(ctx, db.Text("SELECT next FROM cursors WHERE sink = ?"), sink).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cursor of %s: %w", sink, err)
	}
	return next, nil
}

// Advance moves a cursor, durably, if it stands at from, else it fails with [ErrMoved].
func Advance(ctx context.Context, db *sqldb.DB, sink string, from, to int64) error {
	err := db.Transact(ctx, func(tx *sql.Tx) error {
		query, args := "UPDATE cursors SET next = ? WHERE sink = ? AND next = ?", []any{to, sink, from}
		if from == 0 {
			query, args = "INSERT INTO cursors (sink, next) VALUES (?, ?) ON CONFLICT (sink) DO NOTHING", []any{sink, to}
		}
		res, err := tx.ExecContext(ctx, db.Text(query), args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrMoved, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("advance %s from %d to %d: %w", sink, from, to, err)
	}
	return nil
}
