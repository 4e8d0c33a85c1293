package tests

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"countersign/cmd/countersign/stack"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/api/workflowservice/v1"
)

// TestTheStarterStartsAnApprovalOnce also when it has been closed since.
func TestTheStarterStartsAnApprovalOnce(t *testing.T) {
	s := newSite(t)
	starter := &worker.Starter{Client: s.Temporal, TaskQueue: workflows.TaskQueue}
	start := func(want bool) {
		t.Helper()
		if got, err := starter.StartApproval(t.Context(), "ap-1"); err != nil || got != want {
			t.Errorf("started %t, %v; want %t", got, err, want)
		}
	}
	start(true)
	start(false)
	if err := s.Temporal.TerminateWorkflow(t.Context(), workflows.ApprovalID("ap-1"), "", "test"); err != nil {
		t.Fatal(err)
	}
	start(false)
}

// TestSearchAttributesAreThere is what the dev stack and EnsureSearchAttributes
// promise, and adding them again changes nothing.
func TestSearchAttributesAreThere(t *testing.T) {
	s := newSite(t)
	if err := worker.EnsureSearchAttributes(t.Context(), s.Temporal, stack.Namespace); err != nil {
		t.Fatal(err)
	}
	for _, name := range workflows.SearchAttributes() {
		waitFor(t, "search by "+name, func(ctx context.Context) error {
			n, err := s.Temporal.CountWorkflow(ctx, countRequest(fmt.Sprintf("%s = 'x'", name)))
			if err == nil && n.Count != 0 {
				err = errors.New("found something")
			}
			return err
		})
	}
}

func countRequest(query string) *workflowservice.CountWorkflowExecutionsRequest {
	return &workflowservice.CountWorkflowExecutionsRequest{Query: query}
}
