package verify

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync/atomic"

	"countersign"
	"countersign/audit"
)

// A known is a key under which records can be opened. Whether it may sign at an index is
// the registry's to say.
type known struct {
	number uint32
	id     string
	public crypto.PublicKey
	// vouches is how the custodian's credential verifies; nil where none has vouched.
	credential string
	vouches    func(message []byte, signature string) bool

	cleared clearance // the last stage's
}

// A clearance is that a key was found valid for a subject at an index. A key ends at the
// next index at the latest, so that until the next record about a key it is valid on.
type clearance struct {
	subject string // as spelled
	index   int64
	learned int // records about keys by then; 0 is before any
}

func (c *clearance) covers(r *row, learned int) bool {
	return c.learned == learned && learned > 0 && r.index >= c.index && c.subject == string(r.payload.Subject)
}

// A keyring is the keys known so far, by the header that their records begin with. One
// goroutine adds, many find.
type keyring struct {
	byHeader atomic.Pointer[map[string]*known]
	all      []*known
}

// find is the key of a protected header, base64url; nil when none is known.
func (k *keyring) find(header string) *known {
	if m := k.byHeader.Load(); m != nil {
		return (*m)[header]
	}
	return nil
}

// add makes a key known, or known anew. The credential may be nil.
func (k *keyring) add(pub crypto.PublicKey, c *audit.Credential) error {
	header, err := audit.ProtectedHeader(pub)
	if err != nil {
		return err
	}
	next := map[string]*known{}
	if m := k.byHeader.Load(); m != nil {
		next = maps.Clone(*m)
	}
	one := &known{number: uint32(len(k.all)), id: audit.KeyID(pub), public: pub} //nolint:gosec // a log has fewer keys than records
	if c != nil {
		one.credential, one.vouches = c.ID, c.Verifier()
	}
	if old := next[header]; old != nil { // pinned before: now it is known who vouches for it
		one.number = old.number
		k.all[old.number] = one
	} else {
		k.all = append(k.all, one)
	}
	next[header] = one
	k.byHeader.Store(&next)
	return nil
}

// keyIDOf is the key that a header names; empty when it names none.
func keyIDOf(header string) string {
	var h struct {
		KeyID string `json:"kid"`
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return ""
	}
	return h.KeyID
}

// custody is what a post shows of the custodian's own signature.
type custody int

const (
	notAsked    custody = iota // it is no post that stands
	withoutIt                  // no user action, or no credential that could verify it
	underIt                    // the credential has signed the user action
	againstIt                  // it has not
	tellOfOther                // the user action was signed by another credential
)

// custodyOf verifies the user action in a post's receipt under the credential that vouched
// for the key which signed the post.
func (k *known) custodyOf(receipt []byte) custody {
	if len(receipt) == 0 || k.vouches == nil {
		return withoutIt
	}
	var r countersign.Receipt
	if json.Unmarshal(receipt, &r) != nil {
		return againstIt
	}
	switch data, err := base64.RawURLEncoding.Strict().DecodeString(r.Proof.ClientData); {
	case r.Proof == (countersign.UserAction{}):
		return withoutIt
	case r.Proof.CredentialID != k.credential:
		return tellOfOther
	case err != nil || !k.vouches(data, r.Proof.Signature):
		return againstIt
	}
	return underIt
}
