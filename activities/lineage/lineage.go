// Package lineage finds what a record belongs to: the workflow at the beginning of everything
// that it is a part of.
//
// An approval that somebody else asked for is its own beginning, and the settlement of what was
// asked for carries approval/… too. A settlement that an instruction through us began is the
// beginning of its approval: what is decided on it carries settlement/…. Either way one lineage
// is on everything from the trigger to the entry in the books. It is read from the trail and
// never from a caller, so that it stays what it was when the first record was made.
package lineage

import (
	"context"
	"errors"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
)

// A Trail finds records. store.Trail is the real one.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
}

// OfApproval is the lineage of an approval's records: that of the approver's decision where
// there is one, else that of the settlement of ours that has asked for it, else its own. Of the
// approval only the ID is needed; without its activity no settlement is looked for.
func OfApproval(ctx context.Context, trail Trail, approver string, approval countersign.Approval) (string, error) {
	own := countersign.ApprovalLineage(approval.ID)
	switch decided, err := trail.Find(ctx, countersign.DecisionKey(approval.ID, approver)); {
	case err == nil && decided.Record.Lineage != "":
		return decided.Record.Lineage, nil
	case err != nil && !errors.Is(err, audit.ErrNoRecord):
		return "", err
	}
	id := countersign.SettlementID(approval.Activity.ExternalID, approval.Activity.RequestID)
	if countersign.CheckID(id) != nil {
		return own, nil
	}
	body, entry, err := opened(ctx, trail, id)
	if err != nil || body.Origin != booked.Initiated || body.WalletID != approval.Activity.WalletID {
		return own, err
	}
	// External IDs are the makers' to choose: once the custodian has answered, its word decides.
	there, ok, err := submitted(ctx, trail, id)
	if err != nil || ok && there.RequestID != approval.Activity.RequestID && there.ApprovalID != approval.ID {
		return own, err
	}
	return entry.Record.Lineage, nil
}

// A Thread is what all records of a settlement have in common.
type Thread struct {
	Lineage string
	// ApprovalID is the approval that the custodian has asked for, where it is on the trail.
	ApprovalID string
}

// OfSettlement is the thread of a settlement that was opened. One that was not is its own.
func OfSettlement(ctx context.Context, trail Trail, id string) (Thread, error) {
	t := Thread{Lineage: countersign.SettlementLineage(id)}
	body, entry, err := opened(ctx, trail, id)
	if err != nil || entry.Record.Key == "" {
		return t, err
	}
	if entry.Record.Lineage != "" {
		t.Lineage = entry.Record.Lineage
	}
	if body.Request != nil {
		t.ApprovalID = body.Request.ApprovalID
		return t, nil
	}
	there, _, err := submitted(ctx, trail, id)
	t.ApprovalID = there.ApprovalID
	return t, err
}

// Begin is the lineage of a settlement that is about to be opened: that of the approval which
// somebody else's request waits for, that of the settlement which it is a part of, or its own.
func Begin(ctx context.Context, trail Trail, s booked.Settlement) (string, error) {
	switch {
	case s.Request != nil && s.Request.ApprovalID != "":
		return countersign.ApprovalLineage(s.Request.ApprovalID), nil
	case s.PartOf != "":
		whole, err := OfSettlement(ctx, trail, s.PartOf)
		return whole.Lineage, err
	}
	return countersign.SettlementLineage(s.SettlementID), nil
}

// opened is the record of a settlement; nothing where there is none.
func opened(ctx context.Context, trail Trail, id string) (body booked.Settlement, entry audit.Entry, err error) {
	entry, err = trail.Find(ctx, countersign.SettlementKey(id, "opened"))
	if errors.Is(err, audit.ErrNoRecord) {
		return body, audit.Entry{}, nil
	}
	if err == nil {
		err = entry.Decode(&body)
	}
	return body, entry, err
}

// submitted is what the custodian has answered to a settlement of ours.
func submitted(ctx context.Context, trail Trail, id string) (body booked.Submission, there bool, err error) {
	entry, err := trail.Find(ctx, countersign.SettlementKey(id, "submitted"))
	if errors.Is(err, audit.ErrNoRecord) {
		return body, false, nil
	}
	if err == nil {
		err = entry.Decode(&body)
	}
	return body, err == nil, err
}
