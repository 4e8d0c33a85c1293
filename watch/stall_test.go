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

// stalling is a watcher of one chain by a clock that the test sets.
type stalling struct {
	*chain
	t       *testing.T
	lock    sync.Mutex // of what follows
	now     time.Time
	looked  int // how often the clock was: once for each step that fails
	refused int
	stalls  []watch.Stall
}

func (s *stalling) clock() time.Time {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.looked++
	return s.now
}

// stalled refuses the first alarm, as a trail that is away does.
func (s *stalling) stalled(_ context.Context, stall watch.Stall) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.refused++; s.refused == 1 {
		return errors.New("the trail is away")
	}
	s.stalls = append(s.stalls, stall)
	return nil
}

func (s *stalling) count() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(s.stalls)
}

// asked is how often an alarm was raised, the refused one too.
func (s *stalling) asked() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.refused
}

// fails makes the chain's node answer with an error, and passes lets time pass after steps have
// failed by it.
func (s *stalling) fails(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

func (s *stalling) passes(d time.Duration) {
	s.t.Helper()
	s.lock.Lock()
	from := s.looked
	s.lock.Unlock()
	until(s.t, "steps that fail", func() bool { s.lock.Lock(); defer s.lock.Unlock(); return s.looked >= from+3 })
	s.lock.Lock()
	defer s.lock.Unlock()
	s.now = s.now.Add(d)
}

// follows lets the node answer again, and waits until a newer head is walked.
func (s *stalling) follows(head uint64, told int) {
	s.t.Helper()
	s.fails(nil)
	s.mu.Lock()
	s.head = head
	s.mu.Unlock()
	until(s.t, "it is followed", func() bool { return s.seen() == told })
}

// People are told of a chain that is not followed for long: once a spell, with what it is.
func TestAChainThatIsNotFollowedForLong(t *testing.T) {
	began := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s := &stalling{chain: &chain{head: 3}, t: t, now: began}
	w := watch.Watcher{
		Walks:   []watch.Walk{{Network: "Net", Follower: &follow.Follower{Source: s.chain, Keeper: s.chain}, Every: time.Millisecond}},
		Alarm:   func(context.Context, string, error) error { return nil },
		Stalled: s.stalled, Log: slog.New(slog.DiscardHandler), Now: s.clock,
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	s.follows(3, 2)

	s.fails(fmt.Errorf("read the final block: %w: a says 7, b says 8", countersign.ErrUnsure))
	s.passes(watch.Patience - time.Second)
	s.passes(0)
	if s.asked() != 0 {
		t.Error("people are told too early")
	}
	s.passes(2 * time.Second)
	until(t, "they are told, though the trail was away", func() bool { return s.count() == 1 })
	s.passes(time.Hour)
	s.passes(0)
	if s.asked() != 2 {
		t.Errorf("asked %d times, want once more than it was refused", s.asked())
	}
	s.follows(5, 4)
	s.fails(errors.New("connection refused"))
	s.passes(watch.Patience + time.Second)
	until(t, "another spell", func() bool { return s.count() == 2 })
	stop()
	if err := <-done; err != nil || len(s.stalls) != 2 {
		t.Fatalf("%v, %d stalls", err, len(s.stalls))
	}
	first, second := s.stalls[0], s.stalls[1]
	if first.Code != watch.NodesDisagree || first.Network != "Net" || !first.Since.Equal(began) || first.After != 1 || !errors.Is(first.Why, countersign.ErrUnsure) {
		t.Errorf("%+v", first)
	}
	if second.Code != watch.ChainStalled || !second.Since.After(began) {
		t.Errorf("%+v", second)
	}
}
