// Package exporttest is a log in memory for tests of exports and of the programs that
// verify them: real records, signed by real keys that are the same in every run, under a
// real tree with real checkpoints.
package exporttest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/tlog"
)

// Origin and Issuer are those of every log here.
const (
	Origin = "example.com/treasury"
	Issuer = "treasury"
)

var morning = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// Key is the key of a name: the same in every run. That of the log is called log.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Signer is the key that an author of a name signs with: that of dee is on P-256, all others
// are Ed25519.
func Signer(name string) crypto.Signer {
	if name != "dee" {
		return Key(name)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), Key(name).Seed())
	if err != nil {
		panic(err) // the key is fixed
	}
	return key
}

// A Log is an [export.Log] in memory. A minute lies between two records.
type Log struct {
	testing.TB
	// Entries are the records, and Notes the checkpoints, smallest first. A test may damage
	// them.
	Entries []audit.Entry
	Notes   [][]byte

	sizes  []int64 // of the notes
	hashes hashes
	heads  map[string]audit.Head
	drafts []draft // not signed yet
}

type draft struct {
	who string
	audit.Draft
}

// hashes are those of a tree as x/mod keeps them.
type hashes []tlog.Hash

// ReadHashes reads hashes by their place.
func (h hashes) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		if i >= int64(len(h)) {
			return nil, fmt.Errorf("hash %d is beyond the tree", i)
		}
		out = append(out, h[i])
	}
	return out, nil
}

// Size is how many records there are.
func (l *Log) Size() int64 { return int64(len(l.Entries)) }

// next is the index that the next draft gets.
func (l *Log) next() int64 { return l.Size() + int64(len(l.drafts)) }

// Trust is that of a stranger: the log's public key.
func (l *Log) Trust() verify.Trust { return verify.Trust{Log: []string{VerifierKey()}} }

// VerifierKey is the log's public key.
func VerifierKey() string { return logKey().VerifierKey() }

func logKey() *tree.Key {
	k, err := tree.NewKey(Origin, Key("log"))
	if err != nil {
		panic(err) // the key is fixed
	}
	return k
}

// Add appends a record of an author. It stands in the log with the next [Log.Commit].
func (l *Log) Add(who string, d audit.Draft) { l.drafts = append(l.drafts, draft{who, d}) }

// Commit signs what was added, many records at once, and a checkpoint over them.
func (l *Log) Commit() {
	l.Helper()
	unsigned := make([]audit.Unsigned, len(l.drafts))
	for i, d := range l.drafts {
		h := l.heads[d.who]
		h.Index = l.Size() + int64(i)
		s := &audit.Signer{Key: Signer(d.who), Issuer: Issuer, Subject: d.who, Now: func() time.Time { return At(h.Index) }}
		u, err := s.Prepare(d.Draft, h)
		if err != nil {
			l.Fatal(err)
		}
		unsigned[i], l.heads[d.who] = u, h.After(u.Input)
	}
	entries := make([]audit.Entry, len(unsigned))
	var wait sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := part; i < len(unsigned); i += runtime.GOMAXPROCS(0) {
				e, err := unsigned[i].Sign()
				if err != nil {
					l.Error(err)
				}
				entries[i] = e
			}
		})
	}
	wait.Wait()
	for _, e := range entries {
		l.grow(e)
	}
	l.drafts = l.drafts[:0]
	l.sign()
}

// At is when a record is signed.
func At(index int64) time.Time { return morning.Add(time.Duration(index) * time.Minute) }

func (l *Log) grow(e audit.Entry) {
	l.Helper()
	more, err := tlog.StoredHashes(l.Size(), []byte(e.JWS), l.hashes)
	if err != nil {
		l.Fatal(err)
	}
	l.hashes = append(l.hashes, more...)
	l.Entries = append(l.Entries, e)
}

func (l *Log) sign() {
	l.Helper()
	root, err := tlog.TreeHash(l.Size(), l.hashes)
	if err != nil {
		l.Fatal(err)
	}
	msg, err := tree.Checkpoint{Origin: Origin, Size: l.Size(), Root: root}.Sign(logKey())
	if err != nil {
		l.Fatal(err)
	}
	l.Notes, l.sizes = append(l.Notes, msg), append(l.sizes, l.Size())
}

// Sizes are those of the checkpoints, smallest first.
func (l *Log) Sizes() []int64 { return l.sizes }

// Records yields what q picks.
func (l *Log) Records(ctx context.Context, q export.Query) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		n, end := 0, l.Size()
		if q.Before > 0 {
			end = min(end, q.Before)
		}
		for i := q.From; i < end; i++ {
			e := l.Entries[i]
			at := e.Record.At
			if q.Type != "" && e.Record.Type != q.Type || at.Before(q.Since) || !q.Until.IsZero() && !at.Before(q.Until) {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(audit.Entry{}, err)
				return
			}
			if n++; !yield(e, nil) || n == q.Limit {
				return
			}
		}
	}
}

// Checkpoint is the newest.
func (l *Log) Checkpoint(context.Context) ([]byte, error) { return l.Notes[len(l.Notes)-1], nil }

// CheckpointBefore is the newest of at most size records.
func (l *Log) CheckpointBefore(_ context.Context, size int64) ([]byte, error) {
	for i := len(l.sizes) - 1; i >= 0; i-- {
		if l.sizes[i] <= size {
			return l.Notes[i], nil
		}
	}
	return nil, fmt.Errorf("no checkpoint of at most %d records", size)
}

// CheckpointAfter is the oldest of at least size records.
func (l *Log) CheckpointAfter(_ context.Context, size int64) ([]byte, error) {
	for i, s := range l.sizes {
		if s >= size {
			return l.Notes[i], nil
		}
	}
	return nil, fmt.Errorf("no checkpoint of at least %d records", size)
}

// Checkpoints are those of more than from and at most to records.
func (l *Log) Checkpoints(_ context.Context, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i, s := range l.sizes {
			if s > from && s <= to && !yield(l.Notes[i], nil) {
				return
			}
		}
	}
}

// Tile is width hashes of a tile.
func (l *Log) Tile(_ context.Context, level int, n int64, width int) ([]byte, error) {
	return tlog.ReadTileData(tlog.Tile{H: tree.TileHeight, L: level, N: n, W: width}, l.hashes)
}
