package settlement

import (
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/activities/settlement"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// SettlementInput starts a Settlement: with an instruction, or with a request that was made.
type SettlementInput struct {
	// ID is the external ID, or the custodian's where that names it.
	ID          string                   `json:"id"`
	Instruction *countersign.Instruction `json:"instruction,omitempty"`
	Request     *countersign.RequestRef  `json:"request,omitempty"`
	// Batch is the batch that it is a leg of, and that is told of its end.
	Batch string `json:"batch_id,omitempty"`
	// Sweep is the ID of the sweep's workflow that it is a move of, and that is told of its
	// end.
	Sweep string `json:"sweep_id,omitempty"`
	// Carried is what an earlier run of the same workflow hands on; starters leave it empty.
	Carried *CarriedSettlement `json:"carried,omitempty"`
}

// CarriedSettlement is all that a settlement's workflow must not forget.
type CarriedSettlement struct {
	Seen       countersign.Seen    `json:"seen,omitempty"`
	Unrecorded []countersign.Event `json:"unrecorded,omitempty"`
	Heard      int                 `json:"heard,omitempty"`
	Duplicates int                 `json:"duplicates,omitempty"`

	Opened     *settlement.OpenSettlementResult `json:"opened,omitempty"`
	Case       settlement.Case                  `json:"case"`
	Request    *countersign.RequestRef          `json:"request,omitempty"`
	ApprovalID string                           `json:"approval_id,omitempty"`
	State      countersign.SettlementState      `json:"state"`
	Reason     string                           `json:"reason,omitempty"`
	FollowedBy string                           `json:"followed_by,omitempty"`
	TxHash     string                           `json:"tx_hash,omitempty"`
	// Block is where it was seen last.
	Block    countersign.BlockRef             `json:"block,omitzero"`
	Posted   *settlement.PostSettlementResult `json:"posted,omitempty"`
	Released bool                             `json:"released,omitempty"`
	// Sent is since when it is to be in a block, Gone since when the custodian has given it
	// up, Until how long it is watched.
	Sent        time.Time                           `json:"sent,omitzero"`
	Gone        time.Time                           `json:"gone,omitzero"`
	Until       time.Time                           `json:"until,omitzero"`
	Stuck       int                                 `json:"stuck,omitempty"`
	Retractions int                                 `json:"retractions,omitempty"`
	Told        map[countersign.SettlementIssue]int `json:"told,omitempty"`
	Escalations int                                 `json:"escalations,omitempty"`
	Issue       countersign.SettlementIssue         `json:"issue,omitempty"`
	IssueReason string                              `json:"issue_reason,omitempty"`
	Index       int64                               `json:"index,omitempty"`
	Reported    bool                                `json:"reported,omitempty"`
}

// SettlementStatus answers the status query, and is the result in the end.
type SettlementStatus struct {
	SettlementID string                      `json:"settlement_id"`
	State        countersign.SettlementState `json:"state"`
	Summary      string                      `json:"summary,omitempty"`
	// Reason is why it ended without having happened.
	Reason     string                  `json:"reason,omitempty"`
	WalletID   string                  `json:"wallet_id,omitempty"`
	Network    string                  `json:"network,omitempty"`
	Request    *countersign.RequestRef `json:"request,omitempty"`
	ApprovalID string                  `json:"approval_id,omitempty"`
	// FollowedBy is whose word it rests on: chain or custodian.
	FollowedBy string               `json:"followed_by,omitempty"`
	TxHash     string               `json:"tx_hash,omitempty"`
	Block      countersign.BlockRef `json:"block,omitzero"`
	PartOf     string               `json:"part_of,omitempty"`
	Differs    []string             `json:"differs,omitempty"`
	// Issue is why people were asked to look, the last time that they were, and Escalations
	// how often.
	Issue       countersign.SettlementIssue `json:"issue,omitempty"`
	IssueReason string                      `json:"issue_reason,omitempty"`
	Escalations int                         `json:"escalations,omitempty"`
	// Retractions counts how often its block has left the chain, Round its entries in the
	// books.
	Retractions int `json:"retractions,omitempty"`
	Round       int `json:"round"`
	// WatchedUntil is until when it is looked at after its end.
	WatchedUntil time.Time `json:"watched_until,omitzero"`
	// Index is the record that says how it ended.
	Index      int64 `json:"index,omitempty"`
	Heard      int   `json:"heard"`
	Duplicates int   `json:"duplicates"`
}

// stateful is a settlement on its way.
type stateful struct {
	in      SettlementInput
	c       CarriedSettlement
	signals workflow.ReceiveChannel
	news    bool
}

func newCase(in SettlementInput) *stateful {
	s := &stateful{in: in}
	if in.Carried != nil {
		s.c = *in.Carried
	} else {
		s.c.State = countersign.SettlementOpening
	}
	if s.c.Seen == nil {
		s.c.Seen = countersign.Seen{}
	}
	return s
}

func (s *stateful) carry() SettlementInput {
	in := s.in
	in.Carried = &s.c
	return in
}

// ended reports whether how it ended is on the trail.
func (s *stateful) ended() bool { return s.c.Posted != nil || s.c.Released }

// listen makes the workflow answer queries and hear signals.
func (s *stateful) listen(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, workflows.StatusQuery,
		func() (SettlementStatus, error) { return s.status(), nil },
		workflow.QueryHandlerOptions{Description: "where the settlement stands"})
	if err != nil {
		return err
	}
	s.signals = workflow.GetSignalChannelWithOptions(ctx, workflows.EventSignal,
		workflow.SignalChannelOptions{Description: "a verified webhook delivery (countersign.Event); a hint to look"})
	s.drain()
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var e countersign.Event
			if !s.signals.Receive(ctx, &e) {
				return
			}
			s.hear(e)
		}
	})
	return nil
}

// drain hears what has arrived already, without waiting.
func (s *stateful) drain() {
	for {
		var e countersign.Event
		if !s.signals.ReceiveAsync(&e) {
			return
		}
		s.hear(e)
	}
}

// hear takes one delivery. The same fact is news once.
func (s *stateful) hear(e countersign.Event) {
	s.c.Heard++
	if !s.c.Seen.Add(e) {
		s.c.Duplicates++
		return
	}
	s.news = true
	s.c.Unrecorded = append(s.c.Unrecorded, e)
}

// recorded forgets the first n deliveries that were to be put on the trail.
func (s *stateful) recorded(n int) { s.c.Unrecorded = s.c.Unrecorded[n:] }

// show makes the settlement findable.
func (s *stateful) show(ctx workflow.Context) error {
	updates := []temporal.SearchAttributeUpdate{
		workflows.WalletIDAttribute.ValueSet(s.c.Case.WalletID), workflows.NetworkAttribute.ValueSet(s.c.Case.Network),
	}
	if id := s.c.Opened.InitiatorID; id != "" {
		updates = append(updates, workflows.InitiatorAttribute.ValueSet(id))
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

func (s *stateful) status() SettlementStatus {
	out := SettlementStatus{
		SettlementID: s.in.ID, State: s.c.State, Reason: s.c.Reason, WalletID: s.c.Case.WalletID, Network: s.c.Case.Network,
		Request: s.c.Request, ApprovalID: s.c.ApprovalID, FollowedBy: s.c.FollowedBy, TxHash: s.c.TxHash, Block: s.c.Block,
		Issue: s.c.Issue, IssueReason: s.c.IssueReason, Escalations: s.c.Escalations, Retractions: s.c.Retractions, Round: s.c.Case.Round,
		Index: s.c.Index, Heard: s.c.Heard, Duplicates: s.c.Duplicates,
	}
	if s.ended() {
		out.WatchedUntil = s.c.Until
	}
	if o := s.c.Opened; o != nil {
		out.Summary, out.PartOf = o.Summary, o.PartOf
	}
	if p := s.c.Posted; p != nil {
		out.Differs = p.Differs
	}
	return out
}

// story is what the Web UI shows under "Current Details", in Markdown.
func (s *stateful) story() string {
	lines := []string{fmt.Sprintf("**%s**", s.c.Opened.Summary), "", fmt.Sprintf("- it is **%s**", strings.ReplaceAll(string(s.c.State), "_", " "))}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf("- "+format, args...)) }
	if s.c.ApprovalID != "" {
		add("approval `%s`", s.c.ApprovalID)
	}
	if s.c.TxHash != "" {
		add("transaction `%s`, followed by the %s's word", s.c.TxHash, s.c.FollowedBy)
	}
	if s.ended() {
		add("record %d on the trail %s", s.c.Index, s.c.Reason)
	}
	if s.c.Issue != "" {
		add("**people must look**: `%s`, %s", s.c.Issue, s.c.IssueReason)
	}
	return strings.Join(lines, "\n")
}
