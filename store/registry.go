package store

import (
	"context"
	"crypto"
	"fmt"

	"countersign/audit"
	"countersign/store/keys"
)

// ErrNotEnrolled is [keys.ErrNotEnrolled].
var ErrNotEnrolled = keys.ErrNotEnrolled

// Open believes a stored record when a key that was enrolled for its subject then has
// signed it for this place; else it is [audit.ErrForged].
func (db *DB) Open(ctx context.Context, e audit.Entry) (audit.Entry, error) {
	return db.keys.Open(ctx, e)
}

// Registry is the keys of the log as they stand, by its records about keys.
func (db *DB) Registry(ctx context.Context) (*audit.Registry, error) {
	return keys.Registry(ctx, db.sql)
}

// Found enrols, in an empty log, the signer's key and the log's own, in one commit: the
// first checkpoint is over them. In any other it fails with [ErrNotEnrolled] unless the
// signer's key may sign. Whoever appends calls it first.
func (t *Trail) Found(ctx context.Context) error {
	if t.DB.log == nil {
		return ErrNoLog
	}
	r, err := t.DB.Registry(ctx)
	if err != nil {
		return fmt.Errorf("keys of the trail: %w", err)
	}
	var missing []audit.Draft
	for _, k := range t.DB.log.Keys {
		if _, known := r.Lookup(audit.KeyID(k.Public())); known {
			continue
		}
		d, err := keys.Enrolment(t.Signer, audit.LogKey, k.Name(), k.Signer(), "", r.Empty(audit.LogKey) && len(missing) == 0)
		if err != nil {
			return err
		}
		missing = append(missing, d)
	}
	if r.Empty(audit.RecordKey) {
		d, err := keys.Enrolment(t.Signer, audit.RecordKey, t.Signer.Subject, t.Signer.Key, "", true)
		if err != nil {
			return err
		}
		d.After = missing
		missing = []audit.Draft{d}
	}
	for _, d := range missing {
		if _, err := t.Append(ctx, d); err != nil {
			return err
		}
	}
	if r, err = t.DB.Registry(ctx); err != nil {
		return fmt.Errorf("keys of the trail: %w", err)
	}
	return keys.Enrolled(r, t.Signer)
}

// Enrol puts on the trail that a key may sign from here on. The key proves that it is
// here; the signer's own must be enrolled already. A key that is enrolled for something else is
// [audit.ErrOtherContent].
func (t *Trail) Enrol(ctx context.Context, use audit.KeyUse, subject string, key crypto.Signer, by string) (audit.Entry, error) {
	d, err := keys.Enrolment(t.Signer, use, subject, key, by, false)
	if err != nil {
		return audit.Entry{}, err
	}
	e, err := t.Append(ctx, d)
	if err != nil {
		return e, err
	}
	var stands audit.Enrolment
	if err := e.Decode(&stands); err != nil {
		return e, err
	}
	if stands.Use != use || stands.Subject != subject {
		return e, fmt.Errorf("%w: record %d enrols key %s as a %s key of %s: a key is for one use", audit.ErrOtherContent, e.Index, stands.KeyID, stands.Use, stands.Subject)
	}
	return e, nil
}

// EndKey retires or revokes a key. A retired one signs nothing from the next record on;
// of a revoked one nothing is believed from index from on. The last key that may sign cannot be ended: [keys.ErrLastKey].
func (t *Trail) EndKey(ctx context.Context, kid string, kind audit.Type, from int64, reason, by string) (audit.Entry, error) {
	return t.Append(ctx, keys.End(kid, kind, from, reason, by))
}
