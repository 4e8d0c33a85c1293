// Package worker puts workflows and activities on a Temporal task queue.
//
// [Register] is the one place that lists them: the worker, the replayer and the
// tests all call it, so that what is replayed is what runs. [Dial] is the one
// client: Temporal's own environment variables and profile file configure it
// (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key), and any server of version
// 1.29 or newer serves.
package worker

import (
	"time"

	"countersign/activities"
	"countersign/activities/bookkeeping"
	"countersign/activities/certify"
	"countersign/activities/reconciling"
	"countersign/activities/rescreening"
	steps "countersign/activities/settlement"
	"countersign/activities/sweep"
	"countersign/activities/timetable"
	"countersign/workflows"
	"countersign/workflows/settlement"
	sweeping "countersign/workflows/sweep"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Activities are the activity structs with their dependencies.
type Activities struct {
	Approvals  *activities.Approvals
	Events     *activities.Events
	Reconciler *activities.Reconciler
	Screening  *rescreening.Screening
	Comparison *activities.Comparison
	Deposits   *bookkeeping.Deposits

	Completeness   *certify.Completeness
	Reconciliation *reconciling.Reconciliation
	Timetable      *timetable.Timetable
	Settlements    *steps.Settlements
	Sweeps         *sweep.Sweeps
}

// RegisterWorkflows adds every workflow, under its wire name.
func RegisterWorkflows(r worker.WorkflowRegistry) {
	for name, w := range map[string]any{
		workflows.ApprovalWorkflow:  workflows.Approval,
		workflows.NoticeWorkflow:    workflows.Notice,
		workflows.StrayWorkflow:     workflows.Stray,
		workflows.ReconcileWorkflow: workflows.Reconcile,

		workflows.RefreshScreeningWorkflow: workflows.RefreshScreening,
		workflows.CompareDecisionsWorkflow: workflows.CompareDecisions,

		workflows.DepositWorkflow: workflows.Deposit,
		workflows.CertifyWorkflow: workflows.Certify,

		workflows.OpenWalletsWorkflow: workflows.OpenWallets,
		workflows.OpenWalletWorkflow:  workflows.OpenWallet,

		workflows.ReconcileCasesWorkflow: workflows.ReconcileCases,

		workflows.RenewSchedulesWorkflow:  workflows.RenewSchedules,
		workflows.SettlementWorkflow:      settlement.Settlement,
		workflows.SettlementBatchWorkflow: settlement.SettlementBatch,
		workflows.SweepWorkflow:           sweeping.Sweep,
		workflows.ScheduledSweepWorkflow:  sweeping.ScheduledSweep,
	} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
}

// RegisterActivities adds every activity; a method's name is its wire name.
func RegisterActivities(r worker.ActivityRegistry, a Activities) {
	r.RegisterActivity(a.Approvals)
	r.RegisterActivity(a.Events)
	r.RegisterActivity(a.Reconciler)
	r.RegisterActivity(a.Screening)
	r.RegisterActivity(a.Comparison)
	r.RegisterActivity(a.Deposits)
	r.RegisterActivity(a.Completeness)
	r.RegisterActivity(a.Reconciliation)
	r.RegisterActivity(a.Timetable)
	r.RegisterActivity(a.Settlements)
	r.RegisterActivity(a.Sweeps)
}

// Register adds all of both.
func Register(r worker.Registry, a Activities) {
	RegisterWorkflows(r)
	RegisterActivities(r, a)
}

// New returns a worker that was not started. The server's and the SDK's defaults
// (two pollers) cost seconds of latency under load: temporal.md §0.9.
func New(t *Temporal, taskQueue string, a Activities) worker.Worker {
	w := worker.New(t.Client, taskQueue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: 16,
		MaxConcurrentActivityTaskPollers: 16,
		// What runs may finish: an activity that is cut off is run again elsewhere,
		// which is safe but slow.
		WorkerStopTimeout: 30 * time.Second,
	})
	Register(w, a)
	return w
}
