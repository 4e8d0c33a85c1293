package csvfile

import (
	"slices"
	"strconv"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/eip55"
)

// columns are those of [Form], in order. Another order, or another column, is another
// form.
var columns = []struct {
	name string
	of   func(audit.Entry, facts) string
}{
	{"index", func(e audit.Entry, _ facts) string { return strconv.FormatInt(e.Index, 10) }},
	{"recorded_at", func(e audit.Entry, _ facts) string { return e.Record.At.UTC().Format("2006-01-02T15:04:05.000Z") }},
	{"type", func(e audit.Entry, _ facts) string { return string(e.Record.Type) }},
	{"key", func(e audit.Entry, _ facts) string { return e.Record.Key }},
	{"lineage", func(e audit.Entry, _ facts) string { return e.Record.Lineage }},
	{"issuer", func(e audit.Entry, _ facts) string { return e.Record.Issuer }},
	{"subject", func(e audit.Entry, _ facts) string { return e.Record.Subject }},
	{"approval_id", func(_ audit.Entry, f facts) string { return f.approval }},
	{"decision", func(_ audit.Entry, f facts) string { return f.decision }},
	{"reason_code", func(_ audit.Entry, f facts) string { return f.code }},
	{"reason", func(_ audit.Entry, f facts) string { return f.reason }},
	{"initiator", func(_ audit.Entry, f facts) string { return f.initiator }},
	{"wallet", func(_ audit.Entry, f facts) string { return f.wallet }},
	{"network", func(_ audit.Entry, f facts) string { return f.network }},
	{"policies", func(_ audit.Entry, f facts) string { return strings.Join(f.policies, " ") }},
	{"contract", func(_ audit.Entry, f facts) string { return strings.Join(f.contracts, " ") }},
	{"function", func(_ audit.Entry, f facts) string { return f.function }},
	{"recipient", func(_ audit.Entry, f facts) string { return f.recipient }},
	{"asset", func(_ audit.Entry, f facts) string { return f.asset }},
	{"amount", func(_ audit.Entry, f facts) string { return f.amount }},
	{"outcome", func(_ audit.Entry, f facts) string { return f.outcome }},
	{"leaf_hash", func(e audit.Entry, _ facts) string { return e.LeafHash }},
	{"record_id", func(e audit.Entry, _ facts) string { return e.Record.ID }},
}

// facts are what the columns want of a body, whatever its type; empty where it has none.
type facts struct {
	approval, decision, code, reason, initiator string
	wallet, network, function                   string
	recipient, asset                            string
	// amount is in the smallest unit of the asset, in wei for a call, a decimal string.
	amount  string
	outcome string
	// contracts are EVM addresses, with their checksum (EIP-55).
	policies, contracts []string
}

// factsOf reads a body: of an intent all of it, of others the members that they share.
func factsOf(e audit.Entry) facts {
	if e.Record.Type == audit.DecisionIntent {
		var in audit.Intent
		if e.Decode(&in) == nil {
			return intentFacts(e, in)
		}
	}
	var about struct {
		ApprovalID string                 `json:"approval_id"`
		Verdict    string                 `json:"verdict"`
		Vote       countersign.Vote       `json:"vote"`
		Code       countersign.ReasonCode `json:"code"`
		Reason     string                 `json:"reason"`
		Why        string                 `json:"why"`
		What       string                 `json:"what"`
		Result     string                 `json:"result"`
		Outcome    countersign.Outcome    `json:"outcome"`
		Screening  string                 `json:"screening"`
		Change     string                 `json:"change"`
	}
	if e.Decode(&about) != nil {
		return facts{}
	}
	return facts{
		approval: about.ApprovalID, code: string(about.Code),
		decision: first(about.Verdict, string(about.Vote.Verdict)),
		reason:   first(about.Why, about.Reason, about.What, about.Vote.Reason),
		outcome:  first(about.Result, string(about.Outcome.Status), about.Screening, about.Change),
	}
}

func intentFacts(e audit.Entry, in audit.Intent) facts {
	f := facts{
		approval: in.ApprovalID, initiator: in.InitiatorID, policies: in.Policies,
		decision: string(in.Decision.Verdict), code: string(in.Decision.Code), reason: in.Decision.Reason,
		wallet: in.Request.WalletID, network: in.Request.Network,
	}
	if in.Decoded != nil {
		f.function = in.Decoded.Function
	}
	switch {
	case in.Request.Transfer != nil:
		t := in.Request.Transfer
		f.recipient, f.asset, f.amount = checksummed(t.To), checksummed(first(t.Asset, t.Kind)), t.Amount.String()
	case in.Request.Call != nil:
		f.recipient, f.asset, f.amount = checksummed(in.Request.Call.To), "Native", in.Request.Call.Value.String()
	}
	for _, facet := range e.Record.Facets() {
		if address := checksummed(facet.Value); facet.Name == audit.FacetContract && !slices.Contains(f.contracts, address) {
			f.contracts = append(f.contracts, address)
		}
	}
	return f
}

// checksummed is an EVM address with its checksum; any other text as it is.
func checksummed(s string) string {
	address, err := eip55.Parse(s)
	if err != nil {
		return s
	}
	return eip55.Format(address)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
