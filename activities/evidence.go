package activities

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"countersign"

	"countersign/audit"
	"countersign/rules"
	"countersign/rules/services"
)

// recordedEvidence is how a record names evidence, and the bytes that it names. A list
// that has no room in the record is itself one piece of evidence.
func recordedEvidence(all []services.Evidence) (listed []audit.Evidence, kept [][]byte) {
	for _, e := range all {
		listed = append(listed, audit.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At})
		kept = append(kept, e.Answer)
		if e.Asked != string(e.Question) {
			kept = append(kept, e.Question)
		}
	}
	list, err := json.Marshal(listed)
	if err != nil || len(list) <= maxListed {
		return listed, kept
	}
	sum := sha256.Sum256(list)
	one := audit.Evidence{Kind: services.ListKind, Source: "countersign", Digest: hex.EncodeToString(sum[:]), At: all[0].At}
	return []audit.Evidence{one}, append(kept, list)
}

// evidenceOf reads back what a record names, answers and long questions included. fetch
// returns the bytes of a digest.
func evidenceOf(listed []audit.Evidence, fetch func(digest string) ([]byte, error)) ([]services.Evidence, error) {
	recorded := make([]services.Evidence, len(listed))
	for i, e := range listed {
		recorded[i] = services.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At}
	}
	return services.Load(recorded, fetch)
}

// overshadow puts into the intent what the shadow said, and returns its evidence.
func (a *Approvals) overshadow(intent *audit.Intent, said *rules.Result) [][]byte {
	if said == nil {
		return nil
	}
	listed, kept := recordedEvidence(said.Evidence)
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
