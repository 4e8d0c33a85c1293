// Package settlementverbs has settlements begun, shown and accepted on the command line.
package settlementverbs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign"
	"countersign/activities/lineage"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/store"
	"countersign/strictjson"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Options are what the verbs are given by the program.
type Options struct {
	JSON *bool
	// Temporal is the client, with the task queue of the workers; the caller closes it.
	Temporal func(cmd *cobra.Command) (client.Client, string, error)
	// Signing opens the trail for records of ours; the caller closes it.
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// New returns the settlements verb.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "settlements", Short: "Submit, show, list and accept settlements", Args: cobra.NoArgs}
	cmd.AddCommand(o.submit(), o.show(), o.list(), o.accept(), o.batch())
	return cmd
}

// order is what submit is given.
type order struct {
	file, id, wallet, network, to, amount, contract, purpose string
	covered                                                  bool
}

// instruction is that of a file, or of the flags: a transfer of the native asset, or of an
// ERC-20 token.
func (f order) instruction() (i countersign.Instruction, err error) {
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err == nil {
			err = strictjson.Exact(text, &i)
		}
		if err != nil {
			return i, fmt.Errorf("--file: %w", err)
		}
		return i, i.Check()
	}
	t := countersign.Transfer{Kind: "Native", Asset: f.contract, To: f.to}
	if f.contract != "" {
		t.Kind = "Erc20"
	}
	if t.Amount, err = countersign.ParseAmount(f.amount); err != nil {
		return i, fmt.Errorf("--amount: %w: give it in the asset's smallest unit", err)
	}
	i = countersign.Instruction{ExternalID: f.id, WalletID: f.wallet, Network: f.network, Transfer: &t, Purpose: f.purpose, Covered: f.covered}
	return i, i.Check()
}

func (o Options) submit() *cobra.Command {
	var f order
	cmd := &cobra.Command{
		Use: "submit", Short: "Have a transfer or a call settled", Args: cobra.NoArgs,
		Long: `Start the settlement of an instruction: it is held in the books, submitted by the maker
under its external ID, approved by the custodian's policies, followed to its final block and
posted as it happened. The same external ID is never settled twice.`,
		Example: `  countersign settlements submit --wallet wa-1 --to 0x… --amount 1000000 --contract 0x… --external-id inv-7
  countersign settlements submit --file instruction.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			i, err := f.instruction()
			if err != nil {
				return o.Usage(err)
			}
			return o.start(cmd, i)
		},
	}
	g := cmd.Flags()
	g.StringVar(&f.file, "file", "", "`file` with the instruction as JSON, instead of the flags below")
	g.StringVar(&f.id, "external-id", "", "name of the payment, for ever: at most 50 letters, digits and -_.:")
	g.StringVar(&f.wallet, "wallet", "", "the custodian's `ID` of the wallet")
	g.StringVar(&f.network, "network", "", "the wallet's network, to be sure; without it any will do")
	g.StringVar(&f.to, "to", "", "`address` of the recipient")
	g.StringVar(&f.amount, "amount", "", "in the asset's smallest unit")
	g.StringVar(&f.contract, "contract", "", "`address` of an ERC-20 token; the native asset without it")
	g.StringVar(&f.purpose, "purpose", "", "why, one line for the books")
	g.BoolVar(&f.covered, "covered", false, "refuse it unless our books have as much free")
	return cmd
}

// start starts the settlement of an instruction, once.
func (o Options) start(cmd *cobra.Command, i countersign.Instruction) error {
	c, queue, err := o.Temporal(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.ExecuteWorkflow(cmd.Context(), client.StartWorkflowOptions{
		ID: workflows.SettlementID(i.ExternalID), TaskQueue: queue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "Settlement " + i.ExternalID,
	}, workflows.SettlementWorkflow, settlement.SettlementInput{ID: i.ExternalID, Instruction: &i})
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return o.again(cmd, c, workflows.SettlementID(i.ExternalID), i)
	}
	if err != nil {
		return fmt.Errorf("start the settlement %s: %w", i.ExternalID, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "settlement %s has begun\n", i.ExternalID)
	return err
}

func (o Options) show() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show where a settlement stands", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			none := fmt.Errorf("no settlement %q: it is named by its external ID, or by the custodian's where it has none", args[0])
			return tell[settlement.SettlementStatus](o, cmd, workflows.SettlementID(args[0]), none)
		},
	}
}

// tell prints what a workflow answers to its status query, or refuses with none where there is no
// such workflow.
func tell[Status any](o Options, cmd *cobra.Command, workflowID string, none error) error {
	c, _, err := o.Temporal(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	v, err := c.QueryWorkflow(cmd.Context(), workflowID, "", workflows.StatusQuery)
	if missing := new(serviceerror.NotFound); errors.As(err, &missing) {
		return o.Refused(none)
	}
	var st Status
	if err == nil {
		err = v.Get(&st)
	}
	if err != nil {
		return fmt.Errorf("ask %s: %w", workflowID, err)
	}
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent("", "  ")
	if err := enc.Encode(st); err != nil {
		return err
	}
	return o.broken(cmd, c, workflowID)
}

// broken refuses a workflow that ended otherwise than it should: what it answered last says
// nothing of that.
func (o Options) broken(cmd *cobra.Command, c client.Client, workflowID string) error {
	d, err := c.DescribeWorkflowExecution(cmd.Context(), workflowID, "")
	if err != nil {
		return fmt.Errorf("describe %s: %w", workflowID, err)
	}
	switch d.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return nil
	}
	return o.Refused(fmt.Errorf("nothing more comes of it: %w", c.GetWorkflow(cmd.Context(), workflowID, "").Get(cmd.Context(), nil)))
}

func (o Options) accept() *cobra.Command {
	var tx, by, reason string
	cmd := &cobra.Command{
		Use: "accept ID", Short: "Have a doubtful effect posted as it looks", Args: cobra.ExactArgs(1),
		Long: `Put on the trail that a person has looked at what a transaction moved and takes it as it
looks. A settlement that is left to people as effect_doubtful is then posted, within
a quarter of an hour.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			for name, value := range map[string]string{"tx": tx, "by": by, "reason": reason} {
				if strings.TrimSpace(value) == "" {
					return o.Usage(fmt.Errorf("--%s is required", name))
				}
			}
			if err := errors.Join(countersign.CheckID(args[0]), countersign.CheckID(tx)); err != nil {
				return o.Usage(err)
			}
			trail, err := o.Signing(cmd)
			if err != nil {
				return err
			}
			defer trail.DB.Close()
			if _, err := trail.Find(cmd.Context(), countersign.SettlementKey(args[0], "opened")); err != nil {
				return o.Refused(fmt.Errorf("settlement %s: %w", args[0], err))
			}
			thread, err := lineage.OfSettlement(cmd.Context(), trail, args[0])
			if err != nil {
				return err
			}
			entry, err := trail.Append(cmd.Context(), audit.Draft{
				Key: countersign.SettlementKey(args[0], "accepted/"+strings.ToLower(tx)), Type: booked.SettlementAccepted,
				Lineage: thread.Lineage, Body: booked.Acceptance{SettlementID: args[0], ApprovalID: thread.ApprovalID, By: by, Reason: reason},
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "record %d: %s accepts transaction %s of settlement %s\n", entry.Index, by, tx, args[0])
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&tx, "tx", "", "`hash` of the transaction that was looked at (required)")
	f.StringVar(&by, "by", "", "who says so (required)")
	f.StringVar(&reason, "reason", "", "why, for the trail (required)")
	return cmd
}
