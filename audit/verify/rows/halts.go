package rows

import (
	"encoding/json"
	"errors"

	"countersign"
	"countersign/audit"
	"countersign/audit/form"
)

// Scopes are those of a decision's request, each of which can be halted. Of a record with very
// many rules they are those that it names.
func (f *Facts) Scopes() ([]string, error) {
	var of struct {
		books, rules []string
		wallet       []byte
	}
	for _, list := range []struct {
		value []byte
		to    *[]string
	}{{f.Books, &of.books}, {f.Rules, &of.rules}} {
		if len(list.value) == 0 {
			continue
		}
		if err := json.Unmarshal(list.value, list.to); err != nil {
			return nil, err
		}
	}
	of.wallet = f.inside(f.Request, wallet)
	if f.Unclear != "" {
		return nil, errors.New(f.Unclear)
	}
	return countersign.HaltScopes(string(of.wallet), of.books, of.rules), nil
}

// Step is the record key under which a decision, its outcome or the end of an approval is told, once
// for each approval and account; empty for all else.
func (r *Row) Step() string {
	approval, subject := string(r.Facts.Approval), form.Text(r.Payload.Subject)
	switch audit.Type(r.Payload.Type) {
	case audit.DecisionIntent:
		return countersign.DecisionKey(approval, subject)
	case audit.DecisionOutcome:
		return countersign.PostKey(approval, subject)
	case audit.ApprovalOutcome:
		return countersign.OutcomeKey(approval)
	}
	return ""
}
