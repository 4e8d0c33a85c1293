package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/cmd/countersign/stack"
	"countersign/store"
)

// bookChanges are the records of which rules decide, in their order.
func (s *site) bookChanges() (all []audit.BookChange) {
	s.t.Helper()
	for e, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: audit.BookChanged}) {
		var c audit.BookChange
		if err == nil {
			err = e.Decode(&c)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// Other rules are on the trail before they decide, once, and each decision says by which it was made.
func TestAChangedBookIsOnTheTrailBeforeItDecides(t *testing.T) {
	s := newSite(t)
	s.startIngress()
	decides := func(amount int64) audit.Rules {
		t.Helper()
		r := s.mint(amount)
		waitFor(t, "closed workflow", func(ctx context.Context) error { return s.Closed(ctx, r) })
		return s.decided(r).Rules
	}
	s.startWorker().kill()
	worker := s.startWorker() // the same book: nothing to tell
	first := decides(1000)
	worker.kill()

	path := filepath.Join(s.stack.Dir, "book.json")
	book, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(book), stack.MaxPerMint, "2500000000", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 { // workers that start together tell it once
		s.start("worker")
	}
	second := decides(1000)
	changes := s.bookChanges()
	if len(changes) != 2 || changes[0].Before != nil || changes[0].After.Digest != first.Digest || first.Digest == "" ||
		changes[1].Before == nil || *changes[1].Before != changes[0].After || changes[1].After.Digest != second.Digest || second.Digest == first.Digest {
		t.Errorf("the trail tells %s; decided by %+v and then %+v", fmt.Sprintf("%+v", changes), first, second)
	}
	s.verifies()
}
