package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// quickly is for the first attempt of a short step, inside the workflow task: no
// round trip to the server, no events but one marker. One attempt, then give way.
func quickly(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 8 * time.Second, // under 80 % of the task timeout of 10 s: no heartbeat
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	})
}

// untilDone is for a step that must not be given up: it is tried for ever, ever
// more slowly, and shows in the Web UI with its last error while it waits.
func untilDone(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
		},
		Summary: summary,
	})
}

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

// run executes a short, idempotent activity: at once and cheaply if it works, and
// otherwise as a regular activity until it does. The first attempt may still be
// running when the second starts; the activities bear that.
func run[Out any](ctx workflow.Context, summary string, activity any, in ...any) (out Out, err error) {
	err = workflow.ExecuteLocalActivity(quickly(ctx, summary), activity, in...).Get(ctx, &out)
	if err == nil || permanent(err) || ctx.Err() != nil {
		return out, err
	}
	workflow.GetLogger(ctx).Warn("fast path gave way", "step", summary, "error", err)
	err = workflow.ExecuteActivity(untilDone(ctx, summary), activity, in...).Get(ctx, &out)
	return out, err
}

// permanent reports whether an activity said that no retry can help.
func permanent(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// pollAfter is how long to wait before asking the custodian again, after n times:
// 15 s, 30 s, 1 min … 15 min. A webhook makes the wait shorter, never the answer.
func pollAfter(n int) time.Duration {
	return min(15*time.Second<<min(n, 10), 15*time.Minute)
}
