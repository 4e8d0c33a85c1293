// Package account manages the identities of the organisation: its human users, its service
// accounts, and the personal access tokens of its users.
//
// An identity that is switched off, deleted or expired is a 401 at once. What it may do is
// what is assigned to it (package role): a permission that it is given when it is made is
// assigned through package access, so that a policy on Permissions:Assign holds it as it
// holds any assignment. The identity is made all the same, and may do nothing until then.
package account

import (
	"time"

	"countersign/sandbox/access"
	"countersign/sandbox/auth"
	"countersign/sandbox/permission"
	"countersign/sandbox/store"
)

// Desk answers for the identities of the organisation.
type Desk struct {
	DB     *store.DB
	Now    func() time.Time
	Auth   *auth.Auth
	Access *access.Desk

	// Bootstrap lets service accounts and personal access tokens create service accounts.
	Bootstrap bool
	// ApproverOf names an active policy that lists a user as an approver, or "".
	ApproverOf func(tx *store.Tx, user string) (policy string, err error)
}

// mayGive refuses a caller who may not assign the permission that a new identity is to have.
func (d *Desk) mayGive(caller auth.Caller, permissionID string) error {
	if permissionID == "" {
		return nil
	}
	return d.Auth.Allowed(caller, permission.AssignPermission)
}

// give assigns a permission, unless its ID is "", to a new identity, or asks for it.
func (d *Desk) give(tx *store.Tx, caller auth.Caller, permissionID, identity string) error {
	if permissionID == "" {
		return nil
	}
	_, _, err := d.Access.Give(tx, caller, permissionID, identity)
	return err
}
