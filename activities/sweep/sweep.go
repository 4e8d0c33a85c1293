// Package sweep plans what a sweep moves, hands the plan out in pieces, and reports what came of
// it. The moves themselves are settlements.
//
// Nobody is believed: what is to move is taken from the signed plan on the trail and not from a
// caller, and what has moved from the records of the settlements. A run has one plan, one verdict
// and one report, under keys that come from its ID, so that asking twice is asking once.
package sweep

import (
	"context"

	"countersign"
	"countersign/audit"
	plans "countersign/sweep"
)

// Sweeps does the steps of sweeps. Its methods are idempotent on the run's ID.
type Sweeps struct {
	Planner *Planner
	Trail   Trail
}

// A Trail keeps records, and what they name by its digest.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	Evidence(ctx context.Context, digest string) ([]byte, error)
}

// PlanSweepInput is the run that is to be planned.
type PlanSweepInput struct {
	Run plans.Run `json:"run"`
}

// PlanSweepResult counts what the plan has. Chunks are asked for by [Sweeps.SweepPage], from 0.
type PlanSweepResult struct {
	Index       int64        `json:"index"`
	TopUps      int          `json:"top_ups"`
	Moves       int          `json:"moves"`
	Skips       int          `json:"skips"`
	TopUpChunks int          `json:"top_up_chunks"`
	MoveChunks  int          `json:"move_chunks"`
	Deferred    plans.Reason `json:"deferred,omitempty"`
	// Closed says that the run has its report: nothing more is to be begun.
	Closed bool `json:"closed,omitempty"`
	// Summary says it in one line for people.
	Summary string `json:"summary"`
}

// SweepPageInput asks for a chunk of a plan, from 0.
type SweepPageInput struct {
	SweepID string        `json:"sweep_id"`
	Purpose plans.Purpose `json:"purpose"`
	Chunk   int           `json:"chunk"`
}

// SweepPageResult is a chunk as it is asked of settlements.
type SweepPageResult struct {
	Instructions []countersign.Instruction `json:"instructions,omitempty"`
	// Without are those of them, by external ID, that are not to be begun: the gas that their
	// wallet was to be given has not come.
	Without []string `json:"without,omitempty"`
	// Stop says why nothing is to be begun for now, what gas costs; empty while there is no reason.
	Stop string `json:"stop,omitempty"`
}

// SweepVerdictInput names a run.
type SweepVerdictInput struct {
	SweepID string `json:"sweep_id"`
}

// The verdicts of people. Wire format.
const (
	Approved = "approved"
	Declined = "declined"
)

// SweepVerdictResult is what a person has said; Verdict is empty while nobody has.
type SweepVerdictResult struct {
	Verdict string `json:"verdict,omitempty"`
	By      string `json:"by,omitempty"`
	Index   int64  `json:"index,omitempty"`
}

// SweepEndsInput asks how settlements of a run have ended.
type SweepEndsInput struct {
	SweepID       string   `json:"sweep_id"`
	SettlementIDs []string `json:"settlement_ids"`
}

// SweepEndsResult has those that have ended, in the order asked.
type SweepEndsResult struct {
	Ends []LegEnd `json:"ends,omitempty"`
}

// A LegEnd is how a settlement ended.
type LegEnd struct {
	SettlementID string                      `json:"settlement_id"`
	State        countersign.SettlementState `json:"state"`
}

// CloseSweepInput says why a run stopped early, if it did: deferred, declined, unapproved,
// gas_price.
type CloseSweepInput struct {
	SweepID string `json:"sweep_id"`
	Reason  string `json:"reason,omitempty"`
}

// CloseSweepResult is the report in sums. Planned is Moved, Failed, UnderWay and NotBegun
// together; see [swept.Closed].
type CloseSweepResult struct {
	Index    int64 `json:"index"`
	Planned  int   `json:"planned"`
	Moved    int   `json:"moved"`
	Failed   int   `json:"failed"`
	UnderWay int   `json:"under_way"`
	NotBegun int   `json:"not_begun"`
	Skipped  int   `json:"skipped"`
	// Summary says it in one line for people.
	Summary string `json:"summary"`
}
