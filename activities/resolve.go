package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
)

// ResolveInput asks how an approval ended.
type ResolveInput struct {
	ApprovalID string `json:"approval_id"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
}

// ResolveResult is how it ended, or that it has not.
type ResolveResult struct {
	// Status is the custodian's word; when it is not final nothing was recorded
	// and the question is to be asked again.
	Status    countersign.ApprovalStatus `json:"status"`
	Escalated bool                       `json:"escalated,omitempty"`
	Overruled bool                       `json:"overruled,omitempty"`
	// Index finds the record; meaningful when Status is final.
	Index int64 `json:"index,omitempty"`
	// Votes counts what approvers have said so far.
	Votes int `json:"votes"`
}

// ResolveApproval asks the custodian how an approval stands. Once it has ended it
// puts the outcome on the trail and, in the same transaction, commits what the
// request took from budgets or gives it back.
func (a *Approvals) ResolveApproval(ctx context.Context, in ResolveInput) (ResolveResult, error) {
	entry, err := a.Trail.Find(ctx, countersign.OutcomeKey(in.ApprovalID))
	if err == nil {
		return resolved(entry)
	}
	if !errors.Is(err, audit.ErrNoRecord) {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: %w", in.ApprovalID, err))
	}
	approval, err := a.Custodian.Approval(ctx, in.ApprovalID)
	if err != nil {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: read approval: %w", in.ApprovalID, err))
	}
	thread, err := lineage.OfApproval(ctx, a.Trail, a.Approver, approval)
	if err != nil {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: %w", in.ApprovalID, err))
	}
	heard := wire.Deliveries(ctx, thread, in.Deliveries)
	if !approval.Status.Final() {
		for _, d := range heard {
			if _, err := a.Trail.Append(ctx, d); err != nil {
				return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: %w", in.ApprovalID, err))
			}
		}
		return ResolveResult{Status: approval.Status, Votes: len(approval.Votes)}, nil
	}
	p, err := a.load(ctx, in.ApprovalID)
	if err != nil {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: %w", in.ApprovalID, err))
	}
	draft, moved := a.resolution(ctx, p, approval)
	said, err := a.humans(ctx, thread, approval)
	if err != nil {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: how the others proved themselves: %w", in.ApprovalID, err))
	}
	draft.Before = append(heard, said...)
	if entry, err = a.Trail.Close(ctx, draft, p.entry.Record.Key, moved); err != nil {
		return ResolveResult{}, wire.Error(fmt.Errorf("resolve %s: %w", in.ApprovalID, err))
	}
	return resolved(entry)
}

func (a *Approvals) resolution(ctx context.Context, p posting, approval countersign.Approval) (audit.Draft, bool) {
	verdict, moved := p.intent.Decision.Verdict, approval.Status == countersign.StatusApproved
	body := audit.Resolution{
		ApprovalID: approval.ID, WalletID: p.intent.Request.WalletID, Intent: p.entry.LeafHash, Verdict: verdict,
		Outcome:       countersign.Outcome{Status: approval.Status, Votes: approval.Votes, At: approval.ResolvedAt},
		Escalated:     verdict == countersign.Abstain,
		Overruled:     (verdict == countersign.Approve && approval.Status == countersign.StatusDenied) || (verdict == countersign.Reject && moved),
		DecideMillis:  millis(approval.CreatedAt, p.entry.Record.At),
		ResolveMillis: millis(approval.CreatedAt, approval.ResolvedAt),
		Budgets:       "released", Workflow: wire.Here(ctx),
	}
	if moved {
		body.Budgets = "committed"
	}
	return audit.Draft{Key: countersign.OutcomeKey(approval.ID), Type: audit.ApprovalOutcome, Lineage: p.entry.Record.Lineage, Body: body, Retold: true}, moved
}

// millis is from the custodian's clock to ours: it may be off by their
// difference, and is -1 when a time is missing.
func millis(from, to time.Time) int64 {
	if from.IsZero() || to.IsZero() {
		return -1
	}
	return max(0, to.Sub(from).Milliseconds())
}

func resolved(e audit.Entry) (ResolveResult, error) {
	var body audit.Resolution
	if err := e.Decode(&body); err != nil {
		return ResolveResult{}, wire.Error(err)
	}
	return ResolveResult{
		Status: body.Outcome.Status, Escalated: body.Escalated, Overruled: body.Overruled,
		Index: e.Index, Votes: len(body.Outcome.Votes),
	}, nil
}
