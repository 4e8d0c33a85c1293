package store

import (
	"context"

	"countersign/audit"
	"countersign/store/cursors"
)

// ErrCursor is [cursors.ErrMoved].
var ErrCursor = cursors.ErrMoved

// Cursor is the next index that a sink wants; 0 when it was never moved.
func (db *DB) Cursor(ctx context.Context, sink string) (int64, error) {
	return cursors.Next(ctx, db.sql, sink)
}

// Advance moves a cursor, durably, if it stands at from, else it fails with [ErrCursor].
func (db *DB) Advance(ctx context.Context, sink string, from, to int64) error {
	return cursors.Advance(ctx, db.sql, sink, from, to)
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
