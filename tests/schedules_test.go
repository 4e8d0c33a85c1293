package tests

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"countersign/cmd/countersign/stack"
	"countersign/schedules"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// TestSchedulesAreAppliedAndAppliedAgain runs against the real dev server.
func TestSchedulesAreAppliedAndAppliedAgain(t *testing.T) {
	s := newSite(t)
	apply := func(every time.Duration) {
		t.Helper()
		if err := schedules.Apply(t.Context(), s.Temporal, workflows.TaskQueue, schedules.Wanted(every, 0)); err != nil {
			t.Fatal(err)
		}
	}
	interval := func() (time.Duration, *client.ScheduleDescription) {
		t.Helper()
		d, err := s.Temporal.ScheduleClient().GetHandle(t.Context(), "reconcile/approvals").Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Schedule.Spec.Intervals[0].Every, d
	}
	apply(time.Hour)
	apply(time.Hour)
	if got, d := interval(); got != time.Hour || d.Schedule.State.Note == "" {
		t.Errorf("interval %s, note %q; want 1h and words for the operator", got, d.Schedule.State.Note)
	}
	handle := s.Temporal.ScheduleClient().GetHandle(t.Context(), "reconcile/approvals")
	if err := handle.Pause(t.Context(), client.SchedulePauseOptions{Note: "freeze"}); err != nil {
		t.Fatal(err)
	}
	apply(2 * time.Hour)
	if got, d := interval(); got != 2*time.Hour || !d.Schedule.State.Paused {
		t.Errorf("interval %s, paused %t; want 2h and still paused", got, d.Schedule.State.Paused)
	}
	if err := schedules.Apply(t.Context(), s.Temporal, workflows.TaskQueue, schedules.Wanted(0, 0)); err == nil {
		t.Error("an interval of zero is taken")
	}
}

// TestTheStarterStartsAnApprovalOnce also when it has been closed since.
func TestTheStarterStartsAnApprovalOnce(t *testing.T) {
	s := newSite(t)
	starter := &worker.Starter{Client: s.Temporal, TaskQueue: workflows.TaskQueue}
	start := func(want bool) {
		t.Helper()
		if got, err := starter.StartApproval(t.Context(), "ap-1"); err != nil || got != want {
			t.Errorf("started %t, %v; want %t", got, err, want)
		}
	}
	start(true)
	start(false)
	if err := s.Temporal.TerminateWorkflow(t.Context(), workflows.ApprovalID("ap-1"), "", "test"); err != nil {
		t.Fatal(err)
	}
	start(false)
}

// TestSearchAttributesAreThere is what the dev stack and EnsureSearchAttributes
// promise, and adding them again changes nothing.
func TestSearchAttributesAreThere(t *testing.T) {
	s := newSite(t)
	if err := worker.EnsureSearchAttributes(t.Context(), s.Temporal, stack.Namespace); err != nil {
		t.Fatal(err)
	}
	for _, name := range workflows.SearchAttributes() {
		waitFor(t, "search by "+name, func(ctx context.Context) error {
			n, err := s.Temporal.CountWorkflow(ctx, countRequest(fmt.Sprintf("%s = 'x'", name)))
			if err == nil && n.Count != 0 {
				err = errors.New("found something")
			}
			return err
		})
	}
}

func countRequest(query string) *workflowservice.CountWorkflowExecutionsRequest {
	return &workflowservice.CountWorkflowExecutionsRequest{Query: query}
}
