package store

import (
	"context"
	"fmt"
	"maps"

	"countersign/audit"
	"countersign/store/find"
	"countersign/store/keys"
	"countersign/store/sqldb"
	"countersign/store/treelog"
)

// place gives each append its place, signs what it appends, writes the records, and puts
// them under the tree. It returns the new end of the log, nil when nothing was appended.
func (db *DB) place(ctx context.Context, tx *sqldb.Tx, together []*appending) (*tip, error) {
	end, standing, err := db.lock(ctx, tx, together)
	if err != nil {
		return nil, err
	}
	if !end.learned {
		if err := db.halts.Learn(ctx, tx); err != nil {
			return nil, err
		}
	}
	p := &placing{db: db, tx: tx, end: end, next: end.Size(), heads: maps.Clone(end.heads), keys: map[string]bool{}, registry: db.keys.Known()}
	defer p.signing.Wait()
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
	if len(p.written) == 0 {
		return nil, nil //nolint:nilnil // as documented
	}
	return end, p.write(ctx)
}

// lock waits for the turn of this process, and returns the end of the log and what the keys of
// the appends have already.
func (db *DB) lock(ctx context.Context, tx *sqldb.Tx, together []*appending) (*tip, map[string]audit.Entry, error) {
	if err := db.refused(); err != nil {
		return nil, nil, err
	}
	keys := make([]string, len(together))
	for i, a := range together {
		keys[i] = a.key
	}
	var newest []byte
	standing := map[string]audit.Entry{}
	// On SQLite the transaction has the lock from its beginning. PostgreSQL makes plans that
	// it keeps, and those that it made while a table was empty read all of it ever after.
	if db.postgres {
		if err := tx.Send(ctx, sqldb.Statement{Text: "SELECT set_config('enable_seqscan', 'off', true) FROM append_lock FOR UPDATE"}); err != nil {
			return nil, nil, err
		}
	}
	if err := tx.Send(ctx, treelog.Newest(&newest), find.Standing(db.sql, keys, standing)); err != nil {
		return nil, nil, err
	}
	if err := tx.Flush(ctx); err != nil {
		return nil, nil, err
	}
	end, err := db.tipIn(ctx, tx.Tx, newest)
	return end, standing, err
}

// A placing is a group on its way into the log.
type placing struct {
	db    *DB
	tx    *sqldb.Tx
	end   *tip
	next  int64                 // the next index
	heads map[string]audit.Head // the ends of the authors' chains, as they grow
	keys  map[string]bool       // what the group itself writes
	// registry is the keys as they stand behind what the group writes.
	registry *audit.Registry

	written  []*writing
	signing  signing
	evidence [][]byte
	later    []same
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
	d, err := a.draft(p.tx.Tx)
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
	placed := make([]*writing, len(drafts))
	known := p.registry
	for i, d := range drafts {
		ready := a.ready
		if ready == nil || i != main {
			if ready, err = signer.Ready(d); err != nil {
				return 0, err
			}
		}
		if err := keys.MaySign(known, signer, ready.KeyID, d.Key, head.Index); err != nil {
			return 0, err
		}
		u, err := ready.At(head)
		if err != nil {
			return 0, err
		}
		if known, err = keys.After(known, u.Record, ready.KeyID); err != nil {
			return 0, err
		}
		placed[i], head = &writing{Unsigned: u}, head.After(u.Input)
	}
	// Nothing of it can fail any more but the signature: it takes its places.
	placed[main].owner = a
	at = len(p.written) + main
	for i, d := range drafts {
		p.keys[d.Key] = true
		p.evidence = append(p.evidence, d.Evidence...)
		p.signing.begin(placed[i])
	}
	p.written, p.registry = append(p.written, placed...), known
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
		if head, err = p.db.head(ctx, p.tx.Tx, subject); err != nil {
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
