package audit

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

	"countersign/audit/form"
)

// A Registry is the keys of a log, each with the indexes it may sign at. It grows with
// the records about keys, in their order. The zero Registry knows none. It is not safe
// for concurrent use while it grows.
type Registry struct {
	keys   map[string]*RegisteredKey
	order  []string
	issuer string
}

// A RegisteredKey is an enrolled key.
type RegisteredKey struct {
	Enrolment
	Public crypto.PublicKey
	// EnrolledAt is the index of the enrolment, and EnrolledBy the key that signed it: its
	// own ID for the first of a log, empty where nobody told the registry.
	EnrolledAt int64
	EnrolledBy string
	// Until is the first index that it may not sign at, for a log key the first that its
	// checkpoints may not cover; -1 while it may sign on.
	Until   int64
	Revoked bool
}

// ErrRegistry means that a record about a key changes nothing, because it may not.
var ErrRegistry = errors.New("record about a key does not count")

// Key is the key that may sign the records of subject at index.
func (r *Registry) Key(kid, subject string, index int64) (crypto.PublicKey, bool) {
	k, ok := r.keys[kid]
	if !ok || k.Use != RecordKey || k.Subject != subject || index < k.From || k.Until >= 0 && index >= k.Until {
		return nil, false
	}
	return k.Public, true
}

// Clone is a registry that grows by itself.
func (r *Registry) Clone() *Registry {
	c := &Registry{keys: map[string]*RegisteredKey{}, order: slices.Clone(r.order), issuer: r.issuer}
	for kid, k := range r.keys {
		own := *k
		c.keys[kid] = &own
	}
	return c
}

// CheckpointKey is the log key that may sign a checkpoint of size records of the log with
// that origin: From <= size, and no record at or behind its end is under it.
func (r *Registry) CheckpointKey(kid, origin string, size int64) (crypto.PublicKey, bool) {
	k, ok := r.keys[kid]
	if !ok || k.Use != LogKey || k.Subject != origin || size < k.From || k.Until >= 0 && size > k.Until {
		return nil, false
	}
	return k.Public, true
}

// Lookup is everything known of a key.
func (r *Registry) Lookup(kid string) (RegisteredKey, bool) {
	if k, ok := r.keys[kid]; ok {
		return *k, true
	}
	return RegisteredKey{}, false
}

// All are the keys, in the order of their enrolment.
func (r *Registry) All() (all []RegisteredKey) {
	for _, kid := range r.order {
		all = append(all, *r.keys[kid])
	}
	return all
}

// Empty reports whether no key for a use was enrolled yet.
func (r *Registry) Empty(use KeyUse) bool {
	return !slices.ContainsFunc(r.order, func(kid string) bool { return r.keys[kid].Use == use })
}

// Candidate is the key with which a record should be opened: that of the registry, or,
// where none is enrolled for records yet, the one that the record itself enrols. The
// caller has to ask [Registry.Apply] whether that counts.
func (r *Registry) Candidate(rec Record, kid string) (crypto.PublicKey, bool) {
	if pub, ok := r.Key(kid, rec.Subject, rec.Index); ok {
		return pub, true
	}
	if rec.Type != KeyEnrolled || !r.Empty(RecordKey) {
		return nil, false
	}
	var e Enrolment
	if (Entry{Record: rec}).Decode(&e) != nil || e.KeyID != kid || e.Use != RecordKey || e.Subject != rec.Subject {
		return nil, false
	}
	pub, err := e.public(rec.Issuer)
	return pub, err == nil
}

// Apply learns from a record whose signature was found good: the caller has opened it
// with [Registry.Candidate]. Records of other types change nothing. The error,
// [ErrRegistry], says why a record about a key does not count; the registry is as before.
func (r *Registry) Apply(rec Record) error { return r.ApplyBy(rec, "") }

// ApplyBy is Apply with the ID of the key that signed the record. Only with it does the
// revocation of a key take with it the keys that were enrolled by it from then on.
func (r *Registry) ApplyBy(rec Record, kid string) error {
	switch rec.Type {
	case KeyEnrolled:
		return r.enrol(rec, kid)
	case KeyRetired, KeyRevoked:
		return r.end(rec)
	}
	return nil
}

// read decodes a record about a key. A body that two readers could read in two ways does
// not count.
func (r *Registry) read(rec Record, body any) error {
	if !form.Unambiguous(rec.Body) {
		return fmt.Errorf("%w: its body names a member twice", ErrRegistry)
	}
	if err := (Entry{Record: rec}).Decode(body); err != nil {
		return fmt.Errorf("%w: %w", ErrRegistry, err)
	}
	if r.issuer != "" && r.issuer != rec.Issuer {
		return fmt.Errorf("%w: issuer %.60q, the log is that of %q", ErrRegistry, rec.Issuer, r.issuer)
	}
	return nil
}

func (r *Registry) enrol(rec Record, by string) error {
	var e Enrolment
	if err := r.read(rec, &e); err != nil {
		return err
	}
	first := r.Empty(e.Use)
	pub, err := e.public(rec.Issuer)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrRegistry, err)
	case e.Use != RecordKey && e.Use != LogKey:
		return fmt.Errorf("%w: key %s is for %.20q, want record or log", ErrRegistry, e.KeyID, e.Use)
	case r.keys[e.KeyID] != nil:
		return fmt.Errorf("%w: key %s is enrolled already", ErrRegistry, e.KeyID)
	case e.Subject == "":
		return fmt.Errorf("%w: key %s is nobody's: subject is empty", ErrRegistry, e.KeyID)
	case first && e.Use == RecordKey && (e.Subject != rec.Subject || by != "" && by != e.KeyID):
		return fmt.Errorf("%w: the first key must enrol itself, %s enrols %s", ErrRegistry, rec.Subject, e.Subject)
	case first && e.Use == LogKey && r.Empty(RecordKey):
		return fmt.Errorf("%w: log key %s before any key that could enrol it", ErrRegistry, e.KeyID)
	case e.From != rec.Index && (!first || e.From != 0):
		return fmt.Errorf("%w: key %s from index %d, enrolled at %d", ErrRegistry, e.KeyID, e.From, rec.Index)
	}
	if r.keys == nil {
		r.keys = map[string]*RegisteredKey{}
	}
	r.issuer = rec.Issuer
	r.keys[e.KeyID] = &RegisteredKey{Enrolment: e, Public: pub, EnrolledAt: rec.Index, EnrolledBy: by, Until: -1}
	r.order = append(r.order, e.KeyID)
	return nil
}

func (r *Registry) end(rec Record) error {
	var end KeyEnd
	if err := r.read(rec, &end); err != nil {
		return err
	}
	k := r.keys[end.KeyID]
	revokes := rec.Type == KeyRevoked
	switch {
	case k == nil:
		return fmt.Errorf("%w: key %.60q was never enrolled", ErrRegistry, end.KeyID)
	case k.Revoked || k.Until >= 0 && !revokes:
		return fmt.Errorf("%w: key %s has ended already", ErrRegistry, end.KeyID)
	case !revokes && end.From != rec.Index+1, revokes && (end.From < k.From || end.From > rec.Index+1):
		return fmt.Errorf("%w: key %s cannot end at index %d: it signs from %d on, and record %d says so", ErrRegistry, end.KeyID, end.From, k.From, rec.Index)
	}
	if revokes {
		r.revoke(k, end.From)
		return nil
	}
	k.Until = end.From
	return nil
}

// revoke ends a key from an index on, and from their beginning the keys that it enrolled
// at or after that index: whoever stole a key could enrol another with it. A key that was
// revoked before from a later index on loses what it had kept.
func (r *Registry) revoke(k *RegisteredKey, from int64) {
	k.Revoked = true
	if k.Until < 0 || from < k.Until {
		k.Until = from
	}
	for _, kid := range r.order {
		if e := r.keys[kid]; e.EnrolledBy == k.KeyID && e.EnrolledAt >= from && !(e.Revoked && e.Until <= e.From) {
			r.revoke(e, e.From)
		}
	}
}

// Issuer is the deployment whose keys these are.
func (r *Registry) Issuer() string { return r.issuer }
