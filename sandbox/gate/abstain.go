package gate

import (
	"net/http"
	"slices"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Abstain notes in the log of signed actions that the caller leaves an approval to others,
// and changes nothing of it. DFNS has no such decision. It is refused as a vote is: 404, 403
// to who is no approver, 409 to who has voted, 422 once the approval is resolved.
func (g *Gate) Abstain(caller auth.Caller, id string) (Approval, error) {
	var approval Approval
	err := g.DB.Update(func(tx *store.Tx) error {
		r, err := getRecord(tx, id)
		if err != nil {
			return err
		}
		user := caller.User
		switch {
		case !r.admits(user):
			return dfns.Forbidden("user %s is not an approver of approval %s", user.UserID, id)
		case slices.ContainsFunc(r.Decisions, func(d Decision) bool { return d.UserID == user.UserID }):
			return dfns.Errorf(http.StatusConflict, "user %s has already decided on approval %s", user.UserID, id)
		case r.Status != Pending || r.expired(g.Now()):
			return notPending(id, r.Status)
		}
		if err := caller.Log(tx); err != nil {
			return err
		}
		approval, err = g.load(tx, r)
		return err
	})
	return approval, err
}
