package schedules

import (
	"encoding/json"
	"time"

	"countersign/workflows"
)

// Intervals says how often each is run.
type Intervals struct {
	// Reconcile is how often pending approvals without a workflow are looked for, and a fifth
	// of how often everything else is that has none; Compare
	// how often our decisions are compared with the custodian's, Screening how often
	// screening lists are read again; zero where nothing is screened.
	Reconcile, Compare, Screening time.Duration
}

// Own returns the schedules of this release.
func Own(every Intervals) []Schedule {
	const late = Duration(time.Minute)
	own := []Schedule{{
		ID:       "reconcile/approvals",
		Note:     "Starts a workflow for every pending approval whose webhook never came.",
		Workflow: workflows.ReconcileWorkflow,
		Every:    Duration(every.Reconcile), CatchUp: late,
	}, {
		ID:       "reconcile/cases",
		Note:     "Starts a workflow for what has none although it should: failed deliveries, requests, deposits, wallets whose books have not begun. Raises an alarm about what it cannot explain.",
		Workflow: workflows.ReconcileCasesWorkflow,
		Every:    Duration(5 * every.Reconcile), CatchUp: late,
	}, {
		ID:       "reconcile/decisions",
		Note:     "Compares our decisions with those that the custodian holds under our name, and raises an alarm where they differ.",
		Workflow: workflows.CompareDecisionsWorkflow,
		Every:    Duration(every.Compare), CatchUp: late,
	}, {
		ID:       "renew/schedules",
		Note:     "Writes the coming times of schedules with a time zone or business calendar down for another month, a year ahead.",
		Workflow: workflows.RenewSchedulesWorkflow,
		Every:    Duration(renewEvery), CatchUp: Duration(renewEvery),
	}}
	own = append(own, books(every)...)
	if every.Screening != 0 {
		own = append(own, Schedule{
			ID:       "refresh/screening",
			Note:     "Reads the screening lists again and, when one has changed, screens open approvals again.",
			Workflow: workflows.RefreshScreeningWorkflow,
			Every:    Duration(every.Screening), CatchUp: late,
		})
	}
	return own
}

// books are the schedules of our own bookkeeping and of certificates. A certificate that was due
// while Temporal was down is made afterwards, of its own window.
func books(every Intervals) []Schedule {
	const day = Duration(24 * time.Hour)
	return []Schedule{{
		ID:       "open/wallets",
		Note:     "Begins the books of wallets that are new, with what they hold.",
		Workflow: workflows.OpenWalletsWorkflow,
		Every:    Duration(every.Reconcile), CatchUp: Duration(time.Minute),
	}, {
		ID:       "certify/hour",
		Note:     "Certifies that everything of the last hour has its workflow, and starts what has none.",
		Workflow: workflows.CertifyWorkflow, Input: json.RawMessage(`{"window":"hour"}`),
		Every: Duration(time.Hour), Offset: Duration(5 * time.Minute), CatchUp: day, Overlap: BufferAll,
	}, {
		ID:       "certify/day",
		Note:     "Certifies that everything of yesterday (UTC) has its workflow, and starts what has none.",
		Workflow: workflows.CertifyWorkflow, Input: json.RawMessage(`{"window":"day"}`),
		Every: day, Offset: Duration(15 * time.Minute), CatchUp: day, Overlap: BufferAll,
	}}
}

// renewEvery is far more often than once a month, when there is something to renew.
const renewEvery = 6 * time.Hour

// owned are the IDs that a file may not take.
var owned = []string{"reconcile/approvals", "reconcile/cases", "reconcile/decisions", "refresh/screening", "renew/schedules", "open/wallets", "certify/hour", "certify/day"}

// IsOwn reports whether an ID is of this release's own schedules.
func IsOwn(id string) bool {
	for _, own := range owned {
		if id == own {
			return true
		}
	}
	return false
}
