package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// cosign has a witness sign a checkpoint, and keeps it with the signature.
func (db *DB) cosign(ctx context.Context, w Witness, msg []byte, at tree.Checkpoint) error {
	signed, err := w.Cosign(ctx, msg, func(ctx context.Context, old int64) ([]tlog.Hash, error) {
		return db.Proof(ctx, at.Size, old)
	})
	if err != nil {
		return err
	}
	return db.sql.Transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, db.query(`INSERT INTO cosignatures (size, witness, note) VALUES (?, ?, ?)
			ON CONFLICT (size, witness) DO UPDATE SET note = excluded.note`), at.Size, w.String(), string(signed))
		return err
	})
}

// CosignedFrom is the smallest size, of at least size records, of a checkpoint that the
// quorum of witnesses has signed. It is size itself where no quorum is asked for, and
// [ErrNoCheckpoint] where none was reached: [Trail.Barrier] reaches one for a new record.
func (db *DB) CosignedFrom(ctx context.Context, size int64) (int64, error) {
	if db.log == nil || db.log.Quorum == 0 {
		return size, nil
	}
	var found int64
	err := db.sql.QueryRowContext(ctx, db.query("SELECT size FROM cosignatures WHERE size >= ? GROUP BY size HAVING COUNT(*) >= ? ORDER BY size LIMIT 1"),
		size, db.log.Quorum).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: none of %d records or more has the signatures of %d witnesses", ErrNoCheckpoint, size, db.log.Quorum)
	}
	if err != nil {
		return 0, fmt.Errorf("read cosignatures: %w", err)
	}
	return found, nil
}

// Cosignatures are the notes of the checkpoint of size records, one for each witness that
// has signed it, with its signature.
func (db *DB) Cosignatures(ctx context.Context, size int64) (notes [][]byte, err error) {
	rows, err := db.sql.QueryContext(ctx, db.query("SELECT note FROM cosignatures WHERE size = ? ORDER BY witness"), size)
	if err != nil {
		return nil, fmt.Errorf("read cosignatures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read cosignatures: %w", err)
		}
		notes = append(notes, []byte(text))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read cosignatures: %w", err)
	}
	return notes, nil
}
