package settlement

import (
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/workflows"
	"countersign/workflows/step"

	"go.temporal.io/sdk/workflow"
)

// unseenGrace is how long a transaction that the custodian has given up is looked for.
const unseenGrace = time.Hour

// stuckAfter are the times after which people hear that a transaction is in no block: once
// each.
var stuckAfter = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// inBlock reports whether the chain has it in a block.
func inBlock(seen settlement.FollowSettlementResult) bool {
	return seen.Inclusion == countersign.Included || seen.Inclusion == countersign.Final
}

// retract takes back what does not hold any more: the block is gone, or the custodian, where
// its word is all there is, has changed it.
func (s *stateful) retract(ctx workflow.Context, seen settlement.FollowSettlementResult) error {
	gone := s.c.Block.Hash != "" && seen.FollowedBy == booked.ByChain && seen.Unsure == "" && (!inBlock(seen) || seen.Block.Hash != s.c.Block.Hash)
	unsaid := s.c.Posted != nil && s.c.FollowedBy == booked.ByCustodian && seen.FollowedBy == booked.ByCustodian && seen.Status != countersign.RequestConfirmed
	if !gone && !unsaid {
		return nil
	}
	now := string(seen.Status) + " by the custodian's word"
	switch {
	case gone && inBlock(seen):
		now = "in block " + seen.Block.Hash
	case gone:
		now = strings.ReplaceAll(string(seen.Inclusion), "_", " ")
	}
	var do *settlement.Settlements
	s.c.Retractions++
	in := settlement.RetractSettlementInput{
		Case: s.c.Case, Number: s.c.Retractions, FollowedBy: s.c.FollowedBy, TxHash: s.c.TxHash, Block: s.c.Block, Now: now,
		Posted: s.c.Posted != nil, Booked: s.c.Posted != nil && s.c.Posted.Booked,
	}
	res, err := step.Run[settlement.RetractSettlementResult](ctx, "retract "+s.in.ID, do.RetractSettlement, in)
	if err != nil {
		return err
	}
	s.c.Case, s.c.Index, s.c.Block, s.c.Posted = res.Case, res.Index, countersign.BlockRef{}, nil
	s.c.Sent, s.c.Until = time.Time{}, time.Time{}
	if err := s.move(ctx, countersign.SettlementBroadcast); err != nil || !in.Posted {
		return err
	}
	return s.escalate(ctx, countersign.IssueReversed, "what was posted for transaction "+in.TxHash+" is reversed: it is "+now)
}

// follow moves on with what was seen.
func (s *stateful) follow(ctx workflow.Context, seen settlement.FollowSettlementResult) error {
	if s.ended() {
		return nil
	}
	if seen.ApprovalID != "" {
		s.c.ApprovalID, s.c.Case.ApprovalID = seen.ApprovalID, seen.ApprovalID
	}
	s.c.TxHash = seen.TxHash
	if seen.FollowedBy != "" {
		s.c.FollowedBy = seen.FollowedBy
	}
	to := s.c.State
	switch {
	case seen.Unsure != "" && s.c.Block.Hash != "": // as far as anybody knows
	case inBlock(seen):
		s.c.Block, to = seen.Block, countersign.SettlementIncluded
	case seen.Status == countersign.RequestPending && seen.ApprovalID != "":
		to = countersign.SettlementAwaitingApproval
	case seen.Status == countersign.RequestPending, seen.Status == countersign.RequestExecuting:
		to = countersign.SettlementExecuting
	case seen.Status == countersign.RequestBroadcast, seen.Status == countersign.RequestConfirmed:
		to = countersign.SettlementBroadcast
	}
	switch to {
	case countersign.SettlementExecuting, countersign.SettlementBroadcast:
		if s.c.Sent.IsZero() {
			s.c.Sent, s.c.Stuck = workflow.Now(ctx), 0
		}
	default:
		s.c.Sent = time.Time{}
	}
	return s.move(ctx, to)
}

// post posts what is final. What was given up before has a new entry.
func (s *stateful) post(ctx workflow.Context, seen settlement.FollowSettlementResult) error {
	final := seen.FollowedBy == booked.ByChain && seen.Unsure == "" && seen.Inclusion == countersign.Final ||
		seen.FollowedBy == booked.ByCustodian && seen.Status == countersign.RequestConfirmed
	if !final || s.c.Posted != nil {
		return nil
	}
	released, of := s.c.Released, s.c.Case
	if released {
		of.Round, of.Held = of.Round+1, false
	}
	var do *settlement.Settlements
	in := settlement.PostSettlementInput{Case: of, Request: seen.Request, TxHash: seen.TxHash, Cancels: seen.Cancels, FollowedBy: seen.FollowedBy}
	res, err := step.Run[settlement.PostSettlementResult](ctx, "post "+s.in.ID, do.PostSettlement, in)
	switch {
	case err != nil || res.NotYet:
		return err
	case len(res.Doubts) > 0:
		return s.once(ctx, countersign.IssueDoubtful, "transaction "+seen.TxHash+": "+strings.Join(res.Doubts, "; "))
	}
	s.c.Posted, s.c.Case, s.c.Released = &res, of, false
	s.c.Index, s.c.Block, s.c.TxHash, s.c.FollowedBy, s.c.Reason = res.Index, res.Block, seen.TxHash, seen.FollowedBy, ""
	s.c.Sent, s.c.Gone = time.Time{}, time.Time{}
	s.c.Until = workflow.Now(ctx).Add(step.WatchFinal)
	if seen.FollowedBy == booked.ByCustodian {
		s.c.Until = workflow.Now(ctx).Add(step.WatchWord)
	}
	if err := s.move(ctx, res.State); err != nil {
		return err
	}
	return s.remark(ctx, res, released)
}

// remark tells people what is odd about what was posted.
func (s *stateful) remark(ctx workflow.Context, res settlement.PostSettlementResult, released bool) error {
	if released {
		if err := s.escalate(ctx, countersign.IssueAfterRelease, "transaction "+s.c.TxHash+" had been given up, is final, and was posted"); err != nil {
			return err
		}
	}
	if res.State == countersign.SettlementReverted {
		return s.escalate(ctx, countersign.IssueReverted, "transaction "+s.c.TxHash+" failed on the chain and cost its fee")
	}
	if len(res.Differs) > 0 {
		return s.escalate(ctx, countersign.IssueDiffers, strings.Join(res.Differs, "; "))
	}
	return nil
}

// giveUp releases what the custodian says will not happen. A transaction that was sent is
// looked for a while longer: somebody may still have it.
func (s *stateful) giveUp(ctx workflow.Context, seen settlement.FollowSettlementResult) error {
	over := seen.Status == countersign.RequestFailed || seen.Status == countersign.RequestRejected
	if s.ended() || !over || inBlock(seen) || seen.Unsure != "" {
		if !over {
			s.c.Gone = time.Time{}
		}
		return nil
	}
	sought := seen.FollowedBy == booked.ByChain && seen.TxHash != ""
	if sought && s.c.Gone.IsZero() {
		s.c.Gone = workflow.Now(ctx)
	}
	if sought && workflow.Now(ctx).Sub(s.c.Gone) < unseenGrace {
		return nil
	}
	if seen.TxHash != "" {
		s.c.Until = workflow.Now(ctx).Add(step.WatchWord)
	}
	if err := s.release(ctx, endOf(seen), seen.Reason); err != nil || !sought {
		return err
	}
	return s.escalate(ctx, countersign.IssueUnseen, "the custodian has given transaction "+seen.TxHash+" up, and no block has it: what was held is free again")
}

// endOf is how a request ended that has not happened.
func endOf(seen settlement.FollowSettlementResult) countersign.SettlementState {
	switch {
	case seen.Status == countersign.RequestFailed:
		return countersign.SettlementFailed
	case seen.Approval == countersign.StatusDenied:
		return countersign.SettlementDenied
	case seen.Approval == countersign.StatusExpired:
		return countersign.SettlementExpired
	}
	return countersign.SettlementRejected
}

func (s *stateful) release(ctx workflow.Context, to countersign.SettlementState, reason string) error {
	var do *settlement.Settlements
	in := settlement.ReleaseSettlementInput{Case: s.c.Case, State: to, Reason: reason}
	if s.c.Request != nil {
		in.RequestID = s.c.Request.ID
	}
	res, err := step.Run[settlement.RecordedResult](ctx, "release "+s.in.ID, do.ReleaseSettlement, in)
	if err != nil {
		return err
	}
	s.c.Released, s.c.Case.Held, s.c.Index, s.c.Reason, s.c.Sent = true, false, res.Index, reason, time.Time{}
	return s.move(ctx, to)
}

// complain tells people of a transaction that is in no block for long.
func (s *stateful) complain(ctx workflow.Context, seen settlement.FollowSettlementResult) error {
	if s.ended() || s.c.Sent.IsZero() || s.c.Stuck >= len(stuckAfter) || workflow.Now(ctx).Sub(s.c.Sent) < stuckAfter[s.c.Stuck] {
		return nil
	}
	after := stuckAfter[s.c.Stuck]
	for s.c.Stuck < len(stuckAfter) && workflow.Now(ctx).Sub(s.c.Sent) >= stuckAfter[s.c.Stuck] {
		after = stuckAfter[s.c.Stuck]
		s.c.Stuck++
	}
	what := "the custodian has not sent it"
	if seen.TxHash != "" {
		what = "transaction " + seen.TxHash + " is in no block that we know of"
	}
	if seen.Unsure != "" {
		what += "; the nodes said: " + seen.Unsure
	}
	return s.escalate(ctx, countersign.IssueStuck, fmt.Sprintf("%s since more than %s", what, after))
}

// once escalates an issue once a round.
func (s *stateful) once(ctx workflow.Context, issue countersign.SettlementIssue, reason string) error {
	if s.c.Told[issue] >= s.c.Case.Round {
		return nil
	}
	return s.escalate(ctx, issue, reason)
}

// escalate puts on the trail that people must look, and shows it.
func (s *stateful) escalate(ctx workflow.Context, issue countersign.SettlementIssue, reason string) error {
	var do *settlement.Settlements
	if s.c.Told == nil {
		s.c.Told = map[countersign.SettlementIssue]int{}
	}
	n := s.c.Told[issue] + 1
	in := settlement.EscalateSettlementInput{Case: s.c.Case, Issue: issue, Reason: reason, Number: n}
	if _, err := step.Run[settlement.RecordedResult](ctx, "leave "+s.in.ID+" to people: "+string(issue), do.EscalateSettlement, in); err != nil {
		return err
	}
	s.c.Told[issue], s.c.Issue, s.c.IssueReason = n, issue, reason
	s.c.Escalations++
	return workflow.UpsertTypedSearchAttributes(ctx, workflows.ReasonCodeAttribute.ValueSet(string(issue)))
}
