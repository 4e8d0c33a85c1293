// Package policy holds the organisation's policies: which activity each governs, the rule
// that triggers it, what it then does, and the filters that narrow it.
//
// It refuses what DFNS's schema refuses, by the table of activities below, and by name what
// DFNS has and the sandbox cannot evaluate. Package gate asks the policies; package change
// stands between a caller and a policy that is governed by another.
package policy

import (
	"slices"

	"countersign/sandbox/dfns"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
)

// The statuses of a policy. An archived one governs nothing and stays so.
const (
	Active   = "Active"
	Archived = "Archived"
)

// The activities that the sandbox has.
const (
	Sign              = "Wallets:Sign"
	Incoming          = "Wallets:IncomingTransaction"
	AssignPermission  = "Permissions:Assign"
	ModifyPermissions = "Permissions:Modify"
	ModifyPolicies    = "Policies:Modify"
)

// Policy is a policy as the API shows it.
type Policy struct {
	ID           string    `json:"id"` // plc-…
	Name         string    `json:"name"`
	Status       string    `json:"status"` // Active or Archived
	DateCreated  dfns.Time `json:"dateCreated"`
	DateUpdated  dfns.Time `json:"dateUpdated"`
	ActivityKind string    `json:"activityKind"`
	Rule         rule.Rule `json:"rule"`
	Action       Action    `json:"action"`
	Filters      *Filters  `json:"filters,omitempty"`
}

// Terms is the body of POST and PUT /v2/policies, which replaces the whole.
type Terms struct {
	Name         string    `json:"name"`
	ActivityKind string    `json:"activityKind"`
	Rule         rule.Rule `json:"rule"`
	Action       Action    `json:"action"`
	Filters      *Filters  `json:"filters,omitempty"`
}

// activity says what the policies of an activity may have.
type activity struct {
	rules   []string
	actions []string
	filters []string
	needs   bool // filters that are given may not be empty
}

// activities is the table of OpenAPI 2.0.155.
var activities = map[string]activity{
	Sign: {
		rules: []string{"AlwaysTrigger", "TransactionRecipientWhitelist", "TransactionAmountLimit",
			"TransactionAmountLimitNominal", "TransactionAmountVelocity", "TransactionCountVelocity",
			"ChainalysisTransactionPrescreening", "EllipticTransactionPrescreening",
			"GlobalLedgerTransactionPrescreening", "TravelRuleTransactionPrescreening"},
		actions: []string{RequestApproval, Block, NoAction}, filters: []string{"walletId", "walletTags"},
	},
	Incoming: {rules: []string{"ChainalysisTransactionScreening"}, actions: []string{NoAction},
		filters: []string{"walletId", "walletTags"}},
	AssignPermission:  {rules: always, actions: []string{RequestApproval, Block}, filters: []string{"permissionId"}, needs: true},
	ModifyPermissions: {rules: always, actions: []string{RequestApproval, Block}, filters: []string{"permissionId"}, needs: true},
	ModifyPolicies:    {rules: always, actions: []string{RequestApproval}, filters: []string{"policyId"}, needs: true},
}

var always = []string{"AlwaysTrigger"}

// foreign are the activities that DFNS has and the sandbox refuses by name.
var foreign = []string{"Registry:Addresses:Modify", "Registry:ContractSchemas:Modify",
	"Vaults:ReleaseQuarantine", "Vaults:CreateLock"}

// validate refuses what is malformed, and by name what is not implemented.
func (t Terms) validate(tx *store.Tx, known Known) error {
	if slices.Contains(foreign, t.ActivityKind) {
		return dfns.NotImplemented("policies on %s", t.ActivityKind)
	}
	may, exists := activities[t.ActivityKind]
	if !exists {
		return dfns.BadRequest("activityKind %q is not an activity kind", t.ActivityKind)
	}
	if err := t.Rule.Check(); err != nil {
		return err
	}
	if !slices.Contains(may.rules, t.Rule.Kind) {
		return dfns.BadRequest("rule %s is not one for %s", t.Rule.Kind, t.ActivityKind)
	}
	if err := t.Action.validate(tx); err != nil {
		return err
	}
	if !slices.Contains(may.actions, t.Action.Kind) {
		return dfns.BadRequest("action %s is not one for %s", t.Action.Kind, t.ActivityKind)
	}
	return t.Filters.validate(tx, may, known)
}
