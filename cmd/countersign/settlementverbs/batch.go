package settlementverbs

import (
	"errors"
	"fmt"
	"os"

	steps "countersign/activities/settlement"
	"countersign/schedules"
	"countersign/strictjson"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// batch has several instructions settled, all or compensated.
func (o Options) batch() *cobra.Command {
	cmd := &cobra.Command{Use: "batch", Short: "Submit and show batches: several instructions, all or compensated", Args: cobra.NoArgs}
	cmd.AddCommand(o.submitBatch(), o.showBatch())
	return cmd
}

// readBatch reads a batch and names its legs as the workflow will, so that a mistake is said
// before anything begins.
func readBatch(path string) (in settlement.SettlementBatchInput, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		text, err = schedules.JSON(text)
	}
	if err == nil {
		err = strictjson.Exact(text, &in)
	}
	if err == nil {
		_, err = steps.NameLegs(in.ID, in.Legs)
	}
	if err != nil {
		err = fmt.Errorf("--file: %w", err)
	}
	return in, err
}

func (o Options) submitBatch() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "submit", Short: "Have a batch settled", Args: cobra.NoArgs,
		Long: `Start a batch from a file, JSON or YAML: its id, its legs in their order, each with an
instruction and, where it can be undone, the compensation that does it, and a purpose.
Each leg begins when the one before has settled; when one ends otherwise, those before
it are compensated, the last first. Legs get their external IDs from the batch's.`,
		Example: "  countersign settlements batch submit --file legs.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return o.Usage(errors.New("--file is required"))
			}
			in, err := readBatch(file)
			if err != nil {
				return o.Usage(err)
			}
			c, queue, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.ExecuteWorkflow(cmd.Context(), client.StartWorkflowOptions{
				ID: workflows.BatchID(in.ID), TaskQueue: queue,
				WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
				WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
				WorkflowExecutionErrorWhenAlreadyStarted: true,
				StaticSummary:                            fmt.Sprintf("Batch %s of %d settlements", in.ID, len(in.Legs)),
			}, workflows.SettlementBatchWorkflow, in)
			if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
				return o.batchAgain(cmd, c, in)
			}
			if err != nil {
				return fmt.Errorf("start the batch %s: %w", in.ID, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "batch %s of %d settlements has begun\n", in.ID, len(in.Legs))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` with the batch, JSON or YAML (required)")
	return cmd
}

func (o Options) showBatch() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show where a batch stands", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return tell[settlement.SettlementBatchStatus](o, cmd, workflows.BatchID(args[0]), fmt.Errorf("no batch %q", args[0]))
		},
	}
}
