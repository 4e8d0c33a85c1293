package store

import (
	"context"
	"database/sql"
	"fmt"

	"countersign/audit/tree"
)

// spanWidth is how many records a span is of: those of a full tile of leaves.
const spanWidth = int64(tree.TileWidth)

// keepSpan notes when the records under a full tile of leaves were signed. An index on the
// time of each would cost every append; this costs one row in 256 records.
func (db *DB) keepSpan(ctx context.Context, tx *sql.Tx, n int64) error {
	_, err := tx.ExecContext(ctx, db.query("INSERT INTO spans (n, first, last) SELECT CAST(? AS BIGINT), MIN(at), MAX(at) FROM records WHERE idx >= ? AND idx < ?"),
		n, n*spanWidth, (n+1)*spanWidth)
	if err != nil {
		return fmt.Errorf("keep the times of the records from %d on: %w", n*spanWidth, err)
	}
	return nil
}
