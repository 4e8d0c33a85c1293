package verify

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

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
}

// about reports whether a type's body is read.
func about(t []byte) bool {
	switch audit.Type(t) {
	case audit.DecisionIntent, audit.DecisionOutcome, audit.ApprovalOutcome:
		return true
	}
	return false
}

// wanted are the members that are read, of all three types.
var wanted = []string{
	"approval_id", "verdict", "intent", "result", "reason", "decision", "outcome", "budgets", "receipt",
	"evidence", "asked_at", "initiator_id", "maker_groups", "checker_groups",
}

func (f *facts) read(p *form.Payload) {
	*f = facts{}
	if len(p.Body) == 0 || p.Body[0] != '{' {
		f.unclear = "its body is no object"
		return
	}
	got, unclear := pick(p.Members, wanted)
	if unclear != "" {
		f.unclear = unclear
		return
	}
	at := func(name string) []byte { return got[slices.Index(wanted, name)] }
	f.approval, f.verdict, f.intent = f.text(at("approval_id")), f.text(at("verdict")), f.text(at("intent"))
	f.result, f.reason, f.initiator = f.text(at("result")), f.text(at("reason")), f.text(at("initiator_id"))
	f.decided, f.status = f.inside(at("decision"), "verdict"), f.inside(at("outcome"), "status")
	f.receipt, f.evidence, f.asked = at("receipt"), at("evidence"), at("asked_at")
	f.makers, f.checkers = at("maker_groups"), at("checker_groups")
	if audit.Type(p.Type) == audit.ApprovalOutcome {
		f.ended = f.text(at("budgets"))
	} else {
		f.budgets = at("budgets")
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
func (f *facts) inside(value []byte, name string) []byte {
	if len(value) == 0 {
		return nil
	}
	members, ok := form.Object(value)
	if !ok {
		f.unclear = "a member that must be an object is none"
		return nil
	}
	got, unclear := pick(members, []string{name})
	if unclear != "" {
		f.unclear = unclear
		return nil
	}
	return f.text(got[0])
}

// maxPicked is how many members are picked at most.
const maxPicked = 16

// pick finds members by name. A reader might take two members for one that differ in case
// or escapes only, and another reader for the other: that is unclear.
func pick(members []form.Member, names []string) (got [maxPicked][]byte, unclear string) {
	for _, m := range members {
		i := slices.Index(names, string(m.Name))
		if i < 0 && ordinary(m.Name) {
			continue
		}
		if i < 0 {
			spoken := form.Text(m.Name)
			i = slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, spoken) })
			if i < 0 {
				continue
			}
			return got, "it spells the member " + names[i] + " otherwise"
		}
		if got[i] != nil {
			return got, "it has the member " + names[i] + " twice"
		}
		got[i] = m.Value
	}
	return got, ""
}

// ordinary reports whether a name has one spelling and one case.
func ordinary(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
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
