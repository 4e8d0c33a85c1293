package workflows

import (
	"time"

	"countersign/workflows/step"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// periodically is for the one step of what a schedule runs. One run in a minute follows
// the next: give up early rather than pile up.
func periodically(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: 15 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:                summary,
	}
}

// run is [step.Run].
func run[Out any](ctx workflow.Context, summary string, activity any, in ...any) (Out, error) {
	return step.Run[Out](ctx, summary, activity, in...)
}

// pollAfter is [step.PollAfter].
func pollAfter(n int) time.Duration { return step.PollAfter(n) }

// permanent is [step.Permanent].
func permanent(err error) bool { return step.Permanent(err) }
