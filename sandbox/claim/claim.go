// Package claim makes external IDs unique in the organisation: each names one entity, of
// whatever kind, for ever.
package claim

import (
	"errors"
	"net/http"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// kind is that of stored claims, by external ID.
const kind = "external-id"

// Claim is what an external ID was first used for.
type Claim struct {
	Object    string // the kind of entity, as refusals call it
	RequestID string // the entity
	Terms     string // what was asked for, where, in canonical form
}

// First returns the entity that id already names, if its terms are c's; for other terms it
// fails with a 409 that names the first. An id that is "" or new names nothing yet.
func (c Claim) First(tx *store.Tx, id string) (entity string, found bool, err error) {
	if id == "" {
		return "", false, nil
	}
	first, err := store.Get[Claim](tx, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if first.Terms != c.Terms {
		conflict := dfns.Errorf(http.StatusConflict, "Conflicting %s with same externalId", first.Object)
		conflict.Details = map[string]any{"duplicate": map[string]string{"id": first.RequestID, "externalId": id}}
		return "", false, conflict
	}
	return first.RequestID, true, nil
}

// Put claims id for the entity, in the transaction that makes it.
func (c Claim) Put(tx *store.Tx, id, entity string) error {
	if id == "" {
		return nil
	}
	c.RequestID = entity
	return store.Put(tx, store.Object{Kind: kind, ID: id}, c)
}
