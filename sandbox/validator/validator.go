// Package validator keeps the Canton validators that are linked to the organisation.
//
// The sandbox runs no Canton network. A validator can be linked, read, renamed and unlinked,
// so that a client's own configuration can be tried; no wallet can be made on it, and nobody
// calls it. How it would be reached is therefore checked and not kept, its client secret
// neither, and no answer shows it, as with DFNS.
package validator

import (
	"errors"
	"net/url"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/network"
	"countersign/sandbox/store"
)

// kind is that of stored validators, which are listed under their network.
const kind = "canton-validator"

// The kinds of validators.
const (
	Shared = "Shared" // one that the custodian runs
	Custom = "Custom" // one of the organisation's own
)

// maxName is the most characters of a name (DFNS's OpenAPI).
const maxName = 50

// Validator is a validator as the API shows it.
type Validator struct {
	ID          string    `json:"id"` // cv-…
	OrgID       string    `json:"orgId"`
	Network     string    `json:"network"` // Canton, CantonDevnet or CantonTestnet
	Name        string    `json:"name,omitempty"`
	Kind        string    `json:"kind"` // Shared or Custom
	DateCreated dfns.Time `json:"dateCreated"`
	// PartyHint is what the names of parties on the validator would begin with. DFNS does not
	// say how it chooses one: here it is the ID.
	PartyHint string `json:"partyHint"`
}

// Desk keeps the validators of the organisation.
type Desk struct {
	DB    *store.DB
	Now   func() time.Time
	OrgID string
}

// link is how a node of a custom validator is reached.
type link struct {
	URL    string `json:"url"`
	OAuth2 struct {
		Domain       string `json:"domain"`
		TokenPath    string `json:"tokenPath,omitempty"`
		Audience     string `json:"audience"`
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
	} `json:"oauth2"`
}

// change is the body of PUT /networks/:network/validators/:id. What is absent stays.
type change struct {
	Name      *string `json:"name,omitempty"`
	Validator *link   `json:"validator,omitempty"`
	Ledger    *link   `json:"ledger,omitempty"`
}

// creation is the body of POST /networks/:network/validators.
type creation struct {
	Kind      string  `json:"kind"`
	Name      *string `json:"name,omitempty"`
	Validator *link   `json:"validator,omitempty"`
	Ledger    *link   `json:"ledger,omitempty"`
}

func (in creation) validate() error {
	switch {
	case in.Kind != Shared && in.Kind != Custom:
		return dfns.BadRequest("kind must be Shared or Custom, not %q", in.Kind)
	case in.Kind == Custom && in.Validator == nil:
		return dfns.BadRequest("validator is required: how the validator's API is reached")
	case in.Kind == Custom && in.Ledger == nil:
		return dfns.BadRequest("ledger is required: how the ledger's JSON API is reached")
	}
	return change{in.Name, in.Validator, in.Ledger}.validate(in.Kind)
}

func (in change) validate(kind string) error {
	if in.Name != nil {
		if n := len([]rune(*in.Name)); n < 1 || n > maxName {
			return dfns.BadRequest("name must have 1 to %d characters, not %d", maxName, n)
		}
	}
	for member, l := range map[string]*link{"validator": in.Validator, "ledger": in.Ledger} {
		if l == nil {
			continue
		}
		if kind == Shared {
			return dfns.BadRequest("%s is only of a Custom validator; leave it out", member)
		}
		if at, err := url.Parse(l.URL); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return dfns.BadRequest("%s.url must be an http or https URL, not %q", member, l.URL)
		}
	}
	return nil
}

// Create links a validator to the organisation. A network that is none of Canton's is a 400.
func (d *Desk) Create(caller auth.Caller, path string, body []byte) (Validator, error) {
	on, err := canton(path)
	if err != nil {
		return Validator{}, err
	}
	var in creation
	if err := dfns.DecodeComplete(body, &in, ""); err != nil {
		return Validator{}, err
	}
	if err := in.validate(); err != nil {
		return Validator{}, err
	}
	v := Validator{ID: dfns.NewID("cv"), OrgID: d.OrgID, Network: on, Kind: in.Kind, DateCreated: dfns.At(d.Now())}
	v.PartyHint = v.ID
	if in.Name != nil {
		v.Name = *in.Name
	}
	return v, caller.Update(d.DB, func(tx *store.Tx) error { return put(tx, v) })
}

// Update renames a validator, or takes another configuration of a Custom one. An unknown one
// is a 404.
func (d *Desk) Update(caller auth.Caller, path, id string, body []byte) (Validator, error) {
	var in change
	if err := dfns.DecodeComplete(body, &in, ""); err != nil {
		return Validator{}, err
	}
	return d.change(caller, path, id, func(tx *store.Tx, v *Validator) error {
		if err := in.validate(v.Kind); err != nil {
			return err
		}
		if in.Name != nil {
			v.Name = *in.Name
		}
		return put(tx, *v)
	})
}

// Delete unlinks a validator, and returns it as it was. An unknown one is a 404.
func (d *Desk) Delete(caller auth.Caller, path, id string) (Validator, error) {
	return d.change(caller, path, id, func(tx *store.Tx, v *Validator) error { return store.Delete(tx, kind, v.ID) })
}

func (d *Desk) change(caller auth.Caller, path, id string, do func(*store.Tx, *Validator) error) (Validator, error) {
	var v Validator
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if v, err = get(tx, path, id); err != nil {
			return err
		}
		return do(tx, &v)
	})
	return v, err
}

// Get returns a validator of a network; an unknown one is a 404.
func (d *Desk) Get(path, id string) (Validator, error) {
	var v Validator
	err := d.DB.View(func(tx *store.Tx) (err error) {
		v, err = get(tx, path, id)
		return err
	})
	return v, err
}

// List returns a page of the validators of a network, oldest first.
func (d *Desk) List(path string, page store.Page) ([]Validator, string, error) {
	on, err := canton(path)
	if err != nil {
		return nil, "", err
	}
	var found []Validator
	var next string
	err = d.DB.View(func(tx *store.Tx) (err error) {
		found, next, err = store.List[Validator](tx, kind, on, page, nil)
		return err
	})
	return found, next, err
}

func get(tx *store.Tx, path, id string) (Validator, error) {
	on, err := canton(path)
	if err != nil {
		return Validator{}, err
	}
	v, err := store.GetUnder[Validator](tx, kind, on, id)
	if errors.Is(err, store.ErrNotFound) {
		err = dfns.NotFound("validator", id)
	}
	return v, err
}

func put(tx *store.Tx, v Validator) error {
	return store.Put(tx, store.Object{Kind: kind, ID: v.ID, Parent: v.Network}, v)
}

// canton returns the network that a path names in kebab case.
func canton(path string) (string, error) {
	switch path {
	case "canton", "canton-devnet", "canton-testnet":
		return network.Unkebab(path), nil
	}
	return "", dfns.BadRequest("network must be canton, canton-devnet or canton-testnet, not %q: no other has validators", path)
}
