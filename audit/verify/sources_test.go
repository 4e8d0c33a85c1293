package verify_test

import (
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// root is that of the first records.
func (b *book) root(size int64) tlog.Hash {
	b.Helper()
	h, err := tlog.TreeHash(size, b.hashes)
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// checkpoint is a signed one of the first records.
func (b *book) checkpoint(size int64, keys ...*tree.Key) []byte {
	b.Helper()
	if len(keys) == 0 {
		keys = b.log
	}
	var signers []note.Signer
	for _, k := range keys {
		signers = append(signers, k)
	}
	n, err := tree.Checkpoint{Origin: b.origin, Size: size, Root: b.root(size)}.Sign(signers...)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// commit signs a checkpoint of all records.
func (b *book) commit() {
	b.Helper()
	b.notes = append(b.notes, b.checkpoint(b.size()))
	b.sizes = append(b.sizes, b.size())
	if b.committed != nil {
		b.committed()
	}
}

// receipt proves that a record stands under a checkpoint.
func (b *book) receipt(index int64, under []byte) []byte {
	b.Helper()
	c, err := tree.ReadCheckpoint(under)
	if err != nil {
		b.Fatal(err)
	}
	path, err := tlog.ProveRecord(c.Size, index, b.hashes)
	if err != nil {
		b.Fatal(err)
	}
	return tree.Receipt{Record: b.entries[index].JWS, Index: index, Path: path, Checkpoint: under}.Text()
}

// last is the last checkpoint.
func (b *book) last() []byte { return b.notes[len(b.notes)-1] }

// tile is a stored tile.
func (b *book) tile(level int, n int64, width int) ([]byte, error) {
	return tlog.ReadTileData(tlog.Tile{H: tree.TileHeight, L: level, N: n, W: width}, b.hashes)
}

// source is the whole log with its stored checkpoints.
func (b *book) source() verify.Source {
	return verify.Source{Entries: all(b.entries), Final: b.last(), Checkpoints: all2(b.notes)}
}

// between is the range behind one commit and up to another.
func (b *book) between(from, to int64) verify.Source {
	b.Helper()
	lead := from &^ (tree.TileWidth - 1)
	s := verify.Source{
		Entries: all(b.entries[lead:to]), First: b.checkpoint(from), Final: b.checkpoint(to), Frontier: b.frontier(from),
		Checkpoints: all2(b.notes),
	}
	var receipts [][]byte
	for _, e := range b.entries[:from] {
		switch e.Record.Type {
		case audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked:
			receipts = append(receipts, b.receipt(e.Index, s.Final))
		}
	}
	s.Keys = all2(receipts)
	for i, size := range b.sizes {
		if size > to {
			s.Checkpoints = all2(b.notes[:i])
			break
		}
	}
	return s
}

func (b *book) frontier(size int64) []tlog.Hash {
	var t tree.Tree
	for _, e := range b.entries[:size] {
		t.Append(tlog.RecordHash([]byte(e.JWS)))
	}
	return t.Frontier()
}

// trust is that of a stranger: the log's public key.
func (b *book) trust() verify.Trust {
	var t verify.Trust
	for _, k := range b.log {
		t.Log = append(t.Log, k.VerifierKey())
	}
	return t
}
