package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"countersign/audit"
)

// maxGroup is how many appends share one commit. A commit waits for the disk, and many
// can wait for it together.
const maxGroup = 256

// groupTimeout bounds one commit: a database that hangs must not hold every caller for
// ever.
const groupTimeout = 30 * time.Second

// A group collects the appends of a process while one of them is being committed, and
// commits them together: each keeps its own promise of all or nothing, and all have
// their places and their signatures by the time the one commit is on the disk.
type group struct {
	mu      sync.Mutex
	waiting []*appending
	leading bool
}

// An appending is one append that waits for its place.
type appending struct {
	trail *Trail
	key   string
	// draft says what is appended; it may write to the transaction if it says so.
	draft  func(*sql.Tx) (audit.Draft, error)
	writes bool

	ctx  context.Context //nolint:containedctx // the caller's, who may give up before it begins
	done chan struct{}
	// The answer: the record, and whether it stood there before.
	entry    audit.Entry
	stood    bool
	err      error
	panicked any
}

// append waits until a group with it is committed.
func (db *DB) append(a *appending) {
	a.done = make(chan struct{})
	g := &db.group
	g.mu.Lock()
	g.waiting = append(g.waiting, a)
	lead := !g.leading
	g.leading = true
	g.mu.Unlock()
	if lead {
		go db.lead()
	}
	select {
	case <-a.done:
	case <-a.ctx.Done():
		if g.drop(a) {
			a.err = a.ctx.Err()
			return
		}
		<-a.done // it has begun: its end is what is true
	}
	if a.panicked != nil {
		panic(a.panicked)
	}
}

// Waiting is how many appends of this process wait to be committed: a measure of load.
func (db *DB) Waiting() int {
	db.group.mu.Lock()
	defer db.group.mu.Unlock()
	return len(db.group.waiting)
}

// drop takes an append back that has not begun.
func (g *group) drop(a *appending) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == a {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// lead commits group after group until nobody waits.
func (db *DB) lead() {
	g := &db.group
	last := 0
	for {
		g.gather(last)
		g.mu.Lock()
		n := min(len(g.waiting), maxGroup)
		together := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.leading = n > 0
		g.mu.Unlock()
		if n == 0 {
			return
		}
		db.commit(together)
		for _, a := range together {
			close(a.done)
		}
		last = n
	}
}

// linger is how long a group may wait for the writers of the one before it: most of them
// come back at once with their next record, and half of them would miss a commit that
// begins without them.
const linger = 300 * time.Microsecond

// gather waits until as many appends wait as the last group had, for at most linger. While
// nobody waits it does not: whoever comes then leads a group of their own.
func (g *group) gather(last int) {
	if last < 2 {
		return
	}
	for begun := time.Now(); time.Since(begun) < linger; time.Sleep(linger / 10) {
		g.mu.Lock()
		n := len(g.waiting)
		g.mu.Unlock()
		if n == 0 || n >= last {
			return
		}
	}
}

// commit appends all of them in one transaction. When that fails as a whole, each is
// tried alone: the fault of one must not be that of the others.
func (db *DB) commit(together []*appending) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	defer cancel()
	var grown *tip
	err := db.exclusively(ctx, func(tx *sql.Tx) (err error) {
		grown, err = db.place(ctx, tx, together)
		return err
	})
	if err == nil {
		db.committed(grown)
		return
	}
	db.kept = nil // whether the commit took effect or not: the next one looks
	for _, a := range together {
		switch {
		case a.err != nil: // it has its own answer
		case len(together) == 1:
			a.err = err
		default:
			a.entry, a.stood = audit.Entry{}, false
			db.commit([]*appending{a})
		}
	}
}
