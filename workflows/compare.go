package workflows

import (
	"countersign/activities"

	"go.temporal.io/sdk/workflow"
)

// CompareDecisions compares our decisions with the custodian's, both ways. A schedule
// runs it; see package schedules.
func CompareDecisions(ctx workflow.Context) (activities.CompareResult, error) {
	ctx = workflow.WithActivityOptions(ctx, periodically("compare our decisions with the custodian's"))
	var res activities.CompareResult
	var comparison *activities.Comparison
	err := workflow.ExecuteActivity(ctx, comparison.CompareDecisions, activities.CompareInput{}).Get(ctx, &res)
	return res, err
}
