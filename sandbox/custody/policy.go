package custody

import (
	"encoding/json"
	"slices"
	"strings"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Policy is a rule over the activity Wallets:Sign, as the API shows it.
type Policy struct {
	ID           string    `json:"id"` // plc-…
	Name         string    `json:"name"`
	Status       string    `json:"status"` // Active or Archived
	DateCreated  dfns.Time `json:"dateCreated"`
	DateUpdated  dfns.Time `json:"dateUpdated"`
	ActivityKind string    `json:"activityKind"`
	Rule         Rule      `json:"rule"`
	Action       Action    `json:"action"`
	Filters      *Filters  `json:"filters,omitempty"`
}

// NewPolicy is the body of POST and PUT /v2/policies, which replaces the whole.
type NewPolicy struct {
	Name         string   `json:"name"`
	ActivityKind string   `json:"activityKind"`
	Rule         Rule     `json:"rule"`
	Action       Action   `json:"action"`
	Filters      *Filters `json:"filters"`
}

// Rule says when a policy triggers. The sandbox has AlwaysTrigger.
type Rule struct {
	Kind          string          `json:"kind"`
	Configuration json.RawMessage `json:"configuration,omitempty"`
}

// Action says what a triggered policy does: RequestApproval, Block or NoAction.
type Action struct {
	Kind              string  `json:"kind"`
	AutoRejectTimeout *int    `json:"autoRejectTimeout,omitempty"` // minutes; nil never expires
	ApprovalGroups    []Group `json:"approvalGroups,omitempty"`
}

// Filters narrow a policy to some wallets. Members are ANDed; an absent one
// matches all.
type Filters struct {
	WalletID   *In   `json:"walletId,omitempty"`
	WalletTags *Tags `json:"walletTags,omitempty"`
}

// In is a list of which one must match.
type In struct {
	In []string `json:"in"`
}

// Tags asks for any, and for all, of the named tags.
type Tags struct {
	HasAny []string `json:"hasAny,omitempty"`
	HasAll []string `json:"hasAll,omitempty"`
}

// match tells whether w passes the filters.
func (f *Filters) match(w Wallet) bool {
	if f == nil {
		return true
	}
	if f.WalletID != nil && !slices.Contains(f.WalletID.In, w.ID) {
		return false
	}
	if f.WalletTags == nil {
		return true
	}
	has := func(tag string) bool { return slices.Contains(w.Tags, tag) }
	lacks := func(tag string) bool { return !has(tag) }
	return (len(f.WalletTags.HasAny) == 0 || slices.ContainsFunc(f.WalletTags.HasAny, has)) &&
		!slices.ContainsFunc(f.WalletTags.HasAll, lacks)
}

// What DFNS has and the sandbox refuses by name (OpenAPI 2.0.155).
var (
	foreignActivities = strings.Fields(`Wallets:IncomingTransaction Permissions:Assign Permissions:Modify
		Policies:Modify Registry:Addresses:Modify Registry:ContractSchemas:Modify
		Vaults:ReleaseQuarantine Vaults:CreateLock`)
	foreignRules = strings.Fields(`TransactionRecipientWhitelist TransactionAmountLimit TransactionAmountLimitNominal
		TransactionAmountVelocity TransactionCountVelocity ChainalysisTransactionPrescreening
		ChainalysisTransactionScreening ChainalysisQuarantineScreening EllipticTransactionPrescreening
		GlobalLedgerTransactionPrescreening TravelRuleTransactionPrescreening`)
)

// validate refuses what is malformed, and by name what is not implemented.
func (p NewPolicy) validate(tx *store.Tx) error {
	switch {
	case p.Name == "":
		return dfns.BadRequest("name is required")
	case slices.Contains(foreignActivities, p.ActivityKind):
		return dfns.NotImplemented("policies on %s; it has Wallets:Sign", p.ActivityKind)
	case p.ActivityKind != "Wallets:Sign":
		return dfns.BadRequest("activityKind %q is not an activity kind", p.ActivityKind)
	case slices.Contains(foreignRules, p.Rule.Kind):
		return dfns.NotImplemented("rule %s; it has AlwaysTrigger", p.Rule.Kind)
	case p.Rule.Kind != "AlwaysTrigger":
		return dfns.BadRequest("rule.kind %q is not a rule kind", p.Rule.Kind)
	case len(p.Rule.Configuration) > 0 && dfns.Decode(p.Rule.Configuration, &struct{}{}) != nil:
		return dfns.BadRequest("rule.configuration of AlwaysTrigger must be empty")
	}
	if f := p.Filters; f != nil && f.WalletID != nil {
		if len(f.WalletID.In) == 0 {
			return dfns.BadRequest("filters.walletId.in is empty, so the policy would govern nothing")
		}
		for _, id := range f.WalletID.In {
			if _, err := getWallet(tx, id); err != nil {
				return dfns.BadRequest("filters.walletId.in: %v", err)
			}
		}
	}
	return p.Action.validate(tx)
}

func (a Action) validate(tx *store.Tx) error {
	switch {
	case a.Kind == "Block" || a.Kind == "NoAction":
		if a.AutoRejectTimeout != nil || a.ApprovalGroups != nil {
			return dfns.BadRequest("action %s takes no approval groups and no timeout", a.Kind)
		}
		return nil
	case a.Kind != "RequestApproval":
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
	InitiatorCanApprove       bool      `json:"initiatorCanApprove"`
	ServiceAccountsCanApprove bool      `json:"serviceAccountsCanApprove"`
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
	if len(listed) < 1 || len(listed) > 100 {
		return dfns.BadRequest("approvers.userId.in must list 1 to 100 users")
	}
	seen := map[string]bool{}
	for _, id := range listed {
		if _, err := auth.Lookup(tx, id); err != nil {
			return dfns.BadRequest("approvers.userId.in: %v", err)
		}
		seen[id] = true
	}
	if g.Quorum > len(seen) {
		return dfns.BadRequest("a quorum of %d cannot be reached by %d approvers", g.Quorum, len(seen))
	}
	return nil
}

// admits tells whether user may vote in the group at all. A service account
// must be listed, and the group must admit service accounts.
func (g Group) admits(user auth.User) bool {
	if user.IsServiceAccount && !g.ServiceAccountsCanApprove {
		return false
	}
	if g.Approvers.UserID == nil {
		return !user.IsServiceAccount
	}
	return slices.Contains(g.Approvers.UserID.In, user.UserID)
}
