package workflows

import (
	"countersign/activities"

	"go.temporal.io/sdk/workflow"
)

// CompareDecisions compares our decisions with the custodian's, both ways, from where the last
// run that came to an end has compared to: what happened while nobody ran is not passed over. A
// schedule runs it; see package schedules.
func CompareDecisions(ctx workflow.Context) (activities.CompareResult, error) {
	ctx = workflow.WithActivityOptions(ctx, periodically("compare our decisions with the custodian's"))
	var last, res activities.CompareResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return res, err
		}
	}
	var comparison *activities.Comparison
	err := workflow.ExecuteActivity(ctx, comparison.CompareDecisions, activities.CompareInput{Since: last.Until}).Get(ctx, &res)
	return res, err
}
