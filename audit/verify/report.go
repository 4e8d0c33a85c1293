package verify

import "countersign/audit"

// A Kind is what was read, which decides what can be shown.
type Kind string

// The kinds of reports.
const (
	WholeLog  Kind = "log"       // everything from the first record on: nothing is left out
	Range     Kind = "range"     // a piece between two checkpoints: nothing in it is left out
	Selected  Kind = "selection" // picked records: what was not picked is not shown
	maxFaults      = 1000        // listed in a report; all are counted
)

// A Report is what was found. Its JSON form is stable: members are only added.
type Report struct {
	Kind Kind `json:"kind"`
	// Complete says that the report also shows that no record was left out between From and
	// To. A selection never shows that.
	Complete bool `json:"complete"`
	// HashesOnly says that the records were not opened: their signatures, and everything
	// that they say, were not looked at.
	HashesOnly bool `json:"hashes_only,omitempty"`

	Origin string `json:"origin"`
	// Root is that of the tree at To, base64 as in a checkpoint.
	Root string `json:"root"`
	// From and To bound the indexes that were read: From <= index < To.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Records counts those read between From and To; Decisions those of type
	// decision.intent, Alarms those of type alarm.raised.
	Records   int64 `json:"records"`
	Decisions int64 `json:"decisions"`
	Alarms    int64 `json:"alarms"`
	// Checkpoints counts those compared with the tree, the last included; Tiles the tiles.
	Checkpoints int64 `json:"checkpoints"`
	Tiles       int64 `json:"tiles"`
	// Witnesses are the policy's names of those who have signed the last checkpoint.
	Witnesses []string `json:"witnesses,omitempty"`
	// Keys are those that the log has enrolled, in that order.
	Keys []Key `json:"keys"`
	// CustodianProofs counts posts whose user action was verified under the credential that
	// vouched for the record key; CustodianUnproven those that stand without such a proof.
	CustodianProofs   int64 `json:"custodian_proofs"`
	CustodianUnproven int64 `json:"custodian_unproven"`

	Unproven Unproven `json:"unproven"`
	// Faults lists what is wrong, in the order in which it was found, and FaultCount counts
	// it: of very many only the first thousand are listed.
	Faults     []Fault `json:"faults"`
	FaultCount int64   `json:"fault_count"`
}

// OK reports whether nothing was wrong. What was not proven is another question.
func (r Report) OK() bool { return r.FaultCount == 0 }

// Unproven counts what could not be decided from what was given. In a whole log with all
// its keys every count but that of facets is 0.
type Unproven struct {
	// Intents counts outcomes whose intent lies before the range.
	Intents int64 `json:"intents"`
	// Chains counts authors whose chain was taken up in its middle.
	Chains int64 `json:"chains"`
	// Budgets counts balances that only a longer history could confirm: they hold no less
	// than what is known, and may hold more.
	Budgets int64 `json:"budgets"`
	// Keys counts keys that were believed by a receipt or because they are pinned. That one
	// was retired or revoked before the range would not show.
	Keys int64 `json:"keys"`
	// Anchors counts checkpoints known from elsewhere that end before the range.
	Anchors int64 `json:"anchors"`
	// Later counts checkpoints known from elsewhere that are of more records than the export:
	// whether it is a beginning of what they cover, only a later export shows.
	Later int64 `json:"later_anchors,omitempty"`
	// Halts counts verdicts in a range: that machines were halted before it would not show.
	Halts int64 `json:"halts"`
	// Facets counts records that a database finds by what the first version knew to find them
	// by, and by no more: filters that came later do not find them.
	Facets int64 `json:"facets,omitempty"`
}

// A Key is an enrolled key as a report tells it.
type Key struct {
	KeyID   string       `json:"kid"`
	Use     audit.KeyUse `json:"use"`
	Subject string       `json:"subject"`
	// From is the first index it may sign at, Until the first it may not, -1 for none.
	From    int64 `json:"from"`
	Until   int64 `json:"until"`
	Revoked bool  `json:"revoked,omitempty"`
	// Custodian names whose credential has signed the enrolment, where one has.
	Custodian string `json:"custodian,omitempty"`
}

// reported are the keys of a registry as a report tells them.
func reported(r *audit.Registry) []Key {
	all := []Key{}
	for _, k := range r.All() {
		out := Key{KeyID: k.KeyID, Use: k.Use, Subject: k.Subject, From: k.From, Until: k.Until, Revoked: k.Revoked}
		if k.Credential != nil {
			out.Custodian = k.Credential.Custodian
		}
		all = append(all, out)
	}
	return all
}

// Add counts a fault, and lists it where there is room.
func (r *Report) Add(f Fault) {
	r.FaultCount++
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, f)
	}
}

func (r *Report) fault(index int64, key string, code FaultCode, what string) {
	r.Add(Fault{Index: index, Key: key, Code: code, What: what})
}
