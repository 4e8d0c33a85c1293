package sandbox

import (
	"context"
	"fmt"
	"time"

	"countersign/sandbox/clock"
	"countersign/sandbox/gate"
	"countersign/sandbox/store"
	"countersign/sandbox/webhook"
)

// metaAhead is the stored value that says how far the clock is ahead.
const metaAhead = "sandbox/clock-ahead"

// timers are the kinds of objects that wait for the clock. Transactions that
// the chain owes are not among them: they wait for the chain.
var timers = []string{gate.Timers, webhook.Timers}

// openClock returns the directory's clock.
func openClock(db *store.DB, real func() time.Time) (*clock.Clock, error) {
	var text string
	err := db.View(func(tx *store.Tx) (err error) {
		text, err = tx.Meta(metaAhead)
		return err
	})
	if err != nil {
		return nil, err
	}
	var ahead time.Duration
	if text != "" {
		if ahead, err = time.ParseDuration(text); err != nil {
			return nil, fmt.Errorf("clock in the database is damaged: %w", err)
		}
	}
	return clock.New(real, ahead, agenda{db, db.Watch()}), nil
}

// agenda is what the database holds for later.
type agenda struct {
	db   *store.DB
	wake *store.Wake
}

// NextDue looks through the timers.
func (a agenda) NextDue(now time.Time) (first time.Time, err error) {
	err = a.db.View(func(tx *store.Tx) error {
		for _, kind := range timers {
			due, err := store.NextDue(tx, kind, now)
			if err != nil {
				return err
			}
			if !due.IsZero() && (first.IsZero() || due.Before(first)) {
				first = due
			}
		}
		return nil
	})
	return first, err
}

// Done looks again whenever the database changes.
func (a agenda) Done(ctx context.Context, now func() time.Time) error {
	a.db.Poke()
	for {
		waiting, err := a.waiting(now())
		if err != nil || !waiting {
			return err
		}
		a.wake.Wait(ctx, 50*time.Millisecond) // the timer is for an object that falls due meanwhile
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (a agenda) waiting(now time.Time) (found bool, err error) {
	err = a.db.View(func(tx *store.Tx) error {
		for _, kind := range timers {
			if found, err = store.Waiting(tx, kind, now); err != nil || found {
				return err
			}
		}
		return nil
	})
	return found, err
}

// KeepAhead writes it down.
func (a agenda) KeepAhead(ahead time.Duration) error {
	return a.db.Update(func(tx *store.Tx) error { return tx.SetMeta(metaAhead, ahead.String()) })
}
