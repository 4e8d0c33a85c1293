// Package watch follows chains and the custodian's lists, and has what it sees told.
//
// Each chain is walked by itself, so that one that stands still holds up no other. What was
// seen is kept with the message that tells of it before the next block is walked; package
// announce tells. A chain whose final block has changed is walked no further: an alarm is
// raised, and people must look.
package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign/chain/follow"

	"golang.org/x/sync/errgroup"
)

// A Walk is one chain that is followed.
type Walk struct {
	Network  string
	Follower *follow.Follower
	// Every is how often the chain is looked at.
	Every time.Duration
}

// A Watcher follows chains and compares lists.
type Watcher struct {
	Walks []Walk
	// Compare compares the custodian's lists, every CompareEvery; nil compares none.
	Compare      func(ctx context.Context) (changed int, err error)
	CompareEvery time.Duration
	// Alarm raises an alarm about a network that is walked no further. Until it succeeds it
	// is called again.
	Alarm func(ctx context.Context, network string, why error) error
	// Stalled raises an alarm about a network that has not been followed for [Patience], once in
	// each spell. Until it succeeds it is called again. Nil raises none.
	Stalled func(ctx context.Context, s Stall) error
	Log     *slog.Logger
	// Now is the clock for spells, [time.Now] by default.
	Now func() time.Time
}

// Run watches until ctx is done.
func (w *Watcher) Run(ctx context.Context) error {
	var all errgroup.Group
	for _, walk := range w.Walks {
		all.Go(func() error { return w.walk(ctx, walk) })
	}
	if w.Compare != nil {
		all.Go(func() error { return w.compare(ctx) })
	}
	return all.Wait()
}

// walk follows one chain.
func (w *Watcher) walk(ctx context.Context, walk Walk) error {
	log := w.Log.With("network", walk.Network)
	log.Info("chain is followed", "every", walk.Every)
	var trouble spell
	for {
		err := walk.Follower.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, follow.ErrFinality):
			return w.stop(ctx, log, walk, err)
		case err != nil:
			// A node that is away comes back, and nothing is skipped meanwhile.
			log.Warn("chain cannot be followed now", "error", err)
			w.stalled(ctx, log, walk, &trouble, err)
		case trouble != spell{}:
			log.Info("chain is followed again")
			trouble = spell{}
		}
		if !sleep(ctx, walk.Every) {
			return nil
		}
	}
}

// stop raises the alarm and waits: the other chains go on.
func (w *Watcher) stop(ctx context.Context, log *slog.Logger, walk Walk, why error) error {
	log.Error("chain is followed no further: people must look", "error", why)
	for {
		err := w.Alarm(ctx, walk.Network, why)
		if err == nil {
			break
		}
		log.Error("the alarm is not on the trail yet", "error", err)
		if !sleep(ctx, max(walk.Every, time.Second)) {
			return nil
		}
	}
	<-ctx.Done()
	return nil
}

func (w *Watcher) compare(ctx context.Context) error {
	for {
		n, err := w.Compare(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			w.Log.Warn("the custodian's lists cannot be compared now", "error", err)
		}
		if n > 0 {
			w.Log.Info("the custodian's lists have changed", "changes", n)
		}
		if !sleep(ctx, w.CompareEvery) {
			return nil
		}
	}
}

// sleep waits, and reports false when ctx is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// ErrRule means that a rule's name does not say what it looks for.
var ErrRule = errors.New("a rule is named kind or kind/name, such as deposit or function/mint")

// Check fails with [ErrRule] unless a rule's name begins with a kind that events are told of.
func Check(rule string) error {
	if _, ok := kindOf(rule); !ok {
		return fmt.Errorf("%w: %.80q", ErrRule, rule)
	}
	return nil
}
