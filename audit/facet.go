package audit

import "strings"

// A Facet is something that a record can be found by. Facets are for finding only: what
// is true stands in the record.
type Facet struct {
	Name, Value string
}

// The names of facets. Wire format: they are the parameters of the query API.
const (
	FacetApproval  = "approval"
	FacetWallet    = "wallet"
	FacetNetwork   = "network"
	FacetInitiator = "initiator"
	FacetDecision  = "decision"
	FacetPolicy    = "policy"
	FacetContract  = "contract" // 0x and 40 lower-case hex digits, of every call inside
	FacetLineage   = "lineage"
)

// maxFacets bounds those of one record: a request of a thousand calls is found by the
// first of its contracts.
const maxFacets = 64

// Facets are those of the record, without repetition.
func (r Record) Facets() []Facet { return r.facetsOf(nil) }

// facetsOf is Facets with the body that the record was made of, where that is known.
func (r Record) facetsOf(body any) []Facet {
	f := facets{seen: map[Facet]bool{}}
	f.add(FacetLineage, r.Lineage)
	in, known := body.(Intent)
	switch {
	case known:
		f.intent(in)
	case r.Type == DecisionIntent:
		if (Entry{Record: r}).Decode(&in) == nil {
			f.intent(in)
		}
	default:
		var about struct {
			ApprovalID string   `json:"approval_id"`
			WalletID   string   `json:"wallet_id"`
			Verdict    string   `json:"verdict"`
			Network    string   `json:"network"`
			Wallets    []string `json:"wallets"`
		}
		if (Entry{Record: r}).Decode(&about) == nil {
			f.add(FacetApproval, about.ApprovalID)
			f.add(FacetWallet, about.WalletID)
			f.add(FacetDecision, about.Verdict)
			f.add(FacetNetwork, about.Network)
			for _, w := range about.Wallets {
				f.add(FacetWallet, w)
			}
		}
	}
	return f.all
}

type facets struct {
	all  []Facet
	seen map[Facet]bool
}

func (f *facets) add(name, value string) {
	facet := Facet{name, value}
	if value == "" || f.seen[facet] || len(f.all) >= maxFacets {
		return
	}
	f.seen[facet] = true
	f.all = append(f.all, facet)
}

func (f *facets) intent(in Intent) {
	f.add(FacetApproval, in.ApprovalID)
	f.add(FacetDecision, string(in.Decision.Verdict))
	f.add(FacetInitiator, in.InitiatorID)
	f.add(FacetWallet, in.Request.WalletID)
	f.add(FacetNetwork, in.Request.Network)
	for _, p := range in.Policies {
		f.add(FacetPolicy, p)
	}
	if c := in.Request.Call; c != nil {
		f.add(FacetContract, strings.ToLower(c.To))
	}
	if t := in.Request.Transfer; t != nil {
		f.add(FacetContract, strings.ToLower(t.Asset))
	}
	for _, op := range in.Request.Operations {
		f.add(FacetContract, strings.ToLower(op.To))
	}
	if in.Decoded != nil {
		f.inside(in.Decoded.Inside)
	}
}

func (f *facets) inside(calls []DecodedCall) {
	for _, c := range calls {
		f.add(FacetContract, strings.ToLower(c.To))
		f.inside(c.Inside)
	}
}
