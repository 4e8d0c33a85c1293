// Package permission is the vocabulary of rights: one operation for each thing that a
// caller may be allowed to do, by the names that @dfns/sdk 0.8.21 and OpenAPI 2.0.155 give
// them.
//
// An operation has had several names. [Known] accepts all of them in a role, and a [Set]
// holds them to be the same.
package permission

// An Operation is one right, such as Wallets:Read. The names differ by generation: those
// here are the SDK's.
type Operation string

// None is the operation of a route that every caller may use: what it does for a caller
// concerns only that caller.
const None Operation = ""

// The operations that the routes need.
const (
	ReadWallets  Operation = "Wallets:Read"
	CreateWallet Operation = "Wallets:Create"
	UpdateWallet Operation = "Wallets:Update"
	AddTags      Operation = "Wallets:Tags:Add"
	RemoveTags   Operation = "Wallets:Tags:Delete"

	CreateTransfer    Operation = "Wallets:Transfers:Create"
	ReadTransfers     Operation = "Wallets:Transfers:Read"
	AbortTransfer     Operation = "Wallets:Transfers:Abort"
	CreateTransaction Operation = "Wallets:Transactions:Create"
	ReadTransactions  Operation = "Wallets:Transactions:Read"
	AbortTransaction  Operation = "Wallets:Transactions:Abort"

	ReadOffers  Operation = "Wallets:Offers:Read"
	SettleOffer Operation = "Wallets:Offers:Settle"

	CreateValidator Operation = "Networks:CantonValidators:Create"
	ReadValidators  Operation = "Networks:CantonValidators:Read"
	UpdateValidator Operation = "Networks:CantonValidators:Update"
	DeleteValidator Operation = "Networks:CantonValidators:Delete"

	CreateKey       Operation = "Keys:Create"
	ReadKeys        Operation = "Keys:Read"
	UpdateKey       Operation = "Keys:Update"
	DeleteKey       Operation = "Keys:Delete"
	ReuseKey        Operation = "Keys:Reuse"
	DelegateKey     Operation = "Keys:Delegate"
	ImportKey       Operation = "Keys:Import"
	ExportKey       Operation = "Keys:Export"
	ListSigners     Operation = "Signers:ListSigners"
	DeriveKey       Operation = "Keys:Derive"
	CreateSignature Operation = "Keys:Signatures:Create"
	ReadSignatures  Operation = "Keys:Signatures:Read"

	CreatePolicy  Operation = "Policies:Create"
	ReadPolicies  Operation = "Policies:Read"
	UpdatePolicy  Operation = "Policies:Update"
	ArchivePolicy Operation = "Policies:Archive"
	ReadApprovals Operation = "Policies:Approvals:Read"
	Decide        Operation = "Policies:Approvals:Approve"

	CreateWebhook Operation = "Webhooks:Create"
	ReadWebhooks  Operation = "Webhooks:Read"
	UpdateWebhook Operation = "Webhooks:Update"
	DeleteWebhook Operation = "Webhooks:Delete"
	PingWebhook   Operation = "Webhooks:Ping"
	ReadEvents    Operation = "Webhooks:Events:Read"

	CreateServiceAccount     Operation = "Auth:ServiceAccounts:Create"
	ReadServiceAccounts      Operation = "Auth:ServiceAccounts:Read"
	UpdateServiceAccount     Operation = "Auth:ServiceAccounts:Update"
	ActivateServiceAccount   Operation = "Auth:ServiceAccounts:Activate"
	DeactivateServiceAccount Operation = "Auth:ServiceAccounts:Deactivate"
	DeleteServiceAccount     Operation = "Auth:ServiceAccounts:Delete"
	CreatePat                Operation = "Auth:Pats:Create"
	CreateUser               Operation = "Auth:Users:Create"
	ReadUsers                Operation = "Auth:Users:Read"
	UpdateUser               Operation = "Auth:Users:Update"
	ActivateUser             Operation = "Auth:Users:Activate"
	DeactivateUser           Operation = "Auth:Users:Deactivate"
	DeleteUser               Operation = "Auth:Users:Delete"
	RegisterEndUser          Operation = "Auth:Register:Delegated"
	LoginEndUser             Operation = "Auth:Login:Delegated"
	RecoverEndUser           Operation = "Auth:Recover:Delegated"
	ReadLogs                 Operation = "Auth:Logs:Read"

	CreatePermission  Operation = "Permissions:Create"
	ReadPermissions   Operation = "Permissions:Read"
	UpdatePermission  Operation = "Permissions:Update"
	ArchivePermission Operation = "Permissions:Archive"
	AssignPermission  Operation = "Permissions:Assign"
	RevokePermission  Operation = "Permissions:Revoke"
	ReadAssignments   Operation = "Permissions:Assignments:Read"
)
