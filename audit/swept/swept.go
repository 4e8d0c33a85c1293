// Package swept is what the trail says of sweeps: what one was to move, whether a person has
// approved that, and what came of it.
//
// A plan may have many thousands of moves and a record has 64 KiB, so that the record has the
// sums and the SHA-256 of a table of contents, and that those of the chunks: each of them JSON,
// kept beside the record as evidence. [ReadPlan] and [ReadReport] put them together again and
// believe only what has the digest that a signed record gives it.
package swept

import (
	"countersign"
	"countersign/audit"
	"countersign/sweep"
)

// The types of records. Wire format: add, never rename.
const (
	SweepPlanned  audit.Type = "sweep.planned"  // what is to move, and what is not: [Planned]
	SweepApproved audit.Type = "sweep.approved" // a person has approved the plan as a whole: [Verdict]
	SweepDeclined audit.Type = "sweep.declined" // a person has declined it: [Verdict]
	SweepClosed   audit.Type = "sweep.closed"   // what has come of it: [Closed]
)

// The records of a run have its ID as their lineage and before their keys: there is one of each.
func plannedKey(sweepID string) string { return sweepID + "/planned" }
func verdictKey(sweepID string) string { return sweepID + "/verdict" }
func closedKey(sweepID string) string  { return sweepID + "/closed" }

// A Planned is the plan of a run: all of it but the moves and the skips themselves.
type Planned struct {
	SweepID string `json:"sweep_id"`
	Network string `json:"network"`
	// Run is the order, whole, and when it was due.
	Run sweep.Run `json:"run"`
	// Block is where the balances were read, Price what a unit of gas is offered, in wei, and
	// Treasury the address that gets everything. All are empty where the network has no node.
	Block    countersign.BlockRef `json:"block,omitzero"`
	Price    countersign.Amount   `json:"price"`
	Treasury string               `json:"treasury,omitempty"`
	// Deferred says why nothing moves at all.
	Deferred sweep.Reason `json:"deferred,omitempty"`
	// TopUps, Moves and Skips count; Skipped counts the skips by their reasons.
	TopUps  int                  `json:"top_ups"`
	Moves   int                  `json:"moves"`
	Skips   int                  `json:"skips"`
	Skipped map[sweep.Reason]int `json:"skipped,omitempty"`
	Totals  []sweep.Total        `json:"totals,omitempty"`
	// Contents is the SHA-256 of the plan's [Contents], kept beside the record.
	Contents string         `json:"contents_sha256"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// Contents are the SHA-256 of chunks, in their order, each lower-case hex. A chunk is a JSON
// array of at most [ChunkSize] moves, skips or results.
type Contents struct {
	TopUps  []string `json:"top_ups,omitempty"`
	Moves   []string `json:"moves,omitempty"`
	Skips   []string `json:"skips,omitempty"`
	Results []string `json:"results,omitempty"`
}

// ChunkSize is how many things a chunk has at most: with all its members a move is about 500
// bytes, so that a chunk fits into a workflow's history as an activity's answer.
const ChunkSize = 100

// A Verdict is a person's word on a plan. There is one, for ever: the first.
type Verdict struct {
	SweepID string `json:"sweep_id"`
	Network string `json:"network"`
	By      string `json:"by"`
	Reason  string `json:"reason"`
	// Plan is the index of the record that was judged, and Contents its digest.
	Plan     int64  `json:"plan_index"`
	Contents string `json:"contents_sha256"`
}

// A Closed is the report of a run.
type Closed struct {
	SweepID string `json:"sweep_id"`
	Network string `json:"network"`
	// Reason is why it stopped before everything was begun, if it did.
	Reason string `json:"reason,omitempty"`
	// Planned are the moves of the plan, top-ups too: Moved, Failed, UnderWay and NotBegun
	// together. Moved are those that are final and posted, Failed those that ended otherwise.
	Planned  int `json:"planned"`
	Moved    int `json:"moved"`
	Failed   int `json:"failed"`
	UnderWay int `json:"under_way"`
	NotBegun int `json:"not_begun"`
	// States counts how moves ended, by their states; those under way and not begun are not in it.
	States map[countersign.SettlementState]int `json:"states,omitempty"`
	// Totals are what has really moved, by purpose and asset.
	Totals []Total `json:"totals,omitempty"`
	// Fees is what all moves have cost, also those that have moved nothing, in wei.
	Fees countersign.Amount `json:"fees"`
	// Skipped counts what the plan left where it is, by reasons.
	Skipped map[sweep.Reason]int `json:"skipped,omitempty"`
	// Contents is the SHA-256 of the report's [Contents].
	Contents string         `json:"contents_sha256"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Total is what has moved of one asset for one purpose.
type Total struct {
	Purpose  sweep.Purpose `json:"purpose"`
	Contract string        `json:"contract,omitempty"`
	Moves    int           `json:"moves"`
	// Amount is what left the wallets, in the asset's smallest unit, by the chain's word.
	Amount countersign.Amount `json:"amount"`
}

// A Result is what came of one move.
type Result struct {
	SettlementID string        `json:"settlement_id"`
	Purpose      sweep.Purpose `json:"purpose"`
	WalletID     string        `json:"wallet_id"`
	Contract     string        `json:"contract,omitempty"`
	// Planned is what was to move, Amount what did, in the asset's smallest unit.
	Planned countersign.Amount `json:"planned"`
	Amount  countersign.Amount `json:"amount"`
	Fee     countersign.Amount `json:"fee"`
	TxHash  string             `json:"tx_hash,omitempty"`
	// State is how it ended; under way it is opening, and empty where it was not begun.
	State countersign.SettlementState `json:"state,omitempty"`
	// Reason is why it has not moved, and Differs says that something else moved than was
	// asked for.
	Reason  string `json:"reason,omitempty"`
	Differs bool   `json:"differs,omitempty"`
	// Record is the index of the record that says so, -1 where there is none.
	Record int64 `json:"record_index"`
}
