package follow_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/chain/follow"

	"pgregory.net/rapid"
)

// settle steps until nothing is left to do, in a world that stands still: after blocks enough
// to tell a chain that became shorter from a node that lags.
func settle(t interface{ Fatalf(string, ...any) }, w *world) {
	w.fails, w.keepFail, w.between, w.lag = nil, nil, nil, 0
	for range 9 {
		w.grow()
	}
	f := &follow.Follower{Source: w, Keeper: w, Start: 1}
	if err := f.Step(context.Background()); err != nil {
		t.Fatalf("Step over a chain that stands still = %v", err)
	}
	if last := w.kept; len(last.Tip) == 0 || last.Tip[len(last.Tip)-1].Hash != w.chain[len(w.chain)-1].Hash || last.Final.Hash != w.chain[w.final].Hash {
		t.Fatalf("the cursor ends at %+v", last)
	}
}

// The fork experiment: 1,500 steps of the chain with more than a hundred forks up to eight
// blocks deep, and more than 1,500 events. At finality none is missed and none is too many.
func TestForks(t *testing.T) {
	w := newWorld(7)
	f := &follow.Follower{Source: w, Keeper: w, Start: 1}
	for range 1500 {
		if w.rand.IntN(12) == 0 {
			w.fork()
		} else {
			w.grow()
		}
		if err := f.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, w)
	retracted := w.check(t, 1)
	events := 0
	for _, b := range w.chain[1 : w.final+1] {
		events += len(w.events[b.Hash])
	}
	t.Logf("%d forks, %d events, %d early sightings retracted", w.forks, events, retracted)
	if w.forks < 100 || events < 1500 || retracted == 0 {
		t.Errorf("%d forks, %d events, %d retracted: the experiment is too small", w.forks, events, retracted)
	}
}

// Whatever happens at once: forks between any two answers of the node, a node that lags or
// does not answer, ranges that are refused, a follower that is killed before or after its
// step was kept, or away for long.
func TestNothingIsMissedAndNothingTold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(rt, "seed"))
		w.depth = rapid.IntRange(8, 20).Draw(rt, "depth")
		w.tooMany = rapid.IntRange(3, 40).Draw(rt, "too many")
		chance := func(name string) func() bool {
			n := rapid.IntRange(0, 40).Draw(rt, name)
			return func() bool { return n > 0 && w.rand.IntN(100) < n }
		}
		forks, moves, away := chance("forks"), chance("moves"), chance("away")
		w.fails = chance("fails")
		lost, unanswered := chance("lost"), chance("unanswered")
		w.keepFail = func() (bool, bool) { return lost(), unanswered() }
		w.between = func() {
			if moves() {
				w.step(forks())
			}
		}
		lags := chance("lags")
		f := &follow.Follower{Source: w, Keeper: w, Start: 1, Span: uint64(rapid.IntRange(1, 50).Draw(rt, "span"))}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			w.step(forks())
			if away() {
				for range w.rand.IntN(80) {
					w.step(forks())
				}
			}
			if w.lag = 0; lags() {
				w.lag = w.rand.IntN(4)
			}
			if err := f.Step(context.Background()); errors.Is(err, follow.ErrFinality) {
				rt.Fatalf("finality was kept, and Step = %v", err)
			}
			if lost() {
				f = &follow.Follower{Source: w, Keeper: w, Start: 1}
			}
		}
		for len(w.chain) < 3 {
			w.grow()
		}
		settle(rt, w)
		w.check(rt, 1)
	})
}

func (w *world) step(fork bool) {
	if fork {
		w.fork()
	} else {
		w.grow()
	}
}

func TestABrokenFinalityStopsEverything(t *testing.T) {
	w := newWorld(3)
	f := &follow.Follower{Source: w, Keeper: w, Start: 1}
	for range 40 {
		w.grow()
		if err := f.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	told := len(w.told)
	w.chain = slices.Clone(w.chain[:10]) // deeper than what was final
	w.final = 9
	for range 40 {
		w.grow()
	}
	for range 3 {
		if err := f.Step(t.Context()); !errors.Is(err, follow.ErrFinality) {
			t.Fatalf("Step = %v, want ErrFinality", err)
		}
	}
	for _, o := range w.told[told:] {
		if o.State != follow.Retracted {
			t.Errorf("an event was %s after finality was broken", o.State)
		}
	}
}

func TestAnOldHeadIsTold(t *testing.T) {
	w := newWorld(4)
	for range 20 {
		w.grow()
	}
	now := time.Unix(int64(w.chain[20].Time), 0)
	f := &follow.Follower{Source: w, Keeper: w, Start: 1, MaxAge: time.Minute, Now: func() time.Time { return now }}
	if err := f.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	if err := f.Step(t.Context()); !errors.Is(err, follow.ErrStale) {
		t.Errorf("Step = %v, want ErrStale", err)
	}
	w.check(t, 1)
}
