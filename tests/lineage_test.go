package tests

import (
	"context"
	"fmt"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/cmd/countersign/stack"
	"countersign/store"
)

// found is how many records of each type a query finds, and the indexes of all.
func (s *site) found(facet, value string) (types map[audit.Type]int, indexes []int64) {
	s.t.Helper()
	types = map[audit.Type]int{}
	for e, err := range s.Trail.Select(s.t.Context(), store.Query{Facets: []audit.Facet{{Name: facet, Value: value}}}) {
		if err != nil {
			s.t.Fatal(err)
		}
		types[e.Record.Type]++
		indexes = append(indexes, e.Index)
	}
	return types, indexes
}

// threaded wants one query to find everything of an approval and of the settlement that goes
// with it, from the webhook to the steps in the books, and returns the indexes.
func (s *site) threaded(lineage, settlementID string, want ...audit.Type) []int64 {
	s.t.Helper()
	types, indexes := s.found(audit.FacetLineage, lineage)
	for _, kind := range append(want, audit.WebhookAccepted, audit.DecisionIntent, audit.DecisionOutcome, audit.ApprovalOutcome, booked.SettlementOpened, booked.SettlementSettled) {
		if types[kind] == 0 {
			s.t.Errorf("lineage=%s finds no %s: %v", lineage, kind, types)
		}
	}
	steps, err := s.Trail.Books().Entry(s.t.Context(), settlementID)
	if err != nil || len(steps) == 0 {
		s.t.Fatalf("%s: %d steps in the books, %v", settlementID, len(steps), err)
	}
	for _, step := range steps {
		if step.Lineage != lineage {
			s.t.Errorf("step %s of %s has lineage %s, want %s", step.State, step.ID, step.Lineage, lineage)
		}
	}
	return indexes
}

// TestOneLineageFromTheTriggerToTheLedger has one mint that somebody else asked for and one that
// we were instructed to make.
func TestOneLineageFromTheTriggerToTheLedger(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.startWorker()
	s.startIngress()

	r, err := s.Mint(t.Context(), stack.Recipient, 10)
	if err != nil {
		t.Fatal(err)
	}
	var theirs string
	waitFor(t, "the settlement of "+r.ID, func(ctx context.Context) error {
		for e, err := range s.Trail.Select(ctx, store.Query{Type: booked.SettlementSettled}) {
			var body booked.Settled
			if err != nil || e.Decode(&body) != nil {
				return err
			}
			theirs = body.SettlementID
			return nil
		}
		return fmt.Errorf("nothing has settled")
	})
	s.instruct(s.mintTo("mint-1", stack.Recipient))
	ours := s.reaches("mint-1", countersign.SettlementSettled)
	for _, approval := range []string{r.Approval, ours.ApprovalID} {
		waitFor(t, "the outcome of "+approval, func(ctx context.Context) error {
			_, err := s.Trail.Find(ctx, countersign.OutcomeKey(approval))
			return err
		})
	}

	byLineage := s.threaded(countersign.ApprovalLineage(r.Approval), theirs)
	if _, byApproval := s.found(audit.FacetApproval, r.Approval); fmt.Sprint(byApproval) != fmt.Sprint(byLineage) {
		t.Errorf("approval=%s finds %v, and its lineage %v", r.Approval, byApproval, byLineage)
	}
	byLineage = s.threaded(countersign.SettlementLineage("mint-1"), "mint-1", booked.SettlementSubmitted)
	if types, _ := s.found(audit.FacetApproval, ours.ApprovalID); types[audit.DecisionIntent] != 1 || types[audit.DecisionOutcome] != 1 || types[booked.SettlementSubmitted] != 1 || types[booked.SettlementSettled] != 1 {
		t.Errorf("approval=%s finds %v", ours.ApprovalID, types)
	}
	if _, part := s.found(audit.FacetLineage, countersign.ApprovalLineage(ours.ApprovalID)); len(part) == 0 || len(part) >= len(byLineage) {
		t.Errorf("the approval's own part has %d records, all of it %d", len(part), len(byLineage))
	}
	if types, _ := s.found(audit.FacetLineage, countersign.SettlementLineage(theirs)); types[booked.SettlementSettled] != 1 {
		t.Errorf("the settlement's own part has %v", types)
	}
}
