package settlementverbs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"countersign"
	"countersign/workflows"
	"countersign/workflows/settlement"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// again answers for an external ID that has its workflow already. The same ID with the same terms
// is the same effect: whoever did not hear the first answer asks again, and must not be told to
// take another ID, which would pay twice.
func (o Options) again(cmd *cobra.Command, c client.Client, workflowID string, i countersign.Instruction) error {
	in, err := startedWith[settlement.SettlementInput](cmd.Context(), c, workflowID)
	if err != nil {
		return o.Refused(fmt.Errorf("external ID %s is taken, and by what could not be read: look with `countersign settlements show %s` before you choose another: %w", i.ExternalID, i.ExternalID, err))
	}
	if in.Instruction == nil || !sameJSON(*in.Instruction, i) {
		return o.Refused(fmt.Errorf("%w: %s; look with `countersign settlements show %s`, and choose another ID for another payment", countersign.ErrExternalIDReused, i.ExternalID, i.ExternalID))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "settlement %s had begun already, with the same instruction: nothing is settled twice\n", i.ExternalID)
	return err
}

// batchAgain is again for a batch.
func (o Options) batchAgain(cmd *cobra.Command, c client.Client, asked settlement.SettlementBatchInput) error {
	in, err := startedWith[settlement.SettlementBatchInput](cmd.Context(), c, workflows.BatchID(asked.ID))
	if err != nil {
		return o.Refused(fmt.Errorf("batch %s is there already, and of what could not be read: look with `countersign settlements batch show %s`: %w", asked.ID, asked.ID, err))
	}
	if !sameJSON(in, asked) {
		return o.Refused(fmt.Errorf("%w: batch %s; look with `countersign settlements batch show %s`", countersign.ErrExternalIDReused, asked.ID, asked.ID))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "batch %s had begun already, with the same settlements: nothing is settled twice\n", asked.ID)
	return err
}

// startedWith is the input that the first run of a workflow was started with.
func startedWith[Input any](ctx context.Context, c client.Client, workflowID string) (in Input, err error) {
	started, err := firstEvent(ctx, c, workflowID, "")
	if err == nil && started.GetContinuedExecutionRunId() != "" {
		started, err = firstEvent(ctx, c, workflowID, started.GetFirstExecutionRunId())
	}
	if err == nil {
		err = converter.GetDefaultDataConverter().FromPayloads(started.GetInput(), &in)
	}
	if err != nil {
		return in, fmt.Errorf("read how %s began: %w", workflowID, err)
	}
	return in, nil
}

func firstEvent(ctx context.Context, c client.Client, workflowID, runID string) (*historypb.WorkflowExecutionStartedEventAttributes, error) {
	events := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return nil, errors.New("its history is empty")
	}
	e, err := events.Next()
	return e.GetWorkflowExecutionStartedEventAttributes(), err
}

func sameJSON(a, b any) bool {
	one, err := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(one, other)
}
