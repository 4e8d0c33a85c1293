package countersign

// A SettlementState is where a settlement stands.
type SettlementState string

// The states of a settlement. Wire format: a search attribute, records and answers say them.
// From settled on it has ended, though what has settled may still be reversed.
const (
	SettlementOpening          SettlementState = "opening"           // nothing is held in the books yet
	SettlementSubmitting       SettlementState = "submitting"        // held; the custodian has not taken it
	SettlementAwaitingApproval SettlementState = "awaiting_approval" // the custodian holds it until it is approved
	SettlementExecuting        SettlementState = "executing"         // the custodian is to sign and send it
	SettlementBroadcast        SettlementState = "broadcast"         // sent, in no block yet
	SettlementIncluded         SettlementState = "included"          // in a block that may still leave the chain

	SettlementSettled     SettlementState = "settled"     // final, and posted as it happened
	SettlementReverted    SettlementState = "reverted"    // final, and it moved nothing but its fee
	SettlementCancelled   SettlementState = "cancelled"   // another transaction has taken its place
	SettlementFailed      SettlementState = "failed"      // the custodian could not send it
	SettlementRejected    SettlementState = "rejected"    // a policy forbade it
	SettlementDenied      SettlementState = "denied"      // an approver said no
	SettlementExpired     SettlementState = "expired"     // nobody said yes in time
	SettlementRefused     SettlementState = "refused"     // it was never submitted, or the custodian would not take it
	SettlementReplacement SettlementState = "replacement" // it is part of another settlement, which books it
)

// Ended reports whether nothing more is to be done.
func (s SettlementState) Ended() bool {
	switch s {
	case "", SettlementOpening, SettlementSubmitting, SettlementAwaitingApproval, SettlementExecuting, SettlementBroadcast, SettlementIncluded:
		return false
	}
	return true
}

// A SettlementIssue is why people must look at a settlement.
type SettlementIssue string

// The issues. Wire format: search attribute ReasonCode, and records.
const (
	IssueStuck        SettlementIssue = "stuck"               // sent or to be sent long ago, and in no block
	IssueDiffers      SettlementIssue = "moved_otherwise"     // what moved is not what was asked for
	IssueDoubtful     SettlementIssue = "effect_doubtful"     // what moved cannot be told for certain: not booked
	IssueReverted     SettlementIssue = "reverted"            // on the chain it failed
	IssueUnseen       SettlementIssue = "never_seen"          // given up by the custodian, and no node has ever seen it
	IssueReversed     SettlementIssue = "finality_broken"     // what was posted did not last
	IssueAfterRelease SettlementIssue = "happened_after_all"  // it had been given up, and then it happened
	IssueRefused      SettlementIssue = "submission_refused"  // the custodian would not take it
	IssueUncovered    SettlementIssue = "not_covered"         // our books have not as much
	IssueNotUndone    SettlementIssue = "compensation_needed" // a leg of a batch has settled that should not have, and is not compensated
)

// SettlementLineage is the ID of a settlement's workflow. It is what all records of a settlement
// that an instruction of ours began have in common, and those of its approval too; one that
// somebody else's approval began has [ApprovalLineage].
func SettlementLineage(id string) string { return "settlement/" + id }

// SettlementKey is the key of a record about a settlement: what it says, and which time.
func SettlementKey(id, what string) string { return "settlement/" + id + "/" + what }

// BatchLineage is what all records of a batch have in common, and its workflow's ID.
func BatchLineage(id string) string { return "settlement-batch/" + id }

// BatchKey is the key of a record about a batch.
func BatchKey(id, what string) string { return "settlement-batch/" + id + "/" + what }
