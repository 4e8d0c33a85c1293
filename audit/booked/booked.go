// Package booked is what the trail says of deposits and of how books begin. A record that books
// something carries the digest of the step that it causes, and the step names the record: each
// can be held against the other.
package booked

import (
	"countersign"
	"countersign/audit"
)

// The types of records. Wire format: add, never rename.
const (
	WalletOpened    audit.Type = "ledger.opened"    // the books of a wallet begin: [Opening]
	DepositBooked   audit.Type = "deposit.booked"   // a transaction of somebody else's has moved what is ours: [Deposit]
	DepositDoubtful audit.Type = "deposit.doubtful" // the same, and what it moved is not sure: people must look: [Deposit]
	DepositVanished audit.Type = "deposit.vanished" // it was seen, and no block has it any more: [Deposit]
	DepositReversed audit.Type = "deposit.reversed" // the block that had it was final and has left the chain: [DepositReversal]
)

// Who is believed: our own nodes, or the custodian where there are none.
const (
	ByChain     = "chain"
	ByCustodian = "custodian"
)

// An Opening is what a wallet had when its books began.
type Opening struct {
	WalletID string `json:"wallet_id"`
	Network  string `json:"network"`
	Address  string `json:"address"`
	// FollowedBy is who said so: chain, at Block, or custodian, at the block's time alone.
	FollowedBy string               `json:"followed_by"`
	Block      countersign.BlockRef `json:"block,omitzero"`
	// Balances are all that was looked at, the zeros too.
	Balances []Balance `json:"balances"`
	// LeftOut are the tokens that the custodian lists and that do not answer as tokens do.
	// Nothing is booked of them.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Entry and Step are the entry in the books and the SHA-256 of its posting; empty where
	// the wallet had nothing.
	Entry    string         `json:"entry,omitempty"`
	Step     string         `json:"step_sha256,omitempty"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Balance is how much there was of one asset, in its smallest unit.
type Balance struct {
	// Contract locates the asset on its network, empty for the native one.
	Contract string `json:"contract,omitempty"`
	// Asset is its name and decimals in the books, "USDC/6".
	Asset  string             `json:"asset"`
	Amount countersign.Amount `json:"amount"`
}

// A LeftOut is a token without a balance: its contract "returned nothing", "reverted" or "did not
// return 32 bytes" when it was asked for one.
type LeftOut struct {
	Contract string `json:"contract"`
	Fault    string `json:"fault"`
}

// A Deposit is a transaction that somebody else sent and that moved what is ours.
type Deposit struct {
	Network    string `json:"network"`
	TxHash     string `json:"tx_hash"`
	FollowedBy string `json:"followed_by"`
	// Effect is what the transaction did, as it was read. Where Evidence is set it has the first
	// moves that touch wallets of ours, and the whole effect is beside the trail with that SHA-256.
	Effect   countersign.Effect `json:"effect"`
	Evidence string             `json:"effect_sha256,omitempty"`
	// Wallets are those of ours that it touched, the first [MaxWallets].
	Wallets []string `json:"wallets,omitempty"`
	// Entry and Step are as in [Opening].
	Entry string `json:"entry,omitempty"`
	Step  string `json:"step_sha256,omitempty"`
	// Why says why people must look, or why it is waited for no longer.
	Why      string         `json:"why,omitempty"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A DepositReversal takes back what a [Deposit] has said, because its block is gone though it
// was final, or because the custodian, where its word is all there is, has changed it.
type DepositReversal struct {
	Network    string               `json:"network"`
	TxHash     string               `json:"tx_hash"`
	FollowedBy string               `json:"followed_by"`
	Block      countersign.BlockRef `json:"block,omitzero"`
	// Now is how the transaction stands instead.
	Now string `json:"now"`
	// Reverses is the index of the record that does not hold any more.
	Reverses int64 `json:"reverses"`
	// Reversed is the step that takes the entry back, where one was posted.
	Reversed Booking        `json:"reversed,omitzero"`
	Wallets  []string       `json:"wallets,omitempty"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}
