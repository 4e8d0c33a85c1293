package activities

import (
	"context"
	"errors"
	"fmt"

	"countersign"
	"countersign/activities/evidence"
	"countersign/activities/wire"
	"countersign/audit"
)

// PostInput asks for our decision to be given to the custodian.
type PostInput struct {
	ApprovalID string `json:"approval_id"`
}

// PostResult is what became of it.
type PostResult struct {
	Result audit.PostResult `json:"result"`
	// Index finds the record of it.
	Index int64 `json:"index"`
}

// PostDecision gives the recorded decision to the custodian, exactly once. It
// takes the decision from the trail and never from its caller: what was not
// recorded cannot be posted. It reads the approval again first; when what is asked
// for is no longer what was decided on, the decision is void and people decide.
// A vote of ours that is there already, with the same verdict, is success: the
// answer to an earlier post was lost.
func (a *Approvals) PostDecision(ctx context.Context, in PostInput) (PostResult, error) {
	key := countersign.PostKey(in.ApprovalID, a.Approver)
	entry, err := a.Trail.Find(ctx, key)
	if err == nil {
		return posted(entry)
	}
	if !errors.Is(err, audit.ErrNoRecord) {
		return PostResult{}, wire.Error(fmt.Errorf("post %s: %w", in.ApprovalID, err))
	}
	p, err := a.load(ctx, in.ApprovalID)
	if err != nil {
		return PostResult{}, wire.Error(fmt.Errorf("post %s: %w", in.ApprovalID, err))
	}
	if !p.intent.Decision.Verdict.Spoken() {
		return PostResult{}, wire.Error(fmt.Errorf("post %s: %w: an abstention is not posted", in.ApprovalID, countersign.ErrInvalid))
	}
	entry, err = a.post(ctx, p)
	if err != nil {
		return PostResult{}, wire.Error(fmt.Errorf("post %s: %w", in.ApprovalID, err))
	}
	return posted(entry)
}

// posting is a recorded decision on its way to the custodian.
type posting struct {
	entry  audit.Entry
	intent audit.Intent
	reason string
	void   countersign.Decision // why it is not posted
}

func (a *Approvals) load(ctx context.Context, approvalID string) (posting, error) {
	entry, err := a.Trail.Find(ctx, countersign.DecisionKey(approvalID, a.Approver))
	if err != nil {
		return posting{}, err
	}
	p := posting{entry: entry}
	if err := entry.Decode(&p.intent); err != nil {
		return posting{}, err
	}
	// The custodian's own log then names our record: it can be found from there,
	// and it cannot be replaced later without that showing.
	p.reason = fmt.Sprintf("%.600s [countersign %s #%d %s]", p.intent.Decision.Reason, entry.Record.Issuer, entry.Index, entry.LeafHash)
	return p, nil
}

func (a *Approvals) post(ctx context.Context, p posting) (audit.Entry, error) {
	// Nothing leaves before its intent is under a checkpoint that we cannot take back.
	if err := a.Trail.Barrier(ctx, p.entry); err != nil {
		return audit.Entry{}, err
	}
	approval, err := a.Custodian.Approval(ctx, p.intent.ApprovalID)
	if err != nil {
		return audit.Entry{}, fmt.Errorf("read approval: %w", err)
	}
	if entry, done, err := a.settled(ctx, p, approval); done || err != nil {
		return entry, err
	}
	against, err := a.against(ctx, p, approval)
	if err != nil {
		return audit.Entry{}, err
	}
	if against.Verdict != "" {
		p.void = against
		draft := a.postDraft(ctx, p, audit.Void, approval, nil)
		draft.After = []audit.Draft{a.escalation(ctx, p.entry.Record.Lineage, p.intent, "post", against)}
		return a.Trail.Void(ctx, draft, p.entry.Record.Key)
	}
	receipt, voteErr := a.Custodian.Vote(ctx, approval.ID, p.intent.Decision.Verdict, p.reason)
	if voteErr == nil {
		return a.Trail.Append(ctx, a.postDraft(ctx, p, audit.Posted, approval, &receipt))
	}
	if !errors.Is(voteErr, countersign.ErrAlreadyVoted) && !errors.Is(voteErr, countersign.ErrNotPending) {
		return audit.Entry{}, fmt.Errorf("vote: %w", voteErr)
	}
	// Somebody was faster: another attempt of ours, or whoever resolved it.
	if approval, err = a.Custodian.Approval(ctx, p.intent.ApprovalID); err != nil {
		return audit.Entry{}, fmt.Errorf("read approval after %q: %w", voteErr, err)
	}
	entry, done, err := a.settled(ctx, p, approval)
	if !done && err == nil {
		err = fmt.Errorf("vote: %w", voteErr)
	}
	return entry, err
}

// against is why a decision must not be posted any more; zero when it still holds. What
// is asked for may have changed, an operator may have halted machines, and what an
// approval rests on may have become untrue.
func (a *Approvals) against(ctx context.Context, p posting, approval countersign.Approval) (countersign.Decision, error) {
	if approval.Snapshot != p.intent.Snapshot {
		return countersign.Abstained(countersign.ChangedAfterRead, "what is asked for has changed since it was decided"), nil
	}
	halted, err := a.Trail.Halted(ctx, scopesOf(p.intent))
	if err != nil {
		return countersign.Decision{}, err
	}
	if len(halted) > 0 {
		return countersign.Abstained(countersign.Halted, "machines may not decide in %s now", halted[0]), nil
	}
	if p.intent.Decision.Verdict != countersign.Approve || a.Services == nil {
		return countersign.Decision{}, nil
	}
	rests, err := evidence.Rechecked(ctx, a.Trail, p.intent.Evidence)
	if err != nil {
		return countersign.Decision{}, err
	}
	return a.Services.Recheck(ctx, approval, rests, a.Now()), ctx.Err()
}

// settled records what needs no post any more: our verdict is there, or the
// approval has ended without it. Another verdict under our name is recorded as a
// conflict: the credential was used outside.
func (a *Approvals) settled(ctx context.Context, p posting, approval countersign.Approval) (audit.Entry, bool, error) {
	result := audit.Found
	vote, voted := approval.VoteOf(a.Approver)
	switch {
	case voted && vote.Verdict != p.intent.Decision.Verdict:
		result = audit.Conflict
	case !voted && approval.Status.Final():
		result = audit.Moot
	case !voted:
		return audit.Entry{}, false, nil
	}
	entry, err := a.Trail.Append(ctx, a.postDraft(ctx, p, result, approval, nil))
	return entry, true, err
}

func (a *Approvals) postDraft(ctx context.Context, p posting, result audit.PostResult, read countersign.Approval, receipt *countersign.Receipt) audit.Draft {
	body := audit.Post{
		ApprovalID: p.intent.ApprovalID, WalletID: p.intent.Request.WalletID, Intent: p.entry.LeafHash, Verdict: p.intent.Decision.Verdict,
		Result: result, Snapshot: read.Snapshot, Receipt: receipt, Workflow: wire.Here(ctx),
		Code: p.void.Code, Why: p.void.Reason,
	}
	if result == audit.Posted || result == audit.Found {
		body.Reason = p.reason
	}
	return audit.Draft{
		Key: countersign.PostKey(p.intent.ApprovalID, a.Approver), Type: audit.DecisionOutcome,
		Lineage: p.entry.Record.Lineage, Body: body, Retold: true,
	}
}

func posted(e audit.Entry) (PostResult, error) {
	var body audit.Post
	if err := e.Decode(&body); err != nil {
		return PostResult{}, wire.Error(err)
	}
	return PostResult{Result: body.Result, Index: e.Index}, nil
}
