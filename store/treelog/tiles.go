package treelog

import (
	"context"
	"encoding/hex"
	"fmt"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store/find"
	"countersign/store/sqldb"

	"golang.org/x/mod/sumdb/tlog"
)

// hashes reads the hashes of the tree at a checkpoint, and believes none that does not
// hash up to its root.
func hashes(ctx context.Context, db *sqldb.DB, q find.Querier, at tree.Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: at.Size, Hash: at.Root}, &tileReader{ctx: ctx, db: db, q: q})
}

// tileReader is the tiles of the database.
type tileReader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has none
	db  *sqldb.DB
	q   find.Querier
}

func (r *tileReader) Height() int { return tree.TileHeight }

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		one, err := readTile(r.ctx, r.db, r.q, t)
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}

// readTile reads a tile: a full one, what a level holds beyond those, or the leaves.
func readTile(ctx context.Context, db *sqldb.DB, q find.Querier, t tlog.Tile) ([]byte, error) {
	data, err := find.Bytes(ctx, q, db.Text("SELECT data FROM tiles WHERE level = ? AND n = ?"), t.L, t.N)
	if err == nil && data == nil && t.L > 0 {
		data, err = find.Bytes(ctx, q, db.Text("SELECT data FROM edges WHERE level = ?"), t.L)
	} else if err == nil && data == nil {
		data, err = leaves(ctx, db, q, t.N<<tree.TileHeight, int64(t.W))
	}
	if err != nil {
		return nil, err
	}
	if len(data) < t.W*tlog.HashSize {
		return nil, fmt.Errorf("%w: tile %d/%d has %d hashes, want %d", audit.ErrNoRecord, t.L, t.N, len(data)/tlog.HashSize, t.W)
	}
	return data[:t.W*tlog.HashSize], nil
}

// leaves reads the leaf hashes of n records from an index on.
func leaves(ctx context.Context, db *sqldb.DB, q find.Querier, from, n int64) (data []byte, err error) {
	rows, err := q.QueryContext(ctx, db.Text("SELECT leaf_hash FROM records WHERE idx >= ? AND idx < ? ORDER BY idx"), from, from+n)
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
func edges(ctx context.Context, db *sqldb.DB, q find.Querier, size int64) (at []tree.Edge, err error) {
	for level := 0; size>>(level*tree.TileHeight) > 0; level++ {
		width := size >> (level * tree.TileHeight) % tree.TileWidth
		if width == 0 {
			continue
		}
		data, err := readTile(ctx, db, q, tlog.Tile{H: tree.TileHeight, L: level, N: size >> ((level + 1) * tree.TileHeight), W: int(width)})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", audit.ErrForged, err)
		}
		at = append(at, tree.Edge{Level: level, Data: data})
	}
	return at, nil
}
