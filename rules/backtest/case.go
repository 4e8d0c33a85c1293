package backtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/rules"
	"countersign/rules/services"
)

// Gap is why a recorded approval could not be tried. Wire format: add, never rename.
type Gap string

// The gaps.
const (
	// NotRecorded: the request was too long for its record.
	NotRecorded Gap = "request_not_recorded"
	// EvidenceLost: the record names evidence that is not there, or is not the same.
	EvidenceLost Gap = "evidence_lost"
	// NotAsked: the book asks what was not asked at the time.
	NotAsked Gap = "not_asked_at_the_time"
	// BeforeRules: the approval was left to people before any rule, and would be again.
	BeforeRules Gap = "decided_before_rules"
	// CodeUnknown: contracts were not as they are pinned, or nobody knew; no book helps.
	CodeUnknown Gap = "code_not_as_pinned"
)

// beforeRules are the codes of decisions that no rule had a say in.
var beforeRules = map[countersign.ReasonCode]Gap{
	countersign.NotPending: BeforeRules, countersign.ExpiresTooSoon: BeforeRules, countersign.SelfInitiated: BeforeRules,
	countersign.CodeChanged: CodeUnknown, countersign.CodeUnverified: CodeUnknown,
}

// try is one recorded decision and what the book says to it.
type try struct {
	intent   audit.Intent
	gap      Gap
	result   rules.Result
	reported bool // it is in the range that was asked for
}

// approval is what was asked for, as the record has it or, where it has no room for it,
// the evidence beside it.
func approval(in audit.Intent, evidence []services.Evidence) (countersign.Approval, error) {
	a := countersign.Approval{
		ID: in.ApprovalID, InitiatorID: in.InitiatorID, Status: countersign.StatusPending, Activity: in.Request,
		Policies: in.Policies, Snapshot: in.Snapshot,
	}
	for _, e := range evidence {
		if e.Kind == services.RequestKind {
			a.Activity = countersign.Activity{}
			if err := json.Unmarshal(e.Answer, &a.Activity); err != nil {
				return a, fmt.Errorf("the request of %s: %w", in.ApprovalID, err)
			}
		}
	}
	if c := a.Activity.Call; c != nil {
		sum := sha256.Sum256(c.Data)
		if hex.EncodeToString(sum[:]) != in.CallHash {
			return a, fmt.Errorf("call data of %s is not in the record", in.ApprovalID)
		}
	}
	for _, c := range a.Activity.Operations {
		if c.Data == nil { // read from JSON, data that is empty is not nil
			return a, fmt.Errorf("operations of %s are not in the record", in.ApprovalID)
		}
	}
	if t := a.Activity.TypedData; t != nil && len(t.Message) == 0 {
		return a, fmt.Errorf("the message of %s is not in the record", in.ApprovalID)
	}
	return a, nil
}

// Recorded is what was asked for and what the services said, by the record of a
// decision.
func Recorded(in audit.Intent, fetch Fetch) (countersign.Approval, []services.Evidence, error) {
	evidence, err := load(in.Evidence, fetch)
	if err != nil {
		return countersign.Approval{}, nil, err
	}
	a, err := approval(in, evidence)
	return a, evidence, err
}

// askedAt is the time that the rules were told, or, in records from before that stood
// there, when the record was signed.
func askedAt(in audit.Intent, signed time.Time) time.Time {
	if in.AskedAt.IsZero() {
		return signed
	}
	return in.AskedAt
}

// tape is what the services said at the time. What the shadow asked is known as well.
func tape(in audit.Intent, evidence []services.Evidence, fetch Fetch) (*services.Tape, error) {
	if in.Shadow == nil {
		return services.NewTape(evidence), nil
	}
	more, err := load(in.Shadow.Evidence, fetch)
	return services.NewTape(append(more, evidence...)), err
}

func load(listed []audit.Evidence, fetch Fetch) ([]services.Evidence, error) {
	var recorded []services.Evidence
	for _, e := range listed {
		recorded = append(recorded, services.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At})
	}
	return services.Load(recorded, fetch)
}
