// Package schedules says which workflows run by the clock, as data, and brings
// Temporal in line with it.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// A Schedule starts one workflow again and again.
type Schedule struct {
	// ID names the schedule in Temporal; the workflows that it starts are named
	// after it and their nominal time.
	ID string
	// Note says in the Web UI what it is for.
	Note string
	// Every is the interval. Runs do not overlap: one that is due while the last
	// still runs is skipped.
	Every time.Duration
	// CatchUp is how late a missed run may still start.
	CatchUp  time.Duration
	Workflow string
}

// Intervals says how often each is run.
type Intervals struct {
	// Reconcile is how often pending approvals without a workflow are looked for, Compare
	// how often our decisions are compared with the custodian's, Screening how often
	// screening lists are read again; zero where nothing is screened.
	Reconcile, Compare, Screening time.Duration
}

// Wanted returns the schedules of this release.
func Wanted(every Intervals) []Schedule {
	wanted := []Schedule{{
		ID:       "reconcile/approvals",
		Note:     "Starts a workflow for every pending approval whose webhook never came.",
		Every:    every.Reconcile,
		CatchUp:  time.Minute,
		Workflow: workflows.ReconcileWorkflow,
	}, {
		ID:       "reconcile/decisions",
		Note:     "Compares our decisions with those that the custodian holds under our name, and raises an alarm where they differ.",
		Every:    every.Compare,
		CatchUp:  time.Minute,
		Workflow: workflows.CompareDecisionsWorkflow,
	}}
	if every.Screening != 0 {
		wanted = append(wanted, Schedule{
			ID:       "refresh/screening",
			Note:     "Reads the screening lists again and, when one has changed, screens open approvals again.",
			Every:    every.Screening,
			CatchUp:  time.Minute,
			Workflow: workflows.RefreshScreeningWorkflow,
		})
	}
	return wanted
}

// A Change is a schedule that is not in Temporal as it is wanted.
type Change struct {
	ID string
	// Before and After say in words what it is; Before is empty where there was none.
	Before, After string
}

// Apply creates what is missing and brings the interval, the note and the action
// of what is there in line. It touches nothing else: a schedule that an operator
// has paused stays paused. Every change is told to record before it is made, and is not
// made when that fails.
func Apply(ctx context.Context, c client.Client, taskQueue string, wanted []Schedule, record func(context.Context, Change) error) error {
	for _, s := range wanted {
		if err := s.apply(ctx, c, taskQueue, record); err != nil {
			return fmt.Errorf("schedule %s: %w", s.ID, err)
		}
	}
	return nil
}

func (s Schedule) apply(ctx context.Context, c client.Client, taskQueue string, record func(context.Context, Change) error) error {
	if s.Every <= 0 {
		return fmt.Errorf("interval %s, want more than zero", s.Every)
	}
	change := Change{ID: s.ID, After: s.words(taskQueue)}
	there, err := c.ScheduleClient().GetHandle(ctx, s.ID).Describe(ctx)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
	case err != nil:
		return err
	default:
		change.Before = wordsOf(there.Schedule)
	}
	if change.Before == change.After {
		return nil
	}
	if err := record(ctx, change); err != nil {
		return err
	}
	if change.Before != "" {
		return s.update(ctx, c, taskQueue)
	}
	_, err = c.ScheduleClient().Create(ctx, s.options(taskQueue))
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) { // another worker was faster
		err = s.update(ctx, c, taskQueue)
	}
	return err
}

// words say what a schedule is, for records.
func (s Schedule) words(taskQueue string) string {
	return fmt.Sprintf("%s on %s every %s, late by at most %s: %s", s.Workflow, taskQueue, s.Every, s.CatchUp, s.Note)
}

// wordsOf are those of a schedule as Temporal has it.
func wordsOf(there client.Schedule) string {
	var s Schedule
	var taskQueue string
	if a, ok := there.Action.(*client.ScheduleWorkflowAction); ok {
		s.Workflow, taskQueue = fmt.Sprint(a.Workflow), a.TaskQueue
	}
	if there.Spec != nil && len(there.Spec.Intervals) == 1 {
		s.Every = there.Spec.Intervals[0].Every
	}
	if there.Policy != nil {
		s.CatchUp = there.Policy.CatchupWindow
	}
	if there.State != nil {
		s.Note = there.State.Note
	}
	return s.words(taskQueue)
}

func (s Schedule) options(taskQueue string) client.ScheduleOptions {
	return client.ScheduleOptions{
		ID: s.ID, Spec: s.spec(), Action: s.action(taskQueue), Note: s.Note,
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: s.CatchUp,
	}
}

func (s Schedule) spec() client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.Every}}}
}

func (s Schedule) action(taskQueue string) *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.ID, Workflow: s.Workflow, TaskQueue: taskQueue, StaticSummary: s.Note}
}

func (s Schedule) update(ctx context.Context, c client.Client, taskQueue string) error {
	return c.ScheduleClient().GetHandle(ctx, s.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			spec := s.spec()
			now.Spec, now.Action = &spec, s.action(taskQueue)
			now.State.Note = s.Note
			now.Policy.CatchupWindow = s.CatchUp
			return &client.ScheduleUpdate{Schedule: &now}, nil
		},
	})
}
