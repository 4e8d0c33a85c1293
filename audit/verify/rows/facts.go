package verify

import (
	"bytes"
	"encoding/json"
	"slices"

	"countersign"
	"countersign/audit"
	"countersign/audit/form"
)

// facts are what the checks need of the body of a decision, its outcome or the end of an
// approval. They are parts of the payload.
type facts struct {
	unclear string // why the body cannot be read

	approval, verdict, intent, result, reason []byte // texts
	decided                                   []byte // the verdict inside a decision
	status                                    []byte // the status inside an outcome
	budgets, receipt, evidence, asked         []byte // values as they stand
	ended                                     []byte // what became of budgets, a text
	initiator                                 []byte
	makers, checkers                          []byte

	inner []form.Member // room
}

// about reports whether a type's body is read.
func about(t []byte) bool {
	switch audit.Type(t) {
	case audit.DecisionIntent, audit.DecisionOutcome, audit.ApprovalOutcome:
		return true
	}
	return false
}

func (f *facts) read(p *form.Payload) {
	*f = facts{inner: f.inner}
	if len(p.Body) == 0 || p.Body[0] != '{' {
		f.unclear = "its body is no object"
		return
	}
	var values picked
	if f.unclear = values.pick(p.Members); f.unclear != "" {
		return
	}
	f.approval, f.verdict, f.intent = f.text(values[approvalID]), f.text(values[verdict]), f.text(values[intentLeaf])
	f.result, f.reason, f.initiator = f.text(values[result]), f.text(values[reason]), f.text(values[initiatorID])
	f.decided, f.status = f.inside(values[decision], verdict), f.inside(values[outcome], status)
	f.receipt, f.evidence, f.asked = values[receipt], values[evidence], values[askedAt]
	f.makers, f.checkers = values[makerGroups], values[checkerGroups]
	if audit.Type(p.Type) == audit.ApprovalOutcome {
		f.ended = f.text(values[balances])
	} else {
		f.budgets = values[balances]
	}
}

// text is a text, empty where the member is missing.
func (f *facts) text(value []byte) []byte {
	if len(value) == 0 {
		return nil
	}
	t, ok := form.String(value)
	if !ok {
		f.unclear = "a member that must be a text is none"
	}
	return t
}

// inside is a text inside an object.
func (f *facts) inside(value []byte, which member) []byte {
	if len(value) == 0 {
		return nil
	}
	var ok bool
	if f.inner, ok = form.Object(value, f.inner[:0]); !ok {
		f.unclear = "a member that must be an object is none"
		return nil
	}
	var values picked
	if unclear := values.pick(f.inner); unclear != "" {
		f.unclear = unclear
		return nil
	}
	return f.text(values[which])
}

// sameHands reports whether maker and checker count as one, by what the record itself
// says of them.
func (f *facts) sameHands(subject string) (bool, error) {
	if string(f.initiator) == subject {
		return true, nil
	}
	if len(f.makers) == 0 || len(f.checkers) == 0 {
		return false, nil
	}
	var makers, checkers []string
	if err := json.Unmarshal(f.makers, &makers); err != nil {
		return false, err
	}
	if err := json.Unmarshal(f.checkers, &checkers); err != nil {
		return false, err
	}
	return slices.ContainsFunc(makers, func(g string) bool { return slices.Contains(checkers, g) }), nil
}

// elsewhere reports whether a record's balances stand beside it, because it has no room
// for all of them.
func (f *facts) elsewhere() bool { return bytes.Contains(f.evidence, []byte(`"kind":"budgets"`)) }

// stands reports whether the custodian holds our verdict.
func (f *facts) stands() bool { return audit.PostResult(f.result).Stands() }

func spoken(verdict []byte) bool { return countersign.Verdict(verdict).Spoken() }
