package scan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/chain/follow"
)

// A follower over two nodes, through more than a hundred forks, with one of the nodes behind now
// and then, and a follower that is started anew: at finality it has told what a single look at
// the final chain finds.
func TestForks(t *testing.T) {
	w := newWorld(t, 11, 2)
	w.net.Quorum = 1 // one that lags is stood in for by the other
	f := &follow.Follower{Source: w.source(), Keeper: w, Start: 1, Span: 20}
	for range 700 {
		if w.rand.IntN(4) == 0 {
			w.fork()
		} else {
			w.grow()
		}
		w.nodes[0].Lag.Store(int64(max(0, w.rand.IntN(6)-3)))
		if err := f.Step(t.Context()); errors.Is(err, follow.ErrFinality) {
			t.Fatal(err)
		}
		if w.rand.IntN(40) == 0 {
			for range 60 {
				w.grow() // away for long
			}
			f = &follow.Follower{Source: w.source(), Keeper: w, Start: 1, Span: 20}
		}
	}
	w.nodes[0].Lag.Store(0)
	if err := f.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.compare(t)
}

// compare holds what was told as confirmed against the final chain.
func (w *world) compare(t *testing.T) {
	t.Helper()
	var confirmed []follow.Event
	retracted, rules := 0, map[string]int{}
	for _, o := range w.told {
		if o.State == follow.Confirmed {
			rules[o.Rule]++
			confirmed = append(confirmed, o.Event)
		} else if o.State == follow.Retracted {
			retracted++
		}
	}
	told := w.told
	w.told = nil // thresholds begin anew
	all, err := w.source().Range(t.Context(), 1, w.kept.Final.Number)
	w.told = told
	if err != nil {
		t.Fatal(err)
	}
	got, want := text(confirmed), text(all)
	slices.Sort(got)
	slices.Sort(want)
	// What came to be waited for after its block was read is not told of that.
	waiting := func(s string) bool { return strings.Contains(s, " transaction ") }
	if !slices.Equal(slices.DeleteFunc(got, waiting), slices.DeleteFunc(want, waiting)) {
		t.Errorf("%d events were confirmed, %d are on the chain", len(got), len(want))
	}
	t.Logf("%d forks, %d events %v, %d early sightings retracted", w.forks, len(want), rules, retracted)
	for _, r := range []string{"deposit", "deposit/large", "event/paused", "function/mint", "transaction", "balance/fees"} {
		if rules[r] == 0 {
			t.Errorf("rule %s has found nothing: the experiment is too small", r)
		}
	}
	if w.forks < 90 || len(want) < 1500 || retracted == 0 {
		t.Errorf("%d forks, %d events, %d retracted: the experiment is too small", w.forks, len(want), retracted)
	}
}
