package store

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"countersign/audit"
	"countersign/store/find"
)

// ErrNotEnrolled means that a key may not sign at the end of the log: it was never
// enrolled, or has been retired or revoked.
var ErrNotEnrolled = errors.New("the signing key is not enrolled")

// registry is the keys of the log, as far as its records about keys were read.
type registry struct {
	audit.Registry
	next int64 // the first index that was not looked at
}

// Open believes a stored record when a key that was enrolled for its subject then has
// signed it for this place; else it is [audit.ErrForged].
func (db *DB) Open(ctx context.Context, e audit.Entry) (audit.Entry, error) {
	return db.openIn(ctx, db.sql, e)
}

func (db *DB) openIn(ctx context.Context, q querier, e audit.Entry) (audit.Entry, error) {
	claimed, kid := find.Payload(e.JWS), keyIDOf(e.JWS)
	pub, ok, err := db.key(ctx, q, kid, claimed.Subject, e.Index)
	if err != nil {
		return audit.Entry{}, err
	}
	if !ok {
		return audit.Entry{}, fmt.Errorf("record %d: %w: key %.60q was not enrolled for %.60q then", e.Index, audit.ErrForged, kid, claimed.Subject)
	}
	if e.Record, err = audit.Open(e.JWS, audit.NewKeys(pub)); err != nil {
		return audit.Entry{}, fmt.Errorf("record %d: %w", e.Index, err)
	}
	if e.Record.Index != e.Index || e.LeafHash != audit.LeafHash(e.JWS) {
		return audit.Entry{}, fmt.Errorf("record %d: %w: it was signed for place %d", e.Index, audit.ErrForged, e.Record.Index)
	}
	return e, nil
}

// key is the key that may sign for a subject at an index.
func (db *DB) key(ctx context.Context, q querier, kid, subject string, index int64) (crypto.PublicKey, bool, error) {
	if err := db.learn(ctx, q); err != nil {
		return nil, false, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	pub, ok := db.registry.Key(kid, subject, index)
	return pub, ok, nil
}

// Registry is the keys of the log as they stand, by its records about keys.
func (db *DB) Registry(ctx context.Context) (*audit.Registry, error) {
	fresh := &registry{}
	err := db.learnInto(ctx, db.sql, fresh)
	return &fresh.Registry, err
}

// learn reads the records about keys that this process has not read yet.
func (db *DB) learn(ctx context.Context, q querier) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.registry == nil {
		db.registry = &registry{}
	}
	return db.learnInto(ctx, q, db.registry)
}

func (db *DB) learnInto(ctx context.Context, q querier, r *registry) error {
	for e, err := range db.entries(ctx, q, "WHERE type IN (?, ?, ?) AND idx >= ? ORDER BY idx",
		string(audit.KeyEnrolled), string(audit.KeyRetired), string(audit.KeyRevoked), r.next) {
		if err != nil {
			return err
		}
		if err := r.apply(e); err != nil {
			return fmt.Errorf("record %d (%s): %w", e.Index, e.Record.Key, err)
		}
		r.next = e.Index + 1
	}
	return nil
}

// apply learns from a stored record about a key.
func (r *registry) apply(e audit.Entry) error {
	claimed := find.Payload(e.JWS)
	if claimed.Index != e.Index {
		return fmt.Errorf("%w: it was signed for place %d", audit.ErrForged, claimed.Index)
	}
	pub, ok := r.Candidate(claimed, keyIDOf(e.JWS))
	if !ok {
		return fmt.Errorf("%w: signed by a key that was not enrolled then", audit.ErrForged)
	}
	rec, err := audit.Open(e.JWS, audit.NewKeys(pub))
	if err != nil {
		return err
	}
	return r.ApplyBy(rec, keyIDOf(e.JWS))
}

// keyIDOf is the key that a record says it was signed with.
func keyIDOf(jws string) string {
	head, _, _ := strings.Cut(jws, ".")
	var h struct {
		KeyID string `json:"kid"`
	}
	if raw, err := base64.RawURLEncoding.DecodeString(head); err == nil {
		_ = json.Unmarshal(raw, &h) // unreadable names no key
	}
	return h.KeyID
}

// known is the keys as far as this process has read.
func (db *DB) known() *audit.Registry {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.registry.Clone()
}

// learned is the registry behind a record that is being written. A record about a key that
// would not count is refused: it would stand on the trail for ever, and verify never.
func learned(r *audit.Registry, rec audit.Record, kid string) (*audit.Registry, error) {
	switch rec.Type {
	case audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked:
		r = r.Clone()
		return r, r.ApplyBy(rec, kid)
	}
	return r, nil
}

// maySign fails unless the signer's key may sign a draft at an index.
func maySign(r *audit.Registry, s *audit.Signer, d audit.Draft, index int64) error {
	if log := r.Issuer(); log != "" && log != s.Issuer {
		return fmt.Errorf("%w: the trail is that of issuer %q, not of %q: a deployment keeps its name, or begins a new database", ErrNotEnrolled, log, s.Issuer)
	}
	kid := audit.KeyID(s.Key.Public())
	if _, ok := r.Key(kid, s.Subject, index); ok {
		return nil
	}
	if d.Key == audit.KeyRecordKey(kid, audit.KeyEnrolled) && r.Empty(audit.RecordKey) {
		return nil // the first key of a log enrols itself
	}
	return fmt.Errorf("%w: %s for %s; `countersign keys enroll` does it, with a key that is", ErrNotEnrolled, kid, s.Subject)
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
		d, err := t.enrolment(audit.LogKey, k.Name(), k.Signer(), "", r.Empty(audit.LogKey) && len(missing) == 0)
		if err != nil {
			return err
		}
		missing = append(missing, d)
	}
	if r.Empty(audit.RecordKey) {
		d, err := t.enrolment(audit.RecordKey, t.Signer.Subject, t.Signer.Key, "", true)
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
	kid := audit.KeyID(t.Signer.Key.Public())
	if r, err = t.DB.Registry(ctx); err != nil {
		return fmt.Errorf("keys of the trail: %w", err)
	}
	if k, ok := r.Lookup(kid); !ok || k.Subject != t.Signer.Subject || k.Until >= 0 {
		return fmt.Errorf("%w: %s for %s; `countersign keys enroll` does it, with a key that is", ErrNotEnrolled, kid, t.Signer.Subject)
	}
	return nil
}

// Enrol puts on the trail that a key may sign from here on. The key proves that it is
// here; the signer's own must be enrolled already.
func (t *Trail) Enrol(ctx context.Context, use audit.KeyUse, subject string, key crypto.Signer, by string) (audit.Entry, error) {
	d, err := t.enrolment(use, subject, key, by, false)
	if err != nil {
		return audit.Entry{}, err
	}
	return t.Append(ctx, d)
}

// enrolment is the record of a key being enrolled. The first key of its use has signed
// what stands in front of it: it may sign from 0.
func (t *Trail) enrolment(use audit.KeyUse, subject string, key crypto.Signer, by string, first bool) (audit.Draft, error) {
	e, err := audit.NewEnrolment(t.Signer.Issuer, use, subject, 0, key)
	if err != nil {
		return audit.Draft{}, err
	}
	if use == audit.RecordKey && subject == t.Signer.Subject && t.Signer.Vouch != nil {
		c, err := t.Signer.Vouch(audit.EnrolmentStatement(t.Signer.Issuer, use, subject, e.KeyID))
		if err != nil {
			return audit.Draft{}, fmt.Errorf("the custodian's credential vouches for key %s: %w", e.KeyID, err)
		}
		e.Credential = &c
	}
	e.By = by
	return audit.Draft{
		Key: audit.KeyRecordKey(e.KeyID, audit.KeyEnrolled), Type: audit.KeyEnrolled,
		Body: func(index int64) any {
			if !first {
				e.From = index
			}
			return e
		},
	}, nil
}

// EndKey retires or revokes a key. A retired one signs nothing from the next record on;
// of a revoked one nothing is believed from index from on.
func (t *Trail) EndKey(ctx context.Context, kid string, kind audit.Type, from int64, reason, by string) (audit.Entry, error) {
	return t.Append(ctx, audit.Draft{
		Key: audit.KeyRecordKey(kid, kind), Type: kind,
		Body: func(index int64) any {
			end := audit.KeyEnd{KeyID: kid, From: index + 1, Reason: reason, By: by}
			if kind == audit.KeyRevoked {
				end.From = from
			}
			return end
		},
	})
}
