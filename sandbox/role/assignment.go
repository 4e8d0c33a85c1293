package role

import (
	"errors"
	"net/http"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/store"
)

const (
	kindAssignment = "assignment"          // listed under its permission
	kindHeld       = "permission-of"       // the same, listed under its identity
	kindIdentity   = "assignment-identity" // identity/permission → the assignment
)

// Assignment gives a permission to an identity.
type Assignment struct {
	ID           string    `json:"id"` // as-…
	PermissionID string    `json:"permissionId"`
	IdentityID   string    `json:"identityId"` // us-… or, for a personal access token, to-…
	IsImmutable  bool      `json:"isImmutable"`
	DateCreated  dfns.Time `json:"dateCreated"`
	DateUpdated  dfns.Time `json:"dateUpdated"`
}

// Held is an assignment as users and tokens show it.
type Held struct {
	PermissionName string   `json:"permissionName"`
	PermissionID   string   `json:"permissionId"`
	AssignmentID   string   `json:"assignmentId"`
	Operations     []string `json:"operations"`
}

// Propose checks the assignment of a permission to an identity that the caller knows to
// exist: an unknown permission is a 404, an archived one a 422, one that the identity has
// already a 409.
func Propose(tx *store.Tx, permissionID, identity string, now dfns.Time) (Assignment, error) {
	p, err := Get(tx, permissionID)
	if err != nil {
		return Assignment{}, err
	}
	if p.IsArchived {
		return Assignment{}, dfns.Errorf(http.StatusUnprocessableEntity, "permission %s is archived", p.ID)
	}
	_, err = store.Get[string](tx, kindIdentity, identity+"/"+permissionID)
	if err == nil {
		return Assignment{}, dfns.Errorf(http.StatusConflict, "permission %s is already assigned to %s", p.ID, identity)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return Assignment{}, err
	}
	return Assignment{ID: dfns.NewID("as"), PermissionID: p.ID, IdentityID: identity, DateCreated: now, DateUpdated: now}, nil
}

// Grant stores a proposed assignment.
func Grant(tx *store.Tx, a Assignment) error {
	return errors.Join(
		store.Put(tx, store.Object{Kind: kindAssignment, ID: a.ID, Parent: a.PermissionID}, a),
		store.Put(tx, store.Object{Kind: kindHeld, ID: a.ID, Parent: a.IdentityID}, a),
		store.Put(tx, store.Object{Kind: kindIdentity, ID: a.IdentityID + "/" + a.PermissionID}, a.ID),
	)
}

// Find returns an assignment of a permission that may be revoked. An unknown one is a 404,
// an immutable one a 422.
func Find(tx *store.Tx, permissionID, id string) (Assignment, error) {
	a, err := store.GetUnder[Assignment](tx, kindAssignment, permissionID, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return a, dfns.NotFound("assignment", id)
	case err == nil && a.IsImmutable:
		return a, dfns.Errorf(http.StatusUnprocessableEntity, "assignment %s is managed and cannot be revoked", id)
	}
	return a, err
}

// Revoke removes an assignment.
func Revoke(tx *store.Tx, a Assignment) error {
	return errors.Join(
		store.Delete(tx, kindAssignment, a.ID),
		store.Delete(tx, kindHeld, a.ID),
		store.Delete(tx, kindIdentity, a.IdentityID+"/"+a.PermissionID),
	)
}

// Forget removes every assignment of an identity that is no more.
func Forget(tx *store.Tx, identity string) error {
	held, err := store.All[Assignment](tx, kindHeld, identity)
	for _, a := range held {
		err = errors.Join(err, Revoke(tx, a))
	}
	return err
}

// Assignments returns a page of the assignments of a permission; an unknown permission is
// a 404.
func Assignments(tx *store.Tx, permissionID string, page store.Page) ([]Assignment, string, error) {
	if _, err := Get(tx, permissionID); err != nil {
		return nil, "", err
	}
	return store.List[Assignment](tx, kindAssignment, permissionID, page, nil)
}

// Of returns what is assigned to an identity, oldest first, archived permissions left out.
func Of(tx *store.Tx, identity string) ([]Held, error) {
	assigned, err := store.All[Assignment](tx, kindHeld, identity)
	if err != nil {
		return nil, err
	}
	held := []Held{}
	for _, a := range assigned {
		p, err := Get(tx, a.PermissionID)
		if err != nil {
			return nil, err
		}
		if !p.IsArchived {
			held = append(held, Held{p.Name, p.ID, a.ID, p.Operations})
		}
	}
	return held, nil
}

// Rights is what the assignments allow together.
func Rights(held []Held) permission.Set {
	var names []string
	for _, h := range held {
		names = append(names, h.Operations...)
	}
	return permission.SetOf(names)
}
