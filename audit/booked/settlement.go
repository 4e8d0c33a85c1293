package booked

import (
	"countersign"
	"countersign/audit"
)

// The types of records about settlements. Wire format: add, never rename.
const (
	SettlementOpened    audit.Type = "settlement.opened"    // what is to be settled, held in the books: [Settlement]
	SettlementSubmitted audit.Type = "settlement.submitted" // the custodian has it: [Submission]
	SettlementSettled   audit.Type = "settlement.settled"   // it is final, and posted as it happened: [Settled]
	SettlementReleased  audit.Type = "settlement.released"  // it has not happened: nothing is held any more: [Released]
	SettlementRetracted audit.Type = "settlement.retracted" // the block that had it has left the chain: [Retracted]
	SettlementReversed  audit.Type = "settlement.reversed"  // what was posted is taken back: [Retracted]
	SettlementEscalated audit.Type = "settlement.escalated" // people must act: [SettlementEscalation]
	SettlementAccepted  audit.Type = "settlement.accepted"  // a person takes what moved as it looks: [Acceptance]

	BatchOpened audit.Type = "settlement_batch.opened" // several settlements, all or compensated: [Batch]
	BatchClosed audit.Type = "settlement_batch.closed" // how it ended: [BatchEnd]
)

// The ways into a settlement.
const (
	Initiated = "initiated" // by an instruction through us
	Observed  = "observed"  // somebody else asked the custodian
)

// A Booking names a step of the books that a record causes; it is empty where it causes none.
type Booking struct {
	// Entry and Step are the entry in the books and the SHA-256 of its step, State the step's.
	Entry string `json:"entry,omitempty"`
	State string `json:"state,omitempty"`
	Step  string `json:"step_sha256,omitempty"`
}

// A Settlement is what is to be settled.
type Settlement struct {
	SettlementID string `json:"settlement_id"`
	Origin       string `json:"origin"`
	WalletID     string `json:"wallet_id"`
	Network      string `json:"network"`
	// Address is the wallet's.
	Address string `json:"address,omitempty"`
	// Instruction is what was given to us, Request what the custodian was found to have.
	Instruction *countersign.Instruction `json:"instruction,omitempty"`
	Request     *countersign.Request     `json:"request,omitempty"`
	// RequestDigest is the SHA-256 of the custodian's own JSON of the request, which is kept
	// beside the trail. Records from before it was named have none.
	RequestDigest string `json:"request_sha256,omitempty"`
	// PartOf is the settlement that books this one, because it takes the place of its
	// transaction.
	PartOf string `json:"part_of,omitempty"`
	// Batch and Leg find the batch that it is a leg of.
	Batch    string         `json:"batch_id,omitempty"`
	Held     Booking        `json:"held,omitzero"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Submission is what the custodian answered.
type Submission struct {
	SettlementID string         `json:"settlement_id"`
	WalletID     string         `json:"wallet_id"`
	Network      string         `json:"network"`
	RequestID    string         `json:"request_id"`
	Kind         string         `json:"kind"`
	Status       string         `json:"status"`
	ApprovalID   string         `json:"approval_id,omitempty"`
	Answer       string         `json:"answer_sha256"`
	Workflow     audit.Workflow `json:"workflow,omitzero"`
}

// A Settled is what a transaction did in the end.
type Settled struct {
	SettlementID string `json:"settlement_id"`
	ApprovalID   string `json:"approval_id,omitempty"`
	WalletID     string `json:"wallet_id"`
	Network      string `json:"network"`
	RequestID    string `json:"request_id"`
	// State is settled, reverted or cancelled.
	State      countersign.SettlementState `json:"state"`
	FollowedBy string                      `json:"followed_by"`
	// Effect is what it did, by whom it was followed: with FollowedBy custodian it is what
	// was asked for. Of its moves it has the first that touch wallets of ours; all of them
	// are in the effect beside the trail, whose SHA-256 is Evidence.
	Effect   countersign.Effect `json:"effect"`
	Evidence string             `json:"effect_sha256"`
	// Differs says what moved otherwise than was asked for, a sentence each.
	Differs []string `json:"differs,omitempty"`
	// Accepted is the record key of a person's word, where it was needed.
	Accepted string `json:"accepted_key,omitempty"`
	// Posted is empty where all of it is in openings.
	Posted   Booking        `json:"posted,omitzero"`
	Wallets  []string       `json:"wallets,omitempty"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A Released is a settlement that has not happened.
type Released struct {
	SettlementID string                      `json:"settlement_id"`
	ApprovalID   string                      `json:"approval_id,omitempty"`
	WalletID     string                      `json:"wallet_id"`
	Network      string                      `json:"network"`
	RequestID    string                      `json:"request_id,omitempty"`
	State        countersign.SettlementState `json:"state"`
	Reason       string                      `json:"reason,omitempty"`
	Released     Booking                     `json:"released,omitzero"`
	Workflow     audit.Workflow              `json:"workflow,omitzero"`
}

// A Retracted is a block that has left the chain, or a word of the custodian's that has
// changed; where something had been posted on it, that is reversed and held again.
type Retracted struct {
	SettlementID string               `json:"settlement_id"`
	ApprovalID   string               `json:"approval_id,omitempty"`
	WalletID     string               `json:"wallet_id"`
	Network      string               `json:"network"`
	FollowedBy   string               `json:"followed_by"`
	TxHash       string               `json:"tx_hash,omitempty"`
	Block        countersign.BlockRef `json:"block,omitzero"`
	Now          string               `json:"now"`
	Reversed     Booking              `json:"reversed,omitzero"`
	Held         Booking              `json:"held,omitzero"`
	Workflow     audit.Workflow       `json:"workflow,omitzero"`
}

// A SettlementEscalation is why people must look.
type SettlementEscalation struct {
	SettlementID string                      `json:"settlement_id"`
	ApprovalID   string                      `json:"approval_id,omitempty"`
	WalletID     string                      `json:"wallet_id"`
	Network      string                      `json:"network"`
	Issue        countersign.SettlementIssue `json:"issue"`
	Reason       string                      `json:"reason"`
	Workflow     audit.Workflow              `json:"workflow,omitzero"`
}

// An Acceptance is a person's word that an effect that is in doubt is to be posted as it looks.
type Acceptance struct {
	SettlementID string `json:"settlement_id"`
	ApprovalID   string `json:"approval_id,omitempty"`
	By           string `json:"by"`
	Reason       string `json:"reason"`
}

// A Batch is settlements of which all happen or, as far as that can be, none.
type Batch struct {
	BatchID string `json:"batch_id"`
	// Legs are the settlements in their order; Wallets are those that they take from.
	Legs     []BatchLeg     `json:"legs"`
	Wallets  []string       `json:"wallets"`
	Purpose  string         `json:"purpose,omitempty"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A BatchLeg is one of them.
type BatchLeg struct {
	SettlementID string                  `json:"settlement_id"`
	Instruction  countersign.Instruction `json:"instruction"`
	// Compensation undoes it, where that can be.
	Compensation *countersign.Instruction `json:"compensation,omitempty"`
}

// A BatchEnd is how a batch ended: settled, compensated, or partial, which people must look at.
type BatchEnd struct {
	BatchID  string         `json:"batch_id"`
	End      string         `json:"end"`
	Legs     []LegEnd       `json:"legs"`
	Workflow audit.Workflow `json:"workflow,omitzero"`
}

// A LegEnd is how one leg ended; a state of "" means that it was never begun.
type LegEnd struct {
	SettlementID string                      `json:"settlement_id"`
	State        countersign.SettlementState `json:"state,omitempty"`
	// Compensation is the settlement that undid it, and how that ended.
	Compensation      string                      `json:"compensation_id,omitempty"`
	CompensationState countersign.SettlementState `json:"compensation_state,omitempty"`
}
