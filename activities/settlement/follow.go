package settlement

import (
	"context"
	"errors"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit/booked"
)

// FollowSettlementInput asks how a request stands.
type FollowSettlementInput struct {
	Case    Case                   `json:"case"`
	Request countersign.RequestRef `json:"request"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
}

// FollowSettlementResult is how it stands, read afresh.
type FollowSettlementResult struct {
	// Status is the custodian's word: of the request, or of what has taken its place.
	Status countersign.RequestStatus `json:"status"`
	Reason string                    `json:"reason,omitempty"`
	// ApprovalID holds it where it does; Approval is how that ended, where the request was
	// rejected by it.
	ApprovalID string                     `json:"approval_id,omitempty"`
	Approval   countersign.ApprovalStatus `json:"approval,omitempty"`
	// Request and TxHash are those of the transaction that is in a block, and while none is
	// of the newest. Cancels says that it only takes the place of what was asked for.
	Request countersign.RequestRef `json:"request"`
	TxHash  string                 `json:"tx_hash,omitempty"`
	Cancels bool                   `json:"cancels,omitempty"`
	// FollowedBy is chain or custodian, empty before there is a transaction.
	FollowedBy string                `json:"followed_by,omitempty"`
	Inclusion  countersign.Inclusion `json:"inclusion,omitempty"`
	Block      countersign.BlockRef  `json:"block,omitzero"`
	// Unsure says why the nodes told nothing this time.
	Unsure string `json:"unsure,omitempty"`
}

// FollowSettlement reads the request, what has taken its place, and how far their transactions
// have come. It changes nothing but that deliveries are put on the trail.
func (a *Settlements) FollowSettlement(ctx context.Context, in FollowSettlementInput) (FollowSettlementResult, error) {
	res, err := a.follow(ctx, in)
	if err != nil {
		return res, failed("follow", in.Case.ID, err)
	}
	return res, nil
}

func (a *Settlements) follow(ctx context.Context, in FollowSettlementInput) (res FollowSettlementResult, err error) {
	if err := a.heard(ctx, in); err != nil {
		return res, err
	}
	requests, err := a.replacements(ctx, in.Request)
	if err != nil {
		return res, err
	}
	res = stand(requests)
	if res.Status == countersign.RequestRejected && res.ApprovalID != "" {
		approval, err := a.Custodian.Approval(ctx, res.ApprovalID)
		if err != nil {
			return res, err
		}
		res.Approval = approval.Status
	}
	return res, a.look(ctx, in.Case, requests, &res)
}

// heard puts deliveries on the trail.
func (a *Settlements) heard(ctx context.Context, in FollowSettlementInput) error {
	if len(in.Deliveries) == 0 {
		return nil
	}
	t, err := a.thread(ctx, in.Case)
	if err != nil {
		return err
	}
	for _, d := range wire.Deliveries(ctx, t.Lineage, in.Deliveries) {
		if _, err := a.Trail.Append(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// replacements reads a request and what has taken its place, in their order.
func (a *Settlements) replacements(ctx context.Context, ref countersign.RequestRef) (all []countersign.Request, err error) {
	for range maxReplacements {
		r, err := a.Requests.Request(ctx, ref)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
		if r.ReplacementID == "" {
			return all, nil
		}
		ref = countersign.RequestRef{Kind: countersign.TransactionRequest, WalletID: r.WalletID, ID: r.ReplacementID}
	}
	return all, nil
}

// stand is the custodian's word on requests of which each takes the place of the one before:
// one that is confirmed, else the last that has not ended, else how the last one ended.
func stand(requests []countersign.Request) FollowSettlementResult {
	best := 0
	for i, r := range requests {
		if rank(r.Status) >= rank(requests[best].Status) {
			best = i
		}
	}
	r := requests[best]
	return FollowSettlementResult{
		Status: r.Status, Reason: r.Reason, ApprovalID: requests[0].ApprovalID, Request: r.RequestRef, TxHash: r.TxHash, Cancels: cancels(r),
	}
}

func rank(s countersign.RequestStatus) int {
	switch s {
	case countersign.RequestConfirmed:
		return 2
	case countersign.RequestFailed, countersign.RequestRejected:
		return 0
	}
	return 1
}

func cancels(r countersign.Request) bool {
	return r.Activity.Request == countersign.CancelTransaction
}

// look asks the nodes how far the transactions have come. They have one number among the
// sender's, so that at most one of them is ever in a block.
func (a *Settlements) look(ctx context.Context, c Case, requests []countersign.Request, res *FollowSettlementResult) error {
	for i := len(requests) - 1; i >= 0; i-- {
		r := requests[i]
		if r.TxHash == "" {
			continue
		}
		e, err := a.Chain.Effect(ctx, c.Network, r.TxHash, []string{c.Address})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, countersign.ErrNoNode):
			res.FollowedBy = booked.ByCustodian
			return nil
		case err != nil: // the custodian's word is news all the same
			res.FollowedBy, res.Unsure = booked.ByChain, err.Error()
			return nil
		}
		res.FollowedBy = booked.ByChain
		if e.Inclusion == countersign.Included || e.Inclusion == countersign.Final {
			res.Request, res.TxHash, res.Cancels = r.RequestRef, r.TxHash, cancels(r)
			res.Inclusion, res.Block = e.Inclusion, e.Block
			return nil
		}
		if res.Inclusion == "" || e.Inclusion == countersign.InPool {
			res.Inclusion = e.Inclusion
		}
		if res.TxHash == "" {
			res.TxHash = r.TxHash
		}
	}
	return nil
}
