package settlement

import (
	"fmt"

	"countersign"
	"countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/workflows"
	"countersign/workflows/step"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"
)

// SettlementBatchInput starts a SettlementBatch.
type SettlementBatchInput struct {
	// ID names the batch for ever: at most 40 characters, from which the external IDs of its
	// legs are made.
	ID      string           `json:"id"`
	Legs    []settlement.Leg `json:"legs"`
	Purpose string           `json:"purpose,omitempty"`
}

// LegReport is what a leg tells its batch, or a move its sweep, by the leg signal.
type LegReport struct {
	SettlementID string                      `json:"settlement_id"`
	State        countersign.SettlementState `json:"state"`
}

// SettlementBatchStatus answers the status query, and is the result in the end.
type SettlementBatchStatus struct {
	BatchID string `json:"batch_id"`
	// End is settled, compensated or partial, empty while it is under way.
	End  string          `json:"end,omitempty"`
	Legs []booked.LegEnd `json:"legs"`
	// Index is the record of the end.
	Index int64 `json:"index,omitempty"`
}

// SettlementBatch settles several instructions, all or compensated: a saga. Each leg is a
// settlement of its own, and begins when the one before has settled. When one ends otherwise,
// those behind it are not begun, and those before it are undone, the last first, by the
// settlement that their instruction names for it; what has none, or whose undoing does not
// settle, is left to people.
//
// A leg that is reversed after the batch has gone on is told to people by the leg itself.
func SettlementBatch(ctx workflow.Context, in SettlementBatchInput) (SettlementBatchStatus, error) {
	b := &batch{in: in, status: SettlementBatchStatus{BatchID: in.ID}}
	err := workflow.SetQueryHandlerWithOptions(ctx, workflows.StatusQuery,
		func() (SettlementBatchStatus, error) { return b.status, nil },
		workflow.QueryHandlerOptions{Description: "where the batch stands"})
	if err != nil {
		return b.status, err
	}
	b.reports = workflow.GetSignalChannelWithOptions(ctx, workflows.LegSignal,
		workflow.SignalChannelOptions{Description: "how a leg has ended (LegReport)"})
	var do *settlement.Settlements
	opened, err := step.Run[settlement.OpenBatchResult](ctx, "open batch "+in.ID, do.OpenBatch,
		settlement.OpenBatchInput{ID: in.ID, Legs: in.Legs, Purpose: in.Purpose})
	if err != nil {
		return b.status, err
	}
	b.legs = opened.Legs
	for _, leg := range b.legs {
		b.status.Legs = append(b.status.Legs, booked.LegEnd{SettlementID: leg.SettlementID})
	}
	if err := b.settle(ctx); err != nil {
		return b.status, err
	}
	closed, err := step.Run[settlement.RecordedResult](ctx, "close batch "+in.ID, do.CloseBatch,
		settlement.CloseBatchInput{ID: in.ID, End: b.status.End, Legs: b.status.Legs})
	b.status.Index = closed.Index
	return b.status, err
}

// batch is a batch on its way.
type batch struct {
	in      SettlementBatchInput
	legs    []booked.BatchLeg
	reports workflow.ReceiveChannel
	status  SettlementBatchStatus
}

// settle runs the legs, and undoes them where one does not settle.
func (b *batch) settle(ctx workflow.Context) error {
	for i, leg := range b.legs {
		state, err := b.run(ctx, leg.Instruction)
		if err != nil {
			return err
		}
		b.status.Legs[i].State = state
		if state != countersign.SettlementSettled {
			return b.undo(ctx, i)
		}
	}
	b.status.End = settlement.BatchSettled
	return nil
}

// undo compensates the legs before the one that failed.
func (b *batch) undo(ctx workflow.Context, failed int) error {
	b.status.End = settlement.BatchCompensated
	for i := failed - 1; i >= 0; i-- {
		leg, end := b.legs[i], &b.status.Legs[i]
		why := "its instruction names no compensation"
		if leg.Compensation != nil {
			state, err := b.run(ctx, *leg.Compensation)
			if err != nil {
				return err
			}
			end.Compensation, end.CompensationState = leg.Compensation.ExternalID, state
			why = fmt.Sprintf("its compensation %s is %s", leg.Compensation.ExternalID, state)
		}
		if end.CompensationState == countersign.SettlementSettled {
			continue
		}
		b.status.End = settlement.BatchPartial
		var do *settlement.Settlements
		reason := fmt.Sprintf("leg %d of batch %s has settled, leg %d is %s, and %s", i+1, b.in.ID, failed+1, b.status.Legs[failed].State, why)
		in := settlement.EscalateSettlementInput{
			Case: settlement.Case{ID: leg.SettlementID, WalletID: leg.Instruction.WalletID}, Issue: countersign.IssueNotUndone, Reason: reason, Number: 1,
		}
		if _, err := step.Run[settlement.RecordedResult](ctx, "leave leg "+leg.SettlementID+" to people", do.EscalateSettlement, in); err != nil {
			return err
		}
		if err := workflow.UpsertTypedSearchAttributes(ctx, workflows.ReasonCodeAttribute.ValueSet(string(countersign.IssueNotUndone))); err != nil {
			return err
		}
	}
	return nil
}

// run settles one instruction and returns how it ended. Its workflow goes on without the
// batch, to watch what was settled.
func (b *batch) run(ctx workflow.Context, i countersign.Instruction) (state countersign.SettlementState, err error) {
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            workflows.SettlementID(i.ExternalID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         "Settlement " + i.ExternalID + " of batch " + b.in.ID,
	}), workflows.SettlementWorkflow, SettlementInput{ID: i.ExternalID, Instruction: &i, Batch: b.in.ID})
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Error("leg could not be started", "settlement", i.ExternalID, "error", err)
		return countersign.SettlementRefused, ctx.Err()
	}
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(child, func(f workflow.Future) {
		var end SettlementStatus
		if state = countersign.SettlementRefused; f.Get(ctx, &end) == nil { // an instruction that cannot be opened
			state = end.State
		}
	})
	selector.AddReceive(b.reports, func(c workflow.ReceiveChannel, _ bool) {
		var report LegReport
		c.Receive(ctx, &report)
		if report.SettlementID == i.ExternalID {
			state = report.State
		}
	})
	for state == "" && ctx.Err() == nil {
		selector.Select(ctx)
	}
	return state, ctx.Err()
}
