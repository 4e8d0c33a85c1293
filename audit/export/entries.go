package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// keyRecords are the records about keys before an index, in their order.
func keyRecords(ctx context.Context, log Log, before int64) (about []audit.Entry, err error) {
	for _, t := range []audit.Type{audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked} {
		for e, err := range log.Records(ctx, Query{Type: t, Before: before}) {
			if err != nil {
				return nil, fmt.Errorf("read the records about keys: %w", err)
			}
			about = append(about, bundle.EntryOf(e.Index, e.JWS))
		}
	}
	slices.SortFunc(about, func(a, b audit.Entry) int { return int(a.Index - b.Index) })
	return about, nil
}

// entries writes the records, and the tiles over a whole log, and compares the tree that
// they make with the checkpoint. Whatever the log keeps beside its records is not believed.
func (b *builder) entries(ctx context.Context) error {
	m := b.manifest
	grown, err := b.grown()
	if err != nil {
		return err
	}
	for n := bundle.Lead(m.From) / tree.TileWidth; n*tree.TileWidth < m.To; n++ {
		width := bundle.Width(n, m.To)
		data, err := b.bundle(ctx, n, width)
		if err != nil {
			return err
		}
		index := n * tree.TileWidth
		for jws, err := range bundle.Cut(string(data), width) {
			if err != nil {
				return err
			}
			if index >= m.From {
				grown.Append(tlog.RecordHash([]byte(jws)))
			}
			index++
		}
		if err := b.tiles(grown, false); err != nil {
			return err
		}
		b.progress(int64(width))
	}
	if grown.Root() != b.prover.checkpoint.Root {
		return fmt.Errorf("%w: the records up to %d are not those under its checkpoint", ErrLog, m.To)
	}
	return b.tiles(grown, true)
}

// grown is the tree that the records are put under.
func (b *builder) grown() (*tree.Tiler, error) {
	if b.first == nil {
		return &tree.Tiler{}, nil
	}
	t, err := tree.FromFrontier(b.manifest.From, b.frontier)
	return &tree.Tiler{Tree: t}, err
}

// bundle is the bundle n of entries. One that an earlier run has written stays when its
// records hash to what the log has.
func (b *builder) bundle(ctx context.Context, n int64, width int) ([]byte, error) {
	name := bundle.EntriesPath(n, width)
	there, err := os.ReadFile(b.dir.path(name))
	if err == nil {
		if leaves, err := b.log.Tile(ctx, 0, n, width); err == nil && bytes.Equal(leaves, leavesOf(there, width)) {
			return there, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read what is exported already: %w", err)
	}
	index := n * tree.TileWidth
	data := make([]byte, 0, len(there))
	for e, err := range b.log.Records(ctx, Query{From: index, Before: index + int64(width)}) {
		if err == nil && e.Index != index {
			err = fmt.Errorf("%w: it has no record %d", ErrLog, index)
		}
		if err == nil {
			data, err = bundle.AppendEntry(data, e.JWS)
		}
		if err != nil {
			return nil, err
		}
		index++
	}
	if index != n*tree.TileWidth+int64(width) {
		return nil, fmt.Errorf("%w: it has no record %d", ErrLog, index)
	}
	_, err = b.dir.write(name, data)
	return data, err
}

// leavesOf is the leaf hashes of a bundle; nil when it cannot be cut.
func leavesOf(data []byte, width int) (leaves []byte) {
	for jws, err := range bundle.Cut(string(data), width) {
		if err != nil {
			return nil
		}
		h := tlog.RecordHash([]byte(jws))
		leaves = append(leaves, h[:]...)
	}
	return leaves
}

// tiles writes the tiles of a whole log that were filled, and at its end those that were
// not.
func (b *builder) tiles(t *tree.Tiler, end bool) error {
	if b.first != nil {
		return nil
	}
	full, _ := t.Flush()
	for _, tile := range full {
		if _, err := b.dir.write(bundle.TilePath(tile.Level, tile.N, tree.TileWidth), tile.Data); err != nil {
			return err
		}
	}
	if !end {
		return nil
	}
	for _, e := range t.Edges() {
		if len(e.Data) == 0 {
			continue
		}
		n := t.Size() >> (tree.TileHeight * (e.Level + 1))
		if _, err := b.dir.write(bundle.TilePath(e.Level, n, len(e.Data)/tlog.HashSize), e.Data); err != nil {
			return err
		}
	}
	return nil
}
