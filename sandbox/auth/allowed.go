package auth

import (
	"errors"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Identity is what permissions are assigned to and keys sign for: the user or, for a caller
// with a personal access token, the token.
func (c Caller) Identity() string {
	if c.kind == kindPat {
		return c.TokenID
	}
	return c.User.UserID
}

// Allowed refuses with 403 what none of the caller's permissions has.
func (a *Auth) Allowed(caller Caller, op permission.Operation) error {
	if caller.rights.Allows(op) {
		return nil
	}
	return dfns.Forbidden("%s %s is not authorized to perform operation (%s)", caller.User.Kind, caller.Identity(), op)
}

// CheckIdentity refuses with 404 what no permission can be assigned to.
func CheckIdentity(tx *store.Tx, id string) error {
	for _, o := range []struct{ kind, parent string }{{kindUser, humans}, {kindUser, services}} {
		if _, err := store.GetUnder[User](tx, o.kind, o.parent, id); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	token, err := store.Get[Token](tx, kindToken, id)
	if err == nil && token.Kind == kindPat {
		_, err = pat(tx, token.UserID, id)
		return err
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return dfns.NotFound("identity", id)
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

// dress makes users as they are shown: with what is assigned to them, without what is not
// shown.
func dress(tx *store.Tx, users ...*User) error {
	for _, u := range users {
		held, err := role.Of(tx, u.UserID)
		if err != nil {
			return err
		}
		u.PermissionAssignments, u.ExternalID = held, ""
		if !u.IsServiceAccount && u.IsSSORequired == nil {
			u.IsSSORequired = new(bool)
		}
	}
	return nil
}
