package settlement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
	"countersign/ledger/posting"
)

// PostSettlementInput names a transaction that was seen to be final.
type PostSettlementInput struct {
	Case    Case                   `json:"case"`
	Request countersign.RequestRef `json:"request"`
	TxHash  string                 `json:"tx_hash"`
	Cancels bool                   `json:"cancels,omitempty"`
	// FollowedBy is whose word it is: chain or custodian.
	FollowedBy string `json:"followed_by"`
}

// PostSettlementResult is what stands in the books.
type PostSettlementResult struct {
	// NotYet says that it is not final after all: look again.
	NotYet bool `json:"not_yet,omitempty"`
	// Doubts say why nothing was posted: people must look.
	Doubts []string `json:"doubts,omitempty"`

	State countersign.SettlementState `json:"state,omitempty"`
	Block countersign.BlockRef        `json:"block,omitzero"`
	// Differs says what moved otherwise than was asked for; it is posted as it moved.
	Differs []string `json:"differs,omitempty"`
	// Booked says that the round's entry is posted, and not that all of it is in openings.
	Booked bool  `json:"booked,omitempty"`
	Index  int64 `json:"index,omitempty"`
}

// PostSettlement reads once more what a transaction did and, when that is final and beyond
// doubt, posts it in the place of what was held.
func (a *Settlements) PostSettlement(ctx context.Context, in PostSettlementInput) (PostSettlementResult, error) {
	res, err := a.post(ctx, in)
	if err != nil {
		return res, failed("post", in.Case.ID, err)
	}
	return res, nil
}

func (a *Settlements) post(ctx context.Context, in PostSettlementInput) (res PostSettlementResult, err error) {
	key := in.Case.key("settled")
	var body booked.Settled
	entry, there, err := a.found(ctx, key, &body)
	if there || err != nil {
		return settled(body, entry), err
	}
	opening, _, err := a.opened(ctx, in.Case.ID)
	if err != nil {
		return res, err
	}
	e, err := a.effect(ctx, in, opening)
	if err != nil {
		return res, err
	}
	if e.Inclusion != countersign.Final {
		return PostSettlementResult{NotYet: true}, nil
	}
	placed := e
	if in.FollowedBy == booked.ByCustodian {
		placed.Block.Number = behindAll // it tells the time alone
	}
	wallets, err := a.touched(ctx, placed)
	if err != nil {
		return res, err
	}
	postings, err := posting.Of(a.Chart, wallets, placed)
	switch {
	case errors.Is(err, posting.ErrEffect), errors.Is(err, countersign.ErrAmount):
		return PostSettlementResult{Block: e.Block, Doubts: []string{err.Error()}}, nil
	case err != nil:
		return res, err
	}
	t, err := a.thread(ctx, in.Case)
	if err != nil {
		return res, err
	}
	body = booked.Settled{
		SettlementID: in.Case.ID, ApprovalID: t.ApprovalID, WalletID: in.Case.WalletID, Network: in.Case.Network, RequestID: in.Request.ID,
		State: stateOf(in, e), FollowedBy: in.FollowedBy, Effect: e, Differs: differs(opening, in, e), Workflow: wire.Here(ctx),
	}
	if len(e.Doubts) > 0 {
		accepted := countersign.SettlementKey(in.Case.ID, "accepted/"+in.TxHash)
		if _, there, err := a.found(ctx, accepted, new(booked.Acceptance)); err != nil || !there {
			return PostSettlementResult{Block: e.Block, Doubts: e.Doubts}, err
		}
		body.Accepted = accepted
	}
	return a.record(ctx, in.Case, audit.Draft{Key: key, Type: booked.SettlementSettled, Retold: true, Lineage: t.Lineage}, body, wallets, postings, memo(opening))
}

func stateOf(in PostSettlementInput, e countersign.Effect) countersign.SettlementState {
	switch {
	case in.Cancels:
		return countersign.SettlementCancelled
	case !e.Succeeded:
		return countersign.SettlementReverted
	}
	return countersign.SettlementSettled
}

// behindAll is a block behind every opening that is of a block.
const behindAll = ^uint64(0)

// record puts what happened on the trail and into the books.
func (a *Settlements) record(ctx context.Context, c Case, d audit.Draft, body booked.Settled, wallets posting.Wallets,
	postings []ledger.Posting, memo string,
) (PostSettlementResult, error) {
	var b ledger.Booking
	switch {
	case len(postings) > 0:
		s := c.step(ledger.Posted, postings, memo)
		b.Steps, body.Posted = []ledger.Step{s}, booking(s)
	case c.Held: // all of it is in openings, or it cost nothing
		s := c.step(ledger.Reversed, nil, "")
		b.Steps, body.Posted = []ledger.Step{s}, booking(s)
	}
	ours := func(address string) bool { _, ours := wallets.Of(address); return ours }
	brief, whole, digest, err := booked.Brief(body.Effect, ours)
	if err != nil {
		return PostSettlementResult{}, err
	}
	body.Effect, body.Evidence = brief, digest
	for _, w := range wallets {
		body.Wallets = append(body.Wallets, w.ID)
	}
	body.Wallets = booked.Names(body.Wallets)
	d.Body, d.Evidence = body, [][]byte{whole}
	entry, err := a.Trail.Book(ctx, d, b)
	if err != nil {
		return PostSettlementResult{}, err
	}
	body = booked.Settled{} // what stands is the word, also where another attempt was faster
	err = entry.Decode(&body)
	return settled(body, entry), err
}

func settled(s booked.Settled, e audit.Entry) PostSettlementResult {
	return PostSettlementResult{
		State: s.State, Block: s.Effect.Block, Differs: s.Differs, Booked: s.Posted.State == string(ledger.Posted), Index: e.Index,
	}
}

// effect reads what the transaction did: with all addresses of ours, from the nodes; where
// there is none it is what was asked for, once the custodian says that it is confirmed.
func (a *Settlements) effect(ctx context.Context, in PostSettlementInput, opening booked.Settlement) (countersign.Effect, error) {
	if in.FollowedBy == booked.ByCustodian {
		return a.custodians(ctx, in, opening)
	}
	e := countersign.Effect{}
	for known := -1; ; { // until no wallet is younger than the block
		ours, err := a.Wallets.Ours(ctx, in.Case.Network, e.Block.Time)
		if err != nil || len(ours) == known {
			return e, err
		}
		addresses := make([]string, 0, len(ours)+1)
		for address := range ours {
			addresses = append(addresses, address)
		}
		if !slices.Contains(addresses, in.Case.Address) {
			addresses = append(addresses, in.Case.Address)
		}
		slices.Sort(addresses)
		known = len(ours)
		if e, err = a.Chain.Effect(ctx, in.Case.Network, in.TxHash, addresses); err != nil || e.Inclusion != countersign.Final {
			return e, err
		}
	}
}

// custodians is the effect by the custodian's word.
func (a *Settlements) custodians(ctx context.Context, in PostSettlementInput, opening booked.Settlement) (countersign.Effect, error) {
	req, err := a.Requests.Request(ctx, in.Request)
	if err != nil {
		return countersign.Effect{}, err
	}
	e := countersign.Effect{
		Network: in.Case.Network, TxHash: in.TxHash, Inclusion: countersign.Final, Succeeded: true,
		Block: countersign.BlockRef{Time: req.ConfirmedAt}, From: in.Case.Address, Fee: req.Fee,
	}
	if e.Block.Time.IsZero() { // it does not always say
		e.Block.Time = a.Now().UTC()
	}
	if req.Status != countersign.RequestConfirmed {
		e.Inclusion = countersign.NotSeen
		return e, nil
	}
	t, c := terms(opening)
	switch {
	case in.Cancels:
	case t != nil:
		e.Moves = []countersign.Move{{Kind: t.Kind, Asset: t.Asset, From: in.Case.Address, To: t.To, Amount: t.Amount, TokenID: t.TokenID, Log: -1}}
	case c != nil && len(c.Data) == 0 && c.To != "":
		e.Moves = []countersign.Move{{Kind: "Native", From: in.Case.Address, To: c.To, Amount: c.Value, Log: -1}}
	default:
		e.Doubts = []string{fmt.Sprintf("no node is configured for %s, and only one could say what this transaction has moved", in.Case.Network)}
		if c != nil {
			e.Moves = []countersign.Move{{Kind: "Native", From: in.Case.Address, To: c.To, Amount: c.Value, Log: -1}}
		}
	}
	return e, nil
}

// touched are the wallets of ours that a transaction has moved something of, with where their
// books begin.
func (a *Settlements) touched(ctx context.Context, e countersign.Effect) (posting.Wallets, error) {
	ours, err := a.Wallets.Ours(ctx, e.Network, e.Block.Time)
	if err != nil {
		return nil, err
	}
	touched := posting.Wallets{}
	add := func(address string) error {
		w, mine := ours[posting.Address(address)]
		if _, there := touched.Of(address); there || !mine {
			return nil
		}
		known, err := a.Wallets.Begins(ctx, w, e.Block)
		if err == nil {
			touched.Add(address, known)
		}
		return err
	}
	addresses := []string{e.From}
	for _, m := range e.Moves {
		addresses = append(addresses, m.From, m.To)
	}
	for _, address := range addresses {
		if err := add(address); err != nil {
			return nil, err
		}
	}
	return touched, nil
}
