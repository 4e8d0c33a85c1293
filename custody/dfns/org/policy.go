package org

import (
	"encoding/json"
	"slices"

	"countersign/strictjson"
)

// Words of policies that questions are asked about (dfns.md §4.2). All of these fields
// may hold other words too.
const (
	Active = "Active" // a policy's status

	Sign              = "Wallets:Sign"       // kinds of activity
	PolicyChange      = "Policies:Modify"    //
	PermissionChange  = "Permissions:Modify" //
	PermissionGrant   = "Permissions:Assign" //
	IncomingTransfers = "Wallets:IncomingTransaction"

	RequestApproval = "RequestApproval" // actions
	Block           = "Block"
)

// A Policy is the custodian's own rule over one kind of activity.
type Policy struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	Status       string  `json:"status"`
	ActivityKind string  `json:"activityKind"`
	Rule         Rule    `json:"rule"`
	Action       Action  `json:"action"`
	Filters      Filters `json:"filters"`
}

// A Rule says when a policy triggers.
type Rule struct {
	Kind          string          `json:"kind"`
	Configuration json.RawMessage `json:"configuration"`
}

// An Action is what a triggered policy does.
type Action struct {
	Kind string `json:"kind"`
	// Groups must all reach their quorum, under [RequestApproval].
	Groups []Group `json:"approvalGroups"`
}

// A Group is some users, of whom a quorum must approve.
type Group struct {
	Name   string `json:"name"`
	Quorum int    `json:"quorum"`

	Approvers                 Approvers `json:"approvers"`
	InitiatorCanApprove       bool      `json:"initiatorCanApprove"`
	ServiceAccountsCanApprove bool      `json:"serviceAccountsCanApprove"`
}

// Approvers are those who are listed or, with no list, every human user of the
// organisation and no service account.
type Approvers struct {
	UserID *In `json:"userId"`
	// Unread means that the approvers are given in a form that we do not know.
	Unread bool `json:"-"`
}

// In lists what may match.
type In struct {
	In []string `json:"in"`
}

// Filters narrow a policy. What is nil does not narrow; the members are ANDed.
type Filters struct {
	WalletID     *In   `json:"walletId"`
	WalletTags   *Tags `json:"walletTags"`
	PermissionID *In   `json:"permissionId"`
	PolicyID     *In   `json:"policyId"`
	// Unread means that there is a filter that we do not know: nobody here can say what
	// the policy covers.
	Unread bool `json:"-"`
}

// Tags asks for any, and for all, of the named tags.
type Tags struct {
	HasAny []string `json:"hasAny"`
	HasAll []string `json:"hasAll"`
}

// UnmarshalJSON reads the two documented forms.
func (a *Approvers) UnmarshalJSON(text []byte) error {
	type plain Approvers
	if strictjson.Exact(text, (*plain)(a)) != nil || string(text) == "null" {
		*a = Approvers{Unread: true}
	}
	return nil
}

// UnmarshalJSON reads the documented filters.
func (f *Filters) UnmarshalJSON(text []byte) error {
	type plain Filters
	if strictjson.Exact(text, (*plain)(f)) != nil {
		*f = Filters{Unread: true}
	}
	return nil
}

// None reports that nothing narrows the policy.
func (f Filters) None() bool { return f == Filters{} }

// Asks reports that the policy, once triggered, lets nothing pass without an approval.
func (p Policy) Asks() bool { return p.Action.Kind == RequestApproval || p.Action.Kind == Block }

// Always reports that the policy triggers on whatever its filters let through: its rule
// is AlwaysTrigger, or a list of recipients that is empty (dfns.md §4.2). Other rules
// look at amounts, recipients or vendors, and let some requests pass.
func (p Policy) Always() bool {
	switch p.Rule.Kind {
	case "AlwaysTrigger":
		var c struct{}
		return len(p.Rule.Configuration) == 0 || strictjson.Exact(p.Rule.Configuration, &c) == nil
	case "TransactionRecipientWhitelist":
		c := struct {
			Addresses []string `json:"addresses"`
		}{}
		return strictjson.Exact(p.Rule.Configuration, &c) == nil && c.Addresses != nil && len(c.Addresses) == 0
	}
	return false
}

// Covers reports whether a policy's filters let a wallet through, and whether that can
// be said at all: what an empty list means is documented nowhere.
func (p Policy) Covers(w Wallet) (covers, sure bool) {
	f := p.Filters
	switch {
	case f.Unread || f.PermissionID != nil || f.PolicyID != nil:
		return false, false
	case f.WalletID != nil && len(f.WalletID.In) == 0:
		return false, false
	case f.WalletID != nil && !slices.Contains(f.WalletID.In, w.ID):
		return false, true
	case f.WalletTags == nil:
		return true, true
	case len(f.WalletTags.HasAny)+len(f.WalletTags.HasAll) == 0:
		return false, false
	}
	has := func(tag string) bool { return slices.Contains(w.Tags, tag) }
	lacks := func(tag string) bool { return !has(tag) }
	anyOf := len(f.WalletTags.HasAny) == 0 || slices.ContainsFunc(f.WalletTags.HasAny, has)
	return anyOf && !slices.ContainsFunc(f.WalletTags.HasAll, lacks), true
}

// Lists reports whether a user is named among the approvers.
func (g Group) Lists(userID string) bool {
	return g.Approvers.UserID != nil && slices.Contains(g.Approvers.UserID.In, userID)
}

// Anybody reports that every human user may approve.
func (g Group) Anybody() bool { return g.Approvers.UserID == nil && !g.Approvers.Unread }
