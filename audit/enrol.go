package audit

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
)

// The types of records about keys. A key is valid by the index of what it signs and
// never by a clock: what stands in the log between its enrolment and its end is its.
const (
	KeyEnrolled Type = "key.enrolled" // a key may sign from an index on: [Enrolment]
	KeyRetired  Type = "key.retired"  // it signs nothing more, what it signed stands: [KeyEnd]
	KeyRevoked  Type = "key.revoked"  // it is not to be believed from an index on, which may lie behind: [KeyEnd]
)

// A KeyUse is what a key is for: one key, one purpose.
type KeyUse string

// The uses. Wire format.
const (
	RecordKey KeyUse = "record" // signs the records of one subject
	LogKey    KeyUse = "log"    // signs the checkpoints of the log; its subject is the origin
)

// An Enrolment says that a key may sign. The first one of a log signs itself; every
// other is signed by a key that was valid then.
type Enrolment struct {
	KeyID   string `json:"kid"`
	Use     KeyUse `json:"use"`
	Subject string `json:"subject"`
	Key     JWK    `json:"jwk"`
	// From is the first index that it may sign at, for a log key the first size of a
	// checkpoint: that of the enrolment itself, or 0 in the first enrolment of its use.
	From int64 `json:"from"`
	// Proof is the key's own signature over [EnrolmentStatement], base64url: whoever
	// enrols a key has it.
	Proof string `json:"proof"`
	// Credential is the key that the custodian knows the same service account by. It has
	// signed the same statement.
	Credential *Credential `json:"credential,omitempty"`
	// By is the operator, as they named themselves; empty where the program itself did.
	By string `json:"by,omitempty"`
}

// A Credential is a custodian's signing credential that vouches for a record key.
type Credential struct {
	Custodian string `json:"custodian"`
	// ID is the credential's at the custodian.
	ID string `json:"id"`
	// PublicKey is PEM, PKIX: Ed25519, P-256 or RSA.
	PublicKey string `json:"public_key"`
	// Signature is over [EnrolmentStatement], base64url: Ed25519 over the text, the
	// others over its SHA-256 (ECDSA in ASN.1, RSA PKCS #1 v1.5).
	Signature string `json:"signature"`
}

// A KeyEnd says that a key signs no more.
type KeyEnd struct {
	KeyID string `json:"kid"`
	// From is the first index that it must not have signed: after this record when it
	// retires, and anywhere from its enrolment on when it is revoked.
	From   int64  `json:"from"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
}

// KeyRecordKey is the record key of what happened to a key.
func KeyRecordKey(kid string, t Type) string { return "key/" + kid + "/" + string(t) }

// EnrolmentStatement is what a key signs to be enrolled: nobody can enrol the key of
// another, nor for another deployment, subject or use.
func EnrolmentStatement(issuer string, use KeyUse, subject, kid string) []byte {
	return []byte("countersign key enrolment v1\n" + issuer + "\n" + string(use) + "\n" + subject + "\n" + kid + "\n")
}

// NewEnrolment is the enrolment of a key whose private half is here.
func NewEnrolment(issuer string, use KeyUse, subject string, from int64, key crypto.Signer) (Enrolment, error) {
	jwk, err := NewJWK(key.Public())
	if err != nil {
		return Enrolment{}, err
	}
	kid := KeyID(key.Public())
	proof, err := sign(key, EnrolmentStatement(issuer, use, subject, kid))
	if err != nil {
		return Enrolment{}, fmt.Errorf("prove possession of key %s: %w", kid, err)
	}
	return Enrolment{KeyID: kid, Use: use, Subject: subject, Key: jwk, From: from, Proof: b64(proof)}, nil
}

// public is the enrolled key, when the enrolment proves that its holder wants it.
func (e Enrolment) public(issuer string) (crypto.PublicKey, error) {
	pub, err := e.Key.Public()
	if err != nil {
		return nil, err
	}
	if KeyID(pub) != e.KeyID {
		return nil, fmt.Errorf("%w: its thumbprint is not %.60q", ErrKey, e.KeyID)
	}
	proof, err := unb64(e.Proof)
	if err != nil || !signed(pub, EnrolmentStatement(issuer, e.Use, e.Subject, e.KeyID), proof) {
		return nil, fmt.Errorf("%w: %s has not signed its enrolment", ErrKey, e.KeyID)
	}
	if c := e.Credential; c != nil && !c.vouches(EnrolmentStatement(issuer, e.Use, e.Subject, e.KeyID)) {
		return nil, fmt.Errorf("%w: credential %.60q has not signed the enrolment of %s", ErrKey, c.ID, e.KeyID)
	}
	return pub, nil
}

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
	// EnrolledAt is the index of the enrolment.
	EnrolledAt int64
	// Until is the first index that it may not sign at, -1 while it may sign on.
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

// Apply learns from a record whose signature was found good. Records of other types
// change nothing. The error, [ErrRegistry], says why a record about a key does not
// count; the registry is as before.
func (r *Registry) Apply(rec Record) error {
	switch rec.Type {
	case KeyEnrolled:
		return r.enrol(rec)
	case KeyRetired, KeyRevoked:
		return r.end(rec)
	}
	return nil
}

func (r *Registry) enrol(rec Record) error {
	var e Enrolment
	if err := (Entry{Record: rec}).Decode(&e); err != nil {
		return fmt.Errorf("%w: %w", ErrRegistry, err)
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
	case r.issuer != "" && r.issuer != rec.Issuer:
		return fmt.Errorf("%w: issuer %q, the log is that of %q", ErrRegistry, rec.Issuer, r.issuer)
	case e.From != rec.Index && (!first || e.From != 0):
		return fmt.Errorf("%w: key %s from index %d, enrolled at %d", ErrRegistry, e.KeyID, e.From, rec.Index)
	}
	if r.keys == nil {
		r.keys = map[string]*RegisteredKey{}
	}
	r.issuer = rec.Issuer
	r.keys[e.KeyID] = &RegisteredKey{Enrolment: e, Public: pub, EnrolledAt: rec.Index, Until: -1}
	r.order = append(r.order, e.KeyID)
	return nil
}

func (r *Registry) end(rec Record) error {
	var end KeyEnd
	if err := (Entry{Record: rec}).Decode(&end); err != nil {
		return fmt.Errorf("%w: %w", ErrRegistry, err)
	}
	k := r.keys[end.KeyID]
	revokes := rec.Type == KeyRevoked
	switch {
	case k == nil:
		return fmt.Errorf("%w: key %.60q was never enrolled", ErrRegistry, end.KeyID)
	case k.Revoked || k.Until >= 0 && !revokes:
		return fmt.Errorf("%w: key %s has ended already", ErrRegistry, end.KeyID)
	case !revokes && end.From != rec.Index+1, revokes && (end.From < k.From || end.From > rec.Index+1):
		return fmt.Errorf("%w: key %s ends at index %d, said at %d", ErrRegistry, end.KeyID, end.From, rec.Index)
	}
	if k.Until < 0 || end.From < k.Until {
		k.Until = end.From
	}
	k.Revoked = revokes
	return nil
}

// Issuer is the deployment whose keys these are.
func (r *Registry) Issuer() string { return r.issuer }

