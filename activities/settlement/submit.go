package settlement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
)

// SubmitSettlementInput names a settlement that was opened by an instruction.
type SubmitSettlementInput struct {
	ID string `json:"id"`
}

// SubmitSettlementResult is what the custodian made of it.
type SubmitSettlementResult struct {
	Request    countersign.RequestRef `json:"request"`
	ApprovalID string                 `json:"approval_id,omitempty"`
	Index      int64                  `json:"index"`
}

// SubmitSettlement asks the custodian for what the trail says that was instructed, once what
// it says is under a checkpoint that we cannot take back. A lost answer is asked for again:
// the external ID makes it the same request.
func (a *Settlements) SubmitSettlement(ctx context.Context, in SubmitSettlementInput) (SubmitSettlementResult, error) {
	res, err := a.submit(ctx, in.ID)
	if err != nil {
		return res, failed("submit", in.ID, err)
	}
	return res, nil
}

func (a *Settlements) submit(ctx context.Context, id string) (res SubmitSettlementResult, err error) {
	key := countersign.SettlementKey(id, "submitted")
	var there booked.Submission
	entry, ok, err := a.found(ctx, key, &there)
	if ok || err != nil {
		return submitted(there, entry), err
	}
	body, opening, err := a.opened(ctx, id)
	switch {
	case err != nil:
		return res, err
	case body.Instruction == nil:
		return res, fmt.Errorf("%w: nobody has instructed us, it was observed", countersign.ErrInvalid)
	case a.Maker == nil:
		return res, countersign.ErrNoMaker
	}
	if err := a.Trail.Barrier(ctx, opening); err != nil {
		return res, err
	}
	req, err := a.Maker.Submit(ctx, *body.Instruction)
	if err != nil {
		return res, err
	}
	sum := sha256.Sum256(req.Raw)
	there = booked.Submission{
		SettlementID: id, WalletID: body.WalletID, Network: body.Network, RequestID: req.ID, Kind: string(req.Kind),
		Status: string(req.Status), ApprovalID: req.ApprovalID, Answer: hex.EncodeToString(sum[:]), Workflow: wire.Here(ctx),
	}
	d := audit.Draft{
		Key: key, Type: booked.SettlementSubmitted, Retold: true, Lineage: opening.Record.Lineage, Body: there, Evidence: [][]byte{req.Raw},
	}
	if entry, err = a.Trail.Append(ctx, d); err != nil {
		return res, err
	}
	// Another attempt may have been faster: what stands is the word.
	there = booked.Submission{}
	err = entry.Decode(&there)
	return submitted(there, entry), err
}

func submitted(s booked.Submission, e audit.Entry) SubmitSettlementResult {
	return SubmitSettlementResult{
		Request:    countersign.RequestRef{Kind: countersign.RequestKind(s.Kind), WalletID: s.WalletID, ID: s.RequestID},
		ApprovalID: s.ApprovalID, Index: e.Index,
	}
}
