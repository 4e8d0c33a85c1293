package sweep

import (
	"time"

	"countersign/sweep"
	"countersign/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// ScheduledSweepResult is what came of a scheduled time.
type ScheduledSweepResult struct {
	SweepID string `json:"sweep_id"`
	// Already says that the run of this time was there: nothing was begun by this workflow.
	Already bool `json:"already,omitempty"`
	// Sweep is how the run ended, where this workflow has begun it.
	Sweep *SweepStatus `json:"sweep,omitempty"`
}

// ScheduledSweep is what a schedule starts, with the order as its input. It starts the run of the
// time at which the schedule meant it to start, or, started by hand, of the second in which it was,
// and ends when that does. The run of a time is started once: another for the same time moves
// nothing and says so.
//
// Cancelled, it has the sweep cancelled and waits for its report.
func ScheduledSweep(ctx workflow.Context, order sweep.Order) (ScheduledSweepResult, error) {
	order = order.Normal()
	if err := order.Check(); err != nil {
		return ScheduledSweepResult{}, temporal.NewNonRetryableApplicationError(err.Error(), "InvalidRequest", err)
	}
	in := SweepInput{Run: sweep.Run{Order: order, Due: workflows.ScheduledAt(ctx).Truncate(time.Second)}}
	res := ScheduledSweepResult{SweepID: in.Run.ID()}
	workflow.SetCurrentDetails(ctx, in.Summary()+": workflow `"+res.SweepID+"` does it.")
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            res.SweepID,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         in.Summary(),
	}), workflows.SweepWorkflow, in)
	var status SweepStatus
	err := child.Get(ctx, &status)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		res.Already = true
		workflow.SetCurrentDetails(ctx, "Workflow `"+res.SweepID+"` was there already: nothing is moved twice, and nothing was begun.")
		return res, nil
	}
	if err == nil {
		res.Sweep = &status
		workflow.SetCurrentDetails(ctx, in.Summary()+": **"+string(status.Outcome)+"**. "+status.Report.Summary)
	}
	return res, err
}
