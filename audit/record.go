package audit

import (
	"encoding/json"
	"time"

	"countersign"
)

// A Type says what a record is about. Wire format: add, never rename.
type Type string

// The types of records.
const (
	DecisionIntent  Type = "decision.intent"   // what we decided, before the custodian hears it: [Intent]
	DecisionOutcome Type = "decision.outcome"  // what became of it at the custodian: [Post]
	ApprovalOutcome Type = "approval.resolved" // how the approval ended: [Resolution]
	EventNoticed    Type = "event.noticed"     // a delivery of a known kind without a process of its own: [Notice]
	EventStray      Type = "event.stray"       // a delivery of a kind that we do not know: [Notice]
	ControlHalted   Type = "control.halted"    // an operator stopped machines from deciding: [Control]
	ControlResumed  Type = "control.resumed"   // an operator let them go on: [Control]
)

// Version is the version of the payload's form.
const Version = 1

// A Record is the signed payload.
type Record struct {
	Version int `json:"v"`
	// ID is a UUIDv7.
	ID   string `json:"id"`
	Type Type   `json:"type"`
	// Key names the fact; one key, one record, for ever.
	Key string `json:"key"`
	// Lineage is the workflow that stands at the beginning: approval/… for an approval
	// that somebody else asked for, settlement/… where an instruction through us did.
	// Every record from the webhook to the ledger entry carries the same, those of the
	// approval and of the settlement alike. Where no approval was asked for, or not yet
	// when the settlement was first heard of, it is settlement/…; sweep/… and
	// settlement-batch/… are a plan's own. Empty where nothing came before the record.
	Lineage string `json:"lineage,omitempty"`
	// Issuer is the deployment; Subject the service account that speaks.
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	// At is when the record was signed, UTC, to the microsecond.
	At time.Time `json:"at"`
	// Index is the record's position in the whole log, from 0. It is signed because
	// a chain alone says nothing about its own newest record, nor about the order of
	// two authors.
	Index int64 `json:"index"`
	// Seq counts this subject's records from 0, and Prev is the [ChainHash] of the one
	// before; empty for the first.
	Seq  int64  `json:"seq"`
	Prev string `json:"prev"`
	// Body is one of the types below, as Type says.
	Body json.RawMessage `json:"body"`
}

// An Intent is a decision before it takes effect, with everything it rests on.
type Intent struct {
	Custodian   string `json:"custodian"`
	ApprovalID  string `json:"approval_id"`
	InitiatorID string `json:"initiator_id"`
	// AskedAt is the time that the rules were told, UTC.
	AskedAt time.Time `json:"asked_at,omitzero"`
	// Snapshot is the digest of what was asked for; see countersign.Approval.
	Snapshot string   `json:"snapshot_sha256"`
	Policies []string `json:"policies,omitempty"`
	// Request is what was asked for, in full.
	Request countersign.Activity `json:"request"`
	// CallHash, CallLength and Selector are of the call data: its SHA-256, how many bytes it
	// has and the first four of them, 0x and hex.
	CallHash   string `json:"calldata_sha256,omitempty"`
	CallLength int    `json:"calldata_len,omitempty"`
	Selector   string `json:"selector,omitempty"`
	// Tree is the SHA-256 of Decoded as JSON, whole, also where the record has room for a
	// part of it only.
	Tree string `json:"decoded_sha256,omitempty"`
	// Decoded is what the rule saw.
	Decoded *Decoded `json:"decoded,omitempty"`
	// Contracts are those of the request and of all calls inside, where the request or Decoded
	// stands here in part only: 0x and lower-case hex. MoreContracts says how many had no room.
	Contracts     []string `json:"contracts,omitempty"`
	MoreContracts int      `json:"more_contracts,omitempty"`
	// Words is the same for people, a line per call, inside ones further in.
	Words []string `json:"words,omitempty"`
	// Unit is what the book counts the asset of a transfer in.
	Unit *countersign.Unit `json:"unit,omitempty"`

	Decision countersign.Decision `json:"decision"`
	Rules    Rules                `json:"rules"`
	// Books and AppliedRules name the books and rules that had a say, outermost first.
	Books        []string `json:"books,omitempty"`
	AppliedRules []string `json:"applied_rules,omitempty"`
	// Halted are the scopes, of those that the request is in, in which no machine might
	// decide then.
	Halted   []string              `json:"halted,omitempty"`
	Evidence []Evidence            `json:"evidence,omitempty"`
	Budgets  []countersign.Balance `json:"budgets,omitempty"`

	// MakerGroups and CheckerGroups are the declared groups of identities that the
	// initiator and the approver are in: a decision is never between two of one group.
	MakerGroups   []string `json:"maker_groups,omitempty"`
	CheckerGroups []string `json:"checker_groups,omitempty"`

	// Shadow is what another book said to the same, for comparison only.
	Shadow *Shadow `json:"shadow,omitempty"`

	Trigger  *Trigger `json:"trigger,omitempty"`
	Workflow Workflow `json:"workflow"`
}

// Decoded is a call as the rule saw it.
type Decoded struct {
	Contract string         `json:"contract"`
	Function string         `json:"function"`
	Args     map[string]any `json:"args"`
	// Inside are the calls that a wrapper makes; of very many, a record tells the contracts
	// only, and the call data in the request the rest.
	Inside []DecodedCall `json:"inside,omitempty"`
}

// DecodedCall is a call inside a wrapper.
type DecodedCall struct {
	// To is the called address, Contract the book's name for it, Function the
	// canonical signature, empty for a call without data.
	To       string `json:"to"`
	Contract string `json:"contract,omitempty"`
	Function string `json:"function,omitempty"`
	// Operation is call, delegatecall, staticcall or self; Value is in wei.
	Operation string             `json:"operation"`
	Value     countersign.Amount `json:"value"`
	Args      map[string]any     `json:"args,omitempty"`
	Inside    []DecodedCall      `json:"inside,omitempty"`
}

// Rules name the rules that decided.
type Rules struct {
	Book    string `json:"book"`
	Version string `json:"version"`
	// Digest is that of the book's source and configuration; Build that of the
	// program: the version-control revision it was built from.
	Digest string `json:"sha256,omitempty"`
	Build  string `json:"build,omitempty"`
}

// A Shadow is the decision of a book that is evaluated and never posted.
type Shadow struct {
	Rules        Rules                `json:"rules"`
	AppliedRules []string             `json:"applied_rules,omitempty"`
	Decision     countersign.Decision `json:"decision"`
	Evidence     []Evidence           `json:"evidence,omitempty"`
}

// A Control is an operator's word on where machines decide.
type Control struct {
	// Scope is as in countersign.HaltScopes; By is who says so, as they named themselves.
	Scope  string `json:"scope"`
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// Evidence is what a rule asked a source, by digest.
type Evidence struct {
	Kind   string `json:"kind"`
	Source string `json:"source"`
	// Asked is the question: JSON, or "sha256:" and its digest where it is long.
	Asked string `json:"asked,omitempty"`
	// Digest is the SHA-256 of the answer, which is kept beside the trail.
	Digest string    `json:"sha256"`
	At     time.Time `json:"fetched_at"`
}

// A Trigger is the delivery that started the work. It explains; it proves
// nothing about what was asked for.
type Trigger struct {
	EventID string `json:"event_id"`
	Kind    string `json:"kind"`
	Digest  string `json:"sha256"`
}

// A Workflow is where the work can be looked up in Temporal.
type Workflow struct {
	ID    string `json:"id"`
	RunID string `json:"run_id"`
}

// A PostResult is what became of a decision at the custodian.
type PostResult string

// The results of posting. Wire format.
const (
	Posted PostResult = "posted" // the custodian has taken it now
	Found  PostResult = "found"  // the custodian had it already: the answer to an earlier post was lost
	Moot   PostResult = "moot"   // the approval had ended before we could post
	Void   PostResult = "void"   // what is asked for changed after the decision: nothing was posted

	// Conflict means that the custodian holds another verdict under our name than
	// the one on the trail: the credential was used outside, or two trails share
	// one service account. Nothing was posted; people must look.
	Conflict PostResult = "conflict"
)

// Stands reports whether the custodian holds our verdict.
func (r PostResult) Stands() bool { return r == Posted || r == Found }

// A Post is what became of a decision at the custodian.
type Post struct {
	ApprovalID string `json:"approval_id"`
	WalletID   string `json:"wallet_id,omitempty"` // of the intent
	// Intent is the leaf hash of the decision.
	Intent  string              `json:"intent"`
	Verdict countersign.Verdict `json:"verdict"`
	Result  PostResult          `json:"result"`
	Reason  string              `json:"reason,omitempty"` // as posted
	// Code and Why say why a decision is void.
	Code     countersign.ReasonCode `json:"code,omitempty"`
	Why      string                 `json:"why,omitempty"`
	Snapshot string                 `json:"snapshot_sha256"`   // as read just before
	Receipt  *countersign.Receipt   `json:"receipt,omitempty"` // only when posted now
	Workflow Workflow               `json:"workflow,omitzero"`
}

// A Resolution is how an approval ended, by the custodian's word.
type Resolution struct {
	ApprovalID string `json:"approval_id"`
	WalletID   string `json:"wallet_id,omitempty"` // of the intent
	// Intent is the leaf hash of our decision.
	Intent  string              `json:"intent"`
	Verdict countersign.Verdict `json:"verdict"`
	Outcome countersign.Outcome `json:"outcome"`
	// Escalated says that we left it to people; Overruled that the approval ended
	// against what we said.
	Escalated bool `json:"escalated"`
	Overruled bool `json:"overruled"`
	// DecideMillis is from the approval's creation to our decision, ResolveMillis
	// to its end; -1 where a clock is missing.
	DecideMillis  int64 `json:"decide_ms"`
	ResolveMillis int64 `json:"resolve_ms"`
	// Budgets says what became of the claims: "committed" or "released".
	Budgets  string   `json:"budgets"`
	Workflow Workflow `json:"workflow,omitzero"`
}

// A Notice is a delivery that no process of its own answers.
type Notice struct {
	Event    countersign.Event `json:"event"`
	Workflow Workflow          `json:"workflow,omitzero"`
}
