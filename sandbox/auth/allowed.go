package auth

import (
	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Identity is what permissions are assigned to: the user's ID.
func (c Caller) Identity() string { return c.User.UserID }

// Allowed refuses with 403 what none of the caller's permissions has.
func (a *Auth) Allowed(caller Caller, op permission.Operation) error {
	if caller.rights.Allows(op) {
		return nil
	}
	return dfns.Forbidden("%s %s is not authorized to perform operation (%s)", caller.User.Kind, caller.Identity(), op)
}

// CheckIdentity refuses with 404 what no permission can be assigned to.
func CheckIdentity(tx *store.Tx, id string) error {
	_, err := Lookup(tx, id)
	return err
}

// Identities returns the users and service accounts that there are.
func Identities(tx *store.Tx) ([]string, error) {
	var ids []string
	for _, parent := range []string{humans, services} {
		users, err := store.All[User](tx, kindUser, parent)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			ids = append(ids, u.UserID)
		}
	}
	return ids, nil
}

// dress fills in what is assigned to the users.
func dress(tx *store.Tx, users ...*User) error {
	for _, u := range users {
		held, err := role.Of(tx, u.UserID)
		if err != nil {
			return err
		}
		u.PermissionAssignments = held
	}
	return nil
}
