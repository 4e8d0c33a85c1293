// Package clock is the sandbox's time: real time, and how far it was advanced.
//
// Everything that the sandbox dates, expires or waits for asks this clock, so
// that a day passes in a moment. Time only grows. How far it is ahead is kept,
// and a restart does not take it back.
//
// [Clock.Advance] does not jump: it stops at every moment at which something
// falls due, lets that be done, and goes on. What was due at noon is done, and
// dated, at noon, before what was due in the evening.
package clock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// patience bounds, in real time, how long one stop waits for what fell due to be
// done. A webhook attempt may take its whole timeout, five seconds by default.
const patience = 30 * time.Second

// ErrBusy means that what fell due was not done in time. The clock stands where
// it stopped, and may be advanced again.
var ErrBusy = errors.New("what fell due is not done yet; advance again later")

// Agenda is what waits for the clock.
type Agenda interface {
	// NextDue returns the first moment after now at which something falls due,
	// or the zero time.
	NextDue(now time.Time) (time.Time, error)
	// Done wakes every loop that sleeps by the clock, and returns once nothing
	// waits that is due, or ctx's error.
	Done(ctx context.Context, now func() time.Time) error
	// KeepAhead stores how far the clock is ahead of real time.
	KeepAhead(ahead time.Duration) error
}

// Clock is the sandbox's time. Make one with [New].
type Clock struct {
	real   func() time.Time
	agenda Agenda

	advancing sync.Mutex // one Advance at a time

	mu    sync.Mutex
	ahead time.Duration
	last  time.Time
}

// New returns a clock that is ahead of real by the given time, as a former Clock
// kept it.
func New(real func() time.Time, ahead time.Duration, agenda Agenda) *Clock {
	return &Clock{real: real, ahead: ahead, agenda: agenda}
}

// Now returns the sandbox's time. It is never before one that it returned.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.real().Add(c.ahead); now.After(c.last) {
		c.last = now
	}
	return c.last
}

// Ahead returns how far the clock is ahead of real time.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// Advance moves the clock by d, stopping wherever something falls due until that
// is done: afterwards it is ahead of real time by d more, exactly. It refuses to go
// back. It fails with [ErrBusy], or with ctx's error, where it stopped.
func (c *Clock) Advance(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("advancing the clock by %s: time does not go back; give a duration above 0", d)
	}
	c.advancing.Lock()
	defer c.advancing.Unlock()
	target := c.Ahead() + d
	for {
		if err := c.settle(ctx); err != nil {
			return fmt.Errorf("advancing the clock by %s, at %s, %s before the end: %w",
				d, c.Now().UTC().Format(time.RFC3339), target-c.Ahead(), err)
		}
		if c.Ahead() >= target {
			return nil
		}
		now := c.Now()
		stop, err := c.agenda.NextDue(now)
		if err != nil {
			return err
		}
		next := target
		if !stop.IsZero() {
			next = min(next, c.Ahead()+stop.Sub(now))
		}
		if err := c.jump(next); err != nil {
			return err
		}
	}
}

// jump makes the clock that far ahead. The distance is kept before anything can be
// dated by it, so that a restart cannot find dates from its future.
func (c *Clock) jump(ahead time.Duration) error {
	if err := c.agenda.KeepAhead(ahead); err != nil {
		return fmt.Errorf("keeping the clock: %w", err)
	}
	c.mu.Lock()
	c.ahead = ahead
	c.mu.Unlock()
	return nil
}

// settle waits until what is due is done.
func (c *Clock) settle(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := c.agenda.Done(within, c.Now)
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		return ErrBusy
	}
	return err
}
