package verify

import (
	"bytes"
	"fmt"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// tiles compares the tiles that the last record has filled with the stored ones.
func (v *verifier) tiles() error {
	full, _ := v.tiler.Flush()
	for _, t := range full {
		if err := v.tile(t.Level, t.N, t.Data); err != nil {
			return err
		}
	}
	return nil
}

// edges compares the tiles that the end of the log has left unfilled, where they are
// stored.
func (v *verifier) edges() error {
	for _, e := range v.tiler.Edges() {
		if len(e.Data) == 0 {
			continue
		}
		n := v.size >> (tree.TileHeight * (e.Level + 1))
		if err := v.tile(e.Level, n, e.Data); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) tile(level int, n int64, want []byte) error {
	width := len(want) / tlog.HashSize
	got, err := v.source.Tile(level, n, width)
	if err != nil {
		return fmt.Errorf("read tile %d/%d: %w", level, n, err)
	}
	first := func(hash int) int64 { return (n*tree.TileWidth + int64(hash)) << (tree.TileHeight * level) }
	switch {
	case got == nil && width < tree.TileWidth: // it can be made from the records
	case got == nil:
		v.fault(first(0), TileMissing, "tile %d/%d is not stored", level, n)
	case bytes.Equal(got, want):
		v.report.Tiles++
	default:
		at := 0
		for (at+1)*tlog.HashSize <= min(len(got), len(want)) && bytes.Equal(got[at*tlog.HashSize:(at+1)*tlog.HashSize], want[at*tlog.HashSize:(at+1)*tlog.HashSize]) {
			at++
		}
		v.fault(first(min(at, width-1)), TileDiffers, "stored tile %d/%d is not that of the records, from its hash %d on", level, n, at)
	}
	return nil
}
