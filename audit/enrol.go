package audit

import (
	"crypto"
	"fmt"
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
// other is signed by any record key that is valid then, whoever's it is.
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

// A KeyEnd says that a key signs no more. Any record key that is valid then may say so, the
// key itself too: there is no rank among keys, and whoever holds one can end the others.
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
	if err != nil || !Signed(pub, EnrolmentStatement(issuer, e.Use, e.Subject, e.KeyID), proof) {
		return nil, fmt.Errorf("%w: %s has not signed its enrolment", ErrKey, e.KeyID)
	}
	if c := e.Credential; c != nil && !c.vouches(EnrolmentStatement(issuer, e.Use, e.Subject, e.KeyID)) {
		return nil, fmt.Errorf("%w: credential %.60q has not signed the enrolment of %s", ErrKey, c.ID, e.KeyID)
	}
	return pub, nil
}
