package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"countersign/audit"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNoCheckpoint means that a log has no checkpoint of the wanted size.
var ErrNoCheckpoint = errors.New("no such checkpoint")

// Checkpoint returns the newest signed checkpoint, or [ErrNoCheckpoint].
func (db *DB) Checkpoint(ctx context.Context) ([]byte, error) {
	return db.checkpoint(ctx, db.sql, "ORDER BY size DESC LIMIT 1")
}

// CheckpointBefore returns the newest checkpoint of at most size records, or
// [ErrNoCheckpoint].
func (db *DB) CheckpointBefore(ctx context.Context, size int64) ([]byte, error) {
	return db.checkpoint(ctx, db.sql, "WHERE size <= ? ORDER BY size DESC LIMIT 1", size)
}

// CheckpointAfter returns the oldest checkpoint of at least size records, or
// [ErrNoCheckpoint].
func (db *DB) CheckpointAfter(ctx context.Context, size int64) ([]byte, error) {
	return db.checkpoint(ctx, db.sql, "WHERE size >= ? ORDER BY size LIMIT 1", size)
}

// Checkpoints yields every signed checkpoint of more than from and at most to records,
// smallest first.
func (db *DB) Checkpoints(ctx context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := db.sql.QueryContext(ctx, db.query("SELECT note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size"), from, to)
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

func (db *DB) checkpoint(ctx context.Context, q querier, where string, args ...any) ([]byte, error) {
	rows, err := q.QueryContext(ctx, db.query("SELECT note FROM checkpoints "+where), args...)
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

var emptyRoot = (&tree.Tree{}).Root()

// Receipt proves that the record at an index stands under the newest checkpoint.
func (db *DB) Receipt(ctx context.Context, index int64) (r tree.Receipt, err error) {
	// One snapshot: the tiles of a checkpoint must not move while they are read.
	err = db.snapshot(ctx, func(tx *sql.Tx) error {
		r, err = db.receipt(ctx, tx, index)
		return err
	})
	return r, err
}

func (db *DB) receipt(ctx context.Context, q querier, index int64) (r tree.Receipt, err error) {
	msg, err := db.checkpoint(ctx, q, "ORDER BY size DESC LIMIT 1")
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
	for e, err := range db.entries(ctx, q, "WHERE idx = ?", index) {
		if err != nil {
			return r, err
		}
		r.Record = e.JWS
	}
	r.Index, r.Checkpoint = index, msg
	r.Path, err = tlog.ProveRecord(c.Size, index, db.hashes(ctx, q, c))
	if err != nil {
		return r, fmt.Errorf("prove record %d: %w", index, err)
	}
	return r, nil
}

// Proof proves that the log of old records is a beginning of that of size.
func (db *DB) Proof(ctx context.Context, size, old int64) (proof tlog.TreeProof, err error) {
	err = db.snapshot(ctx, func(tx *sql.Tx) error {
		msg, err := db.checkpoint(ctx, tx, "WHERE size = ?", size)
		if err != nil {
			return err
		}
		c, err := tree.ReadCheckpoint(msg)
		if err != nil {
			return err
		}
		proof, err = tlog.ProveTree(size, old, db.hashes(ctx, tx, c))
		return err
	})
	return proof, err
}

// Frontier is the roots of the perfect subtrees of the first size records, a multiple of
// 256, under the newest checkpoint.
func (db *DB) Frontier(ctx context.Context, size int64) (hashes []tlog.Hash, err error) {
	err = db.snapshot(ctx, func(tx *sql.Tx) error {
		msg, err := db.checkpoint(ctx, tx, "ORDER BY size DESC LIMIT 1")
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
		hashes, err = db.hashes(ctx, tx, c).ReadHashes(at)
		return err
	})
	return hashes, err
}

// Tile returns width hashes of a tile, as C2SP tlog-tiles serves them; [audit.ErrNoRecord]
// when the log has not so many.
func (db *DB) Tile(ctx context.Context, level int, n int64, width int) (data []byte, err error) {
	err = db.snapshot(ctx, func(tx *sql.Tx) error {
		data, err = db.tile(ctx, tx, tlog.Tile{H: tree.TileHeight, L: level, N: n, W: width})
		return err
	})
	return data, err
}

// hashes reads the hashes of the tree at a checkpoint, and believes none that does not
// hash up to its root.
func (db *DB) hashes(ctx context.Context, q querier, at tree.Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: at.Size, Hash: at.Root}, &tileReader{ctx: ctx, db: db, q: q})
}

// tileReader is the tiles of the database.
type tileReader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has none
	db  *DB
	q   querier
}

func (r *tileReader) Height() int { return tree.TileHeight }

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		one, err := r.db.tile(r.ctx, r.q, t)
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}

// tile reads a tile: a full one, what a level holds beyond those, or the leaves.
func (db *DB) tile(ctx context.Context, q querier, t tlog.Tile) ([]byte, error) {
	data, err := db.bytes(ctx, q, "SELECT data FROM tiles WHERE level = ? AND n = ?", t.L, t.N)
	if err == nil && data == nil && t.L > 0 {
		data, err = db.bytes(ctx, q, "SELECT data FROM edges WHERE level = ?", t.L)
	} else if err == nil && data == nil {
		data, err = db.leaves(ctx, q, t.N<<tree.TileHeight, int64(t.W))
	}
	if err != nil {
		return nil, err
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, fmt.Errorf("%w: tile %d/%d has %d hashes, want %d", audit.ErrNoRecord, t.L, t.N, len(data)/tlog.HashSize, t.W)
	}
	return data[:t.W*tlog.HashSize], nil
}

// bytes reads one value, nil when there is no row.
func (db *DB) bytes(ctx context.Context, q querier, query string, args ...any) (data []byte, err error) {
	rows, err := q.QueryContext(ctx, db.query(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&data)
	}
	return data, errors.Join(err, rows.Err())
}

// leaves reads the leaf hashes of n records from an index on.
func (db *DB) leaves(ctx context.Context, q querier, from, n int64) (data []byte, err error) {
	rows, err := q.QueryContext(ctx, db.query("SELECT leaf_hash FROM records WHERE idx >= ? AND idx < ? ORDER BY idx"), from, from+n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		hash, err := hex.DecodeString(text)
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("%w: leaf hash %.80q", audit.ErrForged, text)
		}
		data = append(data, hash...)
	}
	return data, rows.Err()
}

// edges reads what each level of a tree of size leaves holds beyond its full tiles.
func (db *DB) edges(ctx context.Context, q querier, size int64) (edges []tree.Edge, err error) {
	for level := 0; size>>(level*tree.TileHeight) > 0; level++ {
		width := size >> (level * tree.TileHeight) % tree.TileWidth
		if width == 0 {
			continue
		}
		data, err := db.tile(ctx, q, tlog.Tile{H: tree.TileHeight, L: level, N: size >> ((level + 1) * tree.TileHeight), W: int(width)})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", audit.ErrForged, err)
		}
		edges = append(edges, tree.Edge{Level: level, Data: data})
	}
	return edges, nil
}

// snapshot runs f on one state of the database.
func (db *DB) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.sql.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	return f(tx)
}
