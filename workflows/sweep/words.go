package sweep

import (
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Summary says in one line what a run is, for the list of workflows.
func (in SweepInput) Summary() string {
	o := in.Run.Order
	return fmt.Sprintf("Sweep of the %s wallets on %s to wallet %s, due %s", o.Tag, o.Network, o.Treasury, in.Run.Due.UTC().Format(time.RFC3339))
}

// show makes the sweep findable.
func (s *run) show(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx, workflows.NetworkAttribute.ValueSet(s.in.Run.Order.Network))
}

// needs shows what people must do, or that they need not any more.
func (s *run) needs(ctx workflow.Context, what Need) error {
	if what == "" {
		return workflow.UpsertTypedSearchAttributes(ctx, workflows.ReasonCodeAttribute.ValueUnset())
	}
	return workflow.UpsertTypedSearchAttributes(ctx, workflows.ReasonCodeAttribute.ValueSet(string(what)))
}

// conclude shows how it went.
func (s *run) conclude(ctx workflow.Context) error {
	updates := []temporal.SearchAttributeUpdate{workflows.OutcomeAttribute.ValueSet(string(s.outcome()))}
	switch {
	case s.closed.Failed > 0 || s.closed.UnderWay > 0:
		updates = append(updates, workflows.ReasonCodeAttribute.ValueSet(string(NeedsLook)))
	case s.waiting: // it was cancelled meanwhile
		updates = append(updates, workflows.ReasonCodeAttribute.ValueUnset())
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// tell shows the story where the Web UI has "Current Details".
func (s *run) tell(ctx workflow.Context) { workflow.SetCurrentDetails(ctx, s.story()) }

// story says in Markdown what an operator wants to know.
func (s *run) story() string {
	lines := []string{"**" + s.in.Summary() + "**", ""}
	add := func(format string, args ...any) { lines = append(lines, "- "+fmt.Sprintf(format, args...)) }
	p := s.c.Plan
	if p == nil {
		add("balances are read and the plan is made")
		return strings.Join(lines, "\n")
	}
	planned, settled := p.TopUps+p.Moves, s.c.Ends[countersign.SettlementSettled]
	add("plan (record %d): %s", p.Index, p.Summary)
	switch {
	case s.waiting:
		add("**a person must approve it**, at the latest on %s: `countersign sweep show %s`, then `countersign sweep approve %s` or `decline`", s.until().UTC().Format(time.RFC3339), s.id, s.id)
	case s.c.Approved:
		add("approved by %s", s.c.By)
	case s.c.Stopped == Declined:
		add("declined by %s", s.c.By)
	}
	add("planned %d, moved %d, in flight %d, ended otherwise %d%s, not begun %d", planned, settled, len(s.c.Legs),
		s.c.Begun-settled-len(s.c.Legs), s.otherwise(), planned-s.c.Begun)
	add("skipped %d: the plan says of each why it stays", p.Skips)
	if s.dear != "" {
		add("nothing is begun while gas costs more than the plan offers: %s; the sweep waits until %s at the latest", s.dear, s.until().UTC().Format(time.RFC3339))
	}
	if s.c.Stopped != "" {
		add("nothing more is begun: **%s** %s", strings.ReplaceAll(string(s.c.Stopped), "_", " "), s.c.Why)
	}
	if r := s.closed; r != nil {
		add("report (record %d): %s", r.Index, r.Summary)
	}
	return strings.Join(lines, "\n")
}

// otherwise counts how moves have ended that did not settle.
func (s *run) otherwise() string {
	var parts []string
	for _, state := range workflow.DeterministicKeys(s.c.Ends) {
		if state != countersign.SettlementSettled {
			parts = append(parts, fmt.Sprintf("%d %s", s.c.Ends[state], state))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
