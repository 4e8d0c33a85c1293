package rules

import (
	"time"

	"countersign"
	"countersign/rules/services"
)

// A Request is what a rule sees: the approval as read from the custodian, the decoded
// call, the transfer or the message, and the desk where more can be asked.
type Request struct {
	// Desk asks services and counts against budgets.
	*services.Desk

	Approval countersign.Approval
	// Call is the decoded call; nil for the others.
	Call *Call
	// Transfer is the plain transfer; nil for the others. A call without data is one.
	Transfer *countersign.Transfer
	// Message is the typed data; nil for the others.
	Message *Message
	// Now is the time of the decision, UTC. Tried again, it is what it was.
	Now time.Time

	book *Book
}

// Initiator is the custodian's ID of who asks.
func (r *Request) Initiator() string { return r.Approval.InitiatorID }

// Wallet is the custodian's ID of the wallet that would pay or sign; its address and
// tags are at [services.Desk.WalletDetails].
func (r *Request) Wallet() string { return r.Approval.Activity.WalletID }

// Network is the custodian's name of the chain.
func (r *Request) Network() string { return r.Approval.Activity.Network }

// Policies are the custodian's IDs of the policies that hold the request.
func (r *Request) Policies() []string { return r.Approval.Policies }

// Evidence is what a rule asked and was told.
type Evidence = services.Evidence
