package settlement

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
	"countersign/ledger/posting"
)

// OpenSettlementInput says what is to be settled: an instruction, or a request that somebody
// else has made.
type OpenSettlementInput struct {
	ID          string                   `json:"id"`
	Instruction *countersign.Instruction `json:"instruction,omitempty"`
	Request     *countersign.RequestRef  `json:"request,omitempty"`
	// Batch and Leg find the batch that it is a leg of.
	Batch string `json:"batch_id,omitempty"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
}

// OpenSettlementResult is the settlement as it stands on the trail.
type OpenSettlementResult struct {
	Case    Case                    `json:"case"`
	Request *countersign.RequestRef `json:"request,omitempty"`
	// PartOf is the settlement that books this one; then there is nothing more to do.
	PartOf string `json:"part_of,omitempty"`
	// Refused says why it is not begun.
	Refused     string `json:"refused,omitempty"`
	InitiatorID string `json:"initiator_id,omitempty"`
	Summary     string `json:"summary"`
	Index       int64  `json:"index"`
	LeafHash    string `json:"leaf_hash"`
}

// OpenSettlement puts on the trail what is to be settled and holds it in the books, in one
// transaction. A wallet whose books have not begun begins them first.
func (a *Settlements) OpenSettlement(ctx context.Context, in OpenSettlementInput) (OpenSettlementResult, error) {
	res, err := a.open(ctx, in)
	if err != nil {
		return res, failed("open", in.ID, err)
	}
	return res, nil
}

func (a *Settlements) open(ctx context.Context, in OpenSettlementInput) (res OpenSettlementResult, err error) {
	if err := countersign.CheckID(in.ID); err != nil {
		return res, err
	}
	body := booked.Settlement{SettlementID: in.ID, Batch: in.Batch, Workflow: wire.Here(ctx)}
	key := countersign.SettlementKey(in.ID, "opened")
	entry, there, err := a.found(ctx, key, &body)
	if there && in.Instruction != nil && !same(in.Instruction, body.Instruction) {
		err = fmt.Errorf("%w: record %d says what it is", countersign.ErrExternalIDReused, entry.Index)
	}
	if there || err != nil {
		return a.result(ctx, entry, body, err)
	}
	var evidence [][]byte
	switch {
	case in.Instruction != nil:
		err = a.initiated(ctx, in, &body)
	case in.Request != nil:
		evidence, err = a.observed(ctx, in, &body)
	default:
		err = fmt.Errorf("%w: it has neither an instruction nor a request", countersign.ErrInvalid)
	}
	if err != nil {
		return res, err
	}
	thread, err := lineage.Begin(ctx, a.Trail, body)
	if err != nil {
		return res, err
	}
	d := audit.Draft{Key: key, Type: booked.SettlementOpened, Retold: true, Lineage: thread}
	d.Before, d.Evidence = wire.Deliveries(ctx, d.Lineage, in.Deliveries), evidence
	if entry, err = a.hold(ctx, d, body); err != nil {
		return a.result(ctx, entry, body, err)
	}
	var stands booked.Settlement
	err = entry.Decode(&stands)
	if err == nil && in.Instruction != nil && !same(in.Instruction, stands.Instruction) { // another was faster
		err = fmt.Errorf("%w: record %d says what it is", countersign.ErrExternalIDReused, entry.Index)
	}
	return a.result(ctx, entry, stands, err)
}

// same reports whether two instructions say the same.
func same(a, b *countersign.Instruction) bool {
	one, err := json.Marshal(a)
	if err != nil {
		return false
	}
	two, err := json.Marshal(b)
	return err == nil && bytes.Equal(one, two)
}

// initiated fills in what an instruction says.
func (a *Settlements) initiated(ctx context.Context, in OpenSettlementInput, body *booked.Settlement) error {
	if err := in.Instruction.Check(); err != nil {
		return err
	}
	if in.Instruction.ExternalID != in.ID {
		return fmt.Errorf("%w: the instruction's external ID is %q", countersign.ErrInvalid, in.Instruction.ExternalID)
	}
	w, err := a.Custodian.WalletByID(ctx, in.Instruction.WalletID)
	if errors.Is(err, countersign.ErrNotFound) {
		err = fmt.Errorf("%w: wallet_id: %w", countersign.ErrInvalid, err)
	}
	if err != nil {
		return err
	}
	if n := in.Instruction.Network; n != "" && n != w.Network {
		return fmt.Errorf("%w: network: wallet %s is on %s and not on %s", countersign.ErrInvalid, w.ID, w.Network, n)
	}
	body.Origin, body.Instruction = booked.Initiated, in.Instruction
	body.WalletID, body.Network, body.Address = w.ID, w.Network, posting.Address(w.Address)
	return nil
}

// longData is how much call data of a request that was found stands in the record; more of it
// is in the custodian's own JSON, beside the trail.
const longData = 8 << 10

// observed reads a request that somebody else has made.
func (a *Settlements) observed(ctx context.Context, in OpenSettlementInput, body *booked.Settlement) ([][]byte, error) {
	req, err := a.Requests.Request(ctx, *in.Request)
	if err != nil {
		return nil, err
	}
	if id := countersign.SettlementID(req.ExternalID, req.ID); id != in.ID {
		return nil, fmt.Errorf("%w: request %s is that of settlement %s", countersign.ErrInvalid, req.ID, id)
	}
	w, err := a.Custodian.WalletByID(ctx, req.WalletID)
	if err != nil {
		return nil, err
	}
	if req.Replaces() {
		if body.PartOf, err = a.partOf(ctx, req.RequestRef); err != nil {
			return nil, err
		}
	}
	kept := req
	if c := kept.Activity.Call; c != nil && len(c.Data) > longData {
		short := *c
		short.Data = nil
		kept.Activity.Call = &short
	}
	sum := sha256.Sum256(req.Raw)
	body.Origin, body.Request, body.RequestDigest = booked.Observed, &kept, hex.EncodeToString(sum[:])
	body.WalletID, body.Network, body.Address = w.ID, w.Network, posting.Address(w.Address)
	return [][]byte{req.Raw}, nil
}

// maxReplacements bounds how often a transaction is replaced by another.
const maxReplacements = 20

// partOf is the settlement of the request that a chain of replacements began with.
func (a *Settlements) partOf(ctx context.Context, ref countersign.RequestRef) (string, error) {
	for range maxReplacements {
		first, err := a.Requests.Replaced(ctx, ref)
		if err != nil {
			// The one that is replaced may not name it yet: ask again.
			return "", fmt.Errorf("find what %s replaces: %w", ref.ID, err)
		}
		if !first.Replaces() {
			return countersign.SettlementID(first.ExternalID, first.ID), nil
		}
		ref = first.RequestRef
	}
	return "", fmt.Errorf("%w: request %s is the end of more than %d replacements", countersign.ErrInvalid, ref.ID, maxReplacements)
}

// hold puts the opening on the trail, and what it asks for into the books as pending. What is
// to be covered and is not is opened and released at once.
func (a *Settlements) hold(ctx context.Context, d audit.Draft, body booked.Settlement) (audit.Entry, error) {
	c := Case{ID: body.SettlementID, WalletID: body.WalletID, Network: body.Network, Address: body.Address, Round: 1}
	var b ledger.Booking
	if body.PartOf == "" {
		postings, err := a.asked(ctx, body)
		if err != nil {
			return audit.Entry{}, err
		}
		if len(postings) > 0 {
			s := c.step(ledger.Pending, postings, memo(body))
			b.Steps, body.Held = []ledger.Step{s}, booking(s)
		}
		if body.Instruction != nil && body.Instruction.Covered {
			b.Covered = []ledger.Account{a.Chart.Wallet(body.Network, body.WalletID)}
		}
	}
	d.Body = body
	entry, err := a.Trail.Book(ctx, d, b)
	if errors.Is(err, ledger.ErrShort) {
		body.Held = booked.Booking{}
		d.Body, d.After = body, []audit.Draft{{Key: c.key("released"), Type: booked.SettlementReleased, Retold: true, Lineage: d.Lineage, Body: booked.Released{
			SettlementID: c.ID, WalletID: c.WalletID, Network: c.Network, State: countersign.SettlementRefused, Reason: err.Error(), Workflow: body.Workflow,
		}}}
		entry, err = a.Trail.Append(ctx, d)
	}
	return entry, err
}

// asked are the postings of what is asked for. The wallet's books begin before it does.
func (a *Settlements) asked(ctx context.Context, body booked.Settlement) ([]ledger.Posting, error) {
	ours, err := a.Wallets.Ours(ctx, body.Network, time.Time{})
	if err != nil {
		return nil, err
	}
	all := posting.Wallets{}
	for address, w := range ours {
		all.Add(address, posting.Wallet{ID: w.ID})
	}
	w := countersign.Wallet{ID: body.WalletID, Network: body.Network, Address: body.Address}
	if _, err := a.Wallets.Begins(ctx, w, countersign.BlockRef{}); err != nil {
		return nil, err
	}
	t, c := terms(body)
	postings, err := posting.Asked(a.Chart, all, body.Network, body.WalletID, t, c)
	if errors.Is(err, countersign.ErrAmount) {
		err = fmt.Errorf("%w: %w", countersign.ErrInvalid, err)
	}
	return postings, err
}

// memo is what the books say of it.
func memo(body booked.Settlement) string {
	if body.Instruction != nil {
		return body.Instruction.Purpose
	}
	return ""
}

// result is an opening as the workflow needs it.
func (a *Settlements) result(ctx context.Context, entry audit.Entry, body booked.Settlement, err error) (OpenSettlementResult, error) {
	if err != nil {
		return OpenSettlementResult{}, err
	}
	t, call := terms(body)
	res := OpenSettlementResult{
		Case: Case{
			ID: body.SettlementID, WalletID: body.WalletID, Network: body.Network, Address: body.Address, Round: 1, Held: body.Held.Entry != "",
		},
		PartOf: body.PartOf, Index: entry.Index, LeafHash: entry.LeafHash, Summary: summary(body.WalletID, body.Network, t, call),
	}
	if body.Request != nil {
		res.Request, res.InitiatorID = &body.Request.RequestRef, body.Request.InitiatorID
	}
	if body.Instruction != nil && body.Instruction.Covered && !res.Case.Held {
		var released booked.Released
		if _, there, err := a.found(ctx, res.Case.key("released"), &released); err != nil {
			return res, err
		} else if there && released.State == countersign.SettlementRefused {
			res.Refused = released.Reason
		}
	}
	return res, nil
}
