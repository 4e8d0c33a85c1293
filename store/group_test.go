package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"
)

// together has one append hold the door while others queue up behind it, so that they
// are committed as one group.
func together(t *testing.T, tr *store.Trail, appends ...func()) {
	t.Helper()
	var queued sync.WaitGroup
	_, err := tr.Decide(t.Context(), "door", nil, nil, func(countersign.Standing) (audit.Draft, bool) {
		for _, f := range appends {
			queued.Go(f)
		}
		waitForQueue(t, tr, len(appends))
		return draft("door", "ap"), false
	})
	if err != nil {
		t.Fatal(err)
	}
	queued.Wait()
}

func waitForQueue(t *testing.T, tr *store.Trail, n int) {
	t.Helper()
	for start := time.Now(); tr.DB.Waiting() < n; time.Sleep(time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("%d appends wait, want %d", tr.DB.Waiting(), n)
		}
	}
}

// tally counts what became of appends.
type tally struct {
	mu  sync.Mutex
	got map[string]int
}

func (c *tally) count(what string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok {
		c.got[what]++
	}
}

// mixture are five appends, of which two come to something.
func mixture(ctx context.Context, tr *store.Trail, c *tally, key string) []func() {
	decides := func(ctx context.Context, key string, conclude func() audit.Draft, reserve bool) error {
		_, err := tr.Decide(ctx, key, claim(30, 100), nil, func(countersign.Standing) (audit.Draft, bool) { return conclude(), reserve })
		return err
	}
	return []func(){
		func() {
			fits, err := decide(ctx, tr, key, claim(30, 100))
			c.count("decided", err == nil)
			c.count("reserved", fits)
		},
		func() {
			_, err := tr.Append(ctx, draft("same", "ap"))
			c.count("told once", err == nil)
		},
		func() {
			err := decides(ctx, "bad"+key, func() audit.Draft { return draft("another key", "ap") }, true)
			c.count("failed", err != nil)
		},
		func() {
			defer func() { c.count("panicked", recover() != nil) }()
			_ = decides(ctx, "boom"+key, func() audit.Draft { panic("boom") }, true)
		},
		func() {
			ctx, cancel := context.WithCancel(ctx)
			err := decides(ctx, "gone"+key, func() audit.Draft { cancel(); return draft("gone"+key, "ap") }, false)
			c.count("gone", errors.Is(err, context.Canceled))
		},
	}
}

// In one group each keeps its own promise: who fails leaves nothing, and the others
// know nothing of it.
func TestInAGroupEachStandsAlone(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr, c := desk(t, dsn, "us"), &tally{got: map[string]int{}}
		var appends []func()
		for i := range 5 {
			appends = append(appends, mixture(t.Context(), tr, c, fmt.Sprint("k", i))...)
		}
		together(t, tr, appends...)
		want := map[string]int{"decided": 5, "reserved": 3, "told once": 5, "failed": 5, "panicked": 5, "gone": 5}
		if fmt.Sprint(c.got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", c.got, want)
		}
		if n := verified(t, tr); n != 7 || taken(t, tr, time.Time{}) != "90" {
			t.Errorf("%d records, budget %s; want the door, five decisions and one fact, and 90", n, taken(t, tr, time.Time{}))
		}
	})
}

// A group of two authors keeps two chains in one log.
func TestAGroupOfTwoAuthors(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "ana")
		bo := trailOn(tr.DB, "bo")
		enrol(t, bo)
		var appends []func()
		for i := range 20 {
			author := []*store.Trail{tr, bo}[i%2]
			appends = append(appends, func() {
				if _, err := author.Append(t.Context(), draft(fmt.Sprint("k", i), "ap")); err != nil {
					t.Error(err)
				}
			})
		}
		together(t, tr, appends...)
		if n := verified(t, tr); n != 21 {
			t.Errorf("%d records, want 21", n)
		}
	})
}
