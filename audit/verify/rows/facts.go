package rows

import (
	"bytes"
	"encoding/json"
	"slices"

	"countersign/audit"
	"countersign/audit/form"
)

// Facts are what the checks need of the body of a decision, its outcome, the end of an
// approval, or a halt. They are parts of the payload, empty where they are missing.
type Facts struct {
	// Unclear says why the body cannot be read.
	Unclear string
	// Texts: Decided is the verdict inside a decision, Status that inside an outcome, Ended
	// what became of budgets, Scope where machines are halted or may go on.
	Approval, Verdict, Intent, Result, Reason []byte
	Decided, Status, Ended, Initiator, Scope  []byte
	// JSON as it stands.
	Budgets, Receipt, Evidence, Asked, Makers, Checkers []byte
	Request, Books, Rules, Halted                       []byte

	inner []form.Member // room
}

// about reports whether a type's body is read.
func about(t []byte) bool {
	switch audit.Type(t) {
	case audit.DecisionIntent, audit.DecisionOutcome, audit.ApprovalOutcome, audit.ControlHalted, audit.ControlResumed:
		return true
	}
	return false
}

func (f *Facts) read(p *form.Payload) {
	*f = Facts{inner: f.inner}
	if len(p.Body) == 0 || p.Body[0] != '{' {
		f.Unclear = "its body is no object"
		return
	}
	var values picked
	if f.Unclear = values.pick(p.Members); f.Unclear != "" {
		return
	}
	f.Approval, f.Verdict, f.Intent = f.text(values[approvalID]), f.text(values[verdict]), f.text(values[intentLeaf])
	f.Result, f.Reason, f.Initiator = f.text(values[result]), f.text(values[reason]), f.text(values[initiatorID])
	f.Decided, f.Status = f.inside(values[decision], verdict), f.inside(values[outcome], status)
	f.Receipt, f.Evidence, f.Asked = values[receipt], values[evidence], values[askedAt]
	f.Makers, f.Checkers, f.Scope = values[makerGroups], values[checkerGroups], f.text(values[scope])
	f.Request, f.Books, f.Rules, f.Halted = values[request], values[books], values[appliedRules], values[halted]
	if audit.Type(p.Type) == audit.ApprovalOutcome {
		f.Ended = f.text(values[balances])
	} else {
		f.Budgets = values[balances]
	}
}

// text is a text, empty where the member is missing.
func (f *Facts) text(value []byte) []byte {
	if len(value) == 0 {
		return nil
	}
	t, ok := form.String(value)
	if !ok {
		f.Unclear = "a member that must be a text is none"
	}
	return t
}

// inside is a text inside an object.
func (f *Facts) inside(value []byte, which member) []byte {
	if len(value) == 0 {
		return nil
	}
	var ok bool
	if f.inner, ok = form.Object(value, f.inner[:0]); !ok {
		f.Unclear = "a member that must be an object is none"
		return nil
	}
	var values picked
	if unclear := values.pick(f.inner); unclear != "" {
		f.Unclear = unclear
		return nil
	}
	return f.text(values[which])
}

// SameHands reports whether maker and checker count as one, by what the record itself
// says of them.
func (f *Facts) SameHands(subject string) (bool, error) {
	if string(f.Initiator) == subject {
		return true, nil
	}
	if len(f.Makers) == 0 || len(f.Checkers) == 0 {
		return false, nil
	}
	var makers, checkers []string
	if err := json.Unmarshal(f.Makers, &makers); err != nil {
		return false, err
	}
	if err := json.Unmarshal(f.Checkers, &checkers); err != nil {
		return false, err
	}
	return slices.ContainsFunc(makers, func(g string) bool { return slices.Contains(checkers, g) }), nil
}

// Elsewhere reports whether a record's balances stand beside it, because it has no room
// for all of them.
func (f *Facts) Elsewhere() bool { return bytes.Contains(f.Evidence, []byte(`"kind":"budgets"`)) }

// Stands reports whether the custodian holds our verdict.
func (f *Facts) Stands() bool { return audit.PostResult(f.Result).Stands() }
