// Package access is the door through which callers change permissions and assignments
// (package role): each change is one transaction with the log of signed actions. A change
// that a policy governs becomes a change request (package change), and is made when that is
// approved.
package access

import (
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/change"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/policy"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Desk answers for the permissions of the organisation.
type Desk struct {
	DB      *store.DB
	Now     func() time.Time
	Changes *change.Desk
}

// Archiving is the body of PUT /permissions/:id/archive.
type Archiving struct {
	IsArchived *bool `json:"isArchived"`
}

// Assignee is the body of POST /permissions/:id/assignments.
type Assignee struct {
	IdentityID string `json:"identityId"`
}

// Create makes a permission. No policy governs that.
func (d *Desk) Create(caller auth.Caller, in role.New) (role.Permission, error) {
	var p role.Permission
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if p, err = role.Draft(tx, in, d.now()); err != nil {
			return err
		}
		return role.Save(tx, p)
	})
	return p, err
}

// Update changes the name or the operations of a permission, or asks for it.
func (d *Desk) Update(caller auth.Caller, id string, in role.Change) (role.Permission, *change.Request, error) {
	return d.modify(caller, id, func(tx *store.Tx) (role.Permission, error) { return role.Revise(tx, id, in, d.now()) })
}

// Archive ends a permission, or brings it back, or asks for it. Its assignments stay, and
// grant nothing meanwhile.
func (d *Desk) Archive(caller auth.Caller, id string, in Archiving) (role.Permission, *change.Request, error) {
	if in.IsArchived == nil {
		return role.Permission{}, nil, dfns.BadRequest("isArchived is required: true archives, false brings back")
	}
	return d.modify(caller, id, func(tx *store.Tx) (role.Permission, error) {
		return role.Shelve(tx, id, *in.IsArchived, d.now())
	})
}

// modify stores what checked returns, unless a policy on Permissions:Modify governs that.
func (d *Desk) modify(caller auth.Caller, id string, checked func(*store.Tx) (role.Permission, error)) (role.Permission, *change.Request, error) {
	var p role.Permission
	var request *change.Request
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if p, err = checked(tx); err != nil {
			return err
		}
		request, err = d.Changes.Submit(tx, caller, change.Proposal{Kind: change.Permission, Operation: change.Update,
			EntityID: id, Scope: policy.Scope{PermissionID: id}, Body: bodyOfPermission(p)})
		if err != nil || request != nil {
			return err
		}
		return role.Save(tx, p)
	})
	return p, request, err
}

// Assign gives a permission to an identity, or asks for it.
func (d *Desk) Assign(caller auth.Caller, permissionID string, in Assignee) (role.Assignment, *change.Request, error) {
	var given role.Assignment
	var request *change.Request
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		given, request, err = d.Give(tx, caller, permissionID, in.IdentityID)
		return err
	})
	return given, request, err
}

// Give is [Desk.Assign] within a transaction that makes the identity too.
func (d *Desk) Give(tx *store.Tx, caller auth.Caller, permissionID, identityID string) (role.Assignment, *change.Request, error) {
	given, err := Propose(tx, permissionID, identityID, d.now())
	if err != nil {
		return given, nil, err
	}
	if request, err := d.submit(tx, caller, change.Create, given); err != nil || request != nil {
		return given, request, err
	}
	return given, nil, role.Grant(tx, given)
}

// submit asks the policies on Permissions:Assign.
func (d *Desk) submit(tx *store.Tx, caller auth.Caller, operation string, a role.Assignment) (*change.Request, error) {
	return d.Changes.Submit(tx, caller, change.Proposal{Kind: change.Assignment, Operation: operation, EntityID: a.ID,
		Key: a.PermissionID + "/" + a.IdentityID, Scope: policy.Scope{PermissionID: a.PermissionID}, Body: bodyOfAssignment(a)})
}

// Propose is [role.Propose] for an identity that must exist: an unknown one is a 404.
func Propose(tx *store.Tx, permissionID, identityID string, now dfns.Time) (role.Assignment, error) {
	if identityID == "" {
		return role.Assignment{}, dfns.BadRequest("identityId is required")
	}
	if err := identity.Check(tx, identityID); err != nil {
		return role.Assignment{}, err
	}
	return role.Propose(tx, permissionID, identityID, now)
}

// Revoke takes a permission from an identity, or asks for it.
func (d *Desk) Revoke(caller auth.Caller, permissionID, id string) (*change.Request, error) {
	var request *change.Request
	err := caller.Update(d.DB, func(tx *store.Tx) error {
		held, err := role.Find(tx, permissionID, id)
		if err != nil {
			return err
		}
		if request, err = d.submit(tx, caller, change.Delete, held); err != nil || request != nil {
			return err
		}
		return role.Revoke(tx, held)
	})
	return request, err
}

// GovernedPermission is a permission with the change that is pending of it.
type GovernedPermission struct {
	role.Permission
	PendingChangeRequest *change.Request `json:"pendingChangeRequest,omitempty"`
}

func governed(tx *store.Tx, p role.Permission) (GovernedPermission, error) {
	pending, err := change.PendingOf(tx, p.ID)
	return GovernedPermission{Permission: p, PendingChangeRequest: pending}, err
}

// Permission returns one; an unknown one is a 404.
func (d *Desk) Permission(id string) (GovernedPermission, error) {
	var found GovernedPermission
	err := d.DB.View(func(tx *store.Tx) error {
		p, err := role.Get(tx, id)
		if err == nil {
			found, err = governed(tx, p)
		}
		return err
	})
	return found, err
}

// Permissions returns a page of them.
func (d *Desk) Permissions(page store.Page) ([]GovernedPermission, string, error) {
	found := []GovernedPermission{}
	var next string
	err := d.DB.View(func(tx *store.Tx) error {
		permissions, token, err := role.List(tx, page)
		next = token
		for _, p := range permissions {
			g, err := governed(tx, p)
			if err != nil {
				return err
			}
			found = append(found, g)
		}
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

func (d *Desk) now() dfns.Time { return dfns.At(d.Now()) }
