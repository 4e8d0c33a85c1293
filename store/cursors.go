package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit"
)

// ErrCursor means that a cursor does not stand where the caller believes: another sender
// has moved it.
var ErrCursor = errors.New("cursor stands elsewhere")

// Cursor is the next index that a sink wants; 0 when it was never moved.
func (db *DB) Cursor(ctx context.Context, sink string) (next int64, err error) {
	err = db.sql.QueryRowContext(ctx, db.query("SELECT next FROM cursors WHERE sink = ?"), sink).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cursor of %s: %w", sink, err)
	}
	return next, nil
}

// Advance moves a cursor, durably, if it stands at from, else it fails with [ErrCursor].
func (db *DB) Advance(ctx context.Context, sink string, from, to int64) error {
	err := db.sql.Transact(ctx, func(tx *sql.Tx) error {
		query, args := "UPDATE cursors SET next = ? WHERE sink = ? AND next = ?", []any{to, sink, from}
		if from == 0 {
			query, args = "INSERT INTO cursors (sink, next) VALUES (?, ?) ON CONFLICT (sink) DO NOTHING", []any{sink, to}
		}
		res, err := tx.ExecContext(ctx, db.query(query), args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrCursor, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("advance %s from %d to %d: %w", sink, from, to, err)
	}
	return nil
}

// Records are at most limit records from an index on, in their order.
func (db *DB) Records(ctx context.Context, from int64, limit int) (records []audit.Entry, err error) {
	for e, err := range db.Entries(ctx, Filter{From: from, Limit: limit}) {
		if err != nil {
			return nil, err
		}
		records = append(records, e)
	}
	return records, nil
}
