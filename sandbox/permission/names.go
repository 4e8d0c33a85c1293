package permission

import (
	"slices"
	"strings"
)

// current are the names that the API gives its operations today: the first part of the
// enumeration CreatePermissionBody of @dfns/sdk 0.8.21 (generated/permissions/types.d.ts).
var current = strings.Fields(`
	Registry:Addresses:Create Registry:Addresses:Delete Registry:Addresses:Read Registry:Addresses:Update
	Registry:ContractSchemas:Create Registry:ContractSchemas:Delete Registry:ContractSchemas:Read Auth:Logs:Read
	Auth:Users:Create Auth:Users:Read Auth:Users:Update Auth:Users:Activate Auth:Users:Deactivate Auth:Users:Delete
	Auth:ServiceAccounts:Create Auth:ServiceAccounts:Read Auth:ServiceAccounts:Update
	Auth:ServiceAccounts:Deactivate Auth:ServiceAccounts:Activate Auth:ServiceAccounts:Delete Auth:Pats:Create
	Auth:Register:Delegated Auth:Login:Delegated Auth:Recover:Delegated Agreements:Acceptance:Create
	Agreements:Acceptance:Read Events:Read Exchanges:Create Exchanges:Read Exchanges:Delete
	Exchanges:Deposits:Create Exchanges:Withdrawals:Create FeeSponsors:Create FeeSponsors:Read FeeSponsors:Update
	FeeSponsors:Delete FeeSponsors:Use Orgs:Read Orgs:Update Orgs:Settings:Read Orgs:Settings:Update
	Permissions:Archive Permissions:Create Permissions:Read Permissions:Update Permissions:Assign
	Permissions:Revoke Permissions:Assignments:Read Policies:Archive Policies:Create Policies:Read Policies:Update
	Policies:Approvals:Read Policies:Approvals:Approve Signers:ListSigners Stakes:Create Stakes:Read Stakes:Update
	Swaps:Create Swaps:Read Payouts:Create Payouts:Read Payouts:Write Allocations:Create Allocations:Update
	Allocations:Read Keys:Create Keys:Delete Keys:Read Keys:Update Keys:Reuse Keys:Delegate Keys:Import Keys:Export
	Keys:Derive Keys:ChildKeys:Create Keys:Signatures:Create Keys:Signatures:Read KeyStores:Read
	KeyStores:Fleets:Create KeyStores:Fleets:Clone KeyStores:ProofOfControl:Create
	KeyStores:OnchainSignatures:Create Networks:CantonValidators:Create Networks:CantonValidators:Read
	Networks:CantonValidators:Update Networks:CantonValidators:Delete Wallets:Create Wallets:Read Wallets:Update
	Wallets:Tags:Add Wallets:Tags:Delete Wallets:Transactions:Create Wallets:Transactions:Read
	Wallets:Transactions:Abort Wallets:Transfers:Create Wallets:Transfers:Read Wallets:Transfers:Abort
	Wallets:Offers:Read Wallets:Offers:Settle Vaults:Create Vaults:Read Vaults:Update Vaults:Tags:Add
	Vaults:Tags:Delete Webhooks:Create Webhooks:Read Webhooks:Update Webhooks:Delete Webhooks:Ping
	Webhooks:Events:Read Billing:Read Billing:Write Analytics:Read
`)

// legacy are the names of the second part of that enumeration, and of DFNS's list of
// operations of 2024, that are accepted and grant nothing which a route here needs.
var legacy = strings.Fields(`
	Alias:Create Alias:Delete Alias:Read Alias:Update Auth:Action:Sign Auth:Apps:Create Auth:Apps:Read
	Auth:Apps:Update Auth:Creds:Code:Create Auth:Creds:Create Auth:Creds:Read Auth:Creds:Update
	Auth:Types:Application Auth:Types:Employee Auth:Types:EndUser Auth:Types:Pat Auth:Types:ServiceAccount
	Auth:Users:Delegate Internal:Auth:Types:Staff
`)

// aliases give an operation's name in [current] for every other name that it has had:
// in OpenAPI 2.0.155, which renamed some, and in DFNS's documentation of 2024.
var aliases = map[Operation]Operation{
	"Policies:Evaluations:Read": "Policies:Approvals:Read",
	"Policies:Evaluations:Vote": "Policies:Approvals:Approve",
	"Policies:Delete":           "Policies:Archive",
	"Permissions:Delete":        "Permissions:Archive",
	"Wallets:Tags:Remove":       "Wallets:Tags:Delete",
	"Keys:Vrf:Derive":           "Keys:Derive",
	"Wallets:Delegate":          "Keys:Delegate",

	"Wallets:TransferAsset":        "Wallets:Transfers:Create",
	"Wallets:BroadcastTransaction": "Wallets:Transactions:Create",
	"Wallets:GenerateSignature":    "Keys:Signatures:Create",
	"Wallets:ReadTransfer":         "Wallets:Transfers:Read",
	"Wallets:ReadTransaction":      "Wallets:Transactions:Read",
	"Wallets:ReadSignature":        "Keys:Signatures:Read",
	"PermissionAssignments:Create": "Permissions:Assign",
	"PermissionAssignments:Read":   "Permissions:Assignments:Read",
	"PermissionAssignments:Revoke": "Permissions:Revoke",
}

// apps are the operations that the 2024 names Auth:Apps:… grant on service accounts to
// whoever also holds Auth:Types:ServiceAccount.
var apps = map[Operation][]Operation{
	"Auth:Apps:Read":   {ReadServiceAccounts},
	"Auth:Apps:Create": {CreateServiceAccount},
	"Auth:Apps:Update": {UpdateServiceAccount, ActivateServiceAccount, DeactivateServiceAccount, DeleteServiceAccount},
}

// All returns every operation, by its current name.
func All() []string { return slices.Clone(current) }

// Known tells whether name is one that an operation has, or had.
func Known(name string) bool {
	_, alias := aliases[Operation(name)]
	return alias || slices.Contains(current, name) || slices.Contains(legacy, name)
}

// Canonical returns the current name of an operation.
func Canonical(op Operation) Operation {
	if now, renamed := aliases[op]; renamed {
		return now
	}
	return op
}
