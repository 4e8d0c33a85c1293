package audit

import (
	"fmt"
	"time"

	"countersign"
)

// The types of records beside decisions, controls and keys.
const (
	WebhookAccepted   Type = "webhook.accepted"   // a delivery that we believed: [Delivery]
	ApprovalEscalated Type = "approval.escalated" // people must act: [Escalation]
	HumanDecided      Type = "decision.human"     // what a person said, imported from the custodian: [HumanDecision]
	BookChanged       Type = "book.changed"       // other rules decide from here on: [BookChange]
	ScheduleChanged   Type = "schedule.changed"   // what runs by the clock has changed: [ScheduleChange]
	ExportMade        Type = "export.made"        // somebody took records away: [Export]
	SignedIn          Type = "api.signed_in"      // a token was first used: [SignIn]
	AlarmRaised       Type = "alarm.raised"       // something that must not be: [Alarm]
)

// A Delivery is a webhook whose signature was good and that was news.
type Delivery struct {
	Event    countersign.Event `json:"event"`
	Workflow Workflow          `json:"workflow,omitzero"`
}

// An Escalation leaves an approval to people.
type Escalation struct {
	ApprovalID string `json:"approval_id"`
	WalletID   string `json:"wallet_id,omitempty"`
	// Intent is the record key of the decision, Code and Reason why people must act.
	Intent   string                 `json:"intent_key"`
	Code     countersign.ReasonCode `json:"code"`
	Reason   string                 `json:"reason"`
	Workflow Workflow               `json:"workflow,omitzero"`
}

// A HumanDecision is one approver's word as the custodian keeps it. We cannot sign for
// people; we sign that the custodian has told us so.
type HumanDecision struct {
	ApprovalID string           `json:"approval_id"`
	WalletID   string           `json:"wallet_id,omitempty"`
	Vote       countersign.Vote `json:"vote"`
	// Decision is the SHA-256 of the custodian's own JSON of the decision, which is kept
	// beside the trail.
	Decision string `json:"decision_sha256"`
	// Assertion is the signature by which the person proved themselves to the custodian,
	// where it tells us; Log is the SHA-256 of its entry in the custodian's own log, kept
	// beside the trail, and Missing why there is none.
	Assertion *countersign.Assertion `json:"assertion,omitempty"`
	Log       string                 `json:"log_sha256,omitempty"`
	Missing   string                 `json:"missing,omitempty"`
	Workflow  Workflow               `json:"workflow,omitzero"`
}

// A BookChange is a change of the rules that decide.
type BookChange struct {
	Before *Rules `json:"before,omitempty"`
	After  Rules  `json:"after"`
	// Shadow says that the book is only evaluated beside the one that decides.
	Shadow bool `json:"shadow,omitempty"`
}

// A ScheduleChange is a change of what runs by the clock.
type ScheduleChange struct {
	Schedule string `json:"schedule"`
	// Change is created, updated, renewed (its coming times were written down for longer),
	// deleted, paused, resumed, triggered or backfilled; Before and After are the schedule's
	// own words.
	Change string `json:"change"`
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
	// By and Why are who asked for it and for what reason, where somebody did.
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// String says it on one line.
func (s ScheduleChange) String() string {
	by := ""
	if s.By != "" {
		by = " by " + s.By
	}
	if s.Why != "" {
		by += " (" + s.Why + ")"
	}
	return fmt.Sprintf("%s %s%s: %s", s.Schedule, s.Change, by, s.After)
}

// An Export is a copy of records that left the house. What a token of the query API reads
// page by page, and the receipts that it fetches, are access and no export: the token's
// first use is the record, [SignIn].
type Export struct {
	// Form is bundle, selection or receipt, which operators take on the command line, or csv
	// or ndjson, which tokens take; By is who took it.
	Form string `json:"form"`
	By   string `json:"by"`
	// From and To bound the indexes: From <= index < To. Filter says which of them, empty
	// for all; of a bundle, by which days it was asked for.
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Filter string `json:"filter,omitempty"`
	// Checkpoint is the SHA-256 of the signed checkpoint that a bundle ends with.
	Checkpoint string `json:"checkpoint_sha256,omitempty"`
}

// A SignIn is the first use of a token in a process.
type SignIn struct {
	// Name is the token's, Scopes what it may do, Address where it came from.
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	Address string   `json:"address"`
	// Digest is the SHA-256 of the token.
	Digest string    `json:"token_sha256"`
	At     time.Time `json:"at"`
}

// An AlarmCode is what must not be, in one word. Wire format.
type AlarmCode string

// The alarms.
const (
	// UsedOutside means that the custodian holds a decision under our name without an
	// intent of ours: the credential is used outside the system.
	UsedOutside AlarmCode = "credential_used_outside"
	// OtherVerdict means that the custodian holds another verdict than our intent.
	OtherVerdict AlarmCode = "verdict_differs"
	// NeverPosted means that an intent has stood for long, and the custodian knows of no
	// decision of ours.
	NeverPosted AlarmCode = "intent_not_posted"
	// UnknownApproval means that the custodian does not know an approval we have decided.
	UnknownApproval AlarmCode = "approval_unknown"
	// AnchorAnew means that an anchor that had kept checkpoints of the log was found empty,
	// and that an operator had it begin anew.
	AnchorAnew AlarmCode = "anchor_begun_anew"
	// FinalityBroken means that something was posted as final and did not last.
	FinalityBroken AlarmCode = "finality_broken"
)

// An Alarm is something that must not be. People must look.
type Alarm struct {
	Code         AlarmCode `json:"code"`
	ApprovalID   string    `json:"approval_id,omitempty"`
	SettlementID string    `json:"settlement_id,omitempty"`
	// What says it for people; Evidence is the SHA-256 of what was read, kept beside the
	// trail.
	What     string   `json:"what"`
	Evidence string   `json:"evidence_sha256,omitempty"`
	Workflow Workflow `json:"workflow,omitzero"`
}
