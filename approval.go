package countersign

import (
	"encoding/json"
	"slices"
	"time"
)

// An ApprovalStatus is where an approval stands, by the custodian's word.
type ApprovalStatus string

// The statuses. Only StatusPending takes decisions; the others are final.
const (
	StatusPending  ApprovalStatus = "pending"
	StatusApproved ApprovalStatus = "approved"
	StatusDenied   ApprovalStatus = "denied"
	StatusExpired  ApprovalStatus = "expired"
)

// Final reports whether the approval takes no more decisions. An unknown status
// is not final: we keep asking.
func (s ApprovalStatus) Final() bool {
	return s == StatusApproved || s == StatusDenied || s == StatusExpired
}

// An Approval is a request that the custodian holds until enough approvers have
// spoken, as read from the custodian at one moment.
type Approval struct {
	ID          string         `json:"id"`
	InitiatorID string         `json:"initiator_id"`
	Status      ApprovalStatus `json:"status"`
	Activity    Activity       `json:"activity"`
	// Policies are the IDs of the policies that hold the request.
	Policies []string `json:"policies,omitempty"`
	Votes    []Vote   `json:"votes,omitempty"`
	// CreatedAt, ExpiresAt and ResolvedAt are UTC by the custodian's clock; zero
	// where the custodian gave none (an approval may never expire).
	CreatedAt  time.Time `json:"created_at,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	// Snapshot is the lower-case hex SHA-256 over everything that a decision is
	// bound to: the custodian's whole answer but for what voting itself changes
	// (status, votes, their dates) and quoted prices. Two reads with one snapshot
	// ask for the same thing.
	Snapshot string `json:"snapshot"`
}

// VoteOf returns what a user has said, if anything.
func (a Approval) VoteOf(userID string) (Vote, bool) {
	for _, v := range a.Votes {
		if v.UserID == userID {
			return v, true
		}
	}
	return Vote{}, false
}

// A Vote is one approver's word as the custodian holds it. The custodian knows
// two values; an abstention is silence there and a record here.
type Vote struct {
	UserID  string    `json:"user_id"`
	Verdict Verdict   `json:"verdict"` // Approve or Reject
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at,omitzero"`
	// Raw is the vote in the custodian's own JSON, for evidence. It is no part of ours.
	Raw []byte `json:"-"`
}

// An Activity is what is asked for. Exactly one of Transfer, Call, Operations and
// TypedData is set when the request was of a kind that we read; none when it was
// not, and then nobody but people may decide it.
type Activity struct {
	// Kind is the custodian's activity kind, e.g. "Wallets:Sign".
	Kind string `json:"kind"`
	// Request is the custodian's kind of the request body, e.g. "Erc20" or
	// "Eip1559"; RequestID its ID there; ExternalID the maker's own.
	Request    string `json:"request"`
	RequestID  string `json:"request_id,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
	WalletID   string `json:"wallet_id,omitempty"`
	Network    string `json:"network,omitempty"`

	Transfer *Transfer `json:"transfer,omitempty"`
	Call     *Call     `json:"call,omitempty"`
	// Operations are calls that one smart account makes together, in order.
	Operations []Call `json:"operations,omitempty"`
	// TypedData is a message to be signed off the chain.
	TypedData *TypedData `json:"typed_data,omitempty"`
	// Unreadable says why none of them is set, for people.
	Unreadable string `json:"unreadable,omitempty"`
}

// The custodian's words for the kinds of assets that people count in units: a chain's own currency, and
// fungible tokens of EVM chains.
const (
	KindNative = "Native"
	KindErc20  = "Erc20"
)

// A Transfer moves an asset that the custodian itself understands.
type Transfer struct {
	// Kind is the asset's kind: "Native", "Erc20" and so on.
	Kind string `json:"kind"`
	// Asset locates the asset within its kind: a contract address, a mint, an
	// asset ID; empty for the chain's native asset.
	Asset string `json:"asset,omitempty"`
	To    string `json:"to"`
	// Amount is in the asset's smallest unit. For a collectible it is 1 and
	// TokenID names the piece.
	Amount  Amount `json:"amount"`
	TokenID string `json:"token_id,omitempty"`
	Memo    string `json:"memo,omitempty"`
}

// A Call is an EVM transaction to be signed: bytes sent to a contract.
type Call struct {
	// To is 0x and 40 lower-case hex digits, or empty when the transaction would
	// create a contract.
	To string `json:"to"`
	// Value is the native amount sent along, in wei.
	Value Amount `json:"value"`
	// Data is the call data: selector and arguments.
	Data []byte `json:"data"`
	// GasLimit and MaxFeePerGas (in wei) bound what is spent on gas beside Value; zero
	// where the custodian chooses.
	GasLimit     Amount `json:"gas_limit,omitzero"`
	MaxFeePerGas Amount `json:"max_fee_per_gas,omitzero"`
	// MaxPriorityFeePerGas, in wei, is how much of MaxFeePerGas may go to who makes the
	// block, on top of the block's base fee (EIP-1559). Where both are the same, a unit of
	// gas costs exactly that; zero where the custodian chooses.
	MaxPriorityFeePerGas Amount `json:"max_priority_fee_per_gas,omitzero"`
	// SetsCode is true for a transaction of type 4 (EIP-7702), which gives accounts
	// the code of Delegates: 0x and 40 lower-case hex digits each.
	SetsCode  bool     `json:"sets_code,omitempty"`
	Delegates []string `json:"delegates,omitempty"`
}

// TypedData is an EIP-712 message: its types, the domain that binds it to a contract
// on a chain, and its values, each as the JSON that was given. Whoever holds the
// signature may use it without asking again.
type TypedData struct {
	Types   json.RawMessage `json:"types"`
	Domain  json.RawMessage `json:"domain"`
	Message json.RawMessage `json:"message"`
	// ChainID is the EIP-155 number of the network that the wallet is on.
	ChainID uint64 `json:"chain_id"`
}

// Clone copies an approval down to the last byte.
func (a Approval) Clone() Approval {
	a.Policies, a.Votes = slices.Clone(a.Policies), slices.Clone(a.Votes)
	if t := a.Activity.Transfer; t != nil {
		own := *t
		a.Activity.Transfer = &own
	}
	if c := a.Activity.Call; c != nil {
		own := c.clone()
		a.Activity.Call = &own
	}
	a.Activity.Operations = slices.Clone(a.Activity.Operations)
	for i, c := range a.Activity.Operations {
		a.Activity.Operations[i] = c.clone()
	}
	if t := a.Activity.TypedData; t != nil {
		a.Activity.TypedData = &TypedData{
			Types: slices.Clone(t.Types), Domain: slices.Clone(t.Domain), Message: slices.Clone(t.Message), ChainID: t.ChainID,
		}
	}
	return a
}

func (c Call) clone() Call {
	c.Data, c.Delegates = slices.Clone(c.Data), slices.Clone(c.Delegates)
	return c
}
