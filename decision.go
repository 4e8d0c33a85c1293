package countersign

import (
	"fmt"
	"strings"
	"time"
)

// A Verdict is what an approver says.
type Verdict string

// The verdicts. The zero value is no verdict and counts as [Abstain] wherever a
// verdict is acted on: a forgotten answer moves nothing and denies nothing.
const (
	Approve Verdict = "approve"
	Reject  Verdict = "reject"
	Abstain Verdict = "abstain"
)

// Spoken reports whether the custodian is told: an abstention is silence there.
func (v Verdict) Spoken() bool { return v == Approve || v == Reject }

// A Decision is a verdict with its grounds.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Code is the ground, for machines: lower case, underscores, never renamed.
	Code ReasonCode `json:"code"`
	// Reason is the ground, for people: one sentence.
	Reason string `json:"reason"`
}

// A ReasonCode is the ground of a decision in one stable word. Rule books may
// add their own; those below are ours. Wire format: add, never rename.
type ReasonCode string

// Grounds on which this package's engine and its stock checks decide.
const (
	WithinPolicy ReasonCode = "within_policy" // every check passed

	DenyListed ReasonCode = "deny_listed" // the recipient is on a deny-list: the one stock ground for Reject

	OverCap               ReasonCode = "over_cap"               // amount above the cap per transaction
	OverBudget            ReasonCode = "over_budget"            // amount does not fit what is left of a budget
	UnlistedRecipient     ReasonCode = "unlisted_recipient"     // recipient not on the allowlist
	UnknownContract       ReasonCode = "unknown_contract"       // no ABI pinned for this network and address
	UnknownFunction       ReasonCode = "unknown_function"       // selector not in the pinned ABI, or no rule for it
	UnknownAsset          ReasonCode = "unknown_asset"          // no rule for this asset
	MalformedCallData     ReasonCode = "malformed_call_data"    // not the canonical encoding of the pinned function
	MalformedTypedData    ReasonCode = "malformed_typed_data"   // an EIP-712 message that cannot be read in exactly one way
	UnreadableActivity    ReasonCode = "unreadable_activity"    // a kind of activity or request that we do not decode
	ContractCreation      ReasonCode = "contract_creation"      // a transaction without a target
	ValueWithCall         ReasonCode = "value_with_call"        // native value sent along with a call that expects none
	UnnamedRisk           ReasonCode = "unnamed_risk"           // a call carries a class of risk that its rule did not name
	OpaqueCall            ReasonCode = "opaque_call"            // a call inside of which something cannot be read
	CodeChanged           ReasonCode = "code_changed"           // a contract's code is not the pinned one
	CodeUnverified        ReasonCode = "code_unverified"        // a pinned contract's code could not be compared
	SelfInitiated         ReasonCode = "self_initiated"         // our own service account is the maker
	NoRule                ReasonCode = "no_rule"                // the book says nothing about this
	NoVerdict             ReasonCode = "no_verdict"             // a rule returned no verdict, or approved and rejected without ground
	RulePanic             ReasonCode = "rule_panic"             // a rule panicked
	RuleTimeout           ReasonCode = "rule_timeout"           // the rules did not finish in time
	EvidenceUnavailable   ReasonCode = "evidence_unavailable"   // a source that a rule asked did not answer
	Halted                ReasonCode = "halted"                 // an operator has stopped machines from deciding here
	BudgetConflict        ReasonCode = "budget_conflict"        // a rule counted against one budget in two ways
	EvidenceTooLarge      ReasonCode = "evidence_too_large"     // a source said more than a decision may rest on
	EvidenceMissing       ReasonCode = "evidence_missing"       // tried again, the rules asked what was not asked at the time
	ScreeningHit          ReasonCode = "screening_hit"          // an address is sanctioned, by a source's word
	ScreeningReview       ReasonCode = "screening_review"       // a source wants people to look at an address
	ScreeningUnavailable  ReasonCode = "screening_unavailable"  // a source did not answer, or its list is stale
	SimulationUnavailable ReasonCode = "simulation_unavailable" // no node could run the request
	SimulationReverted    ReasonCode = "simulation_reverted"    // the request would fail
	SimulationDiffers     ReasonCode = "simulation_differs"     // it would do something else than the rule demands
	WalletUnavailable     ReasonCode = "wallet_unavailable"     // the custodian did not tell the wallet
	LedgerUnavailable     ReasonCode = "ledger_unavailable"     // nobody could say what has moved
	HTTPUnavailable       ReasonCode = "http_unavailable"       // an HTTP API gave no answer to rely on
	SQLUnavailable        ReasonCode = "sql_unavailable"        // a database gave no answer
	PriceUnavailable      ReasonCode = "price_unavailable"      // no price to rely on
	PriceStale            ReasonCode = "price_stale"            // the newest price is too old
	CalendarUnavailable   ReasonCode = "calendar_unavailable"   // no such business calendar
	NotPending            ReasonCode = "approval_not_pending"   // resolved before we read it
	ExpiresTooSoon        ReasonCode = "approval_expires_soon"  // no time left to decide and post
	ChangedAfterRead      ReasonCode = "changed_after_decision" // what is asked for changed between decision and post
)

// Valid reports whether c may stand in a record: 1 to 64 of a–z, 0–9 and "_".
func (c ReasonCode) Valid() bool {
	return len(c) > 0 && len(c) <= 64 && strings.Trim(string(c), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Approved says yes.
func Approved(reason string) Decision {
	return Decision{Verdict: Approve, Code: WithinPolicy, Reason: reason}
}

// Abstained leaves the item to people, and says why.
func Abstained(code ReasonCode, format string, args ...any) Decision {
	return Decision{Verdict: Abstain, Code: code, Reason: fmt.Sprintf(format, args...)}
}

// An Outcome is how an approval ended by the custodian's word.
type Outcome struct {
	Status ApprovalStatus `json:"status"`
	Votes  []Vote         `json:"votes,omitempty"`
	// At is when the custodian resolved it.
	At time.Time `json:"at,omitzero"`
}
