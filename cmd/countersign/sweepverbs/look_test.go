package sweepverbs_test

import (
	"errors"
	"testing"
	"time"

	"countersign"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestThereIsOneWordOnAPlan(t *testing.T) {
	d := newDesk(t)
	d.does(errRefused, []string{"has no plan"}, "approve", id, "--by", "ana", "--reason", "early")
	d.planned()
	d.does(errUsage, []string{"--reason is required"}, "approve", id, "--by", "ana")
	d.does(errUsage, []string{"--by is required"}, "decline", id, "--by", " ", "--reason", "x")
	for _, bad := range []string{"nightly", "sweep/nightly", "sweep/nightly/today", "sweep/nightly/2026-11-29T18:30:00+01:00", "approval/x/2026-11-29T17:30:00Z"} {
		for _, verb := range [][]string{{"approve", bad, "--reason", "x"}, {"decline", bad, "--reason", "x"}, {"show", bad}, {"report", bad}} {
			d.does(errUsage, []string{"names no run"}, verb...)
		}
	}
	d.temporal.On("SignalWorkflow", mock.Anything, id, "", workflows.VerdictSignal, nil).Return(errors.New("away")).Once()
	d.does(nil, []string{"is approved", "by ana (as ever)", "was not woken", "within a quarter of an hour"}, "approve", id, "--by", "ana", "--reason", "as ever")
	d.temporal.On("SignalWorkflow", mock.Anything, id, "", workflows.VerdictSignal, nil).Return(nil)
	d.does(nil, []string{"by ana (as ever)"}, "approve", id, "--by", "bo", "--reason", "me too")
	d.does(errRefused, []string{`"verdict": "approved"`, `"by": "ana"`, "the first word stands"}, "decline", id, "--by", "bo", "--reason", "no", "--json")
}

func TestWhereASweepStands(t *testing.T) {
	d := newDesk(t)
	d.stands(nil)
	d.does(errRefused, []string{"no sweep"}, "show", id)
	d.stands(&flow.SweepStatus{SweepID: id, Phase: flow.Planning})
	d.does(nil, []string{"is planning", "there is no plan yet"}, "show", id)
	d.planned()
	d.stands(&flow.SweepStatus{SweepID: id, Phase: flow.AwaitingApproval})
	d.does(nil, []string{"awaiting approval", "countersign sweep approve " + id, "MOVES", "wa-one"}, "show", id)
	d.stands(&flow.SweepStatus{SweepID: id, Phase: flow.Moving, Begun: 5, InFlight: 2, Stopped: flow.GasPrice, Why: "gas is dear", Ends: map[countersign.SettlementState]int{"settled": 2, "denied": 1}})
	d.does(nil, []string{"5 begun, 2 in flight, 1 denied, 2 settled", "nothing more is begun: gas_price gas is dear"}, "show", id)
	d.stands(&flow.SweepStatus{SweepID: id, Phase: flow.Moving})
	d.does(nil, []string{`"phase": "moving"`, `"wallet_id": "wa-one"`}, "show", id, "--json")
	d.stands(nil)
	d.does(nil, []string{"has ended long ago", "wa-one"}, "show", id)
}

func TestWhatCameOfASweep(t *testing.T) {
	t.Run("all moved", func(t *testing.T) {
		d := newDesk(t)
		d.does(errRefused, []string{"no report"}, "report", id)
		d.reported(countersign.SettlementSettled, 1)
		d.does(nil, []string{"planned 1: 1 moved, 0 failed", "skipped 3: dust", "sweep-one", "settled"}, "report", id)
		d.does(nil, []string{`"moved": 1`, `"settlement_id": "sweep-one"`}, "report", id, "--json")
	})
	t.Run("not all", func(t *testing.T) {
		d := newDesk(t)
		d.reported(countersign.SettlementDenied, 0)
		d.does(errRefused, []string{"denied", "as it is", "1 of 1 moves have not moved"}, "report", id)
	})
}

func TestSweepsAreListed(t *testing.T) {
	d := newDesk(t)
	needs, err := converter.GetDefaultDataConverter().ToPayload(string(flow.NeedsApproval))
	if err != nil {
		t.Fatal(err)
	}
	page := &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflow.WorkflowExecutionInfo{{
		Execution: &common.WorkflowExecution{WorkflowId: id}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(due.Add(time.Second)),
		SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{"ReasonCode": needs}},
	}}}
	d.temporal.On("ListWorkflow", mock.Anything, mock.Anything).Return(page, nil)
	d.does(nil, []string{id, "running", "approval_needed", "2026-11-29T17:30:01Z"}, "list")
	d.does(nil, []string{`"needs": "approval_needed"`}, "list", "--json")
	d.does(errUsage, []string{"--limit"}, "list", "--limit", "0")
}
