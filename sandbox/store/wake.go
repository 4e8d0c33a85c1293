package store

import (
	"context"
	"time"
)

// A Wake is how a loop that works off due objects sleeps: until the database
// changed, someone poked it, or its time has come.
type Wake struct{ c chan struct{} }

// NewWake returns a Wake that only [Wake.Poke] ends.
func NewWake() *Wake { return &Wake{c: make(chan struct{}, 1)} }

// Watch returns a Wake that every later change pokes.
func (d *DB) Watch() *Wake {
	w := NewWake()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wakes = append(d.wakes, w)
	return w
}

// Poke ends the current Wait, or the next one. It never blocks.
func (w *Wake) Poke() {
	select {
	case w.c <- struct{}{}:
	default:
	}
}

// Wait sleeps for at most d.
func (w *Wake) Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.c:
	case <-timer.C:
	}
}

// Poke ends the current Wait of every Wake, or its next one.
func (d *DB) Poke() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.wakes {
		w.Poke()
	}
}
