// Package completeness finds out whether everything that happened in a span of time has its
// workflow, starts what is missing, and says so in a certificate that can be checked: what was
// asked, where, and how many there were.
//
// Nothing that is heard by webhook alone is complete: a custodian gives up after a day, and an
// ingress can be down. So the certificate asks the sources themselves, the custodian's lists
// and the chains, what should have been heard, and holds the workflows against it.
package completeness

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"countersign"
	"countersign/audit/complete"
)

// An Item is something that happened, with the workflow that it should have.
type Item struct {
	// Workflow is the ID of the workflow that answers it.
	Workflow string
	// Also are IDs under which it may be answered instead: a sender that names each attempt
	// after the one before it gives one fact many names.
	Also []string
	// Event is what starts that workflow.
	Event countersign.Event
	// Remark, if there is one, adds to the count what else is known of the item. An item without a
	// workflow is a remark alone, or nothing but a sign that the source goes on.
	Remark func(*complete.Count)
	// Open is the custodian's word, in lower case, of what waits or is under way there, such as
	// pending; empty where it has ended, or where the source does not say.
	Open string
	// Stray says that nobody knows its kind: its workflow records it for people to look at.
	Stray bool
	// Unreadable is what the source has and nobody can read; such an item has no workflow. It is
	// counted and named, and ends nothing.
	Unreadable *countersign.UnreadableError
}

// A Source knows what happened.
type Source interface {
	// Name is what the certificate calls it.
	Name() string
	// Query says in words that another can repeat what is asked for a window.
	Query(w Window) string
	// Items are what happened in a window, and what cannot be read. An error ends them: half of
	// them is not all.
	Items(ctx context.Context, w Window) iter.Seq2[Item, error]
}

// ErrNotYet means that a window can be certified later: what happened in it may still be undone.
var ErrNotYet = errors.New("not yet")

// Ready fails when a source says that it is too early for a window, or cannot be asked: before
// anything was started, so that a second try finds as much to repair as the first.
func Ready(ctx context.Context, w Window, sources []Source) error {
	for _, s := range sources {
		r, can := s.(interface {
			Ready(ctx context.Context, w Window) error
		})
		if !can {
			continue
		}
		if err := r.Ready(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
	}
	return nil
}

// Cases are the workflows.
type Cases interface {
	// Known reports whether a workflow runs or has run, and whether it was found late: started by
	// reconciliation or for a certificate, and by no webhook.
	Known(ctx context.Context, workflowID string) (known, late bool, err error)
	// Start gives an event to its workflow, which is started if it is not there.
	Start(ctx context.Context, e countersign.Event) error
}

// A Window is from <= t < to, UTC.
type Window struct{ From, To time.Time }

// ErrWindow means that a window cannot be certified.
var ErrWindow = errors.New("not a window that can be certified")

// Wallets are a page of the custodian's list of wallets.
type Wallets struct {
	Wallets []countersign.Wallet
	// Unreadable are what stands between them and cannot be read.
	Unreadable []*countersign.UnreadableError
	// Next is where the list goes on, empty at its end.
	Next string
}

// Limits of windows: a longer one is asked for in parts, and what is younger than the margin may
// still be on its way.
const (
	MaxWindow = 24 * time.Hour
	Margin    = 2 * time.Minute
)

// Check fails with [ErrWindow] unless a window is of whole seconds, ends after it begins, is not
// longer than [MaxWindow] and ended [Margin] before now.
func (w Window) Check(now time.Time) error {
	switch length := w.To.Sub(w.From); {
	case w.From.Nanosecond() != 0 || w.To.Nanosecond() != 0 || w.From.IsZero():
		return fmt.Errorf("%w: from %s to %s, want whole seconds", ErrWindow, w.From, w.To)
	case length <= 0:
		return fmt.Errorf("%w: it ends at %s, before it begins at %s", ErrWindow, w.To, w.From)
	case length > MaxWindow:
		return fmt.Errorf("%w: %s long, at most %s", ErrWindow, length, MaxWindow)
	case w.To.After(now.Add(-Margin)):
		return fmt.Errorf("%w: it ends at %s, and what happened in the last %s may be on its way: ask again later", ErrWindow, w.To.Format(time.RFC3339), Margin)
	}
	return nil
}

// Certify asks every source and starts what has no workflow. A source that cannot be asked is
// in the certificate with why: then nothing is certified of it, and what is missing there is
// not known. What cannot be read of a source is in it by name, beside what can. Cases are asked by several at once. Earlier is the progress of a try that did not come
// to its end; the progress of this one is told now and then.
func Certify(ctx context.Context, w Window, sources []Source, cases Cases, earlier Progress, tell func(Progress)) (complete.Certificate, error) {
	c := complete.Certificate{From: w.From, To: w.To, Complete: true}
	there := &there{cases: cases, known: map[string]bool{}, earlier: map[string]bool{}, progress: Progress{Repaired: earlier.Repaired}, tell: tell}
	for _, id := range earlier.Repaired {
		there.earlier[id] = true
	}
	for _, s := range sources {
		count := complete.Count{Source: s.Name(), Query: s.Query(w)}
		err := there.one(ctx, w, s, &count)
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		if err != nil {
			why := err.Error()
			count.Unknown = strings.ToValidUTF8(why[:min(len(why), longestWhy)], "")
		}
		if count.Missing > 0 || count.Unfounded > 0 || count.Unreadable > 0 || count.Unknown != "" {
			c.Complete = false
		}
		c.Sources = append(c.Sources, count)
	}
	return c, nil
}

// A record has a greatest length: names are so many, and so long in bytes, and so is the reason of
// a source that could not be asked.
const (
	maxNamed   = 100
	longestRow = 160
	longestWhy = 2000
)

// Name puts a workflow among the names of a count while there is room.
func Name(names *[]string, s string) {
	if len(*names) < maxNamed {
		*names = append(*names, strings.ToValidUTF8(s[:min(len(s), longestRow)], ""))
	}
}
