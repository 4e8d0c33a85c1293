package store

import (
	"context"
	"iter"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store/claims"
	"countersign/store/find"
)

// A Query picks records by what they can be found by.
type Query = find.Query

// Select is [find.Select] of this database.
func (db *DB) Select(ctx context.Context, q Query) iter.Seq2[audit.Entry, error] {
	return find.Select(ctx, db.sql, q)
}

// Explain is how the database finds what q picks, a step in each line, in its own words.
func (db *DB) Explain(ctx context.Context, q Query) ([]string, error) {
	return find.Explain(ctx, db.sql, q)
}

// ByID returns the record with an ID, a UUIDv7, or [audit.ErrNoRecord].
func (db *DB) ByID(ctx context.Context, id string) (audit.Entry, error) {
	return find.ByID(ctx, db.sql, id)
}

// Taken is [claims.Taken] of this database.
func (db *DB) Taken(ctx context.Context, budget string, since time.Time) (countersign.Amount, error) {
	return claims.Taken(ctx, db.sql, budget, since)
}
