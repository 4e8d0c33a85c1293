package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/workflows"
)

func TestALongWaitContinuesAsNewAndForgetsNothing(t *testing.T) {
	b := newBench(t)
	b.SetContinueAsNewSuggested(true)
	b.after(0, event("whe-1", ""))
	b.resolve = func(int) (activities.ResolveResult, error) { return open(), nil }
	_, err := b.run(t)
	in := carriedOn[workflows.ApprovalInput](t, err)
	if in.ApprovalID != ap || in.Carried.Decided == nil || *in.Carried.Decided != said(countersign.Approve) ||
		in.Carried.Posted == nil || in.Carried.Posted.Result != audit.Posted || in.Carried.Heard != 1 {
		t.Errorf("carried %+v", in)
	}

	b = newBench(t) // the next run: nothing is decided or posted again, no old fact is news
	b.after(time.Second, event("whe-2", "whe-1"))
	b.ExecuteWorkflow(workflows.Approval, in)
	var res workflows.ApprovalResult
	if err := b.GetWorkflowResult(&res); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(b.calls) != "[resolve ap-1]" || res.Duplicates != 1 || res.DecisionIndex != 7 {
		t.Errorf("calls %v, result %+v; want only resolve, one duplicate", b.calls, res)
	}
}
