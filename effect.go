package countersign

import (
	"errors"
	"time"
)

var (
	// ErrNoNode means that no node is configured for a network: what happens there is known
	// from the custodian alone.
	ErrNoNode = errors.New("no node is configured for this network")

	// ErrUnsure means that the nodes that were asked do not agree, or that too few answered:
	// nothing may rest on what they say now. Asking again may help.
	ErrUnsure = errors.New("the nodes do not agree")
)

// An Inclusion is how far a transaction has come on its chain.
type Inclusion string

// The inclusions. Wire format.
const (
	// NotSeen means that no node knows the transaction, which proves nothing: a pool may
	// have dropped it, and another node may have it.
	NotSeen Inclusion = "not_seen"
	// InPool means that a node holds it, in no block.
	InPool Inclusion = "in_pool"
	// Included means that it stands in a block that may still leave the chain.
	Included Inclusion = "included"
	// Final means that its block cannot leave the chain any more, by the network's own rule.
	Final Inclusion = "final"
)

// A BlockRef names a block. Hash is 0x and 64 lower-case hex digits.
type BlockRef struct {
	Number uint64    `json:"number"`
	Hash   string    `json:"hash"`
	Time   time.Time `json:"time"`
}

// An Effect is what a transaction did, read from the chain itself and not from who says so.
// Everything in it is of one block, named by its hash.
type Effect struct {
	Network string `json:"network"`
	// TxHash is 0x and 64 lower-case hex digits.
	TxHash    string    `json:"tx_hash"`
	Inclusion Inclusion `json:"inclusion"`

	// What follows is set from Included on.

	Block BlockRef `json:"block,omitzero"`
	// Succeeded is the receipt's status: false for a transaction that was reverted, which has
	// moved nothing but its fee.
	Succeeded bool `json:"succeeded"`
	// From is who signed and paid it, To whom it called, empty for a creation, and Nonce its
	// number among the sender's.
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	Nonce uint64 `json:"nonce"`
	// Fee is what the sender paid for it beside any value, in the native asset's smallest
	// unit: gas, and a rollup's fee for its data where the receipt tells it.
	Fee Amount `json:"fee"`
	// Moves are what went from where to where, in the order of the logs, the value of the
	// transaction itself first.
	Moves []Move `json:"moves,omitempty"`
	// Doubts say why the moves may not be all, or not so, a sentence each: a balance that
	// changed otherwise than the logs say. Nobody but people may rely on what has one.
	Doubts []string `json:"doubts,omitempty"`
}

// A Move is an asset that went from one address to another.
type Move struct {
	// Kind is the asset's, in the custodian's word: "Native", "Erc20", "Erc721".
	Kind string `json:"kind"`
	// Asset is the contract, 0x and 40 lower-case hex digits; empty for the native asset.
	Asset string `json:"asset,omitempty"`
	// From and To are 0x and 40 lower-case hex digits. The zero address is where tokens come
	// from that are minted and go that are burnt.
	From string `json:"from"`
	To   string `json:"to"`
	// Amount is in the smallest unit; 1 for a piece, which TokenID names.
	Amount  Amount `json:"amount"`
	TokenID string `json:"token_id,omitempty"`
	// Log is the index of the log in its block, -1 for the value of the transaction itself
	// or of a call inside it.
	Log int `json:"log"`
}
