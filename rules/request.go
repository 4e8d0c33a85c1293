package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"countersign"
	"countersign/calldata"
)

// A Request is what a rule sees: the approval as read from the custodian, and
// either the decoded call or the transfer.
type Request struct {
	Approval countersign.Approval
	// Call is the decoded call; nil for a transfer.
	Call *Call
	// Transfer is the plain transfer; nil for a call.
	Transfer *countersign.Transfer
	// Now is the time of the decision, UTC.
	Now time.Time

	mu       sync.Mutex // a rule may ask its sources at the same time
	claims   []countersign.Claim
	evidence []Evidence
}

// Initiator is the custodian's ID of who asks.
func (r *Request) Initiator() string { return r.Approval.InitiatorID }

// Wallet is the custodian's ID of the wallet that would pay or sign.
func (r *Request) Wallet() string { return r.Approval.Activity.WalletID }

// Network is the custodian's name of the chain.
func (r *Request) Network() string { return r.Approval.Activity.Network }

// Count takes amount from a budget if this request is approved, whoever approves
// it: the engine reserves it when we do, and books it when people do. Count it
// before any check that may abstain.
func (r *Request) Count(b Budget, amount Amount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claims = append(r.claims, countersign.Claim{
		Budget: b.Name, Amount: amount, Limit: b.Limit, Since: b.Window.since(r.Now).UTC(),
	})
}

// Note keeps what a rule was told by a source: its digest stands in the signed
// decision, so that the decision can be explained later.
func (r *Request) Note(kind, source string, answer []byte) {
	sum := sha256.Sum256(answer)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evidence = append(r.evidence, Evidence{Kind: kind, Source: source, Digest: hex.EncodeToString(sum[:]), At: r.Now})
}

// answer closes the request: what is counted or noted later is not heard.
func (r *Request) answer(d Decision) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return answer{decision: d, claims: slices.Clone(r.claims), evidence: slices.Clone(r.evidence)}
}

// Evidence is what a rule asked and was told.
type Evidence struct {
	Kind   string    `json:"kind"`
	Source string    `json:"source"`
	Digest string    `json:"sha256"`
	At     time.Time `json:"fetched_at"`
}

// A Call is a decoded call with access to its arguments by name. Asking for an
// argument that the function does not have, or as another type, panics: the
// engine turns that into an abstention, and rulestest or the first test of the
// book shows it.
type Call struct {
	// Contract is the book's entry for the called address.
	Contract Contract
	// Value is the native amount sent along, in wei.
	Value Amount

	decoded *calldata.Call
}

// Function is the canonical signature: "mint(address,uint256)".
func (c *Call) Function() string { return c.decoded.Function.Signature }

// Address returns an address argument: 0x and 40 lower-case hex digits.
func (c *Call) Address(name string) string {
	a, ok := c.Arg(name).Address()
	c.typed(ok, name, "an address")
	return a
}

// Amount returns an unsigned integer argument.
func (c *Call) Amount(name string) Amount {
	a, ok := c.Arg(name).Amount()
	c.typed(ok, name, "an unsigned integer")
	return a
}

// Bool returns a boolean argument.
func (c *Call) Bool(name string) bool {
	b, ok := c.Arg(name).Bool()
	c.typed(ok, name, "a boolean")
	return b
}

// Bytes returns a bytes, bytesN or string argument.
func (c *Call) Bytes(name string) []byte {
	b, ok := c.Arg(name).Bytes()
	c.typed(ok, name, "bytes")
	return b
}

// Arg returns an argument of any type.
func (c *Call) Arg(name string) calldata.Value {
	v, ok := c.decoded.Arg(name)
	if !ok {
		panic(fmt.Sprintf("%s has no argument named %q", c.Function(), name))
	}
	return v
}

func (c *Call) typed(ok bool, name, want string) {
	if !ok {
		panic(fmt.Sprintf("argument %q of %s is not %s", name, c.Function(), want))
	}
}
