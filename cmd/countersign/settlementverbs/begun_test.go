package settlementverbs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
)

// begun has a workflow under an ID that is there already: its last run went on from a first one,
// which was started with in. Where in is nil, nothing can be read of it.
func begun(t *testing.T, workflowID string, in any) *mocks.Client {
	t.Helper()
	c := mocks.NewClient(t)
	c.On("Close")
	c.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, serviceerror.NewWorkflowExecutionAlreadyStarted("x", "", ""))
	run := func(runID string, e *historypb.WorkflowExecutionStartedEventAttributes, err error) {
		events := mocks.NewHistoryEventIterator(t)
		events.On("HasNext").Return(true)
		events.On("Next").Return(&historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: e}}, err)
		c.On("GetWorkflowHistory", mock.Anything, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(events)
	}
	if in == nil {
		run("", nil, serviceerror.NewNotFound("past retention"))
		return c
	}
	input, err := converter.GetDefaultDataConverter().ToPayloads(in)
	if err != nil {
		t.Fatal(err)
	}
	run("", &historypb.WorkflowExecutionStartedEventAttributes{ContinuedExecutionRunId: "second", FirstExecutionRunId: "first"}, nil)
	run("first", &historypb.WorkflowExecutionStartedEventAttributes{Input: input}, nil)
	return c
}

// Who did not hear the first answer asks again. To be told that the ID names another payment, and
// to take another ID, would be to pay twice.
func TestTheSameInstructionAgainIsNoOtherPayment(t *testing.T) {
	amount, err := countersign.ParseAmount("5")
	if err != nil {
		t.Fatal(err)
	}
	i := countersign.Instruction{ExternalID: "inv-7", WalletID: "wa-1", Purpose: "rent", Transfer: &countersign.Transfer{
		Kind: "Native", To: "0x1111111111111111111111111111111111111111", Amount: amount,
	}}
	args := []string{"submit", "--external-id", "inv-7", "--wallet", "wa-1", "--to", i.Transfer.To, "--purpose", "rent", "--amount"}
	first := settlement.SettlementInput{ID: "inv-7", Instruction: &i}
	if out := does(t, begun(t, "settlement/inv-7", first), nil, append(args, "5")...); !strings.Contains(out, "inv-7 had begun already, with the same instruction") {
		t.Error(out)
	}
	for name, c := range map[string]*mocks.Client{
		"another amount":                 begun(t, "settlement/inv-7", first),
		"what somebody else has begun":   begun(t, "settlement/inv-7", settlement.SettlementInput{ID: "inv-7"}),
		"what Temporal does not know of": begun(t, "settlement/inv-7", nil),
	} {
		out := does(t, c, errRefused, append(args, "6")...)
		if want := "external ID already names another effect: inv-7"; name != "what Temporal does not know of" && !strings.Contains(out, want) {
			t.Errorf("%s: %s, want %q", name, out, want)
		}
		if !strings.Contains(out, "settlements show inv-7") {
			t.Errorf("%s: %s, want it to say where to look", name, out)
		}
	}
}

func TestTheSameBatchAgainIsNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "legs.yaml")
	if err := os.WriteFile(path, []byte(legs), 0o600); err != nil {
		t.Fatal(err)
	}
	var in settlement.SettlementBatchInput
	c := mocks.NewClient(t)
	c.On("Close")
	c.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.MatchedBy(func(got settlement.SettlementBatchInput) bool {
		in = got
		return true
	})).Return(nil, nil)
	does(t, c, nil, "batch", "submit", "--file", path)
	if out := does(t, begun(t, "settlement-batch/payroll-7", in), nil, "batch", "submit", "--file", path); !strings.Contains(out, "payroll-7 had begun already, with the same settlements") {
		t.Error(out)
	}
	in.Purpose = "other"
	if out := does(t, begun(t, "settlement-batch/payroll-7", in), errRefused, "batch", "submit", "--file", path); !strings.Contains(out, "batch show payroll-7") || !strings.Contains(out, "names another effect") {
		t.Error(out)
	}
}

// A workflow that failed answers what it was at, and that is not where it stands.
func TestASettlementThatFailedIsSaidTo(t *testing.T) {
	for status, refused := range map[enumspb.WorkflowExecutionStatus]bool{
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING: false, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED: false,
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED: true, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: true,
	} {
		c := mocks.NewClient(t)
		c.On("Close")
		value := new(mocks.Value)
		value.On("Get", mock.Anything).Return(nil)
		c.On("QueryWorkflow", mock.Anything, "settlement/inv-7", "", workflows.StatusQuery).Return(value, nil)
		c.On("DescribeWorkflowExecution", mock.Anything, "settlement/inv-7", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
			WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status},
		}, nil)
		var want error
		if refused {
			run := new(mocks.WorkflowRun)
			run.On("Get", mock.Anything, nil).Return(errors.New("wallet wa-nope not found"))
			c.On("GetWorkflow", mock.Anything, "settlement/inv-7", "").Return(run)
			want = errRefused
		}
		if out := does(t, c, want, "show", "inv-7"); refused != strings.Contains(out, "nothing more comes of it: wallet wa-nope not found") {
			t.Errorf("show of one that is %s: %s", status, out)
		}
	}
}
