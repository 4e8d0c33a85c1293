// Package keys is the platform's key store: the keys of wallets and those that stand alone.
//
// A key is made once, here or elsewhere, and never shown: what leaves the store is its public
// half, unless it is exported, and then it signs nothing here any more. It outlives no
// deletion that anyone can see, but its secret stays, so that what was under way when it was
// deleted is finished as it was begun. A key is the organisation's, or an end user's to whom
// it is delegated.
package keys

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
)

// Kinds of stored objects.
const (
	kindKey    = "key"
	kindSecret = "key-secret"

	all = "org" // the parent of what is listed for the whole organisation
)

// The statuses of a key.
const (
	Active   = "Active"
	Archived = "Archived" // deleted, for good
)

// Key is a key as the API shows it.
type Key struct {
	ID          string    `json:"id"` // key-…
	Scheme      string    `json:"scheme"`
	Curve       string    `json:"curve"`
	PublicKey   string    `json:"publicKey"` // hex without 0x; compressed for ECDSA and DH
	Name        string    `json:"name,omitempty"`
	Status      string    `json:"status"`
	Custodial   bool      `json:"custodial"` // the organisation's; false once it is delegated to an end user
	DateCreated dfns.Time `json:"dateCreated"`

	Imported     bool      `json:"imported,omitempty"`
	Exported     bool      `json:"exported,omitempty"` // it signs nothing here any more
	DateExported dfns.Time `json:"dateExported,omitzero"`

	DateDeleted dfns.Time `json:"dateDeleted,omitzero"`
}

// NewKey is the body of POST /keys. Members that DFNS has and the sandbox lacks are refused
// by name.
type NewKey struct {
	Scheme string `json:"scheme"`
	Curve  string `json:"curve"`
	Name   string `json:"name"`

	DelegateTo      string `json:"delegateTo"`
	DelayDelegation bool   `json:"delayDelegation"`

	MasterKey  *bool `json:"masterKey"`
	DeriveFrom any   `json:"deriveFrom"`
	StoreID    any   `json:"storeId"`
}

func (in NewKey) validate() error {
	switch {
	case in.MasterKey != nil && *in.MasterKey:
		return dfns.NotImplemented("masterKey")
	case in.DeriveFrom != nil:
		return dfns.NotImplemented("keys derived from a master key")
	case in.StoreID != nil:
		return dfns.NotImplemented("a chosen key store")
	}
	return nil
}

// Ring holds the organisation's keys.
type Ring struct {
	DB  *store.DB
	Now func() time.Time
}

// Create makes a key that belongs to no wallet yet. One that an end user makes is his.
func (r *Ring) Create(caller auth.Caller, in NewKey) (Key, error) {
	if err := in.validate(); err != nil {
		return Key{}, err
	}
	var key Key
	err := caller.Update(r.DB, func(tx *store.Tx) error {
		whose, err := Wish{in.DelegateTo, in.DelayDelegation}.Fulfil(tx, caller)
		if err != nil {
			return err
		}
		key, err = Add(tx, r.Now(), whose, in.Scheme, in.Curve, in.Name)
		return err
	})
	return key, err
}

// Add makes a key within a transaction of the caller's, and announces it.
func Add(tx *store.Tx, now time.Time, whose Delegation, scheme, curve, name string) (Key, error) {
	secret, err := signing.New(scheme, curve)
	if err != nil {
		return Key{}, err
	}
	public, err := secret.Public()
	if err != nil {
		return Key{}, err
	}
	key := Key{ID: dfns.NewID("key"), Scheme: scheme, Curve: curve, PublicKey: public, Name: name,
		Status: Active, Custodial: whose.To == "", DateCreated: dfns.At(now)}
	return key, errors.Join(put(tx, key), whose.put(tx, key.ID),
		store.Put(tx, store.Object{Kind: kindSecret, ID: key.ID}, secret),
		announce(tx, now, "created", key))
}

func put(tx *store.Tx, key Key) error {
	return store.Put(tx, store.Object{Kind: kindKey, ID: key.ID, Parent: all}, key)
}

// Get returns a key; an unknown one is a 404.
func Get(tx *store.Tx, id string) (Key, error) {
	key, err := store.Get[Key](tx, kindKey, id)
	if errors.Is(err, store.ErrNotFound) {
		return key, dfns.NotFound("key", id)
	}
	return key, err
}

// GetActive is [Get] for a key that may be used; a deleted one is a 422.
func GetActive(tx *store.Tx, id string) (Key, error) {
	key, err := Get(tx, id)
	if err == nil && key.Status != Active {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "key %s is %s, not Active", id, key.Status)
	}
	return key, err
}

// Secret returns the private half of a key.
func Secret(tx *store.Tx, id string) (signing.Secret, error) {
	return store.Get[signing.Secret](tx, kindSecret, id)
}

// List returns a page of the keys, oldest first: of all, or of those that are delegated to an
// owner, named by ID or username.
func (r *Ring) List(owner string, page store.Page) ([]Key, string, error) {
	var found []Key
	var next string
	err := r.DB.View(func(tx *store.Tx) error {
		keep, err := owned(tx, owner)
		if err != nil {
			return err
		}
		found, next, err = store.List(tx, kindKey, all, page, keep)
		return err
	})
	return found, next, err
}

// owned accepts the keys of an owner, or all for none.
func owned(tx *store.Tx, owner string) (func(Key) bool, error) {
	if owner == "" {
		return nil, nil
	}
	id, err := Owner(tx, owner)
	if err != nil {
		return nil, err
	}
	theirs := map[string]bool{}
	delegated, err := store.All[Delegation](tx, kindDelegation, id)
	for _, d := range delegated {
		theirs[d.Key] = true
	}
	return func(k Key) bool { return theirs[k.ID] }, err
}

// Name is the body of PUT /keys/:id. A null takes the name away.
type Name struct {
	Name dfns.Optional `json:"name"`
}

// Rename names a key.
func (r *Ring) Rename(caller auth.Caller, id string, in Name) (Key, error) {
	if !in.Name.Given {
		return Key{}, dfns.BadRequest("name is required; null takes it away")
	}
	var key Key
	err := caller.Update(r.DB, func(tx *store.Tx) (err error) {
		if key, err = GetActive(tx, id); err != nil {
			return err
		}
		key.Name = in.Name.Text
		return put(tx, key)
	})
	return key, err
}

// Delete archives a key within a transaction of the caller's, who archives its wallets.
func Delete(tx *store.Tx, now time.Time, id string) (Key, error) {
	key, err := GetActive(tx, id)
	if err != nil {
		return key, err
	}
	key.Status, key.DateDeleted = Archived, dfns.At(now)
	return key, errors.Join(put(tx, key), announce(tx, now, "deleted", key))
}
