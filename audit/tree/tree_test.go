package tree_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// stored is a tree as x/mod keeps it: every hash, to compare with.
type stored []tlog.Hash

func (s *stored) add(t *testing.T, n int64, leaf tlog.Hash) {
	t.Helper()
	more, err := tlog.StoredHashesForRecordHash(n, leaf, s)
	if err != nil {
		t.Fatal(err)
	}
	*s = append(*s, more...)
}

func (s *stored) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, (*s)[i])
	}
	return out, nil
}

func leaf(i int64) tlog.Hash { return tlog.RecordHash(fmt.Append(nil, "record ", i)) }

func TestRootsAndTilesAreThoseOfXMod(t *testing.T) {
	const size = 70_000 // two levels of full tiles
	var want stored
	var got tree.Tiler
	tiles := 0
	for n := range int64(size) {
		want.add(t, n, leaf(n))
		got.Append(leaf(n))
		if n%977 == 0 || n < 600 || n > 65_500 && n < 65_600 {
			root, err := tlog.TreeHash(n+1, &want)
			if err != nil || got.Root() != root {
				t.Fatalf("root of %d leaves = %s, x/mod says %s, %v", n+1, got.Root(), root, err)
			}
		}
		full, _ := got.Flush()
		for _, tile := range full {
			tiles++
			data, err := tlog.ReadTileData(tlog.Tile{H: tree.TileHeight, L: tile.Level, N: tile.N, W: tree.TileWidth}, &want)
			if err != nil || !bytes.Equal(tile.Data, data) {
				t.Fatalf("tile %d/%d differs from x/mod's: %v", tile.Level, tile.N, err)
			}
		}
	}
	if tiles != size/256+1 {
		t.Errorf("%d tiles, want %d", tiles, size/256+1)
	}
	if root, _ := tlog.TreeHash(0, nil); new(tree.Tree).Root() != root {
		t.Error("the root of no leaves is not that of RFC 6962")
	}
}

func TestATreeGoesOnFromWhatWasKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(0, 70_000).Draw(t, "size")
		var whole tree.Tiler
		edges := map[int][]byte{}
		var level0 []byte
		for n := range size {
			whole.Append(leaf(n))
			h := leaf(n)
			if level0 = append(level0, h[:]...); n%256 == 255 {
				level0 = nil
			}
			_, changed := whole.Flush()
			for _, e := range changed {
				edges[e.Level] = e.Data
			}
		}
		kept := []tree.Edge{}
		if len(level0) > 0 {
			kept = append(kept, tree.Edge{Level: 0, Data: level0})
		}
		for level, data := range edges {
			kept = append(kept, tree.Edge{Level: level, Data: data})
		}
		again, err := tree.Restore(size, kept)
		if err != nil || again.Root() != whole.Root() {
			t.Fatalf("Restore of %d leaves: root %v, want %v, %v", size, again, whole.Root(), err)
		}
		front, err := tree.FromFrontier(size, whole.Frontier())
		if err != nil || front.Root() != whole.Root() {
			t.Fatalf("FromFrontier of %d leaves: %v", size, err)
		}
		for n := size; n < size+300; n++ {
			whole.Append(leaf(n))
			again.Append(leaf(n))
			front.Append(leaf(n))
		}
		a, _ := whole.Flush()
		b, _ := again.Flush()
		if whole.Root() != again.Root() || whole.Root() != front.Root() || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatal("a restored tree grows otherwise")
		}
	})
}

func TestWhatIsNotTheEndOfATreeIsRefused(t *testing.T) {
	for name, edges := range map[string][]tree.Edge{
		"too few leaves":        {{Level: 0, Data: make([]byte, 32)}},
		"no whole hash":         {{Level: 0, Data: make([]byte, 33)}},
		"a level beyond it":     {{Level: 0, Data: make([]byte, 64)}, {Level: 3, Data: make([]byte, 32)}},
		"a level that is empty": {},
	} {
		if _, err := tree.Restore(2, edges); !errors.Is(err, tree.ErrFrontier) {
			t.Errorf("%s: Restore = %v, want ErrFrontier", name, err)
		}
	}
	if _, err := tree.FromFrontier(3, make([]tlog.Hash, 1)); !errors.Is(err, tree.ErrFrontier) {
		t.Errorf("FromFrontier(3, one hash) = %v, want ErrFrontier", err)
	}
}

func logKey(tb testing.TB, name, seed string) *tree.Key {
	tb.Helper()
	sum := sha256.Sum256([]byte(seed))
	k, err := tree.NewKey(name, ed25519.NewKeyFromSeed(sum[:]))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestACheckpointIsTakenFromItsLogOnly(t *testing.T) {
	ours, next, mallory := logKey(t, "treasury.example", "a"), logKey(t, "treasury.example", "b"), logKey(t, "other.example", "c")
	c := tree.Checkpoint{Origin: "treasury.example", Size: 7, Root: leaf(1)}
	msg, err := c.Sign(ours, next)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]note.Verifier{"either key": ours.Verifier(), "its successor": next.Verifier()} {
		if got, err := tree.OpenCheckpoint(msg, note.VerifierList(v)); err != nil || got != c {
			t.Errorf("%s: OpenCheckpoint = %v, %v", name, got, err)
		}
	}
	if _, err := tree.OpenCheckpoint(msg, note.VerifierList(mallory.Verifier())); !errors.Is(err, tree.ErrCheckpoint) {
		t.Errorf("under another key: %v, want ErrCheckpoint", err)
	}
	if _, err := c.Sign(mallory); !errors.Is(err, tree.ErrCheckpoint) {
		t.Errorf("Sign with another log's key = %v, want ErrCheckpoint", err)
	}
	witnessed, err := note.Sign(&note.Note{Text: c.Text()}, mallory)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.OpenCheckpoint(witnessed, note.VerifierList(mallory.Verifier())); !errors.Is(err, tree.ErrCheckpoint) {
		t.Errorf("signed by a witness alone: %v, want ErrCheckpoint", err)
	}
	for i := range msg[:len(c.Text())] {
		bad := bytes.Clone(msg)
		bad[i] ^= 1
		if got, err := tree.OpenCheckpoint(bad, note.VerifierList(ours.Verifier())); err == nil {
			t.Errorf("bit %d turned: OpenCheckpoint = %v", i, got)
		}
	}
}

func TestAReceiptProvesOneRecordAtOneIndex(t *testing.T) {
	k := logKey(t, "treasury.example", "a")
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.Int64Range(1, 600).Draw(rt, "size")
		var all stored
		for n := range size {
			all.add(t, n, leaf(n))
		}
		root, err := tlog.TreeHash(size, &all)
		if err != nil {
			rt.Fatal(err)
		}
		msg, err := tree.Checkpoint{Origin: k.Name(), Size: size, Root: root}.Sign(k)
		if err != nil {
			rt.Fatal(err)
		}
		at := rapid.Int64Range(0, size-1).Draw(rt, "index")
		path, err := tlog.ProveRecord(size, at, &all)
		if err != nil {
			rt.Fatal(err)
		}
		r := tree.Receipt{Record: fmt.Sprint("record ", at), Index: at, Path: path, Checkpoint: msg}
		again, err := tree.ParseReceipt(r.Text())
		if err != nil {
			rt.Fatal(err)
		}
		if c, err := again.Check(note.VerifierList(k.Verifier())); err != nil || c.Size != size {
			rt.Fatalf("Check = %v, %v", c, err)
		}
		other := again
		other.Index = rapid.Int64Range(0, size).Filter(func(i int64) bool { return i != at }).Draw(rt, "another index")
		if _, err := other.Check(note.VerifierList(k.Verifier())); !errors.Is(err, tree.ErrReceipt) {
			rt.Fatalf("at index %d: %v, want ErrReceipt", other.Index, err)
		}
		other = again
		other.Record += "x"
		if _, err := other.Check(note.VerifierList(k.Verifier())); !errors.Is(err, tree.ErrReceipt) {
			rt.Fatalf("of another record: %v, want ErrReceipt", err)
		}
	})
}

func FuzzReceipt(f *testing.F) {
	k := logKey(f, "treasury.example", "a")
	msg, err := tree.Checkpoint{Origin: k.Name(), Size: 1, Root: leaf(0)}.Sign(k)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tree.Receipt{Record: fmt.Sprint("record ", 0), Checkpoint: msg}.Text())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra \nindex -1\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := tree.ParseReceipt(text)
		if err == nil && !bytes.Equal(r.Text(), text) {
			t.Fatal("a receipt has two spellings")
		}
		if err == nil {
			if _, err := r.Check(note.VerifierList(k.Verifier())); err == nil && (r.Index != 0 || r.Record != "record 0") {
				t.Fatalf("%+v is proved", r)
			}
		}
	})
}
