package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
)

// escalation is the record of an approval being left to people.
func (a *Approvals) escalation(ctx context.Context, thread string, in audit.Intent, step string, why countersign.Decision) audit.Draft {
	approvalID := in.ApprovalID
	return audit.Draft{
		Key: countersign.EscalationKey(approvalID, a.Approver, step), Type: audit.ApprovalEscalated,
		Lineage: thread,
		Body: audit.Escalation{
			ApprovalID: approvalID, WalletID: in.Request.WalletID, Intent: countersign.DecisionKey(approvalID, a.Approver),
			Code: why.Code, Reason: why.Reason, Workflow: wire.Here(ctx),
		},
	}
}

// humans are the records of what other approvers have said, with the proof that the
// custodian keeps of each.
func (a *Approvals) humans(ctx context.Context, thread string, approval countersign.Approval) (drafts []audit.Draft, err error) {
	for _, v := range approval.Votes {
		if v.UserID == a.Approver || countersign.CheckID(v.UserID) != nil {
			continue
		}
		d, err := a.human(ctx, approval, v)
		if err != nil {
			return nil, err
		}
		d.Lineage = thread
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// logLag is how long the custodian's log may take to tell of a vote. Not documented; a
// minute is far more than any answer takes.
const logLag = time.Minute

func (a *Approvals) human(ctx context.Context, approval countersign.Approval, v countersign.Vote) (audit.Draft, error) {
	approvalID := approval.ID
	body := audit.HumanDecision{ApprovalID: approvalID, WalletID: clip(approval.Activity.WalletID), Vote: v, Decision: digest(v.Raw), Workflow: wire.Here(ctx)}
	evidence := [][]byte{v.Raw}
	proof, entry, err := a.Custodian.Assertion(ctx, approvalID, v)
	switch {
	case errors.Is(err, countersign.ErrNotFound) && a.Now().Sub(v.At) < logLag:
		return audit.Draft{}, err // the custodian's log may come after its answer: ask again
	case err == nil:
		body.Assertion, body.Log = &proof, digest(entry)
		evidence = append(evidence, entry)
	case errors.Is(err, countersign.ErrNotFound), errors.Is(err, countersign.ErrDenied), errors.Is(err, countersign.ErrInvalid), errors.Is(err, countersign.ErrUnreadable):
		// What the custodian will never tell must not keep the approval open.
		body.Missing = err.Error()
		if len(body.Missing) > 500 {
			body.Missing = body.Missing[:500]
		}
	default:
		return audit.Draft{}, err
	}
	return audit.Draft{
		Key: countersign.HumanKey(approvalID, v.UserID), Type: audit.HumanDecided,
		Body: body, Evidence: evidence, Retold: true,
	}, nil
}

// digest is the lower-case hex SHA-256.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
