package beside

import (
	"encoding/json"
	"strings"

	"countersign/audit"
)

// first are the facets that the first version gave a record. It is never changed: what
// [audit.Record.Facets] learns later is not here. With no more than these a record counts as one
// that an older version wrote.
func first(r audit.Record) (all []audit.Facet) {
	seen := map[audit.Facet]bool{}
	add := func(name, value string) {
		f := audit.Facet{Name: name, Value: value}
		if value != "" && !seen[f] && len(all) < 64 {
			seen[f] = true
			all = append(all, f)
		}
	}
	add(audit.FacetLineage, r.Lineage)
	if r.Type == audit.DecisionIntent {
		firstOfIntent(r, add)
		return all
	}
	var about struct {
		ApprovalID string   `json:"approval_id"`
		WalletID   string   `json:"wallet_id"`
		Verdict    string   `json:"verdict"`
		Network    string   `json:"network"`
		Wallets    []string `json:"wallets"`
	}
	if json.Unmarshal(r.Body, &about) != nil {
		return all
	}
	add(audit.FacetApproval, about.ApprovalID)
	add(audit.FacetWallet, about.WalletID)
	add(audit.FacetDecision, about.Verdict)
	add(audit.FacetNetwork, about.Network)
	for _, w := range about.Wallets {
		add(audit.FacetWallet, w)
	}
	return all
}

func firstOfIntent(r audit.Record, add func(name, value string)) {
	var in audit.Intent
	if json.Unmarshal(r.Body, &in) != nil {
		return
	}
	add(audit.FacetApproval, in.ApprovalID)
	add(audit.FacetDecision, string(in.Decision.Verdict))
	add(audit.FacetInitiator, in.InitiatorID)
	add(audit.FacetWallet, in.Request.WalletID)
	add(audit.FacetNetwork, in.Request.Network)
	for _, p := range in.Policies {
		add(audit.FacetPolicy, p)
	}
	if c := in.Request.Call; c != nil {
		add(audit.FacetContract, strings.ToLower(c.To))
	}
	if t := in.Request.Transfer; t != nil {
		add(audit.FacetContract, strings.ToLower(t.Asset))
	}
	for _, op := range in.Request.Operations {
		add(audit.FacetContract, strings.ToLower(op.To))
	}
	if in.Decoded != nil {
		firstInside(in.Decoded.Inside, add)
	}
}

func firstInside(calls []audit.DecodedCall, add func(name, value string)) {
	for _, c := range calls {
		add(audit.FacetContract, strings.ToLower(c.To))
		firstInside(c.Inside, add)
	}
}
