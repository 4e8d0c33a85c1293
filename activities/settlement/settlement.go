// Package settlement is how a settlement happens: what is to be sent is held in the books,
// asked of the custodian, followed on its chain, and posted as it happened or given up.
//
// Nobody is believed. What the custodian is asked for is taken from the trail and not from a
// caller; how it stands is read afresh each time; what has moved is read from the chain by the
// hash of its block, and only where a network has no node is it the custodian's word, which the
// record then says. Each step has a name that comes from the business (the settlement's ID and
// how often it was reversed before), so that asking twice is asking once.
package settlement

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/ledger/posting"
)

// Settlements does the steps of settlements. Its methods are idempotent on the settlement's ID.
type Settlements struct {
	Requests  Requests
	Custodian Custodian
	// Maker asks the custodian. It is another account than the one that decides on
	// approvals. Nil where nothing is submitted and what others have asked is followed only.
	Maker   Maker
	Chain   Chain
	Wallets Wallets
	Trail   Trail
	Chart   chart.Chart
	// Now is the clock.
	Now func() time.Time
}

// Requests reads what the custodian was asked for.
type Requests interface {
	// Request reads one afresh.
	Request(ctx context.Context, ref countersign.RequestRef) (countersign.Request, error)
	// Replaced is the request whose place another has taken.
	Replaced(ctx context.Context, by countersign.RequestRef) (countersign.Request, error)
}

// A Custodian reads wallets and approvals.
type Custodian interface {
	WalletByID(ctx context.Context, id string) (countersign.Wallet, error)
	Approval(ctx context.Context, id string) (countersign.Approval, error)
}

// A Maker asks for what an instruction says. Asked again with the same one it returns the
// first request, and with other terms [countersign.ErrExternalIDReused].
type Maker interface {
	Submit(ctx context.Context, i countersign.Instruction) (countersign.Request, error)
}

// A Chain reads what a transaction did; ours are the addresses that matter. It fails with
// [countersign.ErrNoNode] for a network without a node, and with [countersign.ErrUnsure] where
// the nodes do not agree.
type Chain interface {
	Effect(ctx context.Context, network, txHash string, ours []string) (countersign.Effect, error)
}

// Wallets says whose addresses are ours and where their books begin.
// bookkeeping.Register is the real one.
type Wallets interface {
	Ours(ctx context.Context, network string, at time.Time) (map[string]countersign.Wallet, error)
	Begins(ctx context.Context, w countersign.Wallet, b countersign.BlockRef) (posting.Wallet, error)
}

// A Trail keeps records, and books what they explain. store.Trail is the real one.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	Book(ctx context.Context, d audit.Draft, b ledger.Booking) (audit.Entry, error)
	Barrier(ctx context.Context, e audit.Entry) error
}

// A Case is what every step is told of a settlement.
type Case struct {
	ID       string `json:"id"`
	WalletID string `json:"wallet_id"`
	Network  string `json:"network"`
	Address  string `json:"address,omitempty"`
	// Round counts from 1, and one up whenever something posted was reversed: each round
	// has an entry of its own in the books. Held says that this round's entry is pending.
	Round int  `json:"round"`
	Held  bool `json:"held,omitempty"`
	// ApprovalID is the approval that the custodian asked for, once it has said so.
	ApprovalID string `json:"approval_id,omitempty"`
}

// key is the record key of a step that is done once a round.
func (c Case) key(what string) string { return c.nth(what, c.Round) }

// nth is the record key of what happens more than once.
func (c Case) nth(what string, n int) string {
	if n > 1 {
		what += "/" + strconv.Itoa(n)
	}
	return countersign.SettlementKey(c.ID, what)
}

// entry names the round's entry: the first after the settlement, a later one with so many
// characters that no external ID can have them.
func (c Case) entry(round int) string {
	if round <= 1 {
		return c.ID
	}
	return fmt.Sprintf("%s:%0*d", c.ID, countersign.MaxExternalID, round)
}

// step is one of the round's entry.
func (c Case) step(state ledger.State, postings []ledger.Posting, memo string) ledger.Step {
	return ledger.Step{ID: c.entry(c.Round), State: state, Postings: postings, Memo: memo}
}

// booking names a step for its record.
func booking(s ledger.Step) booked.Booking {
	return booked.Booking{Entry: s.ID, State: string(s.State), Step: s.Digest()}
}

// thread is what the records of a settlement have in common.
func (a *Settlements) thread(ctx context.Context, c Case) (lineage.Thread, error) {
	t, err := lineage.OfSettlement(ctx, a.Trail, c.ID)
	if t.ApprovalID == "" {
		t.ApprovalID = c.ApprovalID
	}
	return t, err
}

// opened is what the trail says that is to be settled.
func (a *Settlements) opened(ctx context.Context, id string) (body booked.Settlement, entry audit.Entry, err error) {
	entry, err = a.Trail.Find(ctx, countersign.SettlementKey(id, "opened"))
	if err == nil {
		err = entry.Decode(&body)
	}
	return body, entry, err
}

// found is a record that is there already; no error and false where it is not.
func (a *Settlements) found(ctx context.Context, key string, body any) (audit.Entry, bool, error) {
	entry, err := a.Trail.Find(ctx, key)
	if errors.Is(err, audit.ErrNoRecord) {
		return audit.Entry{}, false, nil
	}
	if err == nil {
		err = entry.Decode(body)
	}
	return entry, err == nil, err
}

// terms are what was asked for: by the instruction, or by the request that was found.
func terms(s booked.Settlement) (t *countersign.Transfer, c *countersign.Call) {
	switch {
	case s.Instruction != nil:
		return s.Instruction.Transfer, s.Instruction.Call
	case s.Request != nil:
		return s.Request.Activity.Transfer, s.Request.Activity.Call
	}
	return nil, nil
}

// failed says which settlement an error is of, in the form that crosses into a workflow.
func failed(step, id string, err error) error {
	return wire.Error(fmt.Errorf("%s settlement %s: %w", step, id, err))
}

// summary says in one line what is asked for.
func summary(walletID, network string, t *countersign.Transfer, c *countersign.Call) string {
	switch {
	case t != nil:
		what := strings.TrimSpace(t.Kind + " " + t.Asset)
		if t.TokenID != "" {
			what += " #" + t.TokenID
		}
		return fmt.Sprintf("%s of %s from %s to %s on %s", t.Amount, what, walletID, t.To, network)
	case c != nil:
		return fmt.Sprintf("call of %s by %s on %s", orElse(c.To, "a new contract"), walletID, network)
	}
	return fmt.Sprintf("a transaction of %s on %s", walletID, network)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
