package workflows

import (
	"countersign/activities"

	"go.temporal.io/sdk/workflow"
)

// Reconcile starts a workflow for every pending approval that has none: the
// custodian gives up on a webhook after 24 hours, and nobody is told. A schedule
// runs it; see package schedules.
func Reconcile(ctx workflow.Context) (activities.StartMissingResult, error) {
	ctx = workflow.WithActivityOptions(ctx, periodically("start a workflow for every pending approval without one"))
	var res activities.StartMissingResult
	var reconciler *activities.Reconciler
	err := workflow.ExecuteActivity(ctx, reconciler.StartMissingApprovals).Get(ctx, &res)
	return res, err
}
