package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"countersign/audit/tree"
	"countersign/store"

	"golang.org/x/mod/sumdb/tlog"
)

var errMoved = errors.New("another checkpoint is there")

// memory is an anchor that keeps an anchor's promises.
type memory struct {
	mu   sync.Mutex
	kept []byte
	// loseAnswers, loseEffects and away are the faults of the next calls.
	loseAnswers, loseEffects, away int
	swaps                          int
}

func (m *memory) String() string { return "memory" }

func (m *memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept, nil
}

func (m *memory) Swap(_ context.Context, old, new []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.away > 0:
		m.away--
		return io.ErrUnexpectedEOF
	case !bytes.Equal(m.kept, old):
		return errMoved
	case m.loseEffects > 0:
		m.loseEffects--
		return io.ErrUnexpectedEOF
	}
	m.kept = new
	m.swaps++
	if m.loseAnswers > 0 {
		m.loseAnswers--
		return io.ErrUnexpectedEOF
	}
	return nil
}

// A restored backup ends before what its anchor keeps: nothing is signed on it.
func TestARestoredBackupIsRefused(t *testing.T) {
	dir := t.TempDir()
	dsn, backup, anchor := filepath.Join(dir, "trail.db"), filepath.Join(dir, "backup.db"), &memory{}
	db := reopened(t, dsn, anchor)
	tr := trailOn(db, "us")
	enrol(t, tr)
	filled(t, tr, "k", 20)
	execute(t, dsn, "VACUUM INTO '"+backup+"'")
	e, err := tr.Append(t.Context(), draft("last", "ap"))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Barrier(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(t.Context(), backup)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.SignWith(t.Context(), theLog(t, anchor)); !errors.Is(err, store.ErrRolledBack) {
		t.Fatalf("SignWith on yesterday's database: %v, want ErrRolledBack", err)
	}
	if _, err := trailOn(opened, "us").Append(t.Context(), draft("more", "ap")); !errors.Is(err, store.ErrNoLog) {
		t.Errorf("append to yesterday's database: %v", err)
	}
	// Another history of the same length is found too.
	if err := opened.SignWith(t.Context(), theLog(t)); err != nil { // somebody takes the anchor away
		t.Fatal(err)
	}
	if _, err := trailOn(opened, "us").Append(t.Context(), draft("another", "ap")); err != nil {
		t.Fatal(err)
	}
	if err := opened.SignWith(t.Context(), theLog(t, anchor)); !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("SignWith on a forked database: %v, want ErrRolledBack", err)
	}
}

// The barrier waits for the anchor, whatever the anchor loses, and tells it no more often
// than it must.
func TestTheBarrierHoldsUntilTheAnchorKeepsTheCheckpoint(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault func(*memory)
		fails int
	}{
		{"all is well", func(*memory) {}, 0},
		{"the effect was lost", func(m *memory) { m.loseEffects = 1 }, 0},
		{"the answer was lost", func(m *memory) { m.loseAnswers = 1 }, 0},
		{"the anchor is away", func(m *memory) { m.away = 6 }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			anchor := &memory{}
			db := reopened(t, filepath.Join(t.TempDir(), "trail.db"), anchor)
			tr := trailOn(db, "us")
			enrol(t, tr)
			e, err := tr.Append(t.Context(), draft("k", "ap"))
			if err != nil {
				t.Fatal(err)
			}
			tt.fault(anchor)
			fails := 0
			for tr.Barrier(t.Context(), e) != nil {
				if fails++; fails > 3 {
					t.Fatal("the barrier never opens")
				}
			}
			c, err := tree.OpenCheckpoint(anchor.kept, trusted(t))
			if err != nil || c.Size <= e.Index || fails != tt.fails {
				t.Errorf("failed %d times, anchor keeps %+v, %v", fails, c, err)
			}
			before := anchor.swaps
			if err := tr.Barrier(t.Context(), e); err != nil || anchor.swaps != before {
				t.Errorf("asked again: %v, the anchor was told %d times more", err, anchor.swaps-before)
			}
		})
	}
}

// Two processes share an anchor: each finds it where the other has left it.
func TestTwoProcessesShareAnAnchor(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		anchor := &memory{}
		one := trailOn(reopened(t, dsn, anchor), "us")
		enrol(t, one)
		two := trailOn(reopened(t, dsn, anchor), "us")
		for i := range 6 {
			tr := []*store.Trail{one, two}[i%2]
			e, err := tr.Append(t.Context(), draft(fmt.Sprint("k", i), "ap"))
			if err != nil {
				t.Fatal(err)
			}
			if err := tr.Barrier(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		verified(t, one)
	})
}

// attestor is a witness that keeps a witness's promises: it signs only what extends the
// last one that it signed.
type attestor struct {
	last  tree.Checkpoint
	away  bool
	asked int
}

func (w *attestor) String() string { return "attestor" }

func (w *attestor) Cosign(ctx context.Context, checkpoint []byte, prove func(context.Context, int64) ([]tlog.Hash, error)) ([]byte, error) {
	w.asked++
	if w.away {
		return nil, io.ErrUnexpectedEOF
	}
	c, err := tree.ReadCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	if w.last.Size > 0 {
		proof, err := prove(ctx, w.last.Size)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(tlog.TreeProof(proof), c.Size, c.Root, w.last.Size, w.last.Root); err != nil {
			return nil, err
		}
	}
	w.last = c
	return append(checkpoint, "— attestor AAAA\n"...), nil
}

// The barrier opens when as many witnesses have signed as the quorum wants.
func TestTheBarrierWaitsForTheQuorum(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		one, two := &attestor{}, &attestor{away: true}
		log := theLog(t)
		log.Witnesses, log.Quorum = []store.Witness{one, two}, 2
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.SignWith(t.Context(), log); err != nil {
			t.Fatal(err)
		}
		tr := trailOn(db, "us")
		enrol(t, tr)
		for i := range 300 { // a proof across tiles
			e, err := tr.Append(t.Context(), draft(fmt.Sprint("k", i), "ap"))
			if err != nil {
				t.Fatal(err)
			}
			if i%50 != 0 {
				continue
			}
			two.away = true
			if err := tr.Barrier(t.Context(), e); err == nil {
				t.Fatal("the barrier opened without the quorum")
			}
			two.away = false
			if err := tr.Barrier(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if one.last.Size <= e.Index || two.last.Size <= e.Index {
				t.Errorf("record %d: the witnesses have signed %d and %d records", e.Index, one.last.Size, two.last.Size)
			}
		}
		log.Quorum = 3
		if err := db.SignWith(t.Context(), log); err == nil {
			t.Error("a quorum of three of two is taken")
		}
	})
}
