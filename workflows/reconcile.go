package workflows

import (
	"time"

	"countersign/activities"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Reconcile starts a workflow for every pending approval that has none: the
// custodian gives up on a webhook after 24 hours, and nobody is told. A schedule
// runs it; see package schedules.
func Reconcile(ctx workflow.Context) (activities.StartMissingResult, error) {
	// One run in a minute follows the next: give up early rather than pile up.
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		ScheduleToCloseTimeout: 15 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:                "start a workflow for every pending approval without one",
	})
	var res activities.StartMissingResult
	var reconciler *activities.Reconciler
	err := workflow.ExecuteActivity(ctx, reconciler.StartMissingApprovals).Get(ctx, &res)
	return res, err
}
