package sweepverbs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"countersign/audit"
	"countersign/audit/swept"
	"countersign/sweep"
	"countersign/sweep/text"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// shown is what show prints as JSON. Plan is nil before there is one, Status where Temporal has
// forgotten the run.
type shown struct {
	SweepID string            `json:"sweep_id"`
	Status  *flow.SweepStatus `json:"status"`
	Index   int64             `json:"plan_index,omitempty"`
	Plan    *sweep.Plan       `json:"plan"`
}

// show prints where a run stands and its plan.
func (o Options) show() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show where a sweep stands, and its plan", Args: cobra.ExactArgs(1),
		Example: "  countersign sweep show sweep/nightly/2026-11-29T17:30:00Z",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.checkID(args[0]); err != nil {
				return err
			}
			s := shown{SweepID: args[0]}
			c, _, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if s.Status, err = status(cmd.Context(), c, args[0]); err != nil {
				return err
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			plan, entry, err := swept.ReadPlan(cmd.Context(), db, args[0])
			switch {
			case err == nil:
				s.Plan, s.Index = &plan, entry.Index
			case !errors.Is(err, audit.ErrNoRecord):
				return err
			case s.Status == nil:
				return o.Refused(fmt.Errorf("no sweep %q: `countersign sweep list` has them", args[0]))
			}
			if *o.JSON {
				return o.print(cmd, s)
			}
			return s.text(cmd.OutOrStdout())
		},
	}
}

// status asks the workflow where it stands; nil where Temporal does not know it any more.
func status(ctx context.Context, c client.Client, id string) (*flow.SweepStatus, error) {
	v, err := c.QueryWorkflow(ctx, id, "", workflows.StatusQuery)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	var st flow.SweepStatus
	if err == nil {
		err = v.Get(&st)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", id, err)
	}
	return &st, nil
}

func (s shown) text(w io.Writer) error {
	if st := s.Status; st == nil {
		fmt.Fprintf(w, "%s has ended long ago: see its report\n", s.SweepID)
	} else {
		fmt.Fprintf(w, "%s is %s %s\n", s.SweepID, strings.ReplaceAll(string(st.Phase), "_", " "), st.Outcome)
		fmt.Fprintf(w, "%d begun, %d in flight", st.Begun, st.InFlight)
		for _, state := range slices.Sorted(maps.Keys(st.Ends)) {
			fmt.Fprintf(w, ", %d %s", st.Ends[state], state)
		}
		fmt.Fprintln(w)
		if st.Stopped != "" {
			fmt.Fprintln(w, strings.TrimSpace(fmt.Sprintf("nothing more is begun: %s %s", st.Stopped, st.Why)))
		}
		if st.Phase == flow.AwaitingGasPrice {
			fmt.Fprintf(w, "nothing is begun while gas is dear: %s\n", st.Why)
		}
		if st.Phase == flow.AwaitingApproval {
			fmt.Fprintf(w, "a person must approve it: `countersign sweep approve %s --reason …`, or decline\n", s.SweepID)
		}
	}
	if s.Plan == nil {
		_, err := fmt.Fprintln(w, "there is no plan yet")
		return err
	}
	fmt.Fprintf(w, "\nplan, record %d of the trail\n", s.Index)
	return text.Table(w, *s.Plan)
}

// reported is what report prints as JSON.
type reported struct {
	Index   int64          `json:"index"`
	Report  swept.Closed   `json:"report"`
	Results []swept.Result `json:"results"`
}

// report prints what came of a run.
func (o Options) report() *cobra.Command {
	return &cobra.Command{
		Use: "report ID", Short: "Print what came of a sweep: what moved, what did not, what it cost",
		Long: `Print the report of a run from the trail, with what came of each move. Exit code 3 when
there is none yet, or when something of the plan has not moved.`,
		Example: "  countersign sweep report sweep/nightly/2026-11-29T17:30:00Z",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.checkID(args[0]); err != nil {
				return err
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			c, results, entry, err := swept.ReadReport(cmd.Context(), db, args[0])
			if errors.Is(err, audit.ErrNoRecord) {
				return o.Refused(fmt.Errorf("%s has no report: look with `countersign sweep show %s`", args[0], args[0]))
			}
			if err == nil && *o.JSON {
				err = o.print(cmd, reported{entry.Index, c, results})
			} else if err == nil {
				err = writeReport(cmd.OutOrStdout(), entry.Index, c, results)
			}
			if err == nil && c.Moved < c.Planned {
				err = o.Refused(fmt.Errorf("%d of %d moves have not moved", c.Planned-c.Moved, c.Planned))
			}
			return err
		},
	}
}

func writeReport(out io.Writer, index int64, c swept.Closed, results []swept.Result) error {
	fmt.Fprintf(out, "%s on %s, record %d of the trail\n", c.SweepID, c.Network, index)
	fmt.Fprintf(out, "planned %d: %d moved, %d failed, %d under way, %d not begun; fees %s wei\n", c.Planned, c.Moved, c.Failed, c.UnderWay, c.NotBegun, c.Fees)
	if c.Reason != "" {
		fmt.Fprintf(out, "it stopped early: %s\n", c.Reason)
	}
	for _, reason := range slices.Sorted(maps.Keys(c.Skipped)) {
		fmt.Fprintf(out, "skipped %d: %s\n", c.Skipped[reason], reason)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(c.Totals) > 0 {
		fmt.Fprintln(w, "\nPURPOSE\tASSET\tMOVES\tAMOUNT")
	}
	for _, t := range c.Totals {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", t.Purpose, asset(t.Contract), t.Moves, t.Amount)
	}
	if len(results) > 0 {
		fmt.Fprintln(w, "\nSETTLEMENT\tPURPOSE\tWALLET\tASSET\tPLANNED\tMOVED\tFEE\tSTATE\tTRANSACTION\tWHY")
	}
	for _, r := range results {
		state := string(r.State)
		switch {
		case r.State == "":
			state = "not begun"
		case !r.State.Ended():
			state = "under way"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.SettlementID, r.Purpose, r.WalletID, asset(r.Contract), r.Planned, r.Amount, r.Fee, state, r.TxHash, r.Reason)
	}
	return w.Flush()
}

func asset(contract string) string {
	if contract == "" {
		return "native"
	}
	return contract
}

// listed is a run as list prints it.
type listed struct {
	SweepID string    `json:"sweep_id"`
	Network string    `json:"network,omitempty"`
	State   string    `json:"state"`
	Outcome string    `json:"outcome,omitempty"`
	Needs   string    `json:"needs,omitempty"`
	Since   time.Time `json:"since"`
}

// list prints the runs that Temporal knows.
func (o Options) list() *cobra.Command {
	var limit int32
	cmd := &cobra.Command{
		Use: "list", Short: "List sweeps, the newest first, with what needs people", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 1000 {
				return o.Usage(fmt.Errorf("--limit %d: want 1 to 1000", limit))
			}
			c, _, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			page, err := c.ListWorkflow(cmd.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Query: "WorkflowType = '" + workflows.SweepWorkflow + "' AND ExecutionStatus != 'ContinuedAsNew'", PageSize: limit,
			})
			if err != nil {
				return fmt.Errorf("list sweeps: %w", err)
			}
			if len(page.NextPageToken) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "there may be more than these %d: give --limit, up to 1000\n", len(page.Executions))
			}
			all := []listed{}
			for _, e := range page.Executions {
				at := func(name string) (s string) {
					if p := e.SearchAttributes.GetIndexedFields()[name]; p != nil {
						_ = converter.GetDefaultDataConverter().FromPayload(p, &s) // shown empty
					}
					return s
				}
				all = append(all, listed{
					SweepID: e.Execution.WorkflowId, Network: at(workflows.NetworkAttribute.GetName()), State: strings.ToLower(e.Status.String()),
					Outcome: at(workflows.OutcomeAttribute.GetName()), Needs: at(workflows.ReasonCodeAttribute.GetName()), Since: e.StartTime.AsTime(),
				})
			}
			if *o.JSON {
				return o.print(cmd, all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "SWEEP\tNETWORK\tSTATE\tOUTCOME\tNEEDS\tSINCE")
			for _, l := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.SweepID, l.Network, l.State, l.Outcome, l.Needs, l.Since.UTC().Format(time.RFC3339))
			}
			return w.Flush()
		},
	}
	cmd.Flags().Int32Var(&limit, "limit", 50, "how many")
	return cmd
}
