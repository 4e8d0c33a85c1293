package auth

import (
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/permission"
)

// Identity is what permissions are assigned to and keys sign for: the user or, for a caller
// with a personal access token, the token.
func (c Caller) Identity() string {
	if c.ByPat() {
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

// ByPat tells whether the caller shows a personal access token.
func (c Caller) ByPat() bool { return c.kind == identity.Pat }
