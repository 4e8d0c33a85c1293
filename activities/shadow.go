package activities

import (
	"slices"

	"countersign"
	"countersign/activities/evidence"
	"countersign/audit"
	"countersign/rules"
)

// overshadow puts into the intent what the shadow said, and returns its evidence.
func (a *Approvals) overshadow(intent *audit.Intent, said *rules.Result) [][]byte {
	if said == nil {
		return nil
	}
	listed, kept := evidence.Record(said.Evidence)
	intent.Shadow = &audit.Shadow{Rules: a.ShadowRules, AppliedRules: short(said.Rules), Decision: said.Decision, Evidence: listed}
	return kept
}

// maxRules bounds the names of rules in a record: a batch may be of hundreds of calls.
const maxRules = 20

// andMore stands in the place of names that a record has no room for.
const andMore = "…"

func short(names []string) (out []string) {
	for _, name := range names {
		if len(out) == maxRules || len(name) > 160 {
			return append(out, andMore)
		}
		out = append(out, name)
	}
	return out
}

// scopesOf are the scopes that a recorded decision is in. Where the record does not name
// all rules, that is every rule: a halt of any stops the post.
func scopesOf(in audit.Intent) []string {
	names := in.AppliedRules
	if i := slices.Index(names, andMore); i >= 0 {
		names = append(slices.Clone(names[:i]), countersign.AnyRule)
	}
	return countersign.HaltScopes(in.Request.WalletID, in.Books, names)
}
