package screening

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// DefaultTimeout is how long a source may take when [Screener.Timeout] is zero.
const DefaultTimeout = 5 * time.Second

// A Screener asks all its sources. Without sources everything is unknown. It is safe
// for concurrent use when its fields are left alone.
type Screener struct {
	Sources []Source
	// Timeout is how long each source may take; zero means [DefaultTimeout].
	Timeout time.Duration
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// A Lister is a [Source] that holds lists.
type Lister interface {
	Lists() []ListInfo
}

// A Refresher is a [Source] that can read its list again. It keeps the list that it has
// when that fails.
type Refresher interface {
	// Refresh reports whether the list is another than before.
	Refresh(ctx context.Context) (changed bool, err error)
}

// Screen asks every source about all queries at once and combines the answers. It never
// fails: what goes wrong makes the report unknown. A source that panics, and one that
// is not done in time, did not answer. Addresses that [Canonical] refuses are shown to
// no source.
func (s *Screener) Screen(ctx context.Context, queries []Query) Report {
	asked, _ := split(queries)
	answers := make([]Answer, len(s.Sources))
	done := make([]chan Answer, len(s.Sources))
	for i, source := range s.Sources {
		// A slice of its own, and a channel with room: a source may outlive its time, and
		// what it does then must reach nobody.
		done[i] = make(chan Answer, 1)
		go s.ask(ctx, source, slices.Clone(asked), done[i])
	}
	limit, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	for i, source := range s.Sources {
		select {
		case answers[i] = <-done[i]:
		case <-limit.Done():
			select {
			case answers[i] = <-done[i]: // it was in time, only we were not
			default:
				answers[i] = Answer{Source: nameOf(source), Err: fmt.Errorf("no answer: %w", limit.Err())}
			}
		}
	}
	return Combine(queries, answers, s.now())
}

// ask puts the queries to one source. No queries are no reason to ask.
func (s *Screener) ask(ctx context.Context, source Source, queries []Query, done chan<- Answer) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	a := Answer{Source: nameOf(source)}
	defer func() {
		if r := recover(); r != nil {
			// The text of a panic may hold anything; where it happened is for the log.
			a.Findings, a.Err = nil, fmt.Errorf("the source panicked: %v", kindOf(r))
		}
		done <- a
	}()
	if len(queries) == 0 {
		return
	}
	if source == nil {
		a.Err = errors.New("the source is nil")
		return
	}
	a.Findings, a.Err = source.Screen(ctx, queries)
}

// kindOf is what may be told of a panic: a runtime error's text, else its type.
func kindOf(r any) string {
	if err, ok := r.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", r)
}

// nameOf is a source's name, also of one that cannot say it.
func nameOf(source Source) (name string) {
	defer func() {
		if recover() != nil {
			name = "unnamed"
		}
	}()
	if source == nil {
		return "unnamed"
	}
	return source.Name()
}

// Lists describes the lists of all sources that hold any, in their order.
func (s *Screener) Lists() (lists []ListInfo) {
	for _, source := range s.Sources {
		if l, ok := source.(Lister); ok {
			lists = append(lists, l.Lists()...)
		}
	}
	return lists
}

// Refresh reads every list again, one after another, and returns the names of those
// that are others than before. The error joins what failed; a list that could not be
// read stays as it was, and grows stale. Meant for a schedule; [Screener.Screen] may
// run meanwhile.
func (s *Screener) Refresh(ctx context.Context) (changed []string, err error) {
	var errs []error
	for _, source := range s.Sources {
		r, ok := source.(Refresher)
		if !ok {
			continue
		}
		differs, err := r.Refresh(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", source.Name(), err))
		}
		if differs {
			changed = append(changed, source.Name())
		}
	}
	return changed, errors.Join(errs...)
}

func (s *Screener) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return DefaultTimeout
}

func (s *Screener) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
