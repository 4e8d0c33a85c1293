package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
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
	for {
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
	}
}

// commit appends all of them in one transaction. When that fails as a whole, each is
// tried alone: the fault of one must not be that of the others.
func (db *DB) commit(together []*appending) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	defer cancel()
	err := db.exclusively(ctx, func(tx *sql.Tx) error { return db.place(ctx, tx, together) })
	if err == nil {
		return
	}
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

// place gives each append its place, and writes the records at the end.
func (db *DB) place(ctx context.Context, tx *sql.Tx, together []*appending) error {
	standing, err := db.standing(ctx, tx, together)
	if err != nil {
		return err
	}
	heads, records, evidence := heads{db: db, tx: tx, of: map[string]audit.Head{}}, []audit.Entry{}, [][]byte{}
	for _, a := range together {
		if e, stands := standing[a.key]; stands {
			a.entry, a.stood = e, true
			continue
		}
		kept, d, err := heads.seal(ctx, a)
		if a.err = err; err != nil {
			if err := heads.undo(ctx, a); err != nil {
				return err
			}
			continue
		}
		a.entry, standing[a.key] = kept, kept
		records, evidence = append(records, kept), append(evidence, d.Evidence...)
	}
	if err := db.keep(ctx, tx, evidence); err != nil {
		return err
	}
	return db.insert(ctx, tx, records)
}

// standing finds what the keys have already.
func (db *DB) standing(ctx context.Context, tx *sql.Tx, together []*appending) (map[string]audit.Entry, error) {
	keys := make([]any, len(together))
	for i, a := range together {
		keys[i] = a.key
	}
	found := map[string]audit.Entry{}
	for e, err := range db.entries(ctx, tx, "WHERE record_key IN (?"+strings.Repeat(", ?", len(keys)-1)+")", keys...) {
		if err != nil {
			return nil, err
		}
		found[e.Record.Key] = e
	}
	return found, nil
}

// heads are the ends of the authors' chains, as they grow within a group.
type heads struct {
	db   *DB
	tx   *sql.Tx
	next int64
	of   map[string]audit.Head
}

// seal runs one append's draft and signs it in its place. A panic in it is the
// caller's.
func (h *heads) seal(ctx context.Context, a *appending) (e audit.Entry, d audit.Draft, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.panicked, err = p, fmt.Errorf("panic: %v", p)
		}
	}()
	subject := a.trail.Signer.Subject
	head, known := h.of[subject]
	if !known {
		if head, err = h.db.head(ctx, h.tx, subject); err != nil {
			return e, d, err
		}
	}
	head.Index = max(head.Index, h.next)
	if a.writes {
		if _, err := h.tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
			return e, d, err
		}
	}
	if d, err = a.draft(h.tx); err == nil {
		err = a.ctx.Err() // whoever has gone by now is told that nothing happened
	}
	if err != nil {
		return e, d, err
	}
	if e, err = a.trail.Signer.Seal(d, head); err != nil {
		return e, d, err
	}
	h.next = e.Index + 1
	h.of[subject] = audit.Head{Index: e.Index + 1, Seq: head.Seq + 1, Prev: audit.ChainHash(e.JWS)}
	return e, d, nil
}

// undo takes back what an append has written that came to nothing.
func (h *heads) undo(ctx context.Context, a *appending) error {
	if !a.writes {
		return nil
	}
	_, err := h.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT one")
	return err
}
