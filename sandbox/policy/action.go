package policy

import (
	"slices"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// The kinds of actions.
const (
	RequestApproval = "RequestApproval"
	Block           = "Block"
	NoAction        = "NoAction" // the policy only announces that it triggered
)

// Action says what a triggered policy does.
type Action struct {
	Kind              string  `json:"kind"`
	AutoRejectTimeout *int    `json:"autoRejectTimeout,omitempty"` // minutes; nil never expires
	ApprovalGroups    []Group `json:"approvalGroups,omitempty"`
}

func (a Action) validate(tx *store.Tx) error {
	switch {
	case a.Kind == Block || a.Kind == NoAction:
		if a.AutoRejectTimeout != nil || a.ApprovalGroups != nil {
			return dfns.BadRequest("action %s takes no approval groups and no timeout", a.Kind)
		}
		return nil
	case a.Kind != RequestApproval:
		return dfns.BadRequest("action.kind must be RequestApproval, Block or NoAction")
	case a.AutoRejectTimeout != nil && *a.AutoRejectTimeout < 1:
		return dfns.BadRequest("action.autoRejectTimeout must be at least 1 minute")
	case len(a.ApprovalGroups) == 0:
		return dfns.BadRequest("action.approvalGroups must hold at least one group")
	}
	for _, group := range a.ApprovalGroups {
		if err := group.validate(tx); err != nil {
			return err
		}
	}
	return nil
}

// Group is some users of whom a quorum must approve.
type Group struct {
	Name                      string    `json:"name,omitempty"`
	Quorum                    int       `json:"quorum"`
	Approvers                 Approvers `json:"approvers"`
	InitiatorCanApprove       *bool     `json:"initiatorCanApprove,omitempty"`       // nil is false
	ServiceAccountsCanApprove *bool     `json:"serviceAccountsCanApprove,omitempty"` // nil is false
}

// Approvers are the listed users, or with no list every human of the
// organisation.
type Approvers struct {
	UserID *In `json:"userId,omitempty"`
}

func (g Group) validate(tx *store.Tx) error {
	if g.Quorum < 1 {
		return dfns.BadRequest("an approval group needs a quorum of at least 1")
	}
	if g.Approvers.UserID == nil {
		return nil
	}
	listed := g.Approvers.UserID.In
	if len(listed) < 1 || len(listed) > maxNames {
		return dfns.BadRequest("approvers.userId.in must list 1 to %d users", maxNames)
	}
	seen := map[string]bool{}
	for _, id := range listed {
		if _, err := identity.Lookup(tx, id); err != nil {
			return dfns.BadRequest("approvers.userId.in: %v", err)
		}
		seen[id] = true
	}
	if g.Quorum > len(seen) {
		return dfns.BadRequest("a quorum of %d cannot be reached by %d approvers", g.Quorum, len(seen))
	}
	return nil
}

// Admits tells whether user may vote in the group at all. A service account
// must be listed, and the group must admit service accounts. An end user, who is
// none of the organisation's, never may.
func (g Group) Admits(user identity.User) bool {
	if user.Kind == identity.EndUser {
		return false
	}
	if user.IsServiceAccount && !says(g.ServiceAccountsCanApprove) {
		return false
	}
	if g.Approvers.UserID == nil {
		return !user.IsServiceAccount
	}
	return slices.Contains(g.Approvers.UserID.In, user.UserID)
}

// Hears tells whether an approval of user counts in the group, of an activity that initiator
// asked for.
func (g Group) Hears(user identity.User, initiator string) bool {
	return g.Admits(user) && (user.UserID != initiator || says(g.InitiatorCanApprove))
}

func says(b *bool) bool { return b != nil && *b }

// Approves returns the active policies that list user as an approver.
func Approves(tx *store.Tx, user string) ([]Policy, error) {
	policies, _, err := store.List(tx, kind, all, store.Page{}, func(p Policy) bool {
		return p.Status == Active && slices.ContainsFunc(p.Action.ApprovalGroups, func(g Group) bool {
			return g.Approvers.UserID != nil && slices.Contains(g.Approvers.UserID.In, user)
		})
	})
	return policies, err
}
