package store

import (
	"context"
	"database/sql"
	"errors"

	"countersign/audit"
	"countersign/store/evidence"
	"countersign/store/halts"
)

// ErrNotHalted is [halts.ErrNotHalted].
var ErrNotHalted = halts.ErrNotHalted

// A Halt is a scope in which no machine decides; it is a [halts.Halt].
type Halt = halts.Halt

// Halt appends a record and halts a scope, in one transaction: whatever is decided
// after it knows. A scope that is halted already stays so, and its first record is
// returned.
func (t *Trail) Halt(ctx context.Context, d audit.Draft, scope string) (audit.Entry, error) {
	var standing string
	entry, err := t.append(ctx, d.Key, &d, func(tx *sql.Tx) (_ audit.Draft, err error) {
		if standing, err = halts.Begin(ctx, t.DB.sql, tx, scope, d.Key, t.Signer.Now()); err == nil && standing != "" {
			err = errHalted
		}
		return d, err
	})
	if errors.Is(err, errHalted) {
		return t.Find(ctx, standing)
	}
	return entry, err
}

// errHalted ends the transaction of a halt that stands already.
var errHalted = errors.New("halted already")

// Resume appends a record and ends a halt, in one transaction; [ErrNotHalted] when
// there is none.
func (t *Trail) Resume(ctx context.Context, d audit.Draft, scope string) (audit.Entry, error) {
	return t.append(ctx, d.Key, &d, func(tx *sql.Tx) (audit.Draft, error) {
		return d, t.DB.halts.End(ctx, tx, scope)
	})
}

// Halts lists what is halted, by scope.
func (db *DB) Halts(ctx context.Context) ([]Halt, error) { return db.halts.List(ctx) }

// Halted returns those of the scopes that are halted now.
func (t *Trail) Halted(ctx context.Context, scopes []string) ([]string, error) {
	return t.DB.halts.Now(ctx, scopes)
}

// Evidence returns what a record names by its digest; see [DB.Evidence].
func (t *Trail) Evidence(ctx context.Context, digest string) ([]byte, error) {
	return t.DB.Evidence(ctx, digest)
}

// Evidence returns what a record names by its lower-case hex SHA-256, or
// [audit.ErrNoRecord]. Bytes that are not those any more are [audit.ErrForged].
func (db *DB) Evidence(ctx context.Context, digest string) ([]byte, error) {
	return evidence.Read(ctx, db.sql, digest)
}
