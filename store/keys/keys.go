// Package keys knows who may sign in a log, by the log's own records about keys.
//
// The first record of a log enrols the key that signed it; every later key is enrolled, or
// ended, by a record of a key that was valid then. Validity goes by the index of a record and
// never by a clock. A stored record is believed when a key that was enrolled for its author
// then has signed it for its place.
package keys

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"countersign/audit"
	"countersign/store/find"
	"countersign/store/sqldb"
)

// ErrNotEnrolled means that a key may not sign at the end of the log: it was never
// enrolled, or has been retired or revoked.
var ErrNotEnrolled = errors.New("the signing key is not enrolled")

// ErrLastKey means that a key may not be ended now: with it the log would lose the last that
// may sign, and nothing could be written any more, no other key and no halt either.
var ErrLastKey = errors.New("it is the last key that may sign")

// Keys are those of the log of a database, as far as its records about keys were read. They
// are safe for concurrent use.
type Keys struct {
	SQL *sqldb.DB

	mu    sync.Mutex
	known registry
}

// registry is what records about keys tell, up to one.
type registry struct {
	audit.Registry
	next int64 // the first index that was not looked at
}

// Registry is the keys of a log as they stand, by all of its records about keys.
func Registry(ctx context.Context, db *sqldb.DB) (*audit.Registry, error) {
	fresh := &registry{}
	err := fresh.learn(ctx, db, db)
	return &fresh.Registry, err
}

// Learn reads the records about keys that were not read yet.
func (k *Keys) Learn(ctx context.Context, q find.Querier) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known.learn(ctx, k.SQL, q)
}

// Known is the keys as far as they were read.
func (k *Keys) Known() *audit.Registry {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known.Clone()
}

// Open believes a stored record when a key that was enrolled for its subject then has
// signed it for this place; else it is [audit.ErrForged].
func (k *Keys) Open(ctx context.Context, e audit.Entry) (audit.Entry, error) {
	if err := k.Learn(ctx, k.SQL); err != nil {
		return audit.Entry{}, err
	}
	return k.Believe(e)
}

// Believe is Open by the records about keys that were read already.
func (k *Keys) Believe(e audit.Entry) (audit.Entry, error) {
	claimed, kid := find.Payload(e.JWS), keyIDOf(e.JWS)
	pub, ok := k.key(kid, claimed.Subject, e.Index)
	if !ok {
		return audit.Entry{}, fmt.Errorf("record %d: %w: key %.60q was not enrolled for %.60q then", e.Index, audit.ErrForged, kid, claimed.Subject)
	}
	var err error
	if e.Record, err = audit.Open(e.JWS, audit.NewKeys(pub)); err != nil {
		return audit.Entry{}, fmt.Errorf("record %d: %w", e.Index, err)
	}
	if e.Record.Index != e.Index || e.LeafHash != audit.LeafHash(e.JWS) {
		return audit.Entry{}, fmt.Errorf("record %d: %w: it was signed for place %d", e.Index, audit.ErrForged, e.Record.Index)
	}
	return e, nil
}

// key is the key that may sign for a subject at an index.
func (k *Keys) key(kid, subject string, index int64) (crypto.PublicKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known.Key(kid, subject, index)
}

func (r *registry) learn(ctx context.Context, db *sqldb.DB, q find.Querier) error {
	for e, err := range find.Where(ctx, db, q, "WHERE type IN (?, ?, ?) AND idx >= ? ORDER BY idx",
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

// After is the registry behind a record that is being written and was signed with kid. A record about a key that
// would not count is refused: it would stand on the trail for ever, and verify never. So is, with [ErrLastKey], the
// end of a key behind which none could sign.
func After(r *audit.Registry, rec audit.Record, kid string) (*audit.Registry, error) {
	switch rec.Type {
	case audit.KeyEnrolled, audit.KeyRetired, audit.KeyRevoked:
		before := r
		r = before.Clone()
		if err := r.ApplyBy(rec, kid); err != nil {
			return nil, err
		}
		return r, signsOn(before, r)
	}
	return r, nil
}

// signsOn refuses a step behind which no key could sign records any more, or none the log's checkpoints.
func signsOn(before, after *audit.Registry) error {
	for _, use := range []audit.KeyUse{audit.RecordKey, audit.LogKey} {
		if lost := standing(before, use); len(lost) > 0 && len(standing(after, use)) == 0 {
			return fmt.Errorf("%w for the use %q: enrol another first, with a key that this leaves standing; a revocation takes with it what the key has enrolled from its index on (it would end %s)",
				ErrLastKey, use, strings.Join(lost, ", "))
		}
	}
	return nil
}

// standing are the keys that may sign on: any records, or the checkpoints of the log that the first log key named.
func standing(r *audit.Registry, use audit.KeyUse) (kids []string) {
	origin := ""
	for _, k := range r.All() {
		if k.Use != use {
			continue
		}
		if origin == "" {
			origin = k.Subject
		}
		if k.Until < 0 && (use == audit.RecordKey || k.Subject == origin) {
			kids = append(kids, k.KeyID)
		}
	}
	return kids
}

// MaySign fails, with [ErrNotEnrolled], unless the signer's key kid may sign the record of a
// key at an index.
func MaySign(r *audit.Registry, s *audit.Signer, kid, key string, index int64) error {
	if log := r.Issuer(); log != "" && log != s.Issuer {
		return fmt.Errorf("%w: the trail is that of issuer %q, not of %q: a deployment keeps its name, or begins a new database", ErrNotEnrolled, log, s.Issuer)
	}
	if _, ok := r.Key(kid, s.Subject, index); ok {
		return nil
	}
	if key == audit.KeyRecordKey(kid, audit.KeyEnrolled) && r.Empty(audit.RecordKey) {
		return nil // the first key of a log enrols itself
	}
	return Refusal(r, kid, s.Subject)
}

// Refusal is the [ErrNotEnrolled] of a key that may not sign for a subject, with why and what to
// do.
func Refusal(r *audit.Registry, kid, subject string) error {
	k, ok := r.Lookup(kid)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s for %s; `countersign keys enroll` does it, with a key that is", ErrNotEnrolled, kid, subject)
	case k.Until < 0 && k.Subject == subject:
		return fmt.Errorf("%w: %s signs as a key of the %s, from record %d on", ErrNotEnrolled, kid, k.Use, k.From)
	case k.Subject != subject:
		return fmt.Errorf("%w: %s signs for %s, not for %s: give each account a key of its own", ErrNotEnrolled, kid, k.Subject, subject)
	case k.Revoked:
		return fmt.Errorf("%w any more: %s was revoked, from record %d on; sign with another (`countersign keys list`)", ErrNotEnrolled, kid, k.Until)
	}
	return fmt.Errorf("%w any more: %s was retired and signs nothing from record %d on; sign with another (`countersign keys list`)", ErrNotEnrolled, kid, k.Until)
}

// Enrolled fails, with [ErrNotEnrolled], unless the signer's key may sign on.
func Enrolled(r *audit.Registry, s *audit.Signer) error {
	kid := audit.KeyID(s.Key.Public())
	if k, ok := r.Lookup(kid); !ok || k.Use != audit.RecordKey || k.Subject != s.Subject || k.Until >= 0 {
		return Refusal(r, kid, s.Subject)
	}
	return nil
}
