package settlementverbs_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/cmd/countersign/settlementverbs"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
)

var errUsage, errRefused = errors.New("usage"), errors.New("refused")

// does runs a verb and returns what it says.
func does(t *testing.T, c *mocks.Client, want error, args ...string) string {
	t.Helper()
	cmd := settlementverbs.New(settlementverbs.Options{
		JSON: new(bool), Temporal: func(*cobra.Command) (client.Client, string, error) { return c, "queue", nil },
		Usage:   func(err error) error { return errors.Join(errUsage, err) },
		Refused: func(err error) error { return errors.Join(errRefused, err) },
	})
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	if (err == nil) != (want == nil) || want != nil && !errors.Is(err, want) {
		t.Fatalf("%v: %v, want %v", args, err, want)
	}
	if err != nil {
		return out.String() + err.Error()
	}
	return out.String()
}

const legs = `
id: payroll-7
purpose: salaries
legs:
  - instruction: {wallet_id: wa-1, transfer: {kind: Native, to: "0xcc", amount: "5"}}
  - instruction: {wallet_id: wa-2, transfer: {kind: Native, to: "0xdd", amount: "6"}}
    compensation: {wallet_id: wa-3, transfer: {kind: Native, to: "0xee", amount: "6"}}
`

func TestABatchIsSubmittedOnce(t *testing.T) {
	c := mocks.NewClient(t)
	c.On("Close")
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "legs.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		return o.ID == "settlement-batch/payroll-7" && o.TaskQueue == "queue" && o.WorkflowExecutionErrorWhenAlreadyStarted
	}), workflows.SettlementBatchWorkflow, mock.MatchedBy(func(in settlement.SettlementBatchInput) bool {
		return len(in.Legs) == 2 && in.Purpose == "salaries" && in.Legs[1].Compensation.WalletID == "wa-3"
	})).Return(nil, nil).Once()
	if out := does(t, c, nil, "batch", "submit", "--file", write(legs)); !strings.Contains(out, "batch payroll-7 of 2 settlements has begun") {
		t.Error(out)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"a leg with an ID of its own": {strings.Replace(legs, "{wallet_id: wa-1", "{external_id: x, wallet_id: wa-1", 1), "legs[0].instruction"},
		"no legs":                     {"id: payroll-7", "0 legs"},
		"a member that there is not":  {"ids: x", `"ids"`},
		"no YAML":                     {"legs: [", "yaml"},
	} {
		if out := does(t, c, errUsage, "batch", "submit", "--file", write(tt.text)); !strings.Contains(out, tt.want) {
			t.Errorf("%s: %s", name, out)
		}
	}
	does(t, c, errUsage, "batch", "submit")
	c.On("QueryWorkflow", mock.Anything, "settlement-batch/none", "", workflows.StatusQuery).Return(nil, serviceerror.NewNotFound("none"))
	if out := does(t, c, errRefused, "batch", "show", "none"); !strings.Contains(out, `no batch "none"`) {
		t.Error(out)
	}
}
