package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"countersign/activities"
	"countersign/worker"
	"countersign/workflows"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"os"
)

// TestRecordedHistoriesReplay runs every history that a release has recorded
// (`make record`) through today's workflows: an approval that is open while we
// deploy must go on where it was.
func TestRecordedHistoriesReplay(t *testing.T) {
	for _, path := range histories(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			r := sdkworker.NewWorkflowReplayer()
			worker.RegisterWorkflows(r)
			h := load(t, path)
			// Under its own ID: a sweep refuses one that is not its run's.
			own := workflow.Execution{ID: h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()}
			if err := r.ReplayWorkflowHistoryWithOptions(nil, h, sdkworker.ReplayWorkflowHistoryOptions{OriginalExecution: own}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTheReplayTestBites replays the same histories through workflows that are
// wrong in a way that a hasty change might be.
func TestTheReplayTestBites(t *testing.T) {
	var a *activities.Approvals
	short := workflow.LocalActivityOptions{ScheduleToCloseTimeout: 1e9}
	for name, wrong := range map[string]any{
		"a step before the first": func(ctx workflow.Context, in workflows.ApprovalInput) error {
			ctx = workflow.WithLocalActivityOptions(ctx, short)
			return workflow.ExecuteLocalActivity(ctx, a.PostDecision, activities.PostInput{ApprovalID: in.ApprovalID}).Get(ctx, nil)
		},
		"a timer before the first": func(ctx workflow.Context, _ workflows.ApprovalInput) error {
			return workflow.Sleep(ctx, 1e9)
		},
		"nothing at all": func(workflow.Context, workflows.ApprovalInput) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := sdkworker.NewWorkflowReplayer()
			r.RegisterWorkflowWithOptions(wrong, workflow.RegisterOptions{Name: workflows.ApprovalWorkflow})
			if err := r.ReplayWorkflowHistory(nil, load(t, filepath.Join("testdata", "history", "approve.json"))); err == nil {
				t.Error("a wrong workflow replays without complaint")
			}
		})
	}
}

// TestRecordedHistoriesCoverTheWorkflows fails when a workflow type was never
// recorded.
func TestRecordedHistoriesCoverTheWorkflows(t *testing.T) {
	recorded := map[string]bool{}
	for _, path := range histories(t) {
		recorded[load(t, path).Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()] = true
	}
	for _, name := range registered() {
		if !recorded[name] {
			t.Errorf("no history of workflow %s in testdata/history: run `make record`", name)
		}
	}
}

func histories(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "history", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded histories (%v): run `make record`", err)
	}
	return paths
}

func load(t *testing.T, path string) *historypb.History {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return h
}

// save writes a history as the replayer reads it.
func save(t *testing.T, name string, h *historypb.History) {
	t.Helper()
	b, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "history", name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
