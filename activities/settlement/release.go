package settlement

import (
	"context"
	"fmt"
	"strconv"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
)

// ReleaseSettlementInput says how a settlement ended that has not happened.
type ReleaseSettlementInput struct {
	Case      Case                        `json:"case"`
	State     countersign.SettlementState `json:"state"`
	Reason    string                      `json:"reason,omitempty"`
	RequestID string                      `json:"request_id,omitempty"`
}

// RecordedResult finds a record.
type RecordedResult struct {
	Index int64 `json:"index"`
}

// ReleaseSettlement records that a settlement has not happened, and holds nothing for it any
// more.
func (a *Settlements) ReleaseSettlement(ctx context.Context, in ReleaseSettlementInput) (RecordedResult, error) {
	t, err := a.thread(ctx, in.Case)
	if err != nil {
		return RecordedResult{}, failed("release", in.Case.ID, err)
	}
	body := booked.Released{
		SettlementID: in.Case.ID, ApprovalID: t.ApprovalID, WalletID: in.Case.WalletID, Network: in.Case.Network, RequestID: in.RequestID,
		State: in.State, Reason: clip(in.Reason), Workflow: wire.Here(ctx),
	}
	var b ledger.Booking
	if in.Case.Held {
		s := in.Case.step(ledger.Reversed, nil, "")
		b.Steps, body.Released = []ledger.Step{s}, booking(s)
	}
	entry, err := a.Trail.Book(ctx, audit.Draft{Key: in.Case.key("released"), Type: booked.SettlementReleased, Retold: true, Lineage: t.Lineage, Body: body}, b)
	if err != nil {
		return RecordedResult{}, failed("release", in.Case.ID, err)
	}
	return RecordedResult{entry.Index}, nil
}

// RetractSettlementInput says what is not so any more.
type RetractSettlementInput struct {
	Case Case `json:"case"`
	// Number counts the retractions of a settlement from 1.
	Number     int                  `json:"number"`
	FollowedBy string               `json:"followed_by"`
	TxHash     string               `json:"tx_hash,omitempty"`
	Block      countersign.BlockRef `json:"block,omitzero"`
	// Now is how it stands instead.
	Now string `json:"now"`
	// Posted says that it stood as settled; Booked that the round's entry is posted.
	Posted bool `json:"posted,omitempty"`
	Booked bool `json:"booked,omitempty"`
}

// RetractSettlementResult is the settlement as it goes on.
type RetractSettlementResult struct {
	Case  Case  `json:"case"`
	Index int64 `json:"index"`
}

// RetractSettlement records that a transaction is not where it was. What had been posted is
// reversed, held again in an entry of the next round, and an alarm is raised.
func (a *Settlements) RetractSettlement(ctx context.Context, in RetractSettlementInput) (RetractSettlementResult, error) {
	res, err := a.retract(ctx, in)
	if err != nil {
		return res, failed("retract", in.Case.ID, err)
	}
	return res, nil
}

func (a *Settlements) retract(ctx context.Context, in RetractSettlementInput) (RetractSettlementResult, error) {
	t, err := a.thread(ctx, in.Case)
	if err != nil {
		return RetractSettlementResult{}, err
	}
	body := booked.Retracted{
		SettlementID: in.Case.ID, ApprovalID: t.ApprovalID, WalletID: in.Case.WalletID, Network: in.Case.Network,
		FollowedBy: in.FollowedBy, TxHash: in.TxHash, Block: in.Block, Now: clip(in.Now), Workflow: wire.Here(ctx),
	}
	retracted := audit.Draft{Key: in.Case.nth("retracted", in.Number), Type: booked.SettlementRetracted, Retold: true, Lineage: t.Lineage, Body: body}
	if !in.Posted {
		entry, err := a.Trail.Append(ctx, retracted)
		return RetractSettlementResult{Case: in.Case, Index: entry.Index}, err
	}
	key := in.Case.key("reversed")
	next := in.Case
	next.Round, next.Held = in.Case.Round+1, false
	entry, there, err := a.found(ctx, key, &body)
	if err != nil {
		return RetractSettlementResult{}, err
	}
	if !there {
		var b ledger.Booking
		if in.Booked {
			s := in.Case.step(ledger.Reversed, nil, "")
			b.Steps, body.Reversed = append(b.Steps, s), booking(s)
		}
		opening, _, err := a.opened(ctx, in.Case.ID)
		if err != nil {
			return RetractSettlementResult{}, err
		}
		postings, err := a.asked(ctx, opening)
		if err != nil {
			return RetractSettlementResult{}, err
		}
		if len(postings) > 0 {
			s := next.step(ledger.Pending, postings, memo(opening))
			b.Steps, body.Held = append(b.Steps, s), booking(s)
		}
		d := audit.Draft{
			Key: key, Type: booked.SettlementReversed, Retold: true, Lineage: t.Lineage, Body: body,
			Before: []audit.Draft{retracted}, After: []audit.Draft{a.alarm(ctx, in, t)},
		}
		if entry, err = a.Trail.Book(ctx, d, b); err != nil {
			return RetractSettlementResult{}, err
		}
		body = booked.Retracted{}
		if err := entry.Decode(&body); err != nil {
			return RetractSettlementResult{}, err
		}
	}
	next.Held = body.Held.Entry != ""
	return RetractSettlementResult{Case: next, Index: entry.Index}, nil
}

// alarm is raised when what was posted as final did not last.
func (a *Settlements) alarm(ctx context.Context, in RetractSettlementInput, t lineage.Thread) audit.Draft {
	return audit.Draft{
		Key:  countersign.AlarmKey(string(audit.FinalityBroken), in.Case.ID, strconv.Itoa(in.Case.Round)),
		Type: audit.AlarmRaised, Lineage: t.Lineage,
		Body: audit.Alarm{
			Code: audit.FinalityBroken, SettlementID: in.Case.ID, ApprovalID: t.ApprovalID, Workflow: wire.Here(ctx),
			What: fmt.Sprintf("transaction %s on %s was posted as final by the %s's word, and now it is %s", in.TxHash, in.Case.Network, in.FollowedBy, clip(in.Now)),
		},
	}
}

// EscalateSettlementInput leaves something to people.
type EscalateSettlementInput struct {
	Case   Case                        `json:"case"`
	Issue  countersign.SettlementIssue `json:"issue"`
	Reason string                      `json:"reason"`
	// Number counts the escalations of one issue from 1.
	Number int `json:"number"`
}

// EscalateSettlement records that people must look.
func (a *Settlements) EscalateSettlement(ctx context.Context, in EscalateSettlementInput) (RecordedResult, error) {
	t, err := a.thread(ctx, in.Case)
	if err != nil {
		return RecordedResult{}, failed("escalate", in.Case.ID, err)
	}
	entry, err := a.Trail.Append(ctx, audit.Draft{
		Key: in.Case.nth("escalated/"+string(in.Issue), in.Number), Type: booked.SettlementEscalated, Retold: true, Lineage: t.Lineage,
		Body: booked.SettlementEscalation{
			SettlementID: in.Case.ID, ApprovalID: t.ApprovalID, WalletID: in.Case.WalletID, Network: in.Case.Network,
			Issue: in.Issue, Reason: clip(in.Reason), Workflow: wire.Here(ctx),
		},
	})
	if err != nil {
		return RecordedResult{}, failed("escalate", in.Case.ID, err)
	}
	return RecordedResult{entry.Index}, nil
}

// clip keeps foreign words short.
func clip(s string) string {
	if r := []rune(s); len(r) > 1000 {
		return string(r[:1000])
	}
	return s
}
