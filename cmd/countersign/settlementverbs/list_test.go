package settlementverbs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/cmd/countersign/settlementverbs"
	"countersign/workflows"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/mock"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// listedPage is one that awaits an approval and one whose workflow failed, and more behind them.
func listedPage(t *testing.T) *workflowservice.ListWorkflowExecutionsResponse {
	t.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, value := range map[string]string{
		workflows.SettlementAttribute.GetName(): "awaiting_approval", workflows.WalletIDAttribute.GetName(): "wa-1",
		workflows.NetworkAttribute.GetName(): "EthereumSepolia", workflows.ReasonCodeAttribute.GetName(): "stuck",
	} {
		p, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		fields[name] = p
	}
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	failed := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "settlement/mint-2"}, StartTime: timestamppb.New(at), Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED}
	return &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("x"), Executions: []*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "settlement/mint-1"}, StartTime: timestamppb.New(at), SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}, failed}}
}

func TestSettlementsAreListed(t *testing.T) {
	c, asJSON := mocks.NewClient(t), false
	c.On("Close")
	c.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(r *workflowservice.ListWorkflowExecutionsRequest) bool {
		return strings.Contains(r.Query, "ExecutionStatus != 'ContinuedAsNew'") && strings.HasSuffix(r.Query, " = 'awaiting_approval'") && r.PageSize == 1
	})).Return(listedPage(t), nil)
	run := func(args ...string) (out, errs string, err error) {
		cmd := settlementverbs.New(settlementverbs.Options{
			JSON: &asJSON, Temporal: func(*cobra.Command) (client.Client, string, error) { return c, "queue", nil },
			Usage: func(err error) error { return errors.Join(errUsage, err) },
		})
		var o, e bytes.Buffer
		cmd.SetOut(&o)
		cmd.SetErr(&e)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"list"}, args...))
		err = cmd.ExecuteContext(t.Context())
		return o.String(), e.String(), err
	}
	out, errs, err := run("--state", "awaiting_approval", "--limit", "1")
	if err != nil || !strings.Contains(out, "mint-1      awaiting_approval  wa-1    EthereumSepolia  stuck  2026-05-04T09:00:00Z\n") || !strings.HasPrefix(errs, "there may be more than these 2:") {
		t.Errorf("list = %q, %q, %v", out, errs, err)
	}
	asJSON = true
	out, _, err = run("--state", "awaiting_approval", "--limit", "1")
	var all []map[string]any
	if err != nil || json.Unmarshal([]byte(out), &all) != nil || len(all) != 2 || all[1]["state"] != "workflow_failed" || all[0]["settlement_id"] != "mint-1" || all[0]["issue"] != "stuck" || all[0]["since"] != "2026-05-04T09:00:00Z" {
		t.Errorf("list --json = %q, %v", out, err)
	}
	for _, args := range [][]string{{"--state", "setled"}, {"--state", "x' OR '1'='1"}, {"--limit", "0"}, {"--limit", "1001"}} {
		if out, _, err := run(args...); !errors.Is(err, errUsage) || out != "" {
			t.Errorf("list %q = %q, %v; want a wrong command line", args, out, err)
		}
	}
}
