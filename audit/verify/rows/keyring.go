package rows

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync/atomic"

	"countersign"
	"countersign/audit"
)

// A Known is a key under which records can be opened. Whether it may sign at an index is
// the registry's to say.
type Known struct {
	// Number counts the keys of a ring, ID is that of [audit.KeyID].
	Number uint32
	ID     string
	Public crypto.PublicKey
	// vouches is how the custodian's credential verifies; nil where none has vouched.
	credential string
	vouches    func(message []byte, signature string) bool

	// Cleared is for whoever looks at records in their order.
	Cleared Clearance
}

// A Clearance is that a key was found valid for a subject at an index. A key ends at the
// next index at the latest, so that until the next record about a key it is valid on.
type Clearance struct {
	// Subject is as it is spelled, Learned how many records about keys there were by then; 0
	// clears nothing.
	Subject string
	Index   int64
	Learned int
}

// Covers reports whether that goes for a row too, so many records about keys later.
func (c *Clearance) Covers(r *Row, learned int) bool {
	return c.Learned == learned && learned > 0 && r.Index >= c.Index && c.Subject == string(r.Payload.Subject)
}

// A Keyring is the keys known so far, by the header that their records begin with. One
// goroutine adds, many find.
type Keyring struct {
	byHeader atomic.Pointer[map[string]*Known]
	all      []*Known
}

// Find is the key of a protected header, base64url; nil when none is known.
func (k *Keyring) Find(header string) *Known {
	if m := k.byHeader.Load(); m != nil {
		return (*m)[header]
	}
	return nil
}

// Add makes a key known, or known anew. The credential may be nil.
func (k *Keyring) Add(pub crypto.PublicKey, c *audit.Credential) error {
	header, err := audit.ProtectedHeader(pub)
	if err != nil {
		return err
	}
	next := map[string]*Known{}
	if m := k.byHeader.Load(); m != nil {
		next = maps.Clone(*m)
	}
	one := &Known{Number: uint32(len(k.all)), ID: audit.KeyID(pub), Public: pub} //nolint:gosec // a log has fewer keys than records
	if c != nil {
		one.credential, one.vouches = c.ID, c.Verifier()
	}
	if old := next[header]; old != nil { // pinned before: now it is known who vouches for it
		one.Number = old.Number
		k.all[old.Number] = one
	} else {
		k.all = append(k.all, one)
	}
	next[header] = one
	k.byHeader.Store(&next)
	return nil
}

// Number is the number of a key, false when the ring does not have it. It is for whoever
// adds.
func (k *Keyring) Number(id string) (uint32, bool) {
	for _, one := range k.all {
		if one.ID == id {
			return one.Number, true
		}
	}
	return 0, false
}

// Renew gives a row its key as it is known now: a pinned key is known before the log tells
// who vouches for it, and a worker may have come first.
func (k *Keyring) Renew(r *Row) {
	now := k.Find(r.Header)
	if r.Known == nil || now == nil || now == r.Known {
		return
	}
	r.Known = now
	if r.Custody == Without {
		r.Custody, r.Action = now.custodyOf(r.Facts.Receipt)
	}
}

// KeyIDOf is the key that a header names; empty when it names none.
func KeyIDOf(header string) string {
	var h struct {
		KeyID string `json:"kid"`
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return ""
	}
	return h.KeyID
}

// Custody is what a post shows of the custodian's own signature.
type Custody int

// What it may show.
const (
	NotAsked  Custody = iota // it is no post that stands
	Without                  // no user action, or none of a credential that is known
	Proven                   // the credential has signed the user action
	Disproven                // it has not
)

// custodyOf verifies the user action in a post's receipt under the credential that vouched
// for the key which signed the post.
func (k *Known) custodyOf(receipt []byte) (c Custody, action Digest) {
	if len(receipt) == 0 || k.vouches == nil {
		return Without, action
	}
	var r countersign.Receipt
	if json.Unmarshal(receipt, &r) != nil {
		return Disproven, action
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(r.Proof.ClientData)
	switch {
	case r.Proof == (countersign.UserAction{}), r.Proof.CredentialID != k.credential:
		return Without, action
	case err != nil || !k.vouches(data, r.Proof.Signature):
		return Disproven, action
	}
	return Proven, challengeOf(data)
}

// challengeOf is the digest of the challenge in client data, which the custodian gives out once; of
// client data without one, that of the whole.
func challengeOf(data []byte) Digest {
	var c struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(data, &c) != nil || c.Challenge == "" {
		return digestOf(data)
	}
	return digestOf([]byte(c.Challenge))
}
