package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/chain/follow"
	"countersign/watch"
)

// People are told of a chain that is not followed for long: once a spell, with what it is.
func TestAChainThatIsNotFollowedForLong(t *testing.T) {
	c := &chain{head: 3}
	var mu sync.Mutex
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var stalls []watch.Stall
	refused := 0
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(stalls) }
	fails := func(err error) { c.mu.Lock(); defer c.mu.Unlock(); c.fault = err }
	passes := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	steps := 0
	w := watch.Watcher{
		Walks: []watch.Walk{{Network: "Net", Follower: &follow.Follower{Source: c, Keeper: c}, Every: time.Millisecond}},
		Alarm: func(context.Context, string, error) error { return nil },
		Stalled: func(_ context.Context, s watch.Stall) error {
			mu.Lock()
			defer mu.Unlock()
			if refused++; refused == 1 {
				return errors.New("the trail is away")
			}
			stalls = append(stalls, s)
			return nil
		},
		Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); steps++; return now },
	}
	failed := func(n int) {
		mu.Lock()
		from := steps
		mu.Unlock()
		until(t, "steps that fail", func() bool { mu.Lock(); defer mu.Unlock(); return steps >= from+n })
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	until(t, "it is followed", func() bool { return c.seen() == 2 })

	began := now
	fails(fmt.Errorf("read the final block: %w: a says 7, b says 8", countersign.ErrUnsure))
	failed(3)
	passes(watch.Patience - time.Second)
	failed(3)
	if count() != 0 {
		t.Error("people are told too early")
	}
	passes(2 * time.Second)
	until(t, "they are told, though the trail was away", func() bool { return count() == 1 })
	passes(time.Hour)
	failed(5)
	fails(nil)
	c.mu.Lock()
	c.head = 5
	c.mu.Unlock()
	until(t, "it is followed again", func() bool { return c.seen() == 4 })
	fails(errors.New("connection refused"))
	failed(2)
	passes(watch.Patience + time.Second)
	until(t, "another spell", func() bool { return count() == 2 })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	first, second := stalls[0], stalls[1]
	if first.Code != watch.NodesDisagree || first.Network != "Net" || !first.Since.Equal(began) || first.After != 1 || !errors.Is(first.Why, countersign.ErrUnsure) {
		t.Errorf("%+v", first)
	}
	if second.Code != watch.ChainStalled || !second.Since.After(began) || len(stalls) != 2 {
		t.Errorf("%+v, %d in all", second, len(stalls))
	}
}
