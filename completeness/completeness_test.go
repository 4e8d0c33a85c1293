package completeness_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/completeness"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// list is a source of workflow IDs; "!" is a failure.
type list []string

func (l list) Name() string                       { return "list" }
func (l list) Query(w completeness.Window) string { return "all of " + w.From.Format(time.RFC3339) }
func (l list) Items(context.Context, completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for _, id := range l {
			var err error
			if id == "!" {
				err = errors.New("the line broke")
			}
			if !yield(item(id), err) {
				return
			}
		}
	}
}

// item is one that answers to the parts of its ID.
func item(id string) completeness.Item {
	names := strings.Split(id, "|")
	return completeness.Item{Workflow: names[0], Also: names[1:], Event: countersign.Event{Subject: names[0]}}
}

// cases are workflows; those that begin with "x" cannot be started, "?" cannot be asked for.
// They may be asked by several at once; asked counts how often.
type cases struct {
	known, started map[string]bool
	mu             *sync.Mutex
	asked          *int
}

func newCases(known ...string) cases {
	c := cases{map[string]bool{}, map[string]bool{}, &sync.Mutex{}, new(int)}
	for _, id := range known {
		c.known[id] = true
	}
	return c
}

func (c cases) Known(_ context.Context, id string) (bool, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.asked++
	if id == "?" {
		return false, false, errors.New("Temporal is away")
	}
	return c.known[id], c.started[id], nil
}

func (c cases) Start(_ context.Context, e countersign.Event) error {
	if strings.HasPrefix(e.Subject, "x") {
		return errors.New("refused")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[e.Subject], c.started[e.Subject] = true, true
	return nil
}

func TestWhatIsMissingIsStartedAndCounted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source list
		want   string
	}{
		{"all there", list{"a", "b", "a"}, "true: 2 = 2+0+0 "},
		{"nothing happened", nil, "true: 0 = 0+0+0 "},
		{"some started", list{"a", "new", "new", "b"}, "true: 3 = 2+1+0 "},
		{"under another name", list{"new|b", "other|new"}, "true: 2 = 1+1+0 "},
		{"what starts one is another", list{"new", "other|new"}, "true: 2 = 1+1+0 "},
		{"one cannot be", list{"a", "x1"}, "false: 2 = 1+0+1 "},
		{"a source that breaks", list{"a", "!", "new"}, "false: 1 = 1+0+0 the line broke"},
		{"Temporal is away", list{"a", "?"}, "false: 2 = 1+0+0 ask for workflow ?: Temporal is away"},
	} {
		c := newCases("a", "b")
		w := completeness.Window{From: noon, To: noon.Add(time.Hour)}
		got, err := completeness.Certify(t.Context(), w, []completeness.Source{tt.source}, c, completeness.Progress{}, func(completeness.Progress) {})
		if err != nil || len(got.Sources) != 1 {
			t.Fatalf("%s: %+v, %v", tt.name, got, err)
		}
		s := got.Sources[0]
		if text := fmt.Sprintf("%t: %d = %d+%d+%d %s", got.Complete, s.Expected, s.Seen, s.Repaired, s.Missing, s.Unknown); text != tt.want || s.Query == "" {
			t.Errorf("%s: %s, want %s", tt.name, text, tt.want)
		}
	}
}

// Whatever there is: the sums are right, complete means that all is there, and a second
// certificate of the same has nothing to repair.
func TestACertificateIsRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "x1", "x2"})).Draw(rt, "happened")
		c := newCases(rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "x1"})).Draw(rt, "known")...)
		w := completeness.Window{From: noon, To: noon.Add(time.Hour)}
		first, err := completeness.Certify(rt.Context(), w, []completeness.Source{list(ids)}, c, completeness.Progress{}, func(completeness.Progress) {})
		if err != nil {
			rt.Fatal(err)
		}
		s := first.Sources[0]
		if s.Expected != s.Seen+s.Repaired+s.Missing || s.Repaired != len(c.started) || first.Complete != (s.Missing == 0) {
			rt.Fatalf("%+v, started %v", first, c.started)
		}
		for _, id := range ids {
			if first.Complete && !c.known[id] {
				rt.Fatalf("%s has no workflow, and all is complete", id)
			}
		}
		again, err := completeness.Certify(rt.Context(), w, []completeness.Source{list(ids)}, c, completeness.Progress{}, func(completeness.Progress) {})
		if err != nil || again.Sources[0].Repaired != 0 || again.Sources[0].Late != s.Repaired || again.Complete != first.Complete {
			rt.Fatalf("again %+v, %v", again, err)
		}
	})
}

// A thousand items of many names cost one question each, in two sources too, and are counted in
// their order however they are asked for.
func TestManyAreAskedForOnce(t *testing.T) {
	var all list
	for i := range 1000 {
		all = append(all, fmt.Sprintf("w%d|w%d|w%d", i, i, i))
	}
	c := newCases()
	got, err := completeness.Certify(t.Context(), completeness.Window{From: noon, To: noon.Add(time.Hour)}, []completeness.Source{all, all}, c, completeness.Progress{}, func(completeness.Progress) {})
	if err != nil || !got.Complete || got.Sources[0].Repaired != 1000 || got.Sources[1].Seen != 1000 || *c.asked != 1000 {
		t.Fatalf("complete %t, %+v, %d questions, %v", got.Complete, got.Sources, *c.asked, err)
	}
	for i, id := range got.Sources[0].RepairedWorkflows {
		if want := fmt.Sprintf("w%d", i); id != want {
			t.Errorf("%d is %s, want %s", i, id, want)
		}
	}
}

func TestWindows(t *testing.T) {
	now := noon.Add(2 * time.Hour)
	for name, w := range map[string]completeness.Window{
		"empty":     {noon, noon},
		"backwards": {noon.Add(time.Hour), noon},
		"too long":  {noon.Add(-25 * time.Hour), noon},
		"too young": {noon, now.Add(-time.Minute)},
		"fractions": {noon.Add(time.Millisecond), noon.Add(time.Hour)},
		"no time":   {},
	} {
		if err := w.Check(now); !errors.Is(err, completeness.ErrWindow) {
			t.Errorf("%s: %v, want ErrWindow", name, err)
		}
	}
	if err := (completeness.Window{From: noon, To: noon.Add(time.Hour)}).Check(now); err != nil {
		t.Error(err)
	}
}
