package simulation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"countersign"
)

// A Method is the JSON-RPC method that ran the calls. Wire format.
type Method string

// The methods. A result says the same by either.
const (
	SimulateV1 Method = "eth_simulateV1"
	TraceCall  Method = "debug_traceCall"
)

// A Result is what the calls would do, for a rule and for the record. Lists are in an
// order of their own, so that two simulations of the same effects are the same bytes
// of JSON, apart from the block, the gas and the method. Its JSON keys are wire format.
type Result struct {
	Network string `json:"network"`
	ChainID uint64 `json:"chain_id"`
	Block   Block  `json:"block"`
	Method  Method `json:"method"`
	// Calls are the outcomes in the order of the request.
	Calls []CallResult `json:"calls"`
	// Watched are the senders and the accounts that the request named. What moves
	// theirs is read even where no log tells of it.
	Watched []string `json:"watched"`
	// Assets are the differences of balances that are not zero. The zero address, from
	// which tokens are minted, is no account.
	Assets []AssetDelta `json:"assets"`
	// Allowances are those of which the calls' logs tell, as they stand afterwards. One
	// that was nothing before and is nothing after is left out.
	Allowances []AllowanceDelta `json:"allowances"`
	// Disagreements are where logs tell otherwise than balances.
	Disagreements []Disagreement `json:"disagreements,omitempty"`
	// Unread is what could not be understood, in words: no rule may pass over it.
	Unread []string `json:"unread,omitempty"`
}

// A Block is that on whose state the calls ran, as if in the block after it.
type Block struct {
	Number uint64 `json:"number"`
	Hash   string `json:"hash"`
	// Time is the block's own, to the second, in UTC.
	Time time.Time `json:"time"`
}

// A CallResult is the outcome of one call.
type CallResult struct {
	Reverted bool `json:"reverted"`
	// Reason is why, for people; see [Reason]. Empty unless reverted.
	Reason string `json:"reason,omitempty"`
	// Data is the first KiB of what the call reverted with.
	Data Bytes `json:"data,omitempty"`
	// GasUsed is what this run used; another may use more or less.
	GasUsed uint64 `json:"gas_used"`
	// Logs are those that stay, in the order in which they were written: none of inner
	// calls that reverted.
	Logs []Log `json:"logs"`
}

// A Log is one event as a contract wrote it.
type Log struct {
	Address string   `json:"address"`
	Topics  []string `json:"topics"`
	Data    Bytes    `json:"data"`
}

// An AssetDelta is by how much an account's holding changes.
type AssetDelta struct {
	Account string `json:"account"`
	Asset   Asset  `json:"asset"`
	// Delta is in the asset's smallest unit.
	Delta Change `json:"delta"`
}

// An AllowanceKind says how much of a contract's assets a spender may move. Wire format.
type AllowanceKind string

// The kinds of allowance.
const (
	// AllowAmount is up to an amount of an ERC-20.
	AllowAmount AllowanceKind = "amount"
	// AllowToken is one token of an ERC-721. The revocation of one is not listed.
	AllowToken AllowanceKind = "token"
	// AllowAll is whatever the owner has of an ERC-721 or ERC-1155, now and later.
	AllowAll AllowanceKind = "all"
)

// An AllowanceDelta is what a spender may take from an owner once the calls have run.
type AllowanceDelta struct {
	Owner    string        `json:"owner"`
	Spender  string        `json:"spender"`
	Contract string        `json:"contract"`
	Kind     AllowanceKind `json:"kind"`
	// Before and Amount are the ERC-20 allowance before and after; zero for other kinds.
	Before countersign.Amount `json:"before"`
	Amount countersign.Amount `json:"amount"`
	// TokenID is the token's, of kind [AllowToken].
	TokenID string `json:"token_id,omitempty"`
	// Approved is whether the spender may, of kinds [AllowToken] and [AllowAll].
	Approved bool `json:"approved,omitempty"`
}

// A Disagreement is a holding of which logs tell another change than its balance. The
// balance is in [Result.Assets].
type Disagreement struct {
	Account string `json:"account"`
	Asset   Asset  `json:"asset"`
	Logged  Change `json:"logged"`
	Actual  Change `json:"actual"`
}

// Canonical returns r with its lists in order, and none of them null in JSON. It does
// not change r.
func (r Result) Canonical() Result {
	r.Watched = ordered(r.Watched, strings.Compare)
	r.Assets = ordered(r.Assets, func(a, b AssetDelta) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), a.Asset.compare(b.Asset))
	})
	r.Allowances = ordered(r.Allowances, func(a, b AllowanceDelta) int {
		return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Contract, b.Contract), strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.Spender, b.Spender), compareIDs(a.TokenID, b.TokenID))
	})
	r.Disagreements = ordered(r.Disagreements, func(a, b Disagreement) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), a.Asset.compare(b.Asset))
	})
	r.Unread = ordered(r.Unread, strings.Compare)
	return r
}

func ordered[T any](list []T, compare func(a, b T) int) []T {
	list = append([]T{}, list...)
	slices.SortFunc(list, compare)
	return list
}
