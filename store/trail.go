package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"countersign"
	"countersign/audit"
	"countersign/store/claims"
	"countersign/store/find"
)

// A Trail appends signed records to a database. It is safe for concurrent use, in
// one process and in several.
type Trail struct {
	DB     *DB
	Signer *audit.Signer
}

// Find returns the record under key, or [audit.ErrNoRecord]. It is opened under
// the signer's own key, because it will be acted on: a row that somebody put into
// the database is [audit.ErrForged], and nothing follows from it.
func (t *Trail) Find(ctx context.Context, key string) (audit.Entry, error) {
	e, err := t.DB.Find(ctx, key)
	if err != nil {
		return e, err
	}
	return t.open(ctx, e, key)
}

// open believes a stored record when our key of the time has signed it, for this key.
func (t *Trail) open(ctx context.Context, e audit.Entry, key string) (audit.Entry, error) {
	opened, err := t.DB.Open(ctx, e)
	if err != nil {
		return audit.Entry{}, err
	}
	if opened.Record.Key != key || opened.Record.Subject != t.Signer.Subject {
		return audit.Entry{}, fmt.Errorf("record %d under key %s: %w: signed as %s by %s", e.Index, key, audit.ErrForged, opened.Record.Key, opened.Record.Subject)
	}
	return opened, nil
}

// Append adds a record. When its key holds one already that tells the same, that one stands and
// is returned: a fact is told once, by whoever was first to tell it. When it tells something else
// that is [audit.ErrOtherContent], unless the draft may be retold.
func (t *Trail) Append(ctx context.Context, d audit.Draft) (audit.Entry, error) {
	a := &appending{trail: t, key: d.Key, draft: func(*sql.Tx) (audit.Draft, error) { return d, nil }, fixed: &d, ctx: ctx}
	if r, err := t.Signer.Ready(d); err == nil { // else it fails where its turn comes, unless its key stands
		a.ready = r
	}
	return t.wait(a)
}

// Decide makes and keeps a decision in one transaction. When key holds one
// already, that is returned and conclude is not called: a decision is never made
// twice, nor differently. Otherwise conclude is told how the claims stand and which of
// the scopes are halted, and returns the decision; with reserve, the claims are
// reserved by it, and it is an error when one does not fit; without, they are noted
// for the case that people approve. It must not use the Trail itself.
func (t *Trail) Decide(ctx context.Context, key string, wanted []countersign.Claim, scopes []string,
	conclude func(countersign.Standing) (d audit.Draft, reserve bool),
) (audit.Entry, error) {
	return t.append(ctx, key, nil, func(tx *sql.Tx) (audit.Draft, error) {
		halted, err := t.DB.halts.Among(ctx, tx, scopes)
		if err != nil {
			return audit.Draft{}, err
		}
		balances, fits, err := claims.Take(ctx, t.DB.sql, tx, key, wanted, t.Signer.Now())
		if err != nil {
			return audit.Draft{}, err
		}
		d, reserve := conclude(countersign.Standing{Balances: balances, Halted: halted})
		switch {
		case d.Key != key:
			return audit.Draft{}, fmt.Errorf("decide %s: draft has key %s", key, d.Key)
		case reserve && !fits: // a cap holds whatever conclude says
			return audit.Draft{}, fmt.Errorf("decide %s: the claims do not fit their budgets", key)
		case reserve && len(halted) > 0:
			return audit.Draft{}, fmt.Errorf("decide %s: %s is halted", key, halted[0])
		case !reserve:
			err = claims.Move(ctx, t.DB.sql, tx, key, claims.Noted)
		}
		return d, err
	})
}

// Close appends how a decision ended and settles its claims, in one transaction:
// kept when the money moved, given back when it did not. A second call with the
// same key changes nothing and returns the first record, if it tells the same.
func (t *Trail) Close(ctx context.Context, d audit.Draft, decisionKey string, moved bool) (audit.Entry, error) {
	return t.append(ctx, d.Key, &d, func(tx *sql.Tx) (audit.Draft, error) {
		state := claims.Released
		if moved {
			state = claims.Committed
		}
		return d, claims.Move(ctx, t.DB.sql, tx, decisionKey, state)
	})
}

// Void appends that a decision did not take effect and turns its reservations
// back into notes, in one transaction; like Close it is safe to repeat.
func (t *Trail) Void(ctx context.Context, d audit.Draft, decisionKey string) (audit.Entry, error) {
	return t.append(ctx, d.Key, &d, func(tx *sql.Tx) (audit.Draft, error) {
		return d, claims.Move(ctx, t.DB.sql, tx, decisionKey, claims.Noted)
	})
}

// append runs draft in the transaction, to which it may write, and appends its result, unless
// key is taken: then fixed, where the draft is known beforehand, is compared with what stands.
func (t *Trail) append(ctx context.Context, key string, fixed *audit.Draft, draft func(*sql.Tx) (audit.Draft, error)) (audit.Entry, error) {
	return t.wait(&appending{trail: t, key: key, draft: draft, fixed: fixed, writes: true, ctx: ctx})
}

// wait waits until an append is on the trail.
func (t *Trail) wait(a *appending) (audit.Entry, error) {
	t.DB.append(a)
	if a.err == nil && a.stood { // it will be acted on: believe only what we have signed
		a.entry, a.err = t.open(a.ctx, a.entry, a.key)
		if a.err == nil && a.fixed != nil {
			a.err = a.fixed.Stands(a.entry)
		}
	}
	if a.err != nil {
		return audit.Entry{}, fmt.Errorf("append %s: %w", a.key, a.err)
	}
	return a.entry, nil
}

// head is the end of a subject's chain; its index is the caller's to say.
func (db *DB) head(ctx context.Context, tx *sql.Tx, subject string) (h audit.Head, err error) {
	var last string
	err = tx.QueryRowContext(ctx, db.query("SELECT seq+1, jws FROM records WHERE subject = ? ORDER BY seq DESC LIMIT 1"), subject).
		Scan(&h.Seq, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	h.Prev = audit.ChainHash(last)
	return h, err
}

// A Filter picks records; it is a [find.Filter].
type Filter = find.Filter

// Entries is [find.Entries] of this database.
func (db *DB) Entries(ctx context.Context, f Filter) iter.Seq2[audit.Entry, error] {
	return find.Entries(ctx, db.sql, f)
}

// Find returns the record under key, or [audit.ErrNoRecord].
func (db *DB) Find(ctx context.Context, key string) (audit.Entry, error) {
	for e, err := range find.Where(ctx, db.sql, db.sql, "WHERE record_key = ?", key) {
		return e, err
	}
	return audit.Entry{}, fmt.Errorf("%w: %s", audit.ErrNoRecord, key)
}
