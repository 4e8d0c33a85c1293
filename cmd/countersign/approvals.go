package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"text/tabwriter"
	"time"

	"countersign"
	"countersign/worker"
	"countersign/workflows"

	"github.com/spf13/cobra"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
)

func newApprovals(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approvals",
		Short: "See where approvals stand",
		Long:  "List and show approvals, as their workflows in Temporal know them.",
	}
	cmd.AddCommand(newApprovalsList(o), newApprovalsShow(o))
	return cmd
}

// approvalRow is an approval as `approvals list` prints it.
type approvalRow struct {
	ApprovalID string    `json:"approval_id"`
	State      string    `json:"state"` // of the workflow: Running, Completed, Failed …
	Verdict    string    `json:"verdict,omitempty"`
	ReasonCode string    `json:"reason_code,omitempty"`
	Outcome    string    `json:"outcome,omitempty"`
	Network    string    `json:"network,omitempty"`
	WalletID   string    `json:"wallet_id,omitempty"`
	Started    time.Time `json:"started"`
}

func newApprovalsList(o *options) *cobra.Command {
	var verdict string
	var open bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List approvals, newest first",
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus != 'ContinuedAsNew'", workflows.ApprovalWorkflow)
			if open {
				query += " AND ExecutionStatus = 'Running'"
			}
			switch v := countersign.Verdict(verdict); v {
			case "":
			case countersign.Approve, countersign.Reject, countersign.Abstain:
				query += fmt.Sprintf(" AND %s = '%s'", workflows.VerdictAttribute.GetName(), v)
			default:
				return usage(fmt.Errorf("--verdict %q: want approve, reject or abstain", verdict))
			}
			return o.withTemporal(cmd, func(ctx context.Context, t *worker.Temporal) error {
				return printApprovals(cmd, o.json, approvals(ctx, t, query))
			})
		},
	}
	cmd.Flags().StringVar(&verdict, "verdict", "", "only those that we approve, reject or abstain")
	cmd.Flags().BoolVar(&open, "open", false, "only those that have not ended")
	return cmd
}

func (o *options) withTemporal(cmd *cobra.Command, use func(context.Context, *worker.Temporal) error) error {
	a, err := o.load(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	t, err := a.Dial(cmd.Context())
	if err != nil {
		return err
	}
	defer t.Close()
	return use(cmd.Context(), t)
}

// approvals pages through Temporal's list.
func approvals(ctx context.Context, t *worker.Temporal, query string) iter.Seq2[approvalRow, error] {
	return func(yield func(approvalRow, error) bool) {
		var token []byte
		for {
			page, err := t.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token})
			if err != nil {
				yield(approvalRow{}, fmt.Errorf("list approvals: %w", err))
				return
			}
			for _, e := range page.Executions {
				row, err := newApprovalRow(e)
				if !yield(row, err) || err != nil {
					return
				}
			}
			if token = page.NextPageToken; len(token) == 0 {
				return
			}
		}
	}
}

func newApprovalRow(e *workflowpb.WorkflowExecutionInfo) (approvalRow, error) {
	id, err := workflows.ParseApprovalID(e.Execution.WorkflowId)
	if err != nil {
		return approvalRow{}, err
	}
	row := approvalRow{ApprovalID: id, State: e.Status.String(), Started: e.StartTime.AsTime()}
	for name, field := range map[string]*string{
		workflows.VerdictAttribute.GetName(): &row.Verdict, workflows.ReasonCodeAttribute.GetName(): &row.ReasonCode,
		workflows.OutcomeAttribute.GetName(): &row.Outcome, workflows.NetworkAttribute.GetName(): &row.Network,
		workflows.WalletIDAttribute.GetName(): &row.WalletID,
	} {
		if err := keyword(e.SearchAttributes, name, field); err != nil {
			return row, fmt.Errorf("approval %s: %s: %w", id, name, err)
		}
	}
	return row, nil
}

func keyword(sa *commonpb.SearchAttributes, name string, into *string) error {
	p, ok := sa.GetIndexedFields()[name]
	if !ok {
		return nil
	}
	return converter.GetDefaultDataConverter().FromPayload(p, into)
}

func printApprovals(cmd *cobra.Command, asJSON bool, rows iter.Seq2[approvalRow, error]) (failed error) {
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		for r, err := range rows {
			if err == nil {
				err = enc.Encode(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := table(cmd, "APPROVAL\tSTATE\tWE SAID\tGROUND\tENDED\tNETWORK\tSTARTED", func(w *tabwriter.Writer) {
		for r, err := range rows {
			if failed = err; err != nil {
				return
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ApprovalID, r.State, dash(r.Verdict), dash(r.ReasonCode),
				dash(r.Outcome), dash(r.Network), r.Started.Format(time.RFC3339))
		}
	})
	return errors.Join(failed, err)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newApprovalsShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "show APPROVAL",
		Short: "Show where one approval stands (needs a running worker)",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := countersign.CheckID(args[0]); err != nil {
				return usage(err)
			}
			return o.withTemporal(cmd, func(ctx context.Context, t *worker.Temporal) error {
				s, err := approvalStatus(ctx, t, args[0])
				if err != nil {
					return err
				}
				if o.json {
					return printJSON(cmd.OutOrStdout(), s)
				}
				return printStatus(cmd, s)
			})
		},
	}
}

func approvalStatus(ctx context.Context, t *worker.Temporal, id string) (s workflows.ApprovalStatus, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v, err := t.QueryWorkflow(ctx, workflows.ApprovalID(id), "", workflows.StatusQuery)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return s, fmt.Errorf("no workflow for approval %s: its webhook has not come, or its history is past retention", id)
	case err != nil:
		return s, fmt.Errorf("ask the workflow of approval %s (is a worker running?): %w", id, err)
	}
	return s, v.Get(&s)
}

func printStatus(cmd *cobra.Command, s workflows.ApprovalStatus) error {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "approval   %s\nphase      %s\n", s.ApprovalID, s.Phase)
	if s.Decision != nil {
		fmt.Fprintf(out, "asks for   %s\n", s.Summary)
		fmt.Fprintf(out, "we         %s (%s): %s\n", verdictWord[s.Decision.Verdict], s.Decision.Code, s.Decision.Reason)
	}
	fmt.Fprintf(out, "custodian  %s\nended      %s\n", dash(s.Post), dash(string(s.Outcome)))
	_, err := fmt.Fprintf(out, "webhooks   %d heard, %d of them no news\n", s.Heard, s.Duplicates)
	return err
}

// verdictWord is for people: what we did.
var verdictWord = map[countersign.Verdict]string{
	countersign.Approve: "approved", countersign.Reject: "rejected", countersign.Abstain: "abstained",
}
