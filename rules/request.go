package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"countersign"
)

// A Request is what a rule sees: the approval as read from the custodian, and
// the decoded call, the transfer or the message.
type Request struct {
	Approval countersign.Approval
	// Call is the decoded call; nil for the others.
	Call *Call
	// Transfer is the plain transfer; nil for the others. A call without data is one.
	Transfer *countersign.Transfer
	// Message is the typed data; nil for the others.
	Message *Message
	// Now is the time of the decision, UTC.
	Now time.Time

	book  *Book
	notes *notes // shared with the requests for the calls inside
}

// notes are what rules leave behind besides their decision.
type notes struct {
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
	r.notes.mu.Lock()
	defer r.notes.mu.Unlock()
	r.notes.claims = append(r.notes.claims, countersign.Claim{
		Budget: b.Name, Amount: amount, Limit: b.Limit, Since: b.Window.since(r.Now).UTC(),
	})
}

// Note keeps what a rule was told by a source: its digest stands in the signed
// decision, so that the decision can be explained later.
func (r *Request) Note(kind, source string, answer []byte) {
	sum := sha256.Sum256(answer)
	r.notes.mu.Lock()
	defer r.notes.mu.Unlock()
	r.notes.evidence = append(r.notes.evidence, Evidence{Kind: kind, Source: source, Digest: hex.EncodeToString(sum[:]), At: r.Now})
}

// answer closes the request: what is counted or noted later is not heard.
func (r *Request) answer(d Decision) answer {
	r.notes.mu.Lock()
	defer r.notes.mu.Unlock()
	return answer{decision: d, claims: slices.Clone(r.notes.claims), evidence: slices.Clone(r.notes.evidence)}
}

// Evidence is what a rule asked and was told.
type Evidence struct {
	Kind   string    `json:"kind"`
	Source string    `json:"source"`
	Digest string    `json:"sha256"`
	At     time.Time `json:"fetched_at"`
}
