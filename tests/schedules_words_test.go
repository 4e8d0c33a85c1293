package tests

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/schedules"
	"countersign/schedules/keeper"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// sentence is words for an operator: a verb first, a full stop at the end.
var sentence = regexp.MustCompile(`^[A-Z][a-z]+s .{30,}\.$`)

// Every schedule of the product, and those of the example, shows in the Web UI with words that an
// operator understands: beside the schedule, and beside each workflow that it starts.
func TestEveryScheduleIsToldInWords(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	hour := time.Hour
	all := own(t, schedules.Intervals{Reconcile: hour, Compare: hour, Screening: hour})
	w.apply(keeper.FromProduct, all)
	file, err := schedules.Load(exampleSchedules)
	if err != nil {
		t.Fatal(err)
	}
	ofFile := plans(t, file)
	w.apply(keeper.FromFile, ofFile)
	for _, p := range append(all, ofFile...) {
		id := p.Schedule.ID
		note := w.describe(id).Schedule.State.Note
		if !sentence.MatchString(note) {
			t.Errorf("%s is told of as %q", id, note)
		}
		handle := w.Client.ScheduleClient().GetHandle(t.Context(), id)
		if err := handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "workflow of "+id, func(ctx context.Context) error {
			d, err := handle.Describe(ctx)
			if err != nil || len(d.Info.RecentActions) == 0 {
				return errors.Join(err, errors.New("none"))
			}
			run := d.Info.RecentActions[0].StartWorkflowResult
			there, err := w.Client.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
				Namespace: w.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: run.WorkflowID, RunId: run.FirstExecutionRunID},
			})
			if err != nil {
				return err
			}
			var summary string
			if err := converter.GetDefaultDataConverter().FromPayload(there.GetExecutionConfig().GetUserMetadata().GetSummary(), &summary); err != nil {
				return err
			}
			if summary != note || !strings.HasPrefix(run.WorkflowID, id) {
				return fmt.Errorf("workflow %s is told of as %q, want %q", run.WorkflowID, summary, note)
			}
			return nil
		})
	}
}
