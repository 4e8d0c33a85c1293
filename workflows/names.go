package workflows

import (
	"errors"
	"fmt"
	"strings"

	"countersign"

	"go.temporal.io/sdk/temporal"
)

// TaskQueue is where workers and starters meet unless an operator says otherwise.
const TaskQueue = "countersign"

// Workflow types, signals and queries. They live in histories longer than any
// release: add to them, never rename one. tests/testdata/names.golden lists them.
const (
	ApprovalWorkflow  = "Approval"
	StrayWorkflow     = "Stray"
	NoticeWorkflow    = "Notice"
	ReconcileWorkflow = "Reconcile"

	RefreshScreeningWorkflow = "RefreshScreening"
	CompareDecisionsWorkflow = "CompareDecisions"

	DepositWorkflow = "Deposit"
	CertifyWorkflow = "Certify"

	OpenWalletsWorkflow = "OpenWallets"
	OpenWalletWorkflow  = "OpenWallet"

	ReconcileCasesWorkflow = "ReconcileCases"

	RenewSchedulesWorkflow  = "RenewSchedules"
	SettlementWorkflow      = "Settlement"
	SettlementBatchWorkflow = "SettlementBatch"

	SweepWorkflow          = "Sweep"
	ScheduledSweepWorkflow = "ScheduledSweep"

	// EventSignal carries one countersign.Event to a workflow. It is a hint to
	// look: nothing that decides rests on what it says.
	EventSignal = "event"
	// LegSignal carries how a leg of a batch or a move of a sweep has ended from its workflow
	// to the batch's or the sweep's.
	LegSignal = "leg"
	// VerdictSignal wakes a sweep that waits for a person's word on its plan. The word
	// itself is on the trail.
	VerdictSignal = "verdict"

	// FoundLateMemo is a memo, true, of workflows that no webhook has started: reconciliation or a
	// certificate has found that they were missing.
	FoundLateMemo = "found_late"
	// StatusQuery answers with the workflow's status, e.g. [ApprovalStatus].
	StatusQuery = "status"
)

// Search attributes, all of type Keyword.
var (
	ApprovalIDAttribute = temporal.NewSearchAttributeKeyKeyword("ApprovalId")
	EventKindAttribute  = temporal.NewSearchAttributeKeyKeyword("EventKind")
	InitiatorAttribute  = temporal.NewSearchAttributeKeyKeyword("InitiatorId")
	NetworkAttribute    = temporal.NewSearchAttributeKeyKeyword("Network")
	OutcomeAttribute    = temporal.NewSearchAttributeKeyKeyword("Outcome")
	ReasonCodeAttribute = temporal.NewSearchAttributeKeyKeyword("ReasonCode")
	SettlementAttribute = temporal.NewSearchAttributeKeyKeyword("SettlementState")
	VerdictAttribute    = temporal.NewSearchAttributeKeyKeyword("Verdict")
	WalletIDAttribute   = temporal.NewSearchAttributeKeyKeyword("WalletId")
)

// SearchAttributes returns the name of every attribute above. Each must exist in
// the namespace, as a Keyword, before the first workflow starts.
func SearchAttributes() []string {
	return []string{
		ApprovalIDAttribute.GetName(), EventKindAttribute.GetName(), InitiatorAttribute.GetName(),
		NetworkAttribute.GetName(), OutcomeAttribute.GetName(), ReasonCodeAttribute.GetName(),
		SettlementAttribute.GetName(), VerdictAttribute.GetName(), WalletIDAttribute.GetName(),
	}
}

// ErrWorkflowID means that a workflow ID is not one of ours.
var ErrWorkflowID = errors.New("not a workflow ID of countersign")

// ApprovalID is the workflow ID of an approval: one approval, one workflow.
func ApprovalID(approvalID string) string { return "approval/" + approvalID }

// ParseApprovalID returns the approval that a workflow ID names.
func ParseApprovalID(workflowID string) (string, error) {
	id, ok := strings.CutPrefix(workflowID, "approval/")
	if !ok || countersign.CheckID(id) != nil {
		return "", fmt.Errorf("%w: %q does not read approval/<approval id>", ErrWorkflowID, workflowID)
	}
	return id, nil
}

// DepositID is the workflow ID of what came in by one transaction: one transaction, one
// workflow, however many wallets it paid and whoever tells of it.
func DepositID(network, txHash string) string { return "deposit/" + network + "/" + txHash }

// OpeningID is the workflow ID of how the books of one wallet begin, where beginning those of all
// was not enough.
func OpeningID(network, walletID string) string { return "opening/" + network + "/" + walletID }

// SettlementID is the workflow ID of a settlement: one external ID, one workflow.
func SettlementID(id string) string { return countersign.SettlementLineage(id) }

// BatchID is the workflow ID of a batch of settlements.
func BatchID(id string) string { return countersign.BatchLineage(id) }

// EventID is the workflow ID for an event that has no process of its own; root
// is its [countersign.Event.Root].
func EventID(root string) string { return "event/" + root }
