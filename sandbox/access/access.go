// Package access is the door through which callers change permissions and assignments
// (package role): each change is one transaction with the log of signed actions.
package access

import (
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Desk answers for the permissions of the organisation.
type Desk struct {
	DB  *store.DB
	Now func() time.Time
}

// Archiving is the body of PUT /permissions/:id/archive.
type Archiving struct {
	IsArchived *bool `json:"isArchived"`
}

// Assignee is the body of POST /permissions/:id/assignments.
type Assignee struct {
	IdentityID string `json:"identityId"`
}

// Create makes a permission.
func (d *Desk) Create(caller auth.Caller, in role.New) (role.Permission, error) {
	return d.change(caller, func(tx *store.Tx) (role.Permission, error) { return role.Draft(tx, in, d.now()) })
}

// Update changes the name or the operations of a permission.
func (d *Desk) Update(caller auth.Caller, id string, in role.Change) (role.Permission, error) {
	return d.change(caller, func(tx *store.Tx) (role.Permission, error) { return role.Revise(tx, id, in, d.now()) })
}

// Archive ends a permission, or brings it back. Its assignments stay, and grant nothing
// meanwhile.
func (d *Desk) Archive(caller auth.Caller, id string, in Archiving) (role.Permission, error) {
	if in.IsArchived == nil {
		return role.Permission{}, dfns.BadRequest("isArchived is required: true archives, false brings back")
	}
	return d.change(caller, func(tx *store.Tx) (role.Permission, error) {
		return role.Shelve(tx, id, *in.IsArchived, d.now())
	})
}

// Assign gives a permission to an identity.
func (d *Desk) Assign(caller auth.Caller, permissionID string, in Assignee) (role.Assignment, error) {
	var given role.Assignment
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if given, err = Propose(tx, permissionID, in.IdentityID, d.now()); err != nil {
			return err
		}
		return role.Grant(tx, given)
	})
	return given, err
}

// Propose is [role.Propose] for an identity that must exist: an unknown one is a 404.
func Propose(tx *store.Tx, permissionID, identity string, now dfns.Time) (role.Assignment, error) {
	if identity == "" {
		return role.Assignment{}, dfns.BadRequest("identityId is required")
	}
	if err := auth.CheckIdentity(tx, identity); err != nil {
		return role.Assignment{}, err
	}
	return role.Propose(tx, permissionID, identity, now)
}

// Revoke takes a permission from an identity.
func (d *Desk) Revoke(caller auth.Caller, permissionID, id string) error {
	return caller.Update(d.DB, func(tx *store.Tx) error {
		held, err := role.Find(tx, permissionID, id)
		if err != nil {
			return err
		}
		return role.Revoke(tx, held)
	})
}

// Permission returns one; an unknown one is a 404.
func (d *Desk) Permission(id string) (role.Permission, error) {
	var p role.Permission
	err := d.DB.View(func(tx *store.Tx) (err error) {
		p, err = role.Get(tx, id)
		return err
	})
	return p, err
}

// Permissions returns a page of them.
func (d *Desk) Permissions(page store.Page) (found []role.Permission, next string, err error) {
	err = d.DB.View(func(tx *store.Tx) (err error) {
		found, next, err = role.List(tx, page)
		return err
	})
	return found, next, err
}

// Assignments returns a page of the assignments of a permission.
func (d *Desk) Assignments(permissionID string, page store.Page) (found []role.Assignment, next string, err error) {
	err = d.DB.View(func(tx *store.Tx) (err error) {
		found, next, err = role.Assignments(tx, permissionID, page)
		return err
	})
	return found, next, err
}

// change stores what checked returns.
func (d *Desk) change(caller auth.Caller, checked func(*store.Tx) (role.Permission, error)) (role.Permission, error) {
	var p role.Permission
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if p, err = checked(tx); err != nil {
			return err
		}
		return role.Save(tx, p)
	})
	return p, err
}

func (d *Desk) now() dfns.Time { return dfns.At(d.Now()) }
