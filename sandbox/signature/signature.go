// Package signature is the desk for raw signatures: hashes, messages, typed data and
// unsigned transactions, signed by a key of the organisation's and broadcast by nobody.
//
// # Life of a signature
//
// A caller asks for one of a wallet or of a key, and package gate asks the policies of every
// wallet that is built on the key. Without one that triggers the signature is made at once:
// the answer is Signed. A Block makes it Rejected; a RequestApproval leaves it Pending under
// an approval, which ends with the signature made, or Rejected. Making it is part of the
// transaction that allows it, so none is ever half made.
package signature

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
	"countersign/sandbox/webhook"
)

// Subject is the kind of a signature, in the store and to the gate.
const Subject = "signature"

// The statuses of a signature. All but Pending are final.
const (
	Pending  = "Pending"
	Signed   = "Signed"
	Failed   = "Failed"
	Rejected = "Rejected"
)

// Signature is a signature request as the API shows it.
type Signature struct {
	ID                 string            `json:"id"` // sig-…
	KeyID              string            `json:"keyId"`
	Requester          custody.Requester `json:"requester"`
	RequestBody        json.RawMessage   `json:"requestBody"` // as it came
	Status             string            `json:"status"`
	Reason             string            `json:"reason,omitempty"`
	Signature          *signing.Value    `json:"signature,omitempty"`
	SignedData         string            `json:"signedData,omitempty"` // of a transaction: ready to be broadcast
	Network            string            `json:"network,omitempty"`
	ApprovalID         string            `json:"approvalId,omitempty"`
	DateRequested      dfns.Time         `json:"dateRequested"`
	DatePolicyResolved dfns.Time         `json:"datePolicyResolved,omitzero"`
	DateSigned         dfns.Time         `json:"dateSigned,omitzero"`
	ExternalID         string            `json:"externalId,omitempty"`
}

// record is a signature as it is stored, listed under its key.
type record struct {
	Signature
	Wallet string // the wallet that it was asked of, or ""
}

// Desk makes signatures.
type Desk struct {
	DB       *store.DB
	Now      func() time.Time
	Gate     *gate.Gate
	Networks network.Set
}

// sign makes the signature, or fails it, and announces which. A deleted or exported key signs nothing, and
// one that was delegated meanwhile signs for its end user only.
func (d *Desk) sign(tx *store.Tx, r *record) error {
	key, err := keys.Get(tx, r.KeyID)
	if err != nil {
		return err
	}
	if key.Status != keys.Active {
		r.Status, r.Reason = Failed, "key "+key.ID+" is "+key.Status
		return d.save(tx, *r)
	}
	if key.Exported {
		r.Status, r.Reason = Failed, custody.ErrExported.Error()
		return d.save(tx, *r)
	}
	whose, err := keys.DelegationOf(tx, key.ID)
	if err != nil {
		return err
	}
	if whose.To != "" && whose.To != r.Requester.UserID {
		r.Status, r.Reason = Failed, custody.ErrDelegated.Error()
		return d.save(tx, *r)
	}
	secret, err := keys.Secret(tx, key.ID)
	if err != nil {
		return err
	}
	body, err := signing.Parse(r.RequestBody)
	if err != nil {
		return err
	}
	value, data, err := signing.Sign(secret, body)
	if err != nil {
		r.Status, r.Reason = Failed, err.Error()
		return d.save(tx, *r)
	}
	r.Status, r.Signature.Signature, r.SignedData, r.DateSigned = Signed, &value, data, dfns.At(d.Now())
	return d.save(tx, *r)
}

// save writes r and announces the status that it now has.
func (d *Desk) save(tx *store.Tx, r record) error {
	if err := store.Put(tx, store.Object{Kind: Subject, ID: r.ID, Parent: r.KeyID}, r); err != nil {
		return err
	}
	if r.Status == Pending {
		return nil // DFNS has no event for it
	}
	return d.announce(tx, strings.ToLower(r.Status), r)
}

func (d *Desk) announce(tx *store.Tx, what string, r record) error {
	return webhook.Emit(tx, d.Now(), "wallet.signature."+what, map[string]Signature{"signatureRequest": r.Signature})
}

func activity(r record) gate.Activity {
	return gate.Activity{Kind: policy.Sign, Member: "signatureRequest", Entity: r.Signature}
}

// Activity shows a signature to the gate.
func (d *Desk) Activity(tx *store.Tx, id string) (gate.Activity, error) {
	r, err := store.Get[record](tx, Subject, id)
	return activity(r), err
}

// Resolve makes a signature whose approval ended well, and rejects it otherwise.
func (d *Desk) Resolve(tx *store.Tx, id string, end gate.End) error {
	r, err := store.Get[record](tx, Subject, id)
	if err != nil {
		return err
	}
	r.DatePolicyResolved = dfns.At(end.Now)
	if end.Status == gate.Approved {
		return d.sign(tx, &r)
	}
	r.Status, r.Reason = Rejected, end.Reason
	return d.save(tx, r)
}

// Get returns a signature of a wallet or key; an unknown one is a 404.
func (d *Desk) Get(of Signer, id string) (Signature, error) {
	var r record
	err := d.DB.View(func(tx *store.Tx) error {
		at, err := of.find(tx)
		if err != nil {
			return err
		}
		r, err = store.GetUnder[record](tx, Subject, at.key.ID, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !at.shows(r) {
			return dfns.NotFound("signature", id)
		}
		return err
	})
	return r.Signature, err
}

// List returns a page of the signatures of a wallet or key, oldest first, and the key.
func (d *Desk) List(of Signer, page store.Page) ([]Signature, string, string, error) {
	found, next, key := []Signature{}, "", ""
	err := d.DB.View(func(tx *store.Tx) error {
		at, err := of.find(tx)
		if err != nil {
			return err
		}
		key = at.key.ID
		records, token, err := store.List(tx, Subject, key, page, at.shows)
		for _, r := range records {
			found = append(found, r.Signature)
		}
		next = token
		return err
	})
	return found, next, key, err
}
