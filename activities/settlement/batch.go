package settlement

import (
	"context"
	"fmt"
	"slices"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
)

// A Leg is one instruction of a batch, and what undoes it once it has settled. Both get their
// external IDs from the batch: BATCH.1, BATCH.2 …, and BATCH.1.back for what undoes the first.
type Leg struct {
	Instruction countersign.Instruction `json:"instruction"`
	// Compensation is an instruction of its own, under the same policies: most often a
	// transfer back, from the wallet of ours that was paid. Nil leaves it to people.
	Compensation *countersign.Instruction `json:"compensation,omitempty"`
}

const (
	// maxBatchID leaves room for what names a leg: a dot, two digits and ".back".
	maxBatchID = 40
	maxLegs    = 50
)

// The ends of a batch. Wire format.
const (
	BatchSettled     = "settled"     // all legs have settled
	BatchCompensated = "compensated" // one has not, and nothing of the others is left
	BatchPartial     = "partial"     // one has not, and people must see to the others
)

// OpenBatchInput is a batch as it was given.
type OpenBatchInput struct {
	ID      string `json:"id"`
	Legs    []Leg  `json:"legs"`
	Purpose string `json:"purpose,omitempty"`
}

// OpenBatchResult are its legs with their names.
type OpenBatchResult struct {
	Legs  []booked.BatchLeg `json:"legs"`
	Index int64             `json:"index"`
}

// NameLegs checks a batch and names its legs. It fails with [countersign.ErrInvalid] or
// [countersign.ErrID].
func NameLegs(id string, legs []Leg) ([]booked.BatchLeg, error) {
	if err := countersign.CheckExternalID(id); err != nil {
		return nil, fmt.Errorf("batch id: %w", err)
	}
	if len(id) > maxBatchID || len(legs) < 1 || len(legs) > maxLegs {
		return nil, fmt.Errorf("%w: batch %s: %d characters and %d legs, want at most %d characters and 1 to %d legs", countersign.ErrInvalid, id, len(id), len(legs), maxBatchID, maxLegs)
	}
	named := make([]booked.BatchLeg, len(legs))
	for n, leg := range legs {
		name := fmt.Sprintf("%s.%d", id, n+1)
		named[n] = booked.BatchLeg{SettlementID: name, Instruction: leg.Instruction}
		if err := give(&named[n].Instruction, name); err != nil {
			return nil, fmt.Errorf("legs[%d].instruction: %w", n, err)
		}
		if leg.Compensation != nil {
			back := *leg.Compensation
			if err := give(&back, name+".back"); err != nil {
				return nil, fmt.Errorf("legs[%d].compensation: %w", n, err)
			}
			named[n].Compensation = &back
		}
	}
	return named, nil
}

// give gives an instruction its external ID.
func give(i *countersign.Instruction, id string) error {
	if i.ExternalID != "" && i.ExternalID != id {
		return fmt.Errorf("%w: external_id: %q, leave it out: a leg's is made from the batch's", countersign.ErrInvalid, i.ExternalID)
	}
	i.ExternalID = id
	return i.Check()
}

// OpenBatch puts on the trail which settlements belong together.
func (a *Settlements) OpenBatch(ctx context.Context, in OpenBatchInput) (OpenBatchResult, error) {
	legs, err := NameLegs(in.ID, in.Legs)
	if err != nil {
		return OpenBatchResult{}, wire.Error(fmt.Errorf("open batch: %w", err))
	}
	body := booked.Batch{BatchID: in.ID, Legs: legs, Purpose: in.Purpose, Workflow: wire.Here(ctx)}
	for _, leg := range legs {
		if !slices.Contains(body.Wallets, leg.Instruction.WalletID) {
			body.Wallets = append(body.Wallets, leg.Instruction.WalletID)
		}
	}
	entry, err := a.Trail.Append(ctx, audit.Draft{
		Key: countersign.BatchKey(in.ID, "opened"), Type: booked.BatchOpened, Lineage: countersign.BatchLineage(in.ID), Body: body,
	})
	if err == nil {
		body = booked.Batch{}
		err = entry.Decode(&body)
	}
	if err != nil {
		return OpenBatchResult{}, wire.Error(fmt.Errorf("open batch %s: %w", in.ID, err))
	}
	return OpenBatchResult{Legs: body.Legs, Index: entry.Index}, nil
}

// CloseBatchInput is how a batch ended.
type CloseBatchInput struct {
	ID   string          `json:"id"`
	End  string          `json:"end"`
	Legs []booked.LegEnd `json:"legs"`
}

// CloseBatch puts that on the trail.
func (a *Settlements) CloseBatch(ctx context.Context, in CloseBatchInput) (RecordedResult, error) {
	entry, err := a.Trail.Append(ctx, audit.Draft{
		Key: countersign.BatchKey(in.ID, "closed"), Type: booked.BatchClosed, Lineage: countersign.BatchLineage(in.ID), Retold: true,
		Body: booked.BatchEnd{BatchID: in.ID, End: in.End, Legs: in.Legs, Workflow: wire.Here(ctx)},
	})
	if err != nil {
		return RecordedResult{}, wire.Error(fmt.Errorf("close batch %s: %w", in.ID, err))
	}
	return RecordedResult{entry.Index}, nil
}
