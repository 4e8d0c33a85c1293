// Package treelog keeps a Merkle log in SQL: the tiles of its tree, the edge that each level
// has beyond its full tiles, and every checkpoint that was signed.
//
// What is read is believed only as far as it hashes up to the root that a checkpoint tells.
// A [Tip] is the end of the log; it grows in the transaction that inserts the records, so
// that a record is there together with the signed checkpoint over it, or not at all. A log
// that does not extend what was signed before is [ErrRolledBack], and is not grown.
package treelog

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"countersign/store/find"
	"countersign/store/sqldb"
)

// ErrNoCheckpoint means that a log has no checkpoint of the wanted size.
var ErrNoCheckpoint = errors.New("no such checkpoint")

// A Reader reads the log of a database. Each call sees one state of it.
type Reader struct{ SQL *sqldb.DB }

// Checkpoint returns the newest signed checkpoint, or [ErrNoCheckpoint].
func (r Reader) Checkpoint(ctx context.Context) ([]byte, error) {
	return newest(ctx, r.SQL, r.SQL)
}

// CheckpointBefore returns the newest checkpoint of at most size records, or
// [ErrNoCheckpoint].
func (r Reader) CheckpointBefore(ctx context.Context, size int64) ([]byte, error) {
	return checkpoint(ctx, r.SQL, r.SQL, "WHERE size <= ? ORDER BY size DESC LIMIT 1", size)
}

// CheckpointAfter returns the oldest checkpoint of at least size records, or
// [ErrNoCheckpoint].
func (r Reader) CheckpointAfter(ctx context.Context, size int64) ([]byte, error) {
	return checkpoint(ctx, r.SQL, r.SQL, "WHERE size >= ? ORDER BY size LIMIT 1", size)
}

// Checkpoints yields every signed checkpoint of more than from and at most to records,
// smallest first.
func (r Reader) Checkpoints(ctx context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := r.SQL.QueryContext(ctx, r.SQL.Text("SELECT note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size"), from, to)
		if err != nil {
			yield(nil, fmt.Errorf("read checkpoints: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				yield(nil, fmt.Errorf("read checkpoints: %w", err))
				return
			}
			if !yield([]byte(text), nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("read checkpoints: %w", err))
		}
	}
}

// Size is how many records are under the newest signed checkpoint.
func (r Reader) Size(ctx context.Context) (int64, error) {
	n, err := find.Number(ctx, r.SQL, "SELECT COALESCE(MAX(size), 0) FROM checkpoints")
	if err != nil {
		return 0, fmt.Errorf("read the size of the log: %w", err)
	}
	return n, nil
}

func newest(ctx context.Context, db *sqldb.DB, q find.Querier) ([]byte, error) {
	return checkpoint(ctx, db, q, "ORDER BY size DESC LIMIT 1")
}

func checkpoint(ctx context.Context, db *sqldb.DB, q find.Querier, where string, args ...any) ([]byte, error) {
	rows, err := q.QueryContext(ctx, db.Text("SELECT note FROM checkpoints "+where), args...)
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), ErrNoCheckpoint)
	}
	var text string
	if err := rows.Scan(&text); err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	return []byte(text), nil
}
