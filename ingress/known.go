package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"countersign"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// Known reports whether Temporal has a workflow with this ID, running or closed. One that closed
// longer ago than the namespace keeps histories is not known any more.
func (d *Dispatcher) Known(ctx context.Context, workflowID string) (bool, error) {
	found, err := d.describe(ctx, workflowID)
	return found != nil, err
}

// describe is what Temporal says of a workflow, nothing where it has none.
func (d *Dispatcher) describe(ctx context.Context, workflowID string) (*workflowpb.WorkflowExecutionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.Timeout, DefaultTimeout))
	defer cancel()
	found, err := d.Service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: cmp.Or(d.Namespace, "default"),
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("workflow %s: %w", workflowID, err)
	}
	return found.GetWorkflowExecutionInfo(), nil
}

// Ended says in Temporal's word how the last run of a workflow has ended: Completed, Failed,
// Canceled, Terminated or TimedOut. It is empty for one that runs, and for one that Temporal does
// not know.
func (d *Dispatcher) Ended(ctx context.Context, workflowID string) (string, error) {
	found, err := d.describe(ctx, workflowID)
	if err != nil || found == nil {
		return "", err
	}
	switch status := found.GetStatus(); status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return "", nil
	default:
		return status.String(), nil
	}
}

// Start is [Dispatcher.Dispatch], for who finds what was not heard.
func (d *Dispatcher) Start(ctx context.Context, e countersign.Event) error { return d.Dispatch(ctx, e) }
