package access

import (
	"encoding/json"
	"fmt"

	"countersign/sandbox/change"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Appliers make approved changes of permissions and assignments, for [change.Desk]. What has
// become impossible since it was asked for is refused as it would be if it were asked now.
func (d *Desk) Appliers() map[string]func(*store.Tx, change.Request) error {
	return map[string]func(*store.Tx, change.Request) error{
		change.Permission: d.applyPermission,
		change.Assignment: d.applyAssignment,
	}
}

func (d *Desk) applyPermission(tx *store.Tx, r change.Request) error {
	var wanted role.Permission
	if err := json.Unmarshal(r.Body, &wanted); err != nil {
		return fmt.Errorf("reading the body of %s: %w", r.ID, err)
	}
	now, err := role.Get(tx, r.EntityID)
	if err != nil {
		return err
	}
	if now.IsArchived != wanted.IsArchived {
		now, err = role.Shelve(tx, r.EntityID, wanted.IsArchived, d.now())
	} else {
		now, err = role.Revise(tx, r.EntityID, role.Change{Name: &wanted.Name, Operations: &wanted.Operations}, d.now())
	}
	if err != nil {
		return err
	}
	return role.Save(tx, now)
}

func (d *Desk) applyAssignment(tx *store.Tx, r change.Request) error {
	var wanted role.Assignment
	if err := json.Unmarshal(r.Body, &wanted); err != nil {
		return fmt.Errorf("reading the body of %s: %w", r.ID, err)
	}
	if r.OperationKind == change.Delete {
		held, err := role.Find(tx, wanted.PermissionID, wanted.ID)
		if err != nil {
			return err
		}
		return role.Revoke(tx, held)
	}
	given, err := Propose(tx, wanted.PermissionID, wanted.IdentityID, d.now())
	if err != nil {
		return err
	}
	given.ID = wanted.ID // by which the change request named it
	return role.Grant(tx, given)
}
