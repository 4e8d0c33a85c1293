// Package tree is the Merkle tree of RFC 6962 §2.1 over the records of a trail, in the
// forms that C2SP gave it: checkpoints (c2sp.org/tlog-checkpoint), tiles
// (c2sp.org/tlog-tiles) and receipts (c2sp.org/tlog-proof). Hashes and proofs are those
// of golang.org/x/mod/sumdb/tlog; here is what a log needs beside them.
//
// The package keeps nothing: a [Tree] lives in memory, and a store holds the tiles.
package tree

import (
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// A Tree is what must be known of a tree to let it grow: the roots of the perfect
// subtrees that it is made of, largest first. The zero Tree is empty.
type Tree struct {
	size  int64
	stack []tlog.Hash
}

// ErrFrontier means that hashes are not the frontier of a tree of the given size.
var ErrFrontier = errors.New("not the frontier of the tree")

// FromFrontier is the tree of size leaves with a frontier, as [Tree.Frontier] tells it.
func FromFrontier(size int64, hashes []tlog.Hash) (Tree, error) {
	if size < 0 || len(hashes) != bits.OnesCount64(uint64(size)) {
		return Tree{}, fmt.Errorf("%w: %d hashes for %d leaves, want one for each bit of the size", ErrFrontier, len(hashes), size)
	}
	return Tree{size: size, stack: append([]tlog.Hash{}, hashes...)}, nil
}

// Size is how many leaves there are.
func (t *Tree) Size() int64 { return t.size }

// Frontier is the roots of the perfect subtrees, largest first: at most 63 hashes from
// which, with the leaves that follow, every later root can be computed.
func (t *Tree) Frontier() []tlog.Hash { return append([]tlog.Hash{}, t.stack...) }

// Append adds a leaf by its hash.
func (t *Tree) Append(leaf tlog.Hash) { t.append(leaf, func(int, tlog.Hash) {}) }

// append tells grown of every perfect subtree that the leaf completes, with its height.
func (t *Tree) append(leaf tlog.Hash, grown func(height int, root tlog.Hash)) {
	t.stack = append(t.stack, leaf)
	grown(0, leaf)
	for height, rest := 1, t.size; rest&1 == 1; height, rest = height+1, rest>>1 {
		n := len(t.stack)
		root := tlog.NodeHash(t.stack[n-2], t.stack[n-1])
		t.stack = append(t.stack[:n-2], root)
		grown(height, root)
	}
	t.size++
}

// Root is the hash of the whole tree. That of no leaves is the hash of nothing.
func (t *Tree) Root() tlog.Hash {
	if len(t.stack) == 0 {
		empty, _ := tlog.TreeHash(0, nil) // it reads nothing, and cannot fail
		return empty
	}
	root := t.stack[len(t.stack)-1]
	for i := len(t.stack) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.stack[i], root)
	}
	return root
}
