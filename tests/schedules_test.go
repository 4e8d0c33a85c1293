package tests

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	var changes []string
	record := func(_ context.Context, c schedules.Change) error {
		changes = append(changes, c.ID+": "+c.After)
		return nil
	}
	apply := func(every time.Duration) {
		t.Helper()
		if err := schedules.Apply(t.Context(), s.Temporal, workflows.TaskQueue, schedules.Wanted(schedules.Intervals{Reconcile: every, Compare: time.Minute}), record); err != nil {
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
	if len(changes) != 2 {
		t.Errorf("changes %q, want one for each schedule, told once", changes)
	}
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
	if n := len(changes); n != 3 || !strings.Contains(changes[2], "every 2h0m0s") {
		t.Errorf("changes %q, want the third to say the new interval", changes)
	}
	unrecorded := s.applyWithoutATrail()
	if got, _ := interval(); !errors.Is(unrecorded, errNoTrail) || got != 2*time.Hour {
		t.Errorf("a change that was not recorded: %v, interval %s; want none made", unrecorded, got)
	}
	if err := schedules.Apply(t.Context(), s.Temporal, workflows.TaskQueue, schedules.Wanted(schedules.Intervals{}), record); err == nil {
		t.Error("an interval of zero is taken")
	}
}

var errNoTrail = errors.New("no trail")

// applyWithoutATrail asks for another interval when no record can be written.
func (s *site) applyWithoutATrail() error {
	return schedules.Apply(s.t.Context(), s.Temporal, workflows.TaskQueue, schedules.Wanted(schedules.Intervals{Reconcile: 3 * time.Hour, Compare: time.Minute}),
		func(context.Context, schedules.Change) error { return errNoTrail })
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
