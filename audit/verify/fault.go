package verify

import (
	"errors"

	"countersign/audit/trust"
)

// A FaultCode is a kind of fault in one word. Wire format: add, never rename.
type FaultCode string

// The faults of single records. Their index is that of the record.
const (
	IndexGap      FaultCode = "index_gap"       // the record bears another index than the next
	LeafDiffers   FaultCode = "leaf_differs"    // the leaf hash stored beside it is another record's
	ColumnDiffers FaultCode = "column_differs"  // what is stored beside it, to find it by, is not what was signed
	NotARecord    FaultCode = "not_a_record"    // no JWS or no payload in the form of the profile
	BadSignature  FaultCode = "bad_signature"   // its key has not signed these bytes
	KeyUnknown    FaultCode = "key_unknown"     // no record before enrols its key
	KeyOfAnother  FaultCode = "key_of_another"  // its key is enrolled for another subject or use
	KeyTooEarly   FaultCode = "key_too_early"   // its key may sign from a later index on
	KeyRetired    FaultCode = "key_retired"     // its key had been retired
	KeyRevoked    FaultCode = "key_revoked"     // its key is not to be believed at that index
	KeyRecord     FaultCode = "key_record"      // it is about a key, and does not count
	NotPinned     FaultCode = "not_pinned"      // it begins the log's keys with one that is not pinned
	PlaceDiffers  FaultCode = "place_differs"   // it was signed for another index
	IssuerDiffers FaultCode = "issuer_differs"  // it is another deployment's
	ChainBroken   FaultCode = "chain_broken"    // it does not follow its author's last record
	KeyReused     FaultCode = "key_reused"      // an earlier record has the same record key
	BodyUnclear   FaultCode = "body_unclear"    // its body cannot be read, or in two ways
	SameHands     FaultCode = "same_hands"      // maker and checker count as one
	IntentMissing FaultCode = "intent_missing"  // it names an intent that does not stand before it
	IntentDiffers FaultCode = "intent_differs"  // it says something else than its intent
	IntentUnsaid  FaultCode = "intent_unsigned" // no checkpoint covered its intent when it was posted
	Overdrawn     FaultCode = "overdrawn"       // it approves what does not fit a budget
	BudgetDiffers FaultCode = "budget_differs"  // a budget held something else than it says
	Reference     FaultCode = "reference"       // the reason told to the custodian does not name its intent
	CustodianSig  FaultCode = "custodian_proof" // the custodian's credential has not signed its user action, or it proves another post already
	DecidedTwice  FaultCode = "decided_twice"   // its account has decided the approval before
	ToldTwice     FaultCode = "told_twice"      // what became of its decision or approval is told before
	HaltedIgnored FaultCode = "halted_ignored"  // it decides where machines were halted
)

// The faults of what a database keeps beside the records, which must follow from them. Their index
// is that of the record that says otherwise, or the one behind the last where none does.
const (
	FacetDiffers    FaultCode = "facet_differs"    // it cannot be found by what it says, or is by what it does not
	SpanDiffers     FaultCode = "span_differs"     // records of some time are looked for at another
	EvidenceMissing FaultCode = "evidence_missing" // what it names by its digest is not there
	EvidenceDiffers FaultCode = "evidence_differs" // what is kept under a digest that it names are other bytes
	StepMissing     FaultCode = "step_missing"     // a step that it books is not in the ledger
	StepDiffers     FaultCode = "step_differs"     // a step of the ledger is its own, at another time or for another lineage
	StepUnexplained FaultCode = "step_unexplained" // a step of the ledger is none that its record books
	ClaimMissing    FaultCode = "claim_missing"    // what it takes from a budget is not kept
	ClaimDiffers    FaultCode = "claim_differs"    // what is kept as taken from a budget is not what records say
	HaltMissing     FaultCode = "halt_missing"     // it halts machines, and the table of halts does not have it
	HaltUnexplained FaultCode = "halt_unexplained" // the table of halts has what no record halts
	HoursDiffer     FaultCode = "hours_differ"     // what an hour of a budget holds is not what its claims take
)

// The faults of the log. Their index is the first at which they can lie: behind the last
// checkpoint that agreed, at the first record there with a fault of its own.
const (
	NoCheckpoint       FaultCode = "no_checkpoint"       // nobody says how long the log is
	CheckpointUnsigned FaultCode = "checkpoint_unsigned" // no key of the log has signed a checkpoint
	CheckpointOrigin   FaultCode = "checkpoint_origin"   // a checkpoint is another log's
	CheckpointKey      FaultCode = "checkpoint_key"      // a log key has signed a checkpoint out of its time
	CheckpointOrder    FaultCode = "checkpoint_order"    // stored checkpoints are not in the order of their sizes
	RootDiffers        FaultCode = "root_differs"        // the records are not those under a checkpoint
	RolledBack         FaultCode = "rolled_back"         // a later checkpoint than the last is known
	Incomplete         FaultCode = "incomplete"          // records are missing at the end
	Beyond             FaultCode = "beyond_checkpoint"   // records stand under no checkpoint
	FrontierDiffers    FaultCode = "frontier_differs"    // a range does not begin where its first checkpoint ends
	QuorumMissing      FaultCode = "quorum_missing"      // too few witnesses have signed the last checkpoint
	TileDiffers        FaultCode = "tile_differs"        // a stored tile is not that of the records
	TileMissing        FaultCode = "tile_missing"        // a full tile is not stored
	ReceiptBad         FaultCode = "receipt_bad"         // a receipt proves nothing
)

// A Fault is one thing wrong with a log.
type Fault struct {
	// Index is where it shows.
	Index int64 `json:"index"`
	// Key is the record's key, where it has one that can be read.
	Key  string    `json:"key,omitempty"`
	Code FaultCode `json:"code"`
	// What says it for people.
	What string `json:"what"`
}

// codeOf is the code of a checkpoint that cannot be opened.
func codeOf(err error) FaultCode {
	if errors.Is(err, trust.ErrOrigin) {
		return CheckpointOrigin
	}
	return CheckpointUnsigned
}
