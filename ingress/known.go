package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"countersign"
	"countersign/workflows"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
)

// Known reports whether Temporal has a workflow with this ID, running or closed, and whether it
// was found late: [Dispatcher.Start] or reconciliation has started it and no webhook. One that
// closed longer ago than the namespace keeps histories is not known any more.
func (d *Dispatcher) Known(ctx context.Context, workflowID string) (known, late bool, err error) {
	found, err := d.describe(ctx, workflowID)
	_, late = found.GetMemo().GetFields()[workflows.FoundLateMemo]
	return found != nil, late, err
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

// Start is [Dispatcher.Dispatch], for who finds what was not heard: a workflow that is started by it
// says so for as long as Temporal has it.
func (d *Dispatcher) Start(ctx context.Context, e countersign.Event) error {
	late, err := converter.GetDefaultDataConverter().ToPayload(true) // it tells nothing that is to be encrypted
	if err != nil {
		return fmt.Errorf("encoding a memo: %w", err)
	}
	marked := *d
	marked.memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.FoundLateMemo: late}}
	return marked.Dispatch(ctx, e)
}
