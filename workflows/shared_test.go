package workflows_test

import (
	"context"
	"errors"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/workflows"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// Names of the SDK's that read long in a test.
type (
	activityInfo  = activity.Info
	encodedValues = converter.EncodedValues
)

var (
	anything      = mock.Anything
	dataConverter = converter.GetDefaultDataConverter()
)

func TestDeliveriesWithoutAProcessAreRecorded(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  any
		want audit.Type
	}{
		{"of a known kind", workflows.Notice, audit.EventNoticed},
		{"of an unknown kind", workflows.Stray, audit.EventStray},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			var got activities.RecordEventInput
			var events *activities.Events
			b.OnActivity(events.RecordEvent, anything, anything).Return(func(_ context.Context, in activities.RecordEventInput) (activities.RecordEventResult, error) {
				got = in
				return activities.RecordEventResult{Index: 3}, nil
			})
			b.ExecuteWorkflow(tt.run, workflows.EventInput{Event: event("whe-1", "")})
			var res activities.RecordEventResult
			if err := b.GetWorkflowResult(&res); err != nil {
				t.Fatal(err)
			}
			if got.Type != tt.want || got.Event.ID != "whe-1" || res.Index != 3 {
				t.Errorf("recorded %+v as %+v, want type %s", got, res, tt.want)
			}
		})
	}
}

func TestReconcileRetriesAndReports(t *testing.T) {
	b := newBench(t)
	n := 0
	var r *activities.Reconciler
	b.OnActivity(r.StartMissingApprovals, anything).Return(func(context.Context) (activities.StartMissingResult, error) {
		if n++; n < 3 {
			return activities.StartMissingResult{}, errors.New("custodian is away")
		}
		return activities.StartMissingResult{Pending: 2, Started: []string{"ap-2"}}, nil
	})
	b.ExecuteWorkflow(workflows.Reconcile)
	var res activities.StartMissingResult
	if err := b.GetWorkflowResult(&res); err != nil || res.Pending != 2 || len(res.Started) != 1 {
		t.Errorf("result %+v, %v", res, err)
	}
}

func TestWorkflowIDs(t *testing.T) {
	id, err := workflows.ParseApprovalID(workflows.ApprovalID("ap-12345-abcde-0123456789abcdef"))
	if err != nil || id != "ap-12345-abcde-0123456789abcdef" {
		t.Errorf("round trip %q, %v", id, err)
	}
	for _, bad := range []string{"", "approval/", "ap-1", "approval/a/b", "event/whe-1", "approval/" + string(make([]byte, 3))} {
		if _, err := workflows.ParseApprovalID(bad); !errors.Is(err, workflows.ErrWorkflowID) {
			t.Errorf("ParseApprovalID(%q) = %v, want ErrWorkflowID", bad, err)
		}
	}
	if got := workflows.EventID(countersign.Event{ID: "whe-2", RetryOf: "whe-1"}.Root()); got != "event/whe-1" {
		t.Errorf("event ID %q, want event/whe-1", got)
	}
}

// carriedOn is the input of the next run of a workflow, which must have ended by going on in one.
func carriedOn[In any](t *testing.T, err error) (in In) {
	t.Helper()
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatalf("ended with %v, want continue as new", err)
	}
	if err := dataConverter.FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}
