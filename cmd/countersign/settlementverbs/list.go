package settlementverbs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"countersign"
	"countersign/workflows"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
)

var states = []countersign.SettlementState{
	countersign.SettlementOpening, countersign.SettlementSubmitting, countersign.SettlementAwaitingApproval, countersign.SettlementExecuting,
	countersign.SettlementBroadcast, countersign.SettlementIncluded, countersign.SettlementSettled, countersign.SettlementReverted,
	countersign.SettlementCancelled, countersign.SettlementFailed, countersign.SettlementRejected, countersign.SettlementDenied,
	countersign.SettlementExpired, countersign.SettlementRefused, countersign.SettlementReplacement,
}

// listed is a settlement as list prints it.
type listed struct {
	SettlementID string    `json:"settlement_id"`
	State        string    `json:"state"`
	WalletID     string    `json:"wallet_id,omitempty"`
	Network      string    `json:"network,omitempty"`
	Issue        string    `json:"issue,omitempty"`
	Since        time.Time `json:"since"`
}

func newListed(e *workflowpb.WorkflowExecutionInfo) listed {
	at := func(name string) (s string) {
		if p := e.SearchAttributes.GetIndexedFields()[name]; p != nil {
			_ = converter.GetDefaultDataConverter().FromPayload(p, &s) // shown empty
		}
		return s
	}
	state := at(workflows.SettlementAttribute.GetName())
	switch {
	case state == "" && e.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		state = string(countersign.SettlementOpening)
	case state == "": // it failed before it was anywhere
		state = "workflow_" + strings.ToLower(e.Status.String())
	}
	return listed{
		SettlementID: strings.TrimPrefix(e.Execution.WorkflowId, "settlement/"), State: state,
		WalletID: at(workflows.WalletIDAttribute.GetName()), Network: at(workflows.NetworkAttribute.GetName()),
		Issue: at(workflows.ReasonCodeAttribute.GetName()), Since: e.StartTime.AsTime(),
	}
}

// query picks the runs of settlements in a state, or of all; one that went on as another run is
// that one alone.
func (o Options) query(state string) (string, error) {
	query := "WorkflowType = '" + workflows.SettlementWorkflow + "' AND ExecutionStatus != 'ContinuedAsNew'"
	if state == "" {
		return query, nil
	}
	if !slices.Contains(states, countersign.SettlementState(state)) {
		return "", o.Usage(fmt.Errorf("--state %.60q: want one of %q", state, states))
	}
	return query + " AND " + workflows.SettlementAttribute.GetName() + " = '" + state + "'", nil
}

func (o Options) list() *cobra.Command {
	var state string
	var limit int32
	cmd := &cobra.Command{
		Use: "list", Short: "List settlements, the newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 1000 {
				return o.Usage(fmt.Errorf("--limit %d: want 1 to 1000", limit))
			}
			query, err := o.query(state)
			if err != nil {
				return err
			}
			c, _, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			page, err := c.ListWorkflow(cmd.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: limit})
			if err != nil {
				return fmt.Errorf("list settlements: %w", err)
			}
			all := []listed{}
			for _, e := range page.Executions {
				all = append(all, newListed(e))
			}
			if len(page.NextPageToken) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "there may be more than these %d: give --limit, up to 1000, or --state\n", len(all))
			}
			return o.printList(cmd, all)
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only those in this state")
	cmd.Flags().Int32Var(&limit, "limit", 50, "how many, up to 1000")
	return cmd
}

func (o Options) printList(cmd *cobra.Command, all []listed) error {
	if *o.JSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SETTLEMENT\tSTATE\tWALLET\tNETWORK\tISSUE\tSINCE")
	for _, l := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.SettlementID, l.State, l.WalletID, l.Network, l.Issue, l.Since.UTC().Format(time.RFC3339))
	}
	return w.Flush()
}
