package tree

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of a tile, and TileWidth how many hashes a full one holds
// (c2sp.org/tlog-tiles, "Merkle tree").
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// A Tile is a full tile: 256 neighbouring hashes of the tree, those of the subtrees of
// height 8 × Level.
type Tile struct {
	Level int
	N     int64
	// Data is the hashes one after another, 8,192 bytes.
	Data []byte
}

// An Edge is the part of a level that fills no tile yet: fewer than 256 hashes.
type Edge struct {
	Level int
	Data  []byte
}

// A Tiler grows a tree and cuts it into tiles. The zero Tiler is empty.
type Tiler struct {
	Tree
	edges [][]tlog.Hash
	full  []Tile
	grown bool // a level above the leaves has
}

// Restore is a Tiler of size leaves with what its levels hold beyond their full tiles;
// level 0 is the leaves.
func Restore(size int64, edges []Edge) (*Tiler, error) {
	t := &Tiler{}
	for at := size; at > 0; at >>= TileHeight {
		t.edges = append(t.edges, nil)
	}
	for _, e := range edges {
		if e.Level < 0 || e.Level >= len(t.edges) || len(e.Data)%tlog.HashSize != 0 {
			return nil, fmt.Errorf("%w: %d bytes at level %d of %d leaves", ErrFrontier, len(e.Data), e.Level, size)
		}
		t.edges[e.Level] = hashes(e.Data)
	}
	var frontier []tlog.Hash
	for level := len(t.edges) - 1; level >= 0; level-- {
		edge := t.edges[level]
		if want := int(size >> (level * TileHeight) % TileWidth); len(edge) != want {
			return nil, fmt.Errorf("%w: level %d of %d leaves ends with %d hashes, want %d", ErrFrontier, level, size, len(edge), want)
		}
		var part Tree
		for _, h := range edge {
			part.Append(h)
		}
		frontier = append(frontier, part.stack...)
	}
	var err error
	t.Tree, err = FromFrontier(size, frontier)
	return t, err
}

// Append adds a leaf by its hash.
func (t *Tiler) Append(leaf tlog.Hash) {
	t.append(leaf, func(height int, root tlog.Hash) {
		if height%TileHeight != 0 {
			return
		}
		level := height / TileHeight
		if level == len(t.edges) {
			t.edges = append(t.edges, nil)
		}
		t.grown = t.grown || level > 0
		t.edges[level] = append(t.edges[level], root)
		if len(t.edges[level]) == TileWidth {
			t.full = append(t.full, Tile{Level: level, N: t.size >> (height + TileHeight), Data: data(t.edges[level])})
			t.edges[level] = nil
		}
	})
}

// Flush returns the tiles that were filled since it was last called and, when a level
// above the leaves has grown, what all of those levels hold beyond their tiles.
func (t *Tiler) Flush() (full []Tile, edges []Edge) {
	full, t.full = t.full, nil
	if t.grown {
		t.grown = false
		for level := 1; level < len(t.edges); level++ {
			edges = append(edges, Edge{Level: level, Data: data(t.edges[level])})
		}
	}
	return full, edges
}

// Edges returns what every level holds beyond its full tiles, the leaves included.
func (t *Tiler) Edges() (edges []Edge) {
	for level := range t.edges {
		edges = append(edges, Edge{Level: level, Data: data(t.edges[level])})
	}
	return edges
}

// Clone is a Tiler that grows by itself. What was not flushed stays behind.
func (t *Tiler) Clone() *Tiler {
	c := &Tiler{Tree: Tree{size: t.size, stack: t.Frontier()}, edges: make([][]tlog.Hash, len(t.edges))}
	for i, e := range t.edges {
		c.edges[i] = slices.Clone(e)
	}
	return c
}

func data(hs []tlog.Hash) []byte {
	out := make([]byte, 0, len(hs)*tlog.HashSize)
	for _, h := range hs {
		out = append(out, h[:]...)
	}
	return out
}

func hashes(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}
