package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"countersign/activities"
	"countersign/activities/rescreening"
	"countersign/audit/screened"
	"countersign/screening"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// lists is a RefreshScreening in the test environment, with scripted activities.
type lists struct {
	*testsuite.TestWorkflowEnvironment
	changed []string
	open    []string
	listed  map[string]bool  // approvals with an address that is listed now
	fail    map[string]error // approvals that cannot be screened

	mu           sync.Mutex
	screened     []string
	runs         []string
	atOnce, most int
}

var inForce = []screened.List{{Name: "ofac", Digest: "d1"}}

func newLists(t *testing.T) *lists {
	t.Helper()
	l := &lists{TestWorkflowEnvironment: new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment(),
		changed: []string{"ofac"}, listed: map[string]bool{}, fail: map[string]error{}}
	worker.Register(l, worker.Activities{Approvals: &activities.Approvals{}, Events: &activities.Events{}, Reconciler: &activities.Reconciler{}, Screening: &rescreening.Screening{}})
	var s *rescreening.Screening
	l.OnActivity(s.RefreshLists, anything, anything).Return(func(_ context.Context, in rescreening.RefreshListsInput) (rescreening.RefreshListsResult, error) {
		l.runs = append(l.runs, in.Run)
		return rescreening.RefreshListsResult{Changed: l.changed, Lists: inForce, Failed: []string{"own"}}, nil
	})
	l.OnActivity(s.ListOpenApprovals, anything, anything).Return(func(_ context.Context, in rescreening.OpenApprovalsInput) (rescreening.OpenApprovalsResult, error) {
		from := 0
		if in.After != "" {
			from = slices.Index(l.open, in.After) + 1
		}
		to := min(from+in.Limit, len(l.open))
		return rescreening.OpenApprovalsResult{IDs: l.open[from:to], More: to < len(l.open)}, nil
	})
	l.OnActivity(s.RescreenApproval, anything, anything).Return(l.rescreen)
	return l
}

func (l *lists) rescreen(_ context.Context, in rescreening.RescreenInput) (rescreening.RescreenResult, error) {
	l.mu.Lock()
	l.atOnce++
	l.most = max(l.most, l.atOnce)
	l.screened = append(l.screened, in.ApprovalID)
	l.mu.Unlock()
	runtime.Gosched() // let others begin
	l.mu.Lock()
	defer l.mu.Unlock()
	l.atOnce--
	switch {
	case !slices.Equal(in.Lists, inForce):
		return rescreening.RescreenResult{}, temporal.NewNonRetryableApplicationError("told of other lists", "Test", nil)
	case l.fail[in.ApprovalID] != nil:
		return rescreening.RescreenResult{}, l.fail[in.ApprovalID]
	case l.listed[in.ApprovalID]:
		return rescreening.RescreenResult{Screening: screening.Hit, Count: 1, Index: 3}, nil
	}
	return rescreening.RescreenResult{Screening: screening.Clear}, nil
}

func ids(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("ap-%04d", i))
	}
	return ids
}

func (l *lists) run(t *testing.T, in workflows.RefreshScreeningInput) (res workflows.RefreshScreeningResult, err error) {
	t.Helper()
	l.ExecuteWorkflow(workflows.RefreshScreening, in)
	if !l.IsWorkflowCompleted() {
		t.Fatal("the workflow is still open")
	}
	if err := l.GetWorkflowError(); err != nil {
		return res, err
	}
	return res, l.GetWorkflowResult(&res)
}

func TestOpenApprovalsAreScreenedWhenAListChanged(t *testing.T) {
	for _, tt := range []struct {
		name     string
		changed  []string
		all      bool
		open     int
		screened int
	}{
		{"a list changed", []string{"ofac"}, false, 20, 20},
		{"nothing changed", nil, false, 20, 0},
		{"nothing changed, and an operator wants it all the same", nil, true, 20, 20},
		{"nothing is open", []string{"ofac"}, false, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLists(t)
			l.changed, l.open, l.listed["ap-0003"] = tt.changed, ids(tt.open), true
			res, err := l.run(t, workflows.RefreshScreeningInput{All: tt.all})
			slices.Sort(l.screened)
			if err != nil || res.Screened != tt.screened || res.Told != min(tt.screened, 1) || !slices.Equal(l.screened, ids(tt.screened)) ||
				!slices.Equal(res.Changed, tt.changed) || !slices.Equal(res.Unread, []string{"own"}) {
				t.Errorf("result %+v, %v, screened %q", res, err, l.screened)
			}
			if len(l.runs) != 1 || l.runs[0] == "" {
				t.Errorf("refreshed in runs %q, want one with a name", l.runs)
			}
		})
	}
}

// Sources are asked by some at a time, and by no more.
func TestFewApprovalsAreScreenedAtOnce(t *testing.T) {
	l := newLists(t)
	l.open = ids(50)
	if _, err := l.run(t, workflows.RefreshScreeningInput{}); err != nil || l.most > 8 || len(l.screened) != 50 {
		t.Errorf("%v, %d at once of %d, want at most 8 of 50", err, l.most, len(l.screened))
	}
}

func TestOneThatCannotBeScreenedStopsNoOther(t *testing.T) {
	l := newLists(t)
	l.open = ids(10)
	l.fail["ap-0002"] = temporal.NewNonRetryableApplicationError("forged", "ForgedRecord", nil)
	_, err := l.run(t, workflows.RefreshScreeningInput{})
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != workflows.ErrScreeningIncomplete || len(l.screened) != 10 {
		t.Errorf("ended with %v after %d, want %s after all 10", err, len(l.screened), workflows.ErrScreeningIncomplete)
	}
}

func TestManyOpenApprovalsAreScreenedInSeveralRuns(t *testing.T) {
	l := newLists(t)
	l.open, l.listed["ap-0001"] = ids(450), true
	in, runs := workflows.RefreshScreeningInput{}, 0
	var all []string
	for {
		runs++
		res, err := l.run(t, in)
		all = append(all, l.screened...)
		var next *workflow.ContinueAsNewError
		if !errors.As(err, &next) {
			if err != nil || res.Screened != 450 || res.Told != 1 || !slices.Equal(res.Changed, []string{"ofac"}) {
				t.Errorf("result %+v, %v", res, err)
			}
			break
		}
		if err := dataConverter.FromPayloads(next.Input, &in); err != nil || runs > 5 {
			t.Fatal(runs, err)
		}
		open := l.open
		l = newLists(t) // a fresh run, which must not read the lists again
		l.open = open
	}
	slices.Sort(all)
	if runs != 3 || !slices.Equal(all, l.open) || len(l.runs) != 0 {
		t.Errorf("%d runs, %d screened, lists read again in %q", runs, len(all), l.runs)
	}
}
