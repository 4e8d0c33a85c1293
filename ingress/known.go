package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"countersign"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// Known reports whether Temporal has a workflow with this ID, running or closed. One that closed
// longer ago than the namespace keeps histories is not known any more.
func (d *Dispatcher) Known(ctx context.Context, workflowID string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.Timeout, DefaultTimeout))
	defer cancel()
	_, err := d.Service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: cmp.Or(d.Namespace, "default"),
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("workflow %s: %w", workflowID, err)
	}
	return true, nil
}

// Start is [Dispatcher.Dispatch], for who finds what was not heard.
func (d *Dispatcher) Start(ctx context.Context, e countersign.Event) error { return d.Dispatch(ctx, e) }
