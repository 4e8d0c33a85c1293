package sweep_test

import (
	"errors"
	"testing"
	"time"

	plans "countersign/sweep"
	"countersign/workflows"
	"countersign/workflows/sweep"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// scheduled is an environment for what a schedule starts, at a time; scheduled for another where
// that is given.
func (w *world) scheduled(at, scheduledFor time.Time) *testsuite.TestWorkflowEnvironment {
	env := w.env(at)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "sweep/nightly-2026", TaskQueue: workflows.TaskQueue})
	env.RegisterWorkflowWithOptions(sweep.ScheduledSweep, workflow.RegisterOptions{Name: workflows.ScheduledSweepWorkflow})
	if !scheduledFor.IsZero() {
		key := temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
		if err := env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(key.ValueSet(scheduledFor))); err != nil {
			w.Fatal(err)
		}
	}
	return env
}

func TestAScheduledTimeIsSweptUnderItsName(t *testing.T) {
	for _, tt := range []struct {
		name             string
		at, scheduledFor time.Time
		want             string
	}{
		{"on time", due.Add(300 * time.Millisecond), due, "sweep/nightly/2026-11-29T17:30:00Z"},
		{"hours late", due.Add(5 * time.Hour), due, "sweep/nightly/2026-11-29T17:30:00Z"},
		{"by hand", due.Add(7*time.Second + 300*time.Millisecond), time.Time{}, "sweep/nightly/2026-11-29T17:30:07Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 2, 20)
			env := w.scheduled(tt.at, tt.scheduledFor)
			if w.run.Due = tt.at.Truncate(time.Second); !tt.scheduledFor.IsZero() {
				w.run.Due = tt.scheduledFor
			}
			env.ExecuteWorkflow(workflows.ScheduledSweepWorkflow, w.run.Order)
			var res sweep.ScheduledSweepResult
			if err := env.GetWorkflowResult(&res); err != nil {
				t.Fatal(err)
			}
			if res.SweepID != tt.want || res.Already || res.Sweep == nil || res.Sweep.Outcome != "swept" || len(w.legs) != 22 {
				t.Errorf("%+v, %d begun", res, len(w.legs))
			}
		})
	}
}

func TestATimeIsSweptOnce(t *testing.T) {
	w := newWorld(t, 0, 5)
	env := w.scheduled(due, due)
	// Two for the same time, side by side, are children of this.
	both := func(ctx workflow.Context, order plans.Order) (out []sweep.ScheduledSweepResult, err error) {
		var all []workflow.Future
		for _, id := range []string{"first", "second"} {
			c := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
				WorkflowID: id, TypedSearchAttributes: temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime").ValueSet(due)),
			})
			all = append(all, workflow.ExecuteChildWorkflow(c, workflows.ScheduledSweepWorkflow, order))
		}
		for _, f := range all {
			var res sweep.ScheduledSweepResult
			err = errors.Join(err, f.Get(ctx, &res))
			out = append(out, res)
		}
		return out, err
	}
	env.RegisterWorkflowWithOptions(both, workflow.RegisterOptions{Name: "Both"})
	env.ExecuteWorkflow("Both", w.run.Order)
	var out []sweep.ScheduledSweepResult
	if err := env.GetWorkflowResult(&out); err != nil {
		t.Fatal(err)
	}
	if out[0].Already == out[1].Already || len(w.legs) != 5 || len(w.reports) != 1 {
		t.Errorf("%+v, %d begun, %d reports", out, len(w.legs), len(w.reports))
	}
	for _, res := range out {
		if res.SweepID != w.run.ID() || res.Already != (res.Sweep == nil) {
			t.Errorf("%+v", res)
		}
	}
}

func TestAScheduleWithoutAnOrderFailsForGood(t *testing.T) {
	w := newWorld(t, 0, 5)
	env := w.scheduled(due, due)
	w.run.Order.Assets = nil
	env.ExecuteWorkflow(workflows.ScheduledSweepWorkflow, w.run.Order)
	var no *temporal.ApplicationError
	if err := env.GetWorkflowError(); !errors.As(err, &no) || !no.NonRetryable() || no.Type() != "InvalidRequest" {
		t.Errorf("%v", err)
	}
}
