package workflows

import (
	"fmt"
	"strings"

	"countersign"
	"countersign/activities"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// ApprovalInput starts an Approval.
type ApprovalInput struct {
	ApprovalID string `json:"approval_id"`
	// Carried is what an earlier run of the same workflow hands on; starters leave
	// it empty.
	Carried Carried `json:"carried,omitzero"`
}

// Carried is all that an approval's workflow must not forget.
type Carried struct {
	Seen       countersign.Seen         `json:"seen,omitempty"`
	Unrecorded []countersign.Event      `json:"unrecorded,omitempty"` // news that is not on the trail yet
	Heard      int                      `json:"heard,omitempty"`
	Duplicates int                      `json:"duplicates,omitempty"`
	Decided    *activities.DecideResult `json:"decided,omitempty"`
	Posted     *activities.PostResult   `json:"posted,omitempty"`
}

// ApprovalResult is how it went.
type ApprovalResult struct {
	Decision countersign.Decision       `json:"decision"`
	Post     string                     `json:"post,omitempty"`
	Outcome  countersign.ApprovalStatus `json:"outcome"`
	// Escalated: we left it to people. Overruled: it ended against our word.
	Escalated bool `json:"escalated"`
	Overruled bool `json:"overruled"`
	// DecisionIndex and OutcomeIndex find the records on the trail.
	DecisionIndex int64 `json:"decision_index"`
	OutcomeIndex  int64 `json:"outcome_index"`
	// Heard counts deliveries, Duplicates those of them that were no news.
	Heard      int `json:"heard"`
	Duplicates int `json:"duplicates"`
}

// A Phase is a step of the workflow, for the status query.
type Phase string

// The phases of an approval. Wire format.
const (
	Deciding Phase = "deciding" // no decision on the trail yet
	Posting  Phase = "posting"  // decided, the custodian has not confirmed
	Waiting  Phase = "waiting"  // ours is done: waiting for how it ends
	Closed   Phase = "closed"   // ended and recorded
)

// ApprovalStatus answers [StatusQuery].
type ApprovalStatus struct {
	ApprovalID string                     `json:"approval_id"`
	Phase      Phase                      `json:"phase"`
	Summary    string                     `json:"summary,omitempty"`
	Decision   *countersign.Decision      `json:"decision,omitempty"`
	Post       string                     `json:"post,omitempty"`
	Outcome    countersign.ApprovalStatus `json:"outcome,omitempty"`
	Votes      int                        `json:"votes"`
	Heard      int                        `json:"heard"`
	Duplicates int                        `json:"duplicates"`
}

func (a *approval) status() ApprovalStatus {
	s := ApprovalStatus{
		ApprovalID: a.id, Phase: a.phase(), Outcome: a.outcome.Status, Votes: a.outcome.Votes,
		Heard: a.carried.Heard, Duplicates: a.carried.Duplicates,
	}
	if d := a.carried.Decided; d != nil {
		s.Decision, s.Summary = &d.Decision, d.Summary
	}
	if p := a.carried.Posted; p != nil {
		s.Post = string(p.Result)
	}
	return s
}

func (a *approval) phase() Phase {
	switch {
	case a.outcome.Status.Final():
		return Closed
	case a.carried.Decided == nil:
		return Deciding
	case a.carried.Posted == nil && a.carried.Decided.Decision.Verdict.Spoken():
		return Posting
	}
	return Waiting
}

func (a *approval) result() ApprovalResult {
	s := a.status()
	return ApprovalResult{
		Decision: a.carried.Decided.Decision, Post: s.Post, Outcome: a.outcome.Status,
		Escalated: a.outcome.Escalated, Overruled: a.outcome.Overruled,
		DecisionIndex: a.carried.Decided.Index, OutcomeIndex: a.outcome.Index,
		Heard: a.carried.Heard, Duplicates: a.carried.Duplicates,
	}
}

// show makes the decision findable: one upsert for all attributes.
func (a *approval) show(ctx workflow.Context) error {
	d := a.carried.Decided
	var updates []temporal.SearchAttributeUpdate
	for _, v := range []struct {
		key   temporal.SearchAttributeKeyKeyword
		value string
	}{
		{InitiatorAttribute, d.InitiatorID}, {WalletIDAttribute, d.WalletID}, {NetworkAttribute, d.Network},
		{VerdictAttribute, string(d.Decision.Verdict)}, {ReasonCodeAttribute, string(d.Decision.Code)},
	} {
		if v.value != "" {
			updates = append(updates, v.key.ValueSet(v.value))
		}
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// story is what the Web UI shows under "Current Details", in Markdown.
func (a *approval) story() string {
	d := a.carried.Decided
	lines := []string{
		fmt.Sprintf("**%s**", d.Summary), "",
		fmt.Sprintf("- we **%s** (`%s`): %s", past[d.Decision.Verdict], d.Decision.Code, d.Decision.Reason),
		fmt.Sprintf("- record %d on the trail, leaf `%s`", d.Index, d.LeafHash),
	}
	if p := a.carried.Posted; p != nil {
		lines = append(lines, fmt.Sprintf("- at the custodian: **%s** (record %d)", p.Result, p.Index))
	}
	switch {
	case a.outcome.Status.Final():
		lines = append(lines, fmt.Sprintf("- it ended **%s** (record %d)", a.outcome.Status, a.outcome.Index))
	case !d.Decision.Verdict.Spoken() || (a.carried.Posted != nil && !a.carried.Posted.Result.Stands()):
		lines = append(lines, fmt.Sprintf("- waiting for **people** to decide; %d votes so far", a.outcome.Votes))
	default:
		lines = append(lines, "- waiting for the custodian to say how it ended")
	}
	return strings.Join(lines, "\n")
}

var past = map[countersign.Verdict]string{
	countersign.Approve: "approved", countersign.Reject: "rejected", countersign.Abstain: "abstained",
}
