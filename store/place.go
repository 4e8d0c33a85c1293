package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/audit"
	"countersign/store/evidence"
	"countersign/store/find"
	"countersign/store/keys"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"
)

// maxSigning is how many signatures of one group are asked for at once: a key may be far
// away, and answers many as fast as one.
const maxSigning = 32

// place gives each append its place, signs what it appends, writes the records, and puts
// them under the tree. It returns the new end of the log, nil when nothing was appended.
func (db *DB) place(ctx context.Context, tx *sql.Tx, together []*appending) (*tip, error) {
	end, err := db.tipIn(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !end.learned {
		if err := db.keys.Learn(ctx, tx); err != nil {
			return nil, err
		}
	}
	standing, err := db.standing(ctx, tx, together)
	if err != nil {
		return nil, err
	}
	p := &placing{db: db, tx: tx, end: end, next: end.Size(), heads: maps.Clone(end.heads), keys: map[string]bool{}, registry: db.keys.Known()}
	waiting := map[string]int{} // by key, the place among those that are being written
	for _, a := range together {
		if e, stands := standing[a.key]; stands {
			a.entry, a.stood = e, true
			continue
		}
		if at, ours := waiting[a.key]; ours {
			a.stood = true
			p.later = append(p.later, same{a, at})
			continue
		}
		at, err := p.draft(ctx, a)
		if a.err = err; err != nil {
			if err := p.undo(ctx, a); err != nil {
				return nil, err
			}
			continue
		}
		waiting[a.key] = at
	}
	if err := p.write(ctx); err != nil || len(p.records) == 0 {
		return nil, err
	}
	end.heads, end.appended = p.heads, p.records
	end.learned = !slices.ContainsFunc(p.records, func(e audit.Entry) bool {
		return e.Record.Type == audit.KeyEnrolled || e.Record.Type == audit.KeyRetired || e.Record.Type == audit.KeyRevoked
	})
	return end, db.grow(ctx, tx, end, p.leaves, p.registry)
}

// standing finds what the keys have already.
func (db *DB) standing(ctx context.Context, tx *sql.Tx, together []*appending) (map[string]audit.Entry, error) {
	wanted := make([]any, len(together))
	for i, a := range together {
		wanted[i] = a.key
	}
	found := map[string]audit.Entry{}
	for e, err := range find.Where(ctx, db.sql, tx, "WHERE record_key IN (?"+strings.Repeat(", ?", len(wanted)-1)+")", wanted...) {
		if err != nil {
			return nil, err
		}
		found[e.Record.Key] = e
	}
	return found, nil
}

// A placing is a group on its way into the log.
type placing struct {
	db    *DB
	tx    *sql.Tx
	end   *tip
	next  int64                 // the next index
	heads map[string]audit.Head // the ends of the authors' chains, as they grow
	keys  map[string]bool       // what the group itself writes
	// registry is the keys as they stand behind what the group writes.
	registry *audit.Registry

	unsigned []audit.Unsigned
	owners   []*appending // of each; nil for what stands around a record
	evidence [][]byte
	later    []same

	records []audit.Entry
	leaves  []tlog.Hash
}

// same is an append of a key that an earlier one of the group writes.
type same struct {
	a  *appending
	at int
}

// draft runs one append's draft and gives it, and what stands around it, their places. A
// panic in it is the caller's.
func (p *placing) draft(ctx context.Context, a *appending) (at int, err error) {
	defer func() {
		if r := recover(); r != nil {
			a.panicked, err = r, fmt.Errorf("panic: %v", r)
		}
	}()
	if a.writes {
		if _, err := p.tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
			return 0, err
		}
	}
	d, err := a.draft(p.tx)
	if err == nil {
		err = a.ctx.Err() // whoever has gone by now is told that nothing happened
	}
	if err != nil {
		return 0, err
	}
	return p.prepare(ctx, a, d)
}

// prepare gives a draft, and what stands around it, their places, all or none.
func (p *placing) prepare(ctx context.Context, a *appending, d audit.Draft) (at int, err error) {
	drafts, main, err := p.around(ctx, d)
	if err != nil {
		return 0, err
	}
	signer := a.trail.Signer
	head, err := p.head(ctx, signer.Subject)
	if err != nil {
		return 0, err
	}
	ready := make([]audit.Unsigned, len(drafts))
	known := p.registry
	for i, d := range drafts {
		if err := keys.MaySign(known, signer, d, head.Index); err != nil {
			return 0, err
		}
		if ready[i], err = signer.Prepare(d, head); err != nil {
			return 0, err
		}
		if known, err = keys.After(known, ready[i].Record, audit.KeyID(signer.Key.Public())); err != nil {
			return 0, err
		}
		head = head.After(ready[i].Input)
	}
	// Nothing of it can fail any more but the signature: it takes its places.
	at = len(p.unsigned) + main
	for i, d := range drafts {
		p.unsigned, p.owners = append(p.unsigned, ready[i]), append(p.owners, nil)
		p.keys[d.Key] = true
		p.evidence = append(p.evidence, d.Evidence...)
	}
	p.owners[at], p.registry = a, known
	p.next, p.heads[signer.Subject] = head.Index, head
	return at, nil
}

// around is a draft with what stands before and after it and was not told yet.
func (p *placing) around(ctx context.Context, d audit.Draft) (all []audit.Draft, main int, err error) {
	told := func(d audit.Draft) bool {
		if p.keys[d.Key] {
			return true
		}
		found, e := find.Bytes(ctx, p.tx, p.db.query("SELECT record_key FROM records WHERE record_key = ?"), d.Key)
		if e != nil {
			err = e
		}
		return found != nil
	}
	for _, b := range d.Before {
		if !told(b) {
			all = append(all, b)
		}
	}
	main = len(all)
	all = append(all, d)
	for _, b := range d.After {
		if !told(b) {
			all = append(all, b)
		}
	}
	return all, main, err
}

// head is where the next record of a subject goes.
func (p *placing) head(ctx context.Context, subject string) (head audit.Head, err error) {
	head, known := p.heads[subject]
	if !known {
		if head, err = p.db.head(ctx, p.tx, subject); err != nil {
			return head, err
		}
	}
	head.Index = p.next
	return head, nil
}

// undo takes back what an append has written that came to nothing.
func (p *placing) undo(ctx context.Context, a *appending) error {
	if !a.writes {
		return nil
	}
	_, err := p.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT one")
	return err
}

// write signs the records side by side and inserts them, with the evidence.
func (p *placing) write(ctx context.Context) error {
	if len(p.unsigned) == 0 {
		return nil
	}
	p.records = make([]audit.Entry, len(p.unsigned))
	var signing errgroup.Group
	signing.SetLimit(maxSigning)
	for i, u := range p.unsigned {
		signing.Go(func() (err error) {
			p.records[i], err = u.Sign()
			return err
		})
	}
	if err := signing.Wait(); err != nil {
		return err
	}
	if err := evidence.Keep(ctx, p.db.sql, p.tx, p.evidence); err != nil {
		return err
	}
	facets := make([][]audit.Facet, len(p.unsigned))
	for i, u := range p.unsigned {
		facets[i] = u.Facets
	}
	stored, err := find.Put(ctx, p.db.sql, p.tx, p.records, facets)
	if err != nil {
		return err
	}
	for i, e := range p.records {
		// What is signed next is the tree over what the database has, not over what it
		// was given: a bit that fell on the way must not go under a checkpoint.
		if stored[i] != e.JWS {
			return fmt.Errorf("%w: the database keeps another record %d than it was given", audit.ErrForged, e.Index)
		}
		p.leaves = append(p.leaves, tlog.RecordHash([]byte(stored[i])))
		if a := p.owners[i]; a != nil {
			a.entry = e
		}
	}
	for _, s := range p.later {
		s.a.entry = p.records[s.at]
	}
	return nil
}

// committed keeps the end of the log for the next commit, and wakes who waits for it.
func (db *DB) committed(end *tip) {
	if end == nil {
		return
	}
	db.kept = end
	db.mu.Lock()
	defer db.mu.Unlock()
	db.recent.add(end.appended, end.Signed)
	end.appended = nil
	if db.seen != nil {
		close(db.seen)
		db.seen = nil
	}
}

// nextCommit is closed when this process has committed again.
func (db *DB) nextCommit() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.seen == nil {
		db.seen = make(chan struct{})
	}
	return db.seen
}
