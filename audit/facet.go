package audit

import (
	"strings"

	"countersign"
	"countersign/audit/facet"
)

// A Facet is something that a record can be found by; see package facet.
type Facet = facet.Facet

// The names of facets. Wire format: they are the parameters of the query API.
const (
	FacetApproval  = facet.Approval
	FacetWallet    = facet.Wallet
	FacetNetwork   = facet.Network
	FacetInitiator = facet.Initiator
	FacetApprover  = facet.Approver
	FacetDecision  = facet.Decision
	FacetPolicy    = facet.Policy
	FacetContract  = facet.Contract
	FacetLineage   = facet.Lineage
)

// Facets are those of the record, without repetition.
func (r Record) Facets() []Facet { return r.facetsOf(nil) }

// facetsOf is Facets with the body that the record was made of, where that is known.
func (r Record) facetsOf(body any) []Facet {
	var f facet.Set
	f.Add(FacetLineage, r.Lineage)
	in, known := body.(Intent)
	switch {
	case known:
		in.facets(&f)
	case r.Type == DecisionIntent:
		if (Entry{Record: r}).Decode(&in) == nil {
			in.facets(&f)
		}
	default:
		f.Body(r.Body)
	}
	f.Thread(r.Lineage) // of a delivery, say, whose body does not know
	return f.All()
}

func (in Intent) facets(f *facet.Set) {
	f.Approval(in.ApprovalID)
	f.Add(FacetDecision, string(in.Decision.Verdict))
	f.Add(FacetInitiator, in.InitiatorID)
	f.Add(FacetWallet, in.Request.WalletID)
	f.Add(FacetNetwork, in.Request.Network)
	for _, p := range in.Policies {
		f.Add(FacetPolicy, p)
	}
	contracts(f, in.Request, in.Decoded)
	for _, c := range in.Contracts {
		f.Add(FacetContract, c)
	}
	if in.MoreContracts > 0 {
		f.Add(FacetContract, facet.More)
	}
}

// Contracts are those of a request and of every call inside, as [facet.Set.Activity] writes
// them, each once.
func Contracts(a countersign.Activity, d *Decoded) (addresses []string) {
	var f facet.Set
	contracts(&f, a, d)
	for _, c := range f.All() {
		addresses = append(addresses, c.Value)
	}
	return addresses
}

func contracts(f *facet.Set, a countersign.Activity, d *Decoded) {
	f.Activity(a)
	if d != nil {
		inside(f, d.Inside)
	}
}

func inside(f *facet.Set, calls []DecodedCall) {
	for _, c := range calls {
		f.Add(FacetContract, strings.ToLower(c.To))
		inside(f, c.Inside)
	}
}
