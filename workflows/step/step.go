// Package step is how workflows do one thing: at once and cheaply where that works, and
// otherwise until it does.
package step

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Run executes a short, idempotent activity: at once and cheaply if it works, and
// otherwise as a regular activity until it does. The first attempt may still be
// running when the second starts; the activities bear that.
func Run[Out any](ctx workflow.Context, summary string, activity any, in ...any) (out Out, err error) {
	err = workflow.ExecuteLocalActivity(quickly(ctx, summary), activity, in...).Get(ctx, &out)
	if err == nil || Permanent(err) || ctx.Err() != nil {
		return out, err
	}
	workflow.GetLogger(ctx).Warn("fast path gave way", "step", summary, "error", err)
	err = workflow.ExecuteActivity(UntilDone(ctx, summary), activity, in...).Get(ctx, &out)
	return out, err
}

// quickly is for the first attempt of a short step, inside the workflow task: no
// round trip to the server, no events but one marker. One attempt, then give way.
func quickly(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 8 * time.Second, // under 80 % of the task timeout of 10 s: no heartbeat
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	})
}

// UntilDone is for a step that must not be given up: it is tried for ever, ever
// more slowly, and shows in the Web UI with its last error while it waits.
func UntilDone(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
		},
		Summary: summary,
	})
}

// Permanent reports whether an activity said that no retry can help.
func Permanent(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// PollAfter is how long to wait before asking the custodian again, after n times:
// 15 s, 30 s, 1 min … 15 min. A webhook makes the wait shorter, never the answer.
func PollAfter(n int) time.Duration {
	return min(15*time.Second<<min(n, 10), 15*time.Minute)
}

const (
	// WatchFinal is how long a transaction is watched after its block was final, which by the
	// network's own rule cannot change: a broken network, or a node that lies.
	WatchFinal = time.Hour
	// WatchWord is how long it is watched where there is the custodian's word alone, and where
	// a transaction was given up that somebody may still have.
	WatchWord = 24 * time.Hour
)
