// Package role keeps who may do what: permissions, which DFNS's dashboard calls roles, and
// their assignments to users, service accounts and personal access tokens.
//
// A permission is a named list of operations (package permission). Whoever it is assigned
// to may do them. Two permissions are managed: they are there from the start.
// ManagedFullAdminAccess holds every operation and cannot be changed;
// ManagedDefaultEndUserAccess can.
//
// A change is two steps, so that a policy may hold it between them: Draft, Revise, Shelve,
// Propose and Find check what is asked and return what would be, and store nothing; Save,
// Grant and Revoke store it. Both take the transaction of the caller. Checks are to be made
// again when a change that was held is applied.
package role

import (
	"errors"
	"net/http"
	"slices"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/store"
)

const (
	kindPermission = "permission"
	kindName       = "permission-name" // a taken name → the permission that has it
	all            = "all"             // the parent of permissions
)

// Permission is a role as the API shows it.
type Permission struct {
	ID          string    `json:"id"` // pm-…
	Name        string    `json:"name"`
	Operations  []string  `json:"operations"` // by the names that were given
	Status      string    `json:"status"`     // always Active
	IsImmutable bool      `json:"isImmutable"`
	IsArchived  bool      `json:"isArchived"` // an archived permission grants nothing
	DateCreated dfns.Time `json:"dateCreated"`
	DateUpdated dfns.Time `json:"dateUpdated"`
}

// New is the body of POST /permissions.
type New struct {
	Name       string   `json:"name"`
	Operations []string `json:"operations"`
}

// Change is the body of PUT /permissions/:id. What is absent stays.
type Change struct {
	Name       *string   `json:"name"`
	Operations *[]string `json:"operations"`
}

// Draft checks a new permission: 400 for a bad value, 409 for a name that is taken.
func Draft(tx *store.Tx, in New, now dfns.Time) (Permission, error) {
	p := Permission{ID: dfns.NewID("pm"), Name: in.Name, Operations: in.Operations, Status: "Active",
		DateCreated: now, DateUpdated: now}
	if in.Operations == nil {
		return p, dfns.BadRequest("operations is required")
	}
	return p, p.check(tx)
}

// Revise checks a change and returns the permission as it would be. An unknown one is a
// 404; one that is immutable or archived is a 422.
func Revise(tx *store.Tx, id string, in Change, now dfns.Time) (Permission, error) {
	p, err := open(tx, id)
	if err != nil {
		return p, err
	}
	if p.IsArchived {
		return p, dfns.Errorf(http.StatusUnprocessableEntity, "permission %s is archived", id)
	}
	if in.Name != nil {
		p.Name = *in.Name
	}
	if in.Operations != nil {
		p.Operations = *in.Operations
	}
	p.DateUpdated = now
	return p, p.check(tx)
}

// Shelve returns the permission as it would be, archived or no longer so. An immutable one
// is a 422.
func Shelve(tx *store.Tx, id string, archived bool, now dfns.Time) (Permission, error) {
	p, err := open(tx, id)
	p.IsArchived, p.DateUpdated = archived, now
	return p, err
}

// Save stores p.
func Save(tx *store.Tx, p Permission) error {
	before, err := store.Get[Permission](tx, kindPermission, p.ID)
	if err == nil && before.Name != p.Name {
		err = store.Delete(tx, kindName, before.Name)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return errors.Join(
		store.Put(tx, store.Object{Kind: kindName, ID: p.Name}, p.ID),
		store.Put(tx, store.Object{Kind: kindPermission, ID: p.ID, Parent: all}, p),
	)
}

// Get returns a permission; an unknown one is a 404.
func Get(tx *store.Tx, id string) (Permission, error) {
	p, err := store.Get[Permission](tx, kindPermission, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, dfns.NotFound("permission", id)
	}
	return p, err
}

// List returns a page of the permissions, archived ones too.
func List(tx *store.Tx, page store.Page) ([]Permission, string, error) {
	return store.List[Permission](tx, kindPermission, all, page, nil)
}

// open returns a permission that may be changed.
func open(tx *store.Tx, id string) (Permission, error) {
	p, err := Get(tx, id)
	if err == nil && p.IsImmutable {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "permission %s is managed and cannot be changed", p.Name)
	}
	return p, err
}

func (p *Permission) check(tx *store.Tx) error {
	if p.Name == "" {
		return dfns.BadRequest("name is required")
	}
	for _, name := range p.Operations {
		if !permission.Known(name) {
			return dfns.BadRequest("operations: %q is not an operation", name)
		}
	}
	p.Operations = distinct(p.Operations)
	owner, err := store.Get[string](tx, kindName, p.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err == nil && owner != p.ID:
		return dfns.Errorf(http.StatusConflict, "a permission is already named %q", p.Name)
	}
	return err
}

// distinct returns names without repetitions, in their order.
func distinct(names []string) []string {
	out := []string{}
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
