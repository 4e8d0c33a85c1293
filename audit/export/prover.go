package export

import (
	"context"
	"fmt"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// maxTiles is how many tiles a prover keeps: 8 KiB each.
const maxTiles = 512

// A prover proves what stands under one checkpoint, however far the log has grown since.
type prover struct {
	log        Log
	checkpoint tree.Checkpoint
	note       []byte
	tiles      map[tlog.Tile][]byte
	order      []tlog.Tile // oldest first
}

func newProver(log Log, note []byte) (*prover, error) {
	c, err := tree.ReadCheckpoint(note)
	return &prover{log: log, checkpoint: c, note: note, tiles: map[tlog.Tile][]byte{}}, err
}

// Receipt is the text that proves that a record stands at an index, under a checkpoint: the one
// that witnesses have signed, or, where cosigned is nil, the log's first of at least size records.
// A commit of several records has one checkpoint, so that many sizes have none of their own.
func Receipt(ctx context.Context, log Log, index, size int64, cosigned []byte) ([]byte, error) {
	if cosigned == nil {
		var err error
		if cosigned, err = log.CheckpointAfter(ctx, size); err != nil {
			return nil, fmt.Errorf("read a checkpoint: %w", err)
		}
	}
	p, err := newProver(log, cosigned)
	if err != nil {
		return nil, err
	}
	for e, err := range log.Records(ctx, Query{From: index, Before: index + 1}) {
		if err != nil {
			return nil, err
		}
		return p.receipt(ctx, index, e.JWS)
	}
	return nil, fmt.Errorf("%w: it has no record %d", ErrLog, index)
}

// receipt proves that a record stands at an index.
func (p *prover) receipt(ctx context.Context, index int64, jws string) ([]byte, error) {
	path, err := tlog.ProveRecord(p.checkpoint.Size, index, p.hashes(ctx))
	if err != nil {
		return nil, fmt.Errorf("prove record %d: %w", index, err)
	}
	if err := tlog.CheckRecord(path, p.checkpoint.Size, p.checkpoint.Root, index, tlog.RecordHash([]byte(jws))); err != nil {
		return nil, fmt.Errorf("%w: record %d is not under the checkpoint of %d records: %w", ErrLog, index, p.checkpoint.Size, err)
	}
	return tree.Receipt{Record: jws, Index: index, Path: path, Checkpoint: p.note}.Text(), nil
}

// frontier is that of the tree when it had size records.
func (p *prover) frontier(ctx context.Context, size int64) ([]tlog.Hash, error) {
	var at []int64
	for level, from := 62, int64(0); level >= 0; level-- {
		if size&(1<<level) != 0 {
			at = append(at, tlog.StoredHashIndex(level, from>>level))
			from += 1 << level
		}
	}
	hashes, err := p.hashes(ctx).ReadHashes(at)
	if err != nil {
		return nil, fmt.Errorf("%w: frontier at %d records: %w", ErrLog, size, err)
	}
	return hashes, nil
}

// hashes believes no tile that does not hash up to the root.
func (p *prover) hashes(ctx context.Context) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: p.checkpoint.Size, Hash: p.checkpoint.Root}, &tileReader{ctx: ctx, prover: p})
}

// tileReader keeps the tiles that were good, for the next proof.
type tileReader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has none
	*prover
}

// Height is that of a tile.
func (r *tileReader) Height() int { return tree.TileHeight }

// ReadTiles reads tiles from memory or from the log.
func (r *tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		one, ok := r.tiles[t]
		if !ok {
			if one, err = r.log.Tile(r.ctx, t.L, t.N, t.W); err != nil {
				return nil, fmt.Errorf("read tile %d/%d: %w", t.L, t.N, err)
			}
		}
		data = append(data, one)
	}
	return data, nil
}

// SaveTiles keeps tiles that were found to be good.
func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, t := range tiles {
		if _, kept := r.tiles[t]; kept {
			continue
		}
		if len(r.order) == maxTiles {
			delete(r.tiles, r.order[0])
			r.order = r.order[1:]
		}
		r.tiles[t] = data[i]
		r.order = append(r.order, t)
	}
}
