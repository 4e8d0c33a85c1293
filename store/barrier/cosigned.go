package barrier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/audit/tree"
	"countersign/store/sqldb"
	"countersign/store/treelog"

	"golang.org/x/mod/sumdb/tlog"
)

// cosign has a witness sign a checkpoint, and keeps it with the signature.
func (b *Barrier) cosign(ctx context.Context, w Witness, msg []byte, at tree.Checkpoint) error {
	signed, err := w.Cosign(ctx, msg, func(ctx context.Context, old int64) ([]tlog.Hash, error) {
		return treelog.Reader{SQL: b.SQL}.Proof(ctx, at.Size, old)
	})
	if err != nil {
		return err
	}
	return b.SQL.Transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, b.SQL.Text(`INSERT INTO cosignatures (size, witness, note) VALUES (?, ?, ?)
			ON CONFLICT (size, witness) DO UPDATE SET note = excluded.note`), at.Size, w.String(), string(signed))
		return err
	})
}

// CosignedFrom is the smallest size, of at least size records, of a checkpoint that the
// quorum of witnesses has signed. It is size itself where no quorum is asked for, and
// [treelog.ErrNoCheckpoint] where none was reached: [Barrier.Reach] reaches one for a new
// record.
func (b *Barrier) CosignedFrom(ctx context.Context, size int64) (int64, error) {
	if b.Quorum == 0 {
		return size, nil
	}
	var found int64
	err := b.SQL.QueryRowContext(ctx, b.SQL.Text("SELECT size FROM cosignatures WHERE size >= ? GROUP BY size HAVING COUNT(*) >= ? ORDER BY size LIMIT 1"),
		size, b.Quorum).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: none of %d records or more has the signatures of %d witnesses", treelog.ErrNoCheckpoint, size, b.Quorum)
	}
	if err != nil {
		return 0, fmt.Errorf("read cosignatures: %w", err)
	}
	return found, nil
}

// Cosignatures are the notes of the checkpoint of size records, one for each witness that
// has signed it, with its signature.
func Cosignatures(ctx context.Context, db *sqldb.DB, size int64) (notes [][]byte, err error) {
	rows, err := db.QueryContext(ctx, db.Text("SELECT note FROM cosignatures WHERE size = ? ORDER BY witness"), size)
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
