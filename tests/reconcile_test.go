package tests

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/complete"
	"countersign/store"
	"countersign/workflows"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Every webhook is dropped: some so that the custodian knows it, the rest so that it believes
// they have arrived. Reconciliation, by its schedule, starts what they would have started; what
// nobody can explain is one alarm, however often it is looked at.
func TestReconciliationStartsWhatNoWebhookHas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.control("/faults", map[string]any{"rules": []any{
		map[string]any{"kind": "drop", "event": "wallet.transaction.*", "silent": true},
		map[string]any{"kind": "drop", "event": "policy.*", "silent": true},
		map[string]any{"kind": "drop"},
	}}, nil)
	s.startIngress()
	s.startWorker()
	held := s.mint(6000) // waits for people
	quick := s.mint(100)
	s.deposit(77)
	reconciled := s.reconciled(t, func(r workflows.ReconcileCasesResult) error {
		if len(r.Lists.Found.Unknown)+len(r.Wallets.Found.Unknown) > 0 {
			return fmt.Errorf("not known: %v %v", r.Lists.Found.Unknown, r.Wallets.Found.Unknown)
		}
		return errors.Join(s.running("Approval", 2), s.running("Settlement", 2), s.running("Deposit", 1), s.running("OpenWallet", 1))
	})
	if len(reconciled.Lists.Found.Alarms)+len(reconciled.Wallets.Found.Alarms) > 0 {
		t.Errorf("alarms in %+v", reconciled)
	}
	waitFor(t, "outcome of the small mint", func(ctx context.Context) error { return s.HasOutcome(ctx, quick) })

	// Somebody ends the workflow of what still waits at the custodian.
	id := workflows.ApprovalID(held.Approval)
	if err := s.Temporal.TerminateWorkflow(t.Context(), id, "", "by mistake"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.reconciled(t, func(workflows.ReconcileCasesResult) error { return s.alarmed(complete.EndedEarly, held.Approval) })
	}
	if err := s.alarmed(complete.EndedEarly, held.Approval); err != nil {
		t.Error(err)
	}
}

// reconciled triggers the schedule until a run has found what is wanted.
func (s *site) reconciled(t *testing.T, done func(workflows.ReconcileCasesResult) error) (res workflows.ReconcileCasesResult) {
	t.Helper()
	handle := s.Temporal.ScheduleClient().GetHandle(t.Context(), "reconcile/cases")
	for deadline := time.Now().Add(patience); ; {
		before, err := handle.Describe(t.Context())
		if err == nil {
			err = handle.Trigger(t.Context(), client.ScheduleTriggerOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, "run of reconcile/cases", func(ctx context.Context) error {
			now, err := handle.Describe(ctx)
			if err != nil || now.Info.NumActions == before.Info.NumActions {
				return errors.Join(err, errors.New("none yet"))
			}
			run := now.Info.RecentActions[len(now.Info.RecentActions)-1].StartWorkflowResult
			return s.Temporal.GetWorkflow(ctx, run.WorkflowID, run.FirstExecutionRunID).Get(ctx, &res)
		})
		if err = done(res); err == nil {
			return res
		}
		if time.Now().After(deadline) {
			t.Fatalf("reconciled for %s: %v; the last run: %+v", patience, err, res)
		}
	}
}

// running fails unless so many workflows of a type are known.
func (s *site) running(kind string, n int) error {
	page, err := s.Temporal.ListWorkflow(s.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowType = '" + kind + "'"})
	if err == nil && len(page.Executions) < n {
		err = fmt.Errorf("%d workflows of type %s, want %d", len(page.Executions), kind, n)
	}
	return err
}

// alarmed fails unless the trail has exactly one alarm of a code, and it is about something.
func (s *site) alarmed(code audit.AlarmCode, about string) error {
	var all []string
	for e, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: audit.AlarmRaised}) {
		if err != nil {
			return err
		}
		var a audit.Alarm
		if err := e.Decode(&a); err != nil {
			return err
		}
		if a.Code == code {
			all = append(all, e.Record.Key+": "+a.What)
		}
	}
	if len(all) != 1 || !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, about) }) {
		return fmt.Errorf("alarms %v, want one about %s", all, about)
	}
	return nil
}
