package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"countersign/audit"
	"countersign/store/sqldb"
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
	// want is how many the leader waits for, who is told by whole when they are there; else 0.
	want  int
	whole chan struct{}
}

// An appending is one append that waits for its place.
type appending struct {
	trail *Trail
	key   string
	// draft says what is appended; it may write to the transaction if it says so.
	draft  func(*sql.Tx) (audit.Draft, error)
	writes bool
	// fixed is the draft where it is known beforehand, else nil.
	fixed *audit.Draft
	// ready is the draft made ready beforehand, nil where it can be made in its turn only.
	ready *audit.Ready

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
	if g.want > 0 && len(g.waiting) >= g.want {
		g.want = 0
		close(g.whole)
	}
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
	var writers int
	var took time.Duration
	for {
		g.gather(writers, took)
		g.mu.Lock()
		n := min(len(g.waiting), maxGroup)
		together := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.leading = n > 0
		g.mu.Unlock()
		if n == 0 {
			return
		}
		began := time.Now()
		db.commit(together)
		g.mu.Lock()
		writers, took = n+len(g.waiting), time.Since(began)
		g.mu.Unlock()
		for _, a := range together {
			close(a.done)
		}
	}
}

// A group may wait for the writers of the one before it, for an eighth of the time that one
// took and at most maxLinger: most of them come back at once with their next record, and those
// who would miss a commit that begins without them wait for two.
const (
	lingerShare = 8
	maxLinger   = 2 * time.Millisecond
)

// gather waits until as many appends wait as there are writers: those of the last group, which
// took so long, and those who came meanwhile. It waits for as long as it may, and who writes
// alone waits for nobody.
func (g *group) gather(writers int, took time.Duration) {
	g.mu.Lock()
	if writers < 2 || len(g.waiting) >= min(writers, maxGroup) {
		g.mu.Unlock()
		return
	}
	whole := make(chan struct{})
	g.want, g.whole = min(writers, maxGroup), whole
	g.mu.Unlock()
	timer := time.NewTimer(min(took/lingerShare, maxLinger))
	defer timer.Stop()
	select {
	case <-whole:
	case <-timer.C:
		g.mu.Lock()
		g.want = 0
		g.mu.Unlock()
	}
}

// commit appends all of them in one transaction. When that fails as a whole, each is
// tried alone: the fault of one must not be that of the others.
func (db *DB) commit(together []*appending) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	defer cancel()
	var grown *tip
	err := db.sql.Exclusively(ctx, func(tx *sqldb.Tx) (err error) {
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
