package treelog

import (
	"context"
	"database/sql"
	"fmt"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/find"
	"countersign/store/sqldb"

	"golang.org/x/mod/sumdb/tlog"
)

// Receipt proves that the record at an index stands under the newest checkpoint.
func (r Reader) Receipt(ctx context.Context, index int64) (proof tree.Receipt, err error) {
	// One snapshot: the tiles of a checkpoint must not move while they are read.
	err = r.SQL.Snapshot(ctx, func(tx *sql.Tx) error {
		proof, err = receipt(ctx, r.SQL, tx, index)
		return err
	})
	return proof, err
}

func receipt(ctx context.Context, db *sqldb.DB, q find.Querier, index int64) (r tree.Receipt, err error) {
	msg, err := newest(ctx, db, q)
	if err != nil {
		return r, err
	}
	c, err := tree.ReadCheckpoint(msg)
	if err != nil {
		return r, err
	}
	if index < 0 || index >= c.Size {
		return r, fmt.Errorf("%w: index %d, the log has %d", audit.ErrNoRecord, index, c.Size)
	}
	for e, err := range find.Where(ctx, db, q, "WHERE idx = ?", index) {
		if err != nil {
			return r, err
		}
		r.Record = e.JWS
	}
	r.Index, r.Checkpoint = index, msg
	r.Path, err = tlog.ProveRecord(c.Size, index, hashes(ctx, db, q, c))
	if err != nil {
		return r, fmt.Errorf("prove record %d: %w", index, err)
	}
	return r, nil
}

// Proof proves that the log of old records is a beginning of that of size.
func (r Reader) Proof(ctx context.Context, size, old int64) (proof tlog.TreeProof, err error) {
	err = r.SQL.Snapshot(ctx, func(tx *sql.Tx) error {
		msg, err := checkpoint(ctx, r.SQL, tx, "WHERE size = ?", size)
		if err != nil {
			return err
		}
		c, err := tree.ReadCheckpoint(msg)
		if err != nil {
			return err
		}
		proof, err = tlog.ProveTree(size, old, hashes(ctx, r.SQL, tx, c))
		return err
	})
	return proof, err
}

// Frontier is the roots of the perfect subtrees of the first size records, a multiple of
// 256, under the newest checkpoint.
func (r Reader) Frontier(ctx context.Context, size int64) (roots []tlog.Hash, err error) {
	err = r.SQL.Snapshot(ctx, func(tx *sql.Tx) error {
		msg, err := newest(ctx, r.SQL, tx)
		if err != nil {
			return err
		}
		c, err := tree.ReadCheckpoint(msg)
		if err != nil {
			return err
		}
		var at []int64
		for level, from := 62, int64(0); level >= 0; level-- {
			if size&(1<<level) != 0 {
				at = append(at, tlog.StoredHashIndex(level, from>>level))
				from += 1 << level
			}
		}
		roots, err = hashes(ctx, r.SQL, tx, c).ReadHashes(at)
		return err
	})
	return roots, err
}

// Tile returns width hashes of a tile, as C2SP tlog-tiles serves them; [audit.ErrNoRecord]
// when the log has not so many.
func (r Reader) Tile(ctx context.Context, level int, n int64, width int) (data []byte, err error) {
	err = r.SQL.Snapshot(ctx, func(tx *sql.Tx) error {
		data, err = readTile(ctx, r.SQL, tx, tlog.Tile{H: tree.TileHeight, L: level, N: n, W: width})
		return err
	})
	return data, err
}
