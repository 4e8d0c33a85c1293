// Package facet has what records of the trail can be found by, and reads it out of their bodies.
//
// Facets are for finding only: what is true stands in the record. All of them follow from what
// was signed, so that whoever holds a record can say by what it is found.
package facet

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"countersign"
)

// A Facet is something that a record can be found by.
type Facet struct {
	Name, Value string
}

// The names of facets. Wire format: they are the parameters of the query API.
const (
	Approval  = "approval"
	Wallet    = "wallet"
	Network   = "network"
	Initiator = "initiator"
	Approver  = "approver" // a person whose vote the record tells
	Decision  = "decision"
	Policy    = "policy"
	Contract  = "contract" // as in Set.Activity
	Lineage   = "lineage"  // the record's, and the approval, settlement or batch that it names
)

// More is the [Contract] of a record that has no room for all of its contracts: whoever looks
// for any contract has to see it.
const More = "*"

// A Set gathers the facets of one record, each once.
type Set struct {
	all      []Facet
	seen     map[Facet]bool
	approval bool // there is one
}

// All are the facets in the order in which they were added.
func (s *Set) All() []Facet { return s.all }

// Add adds a facet, unless its value is empty.
func (s *Set) Add(name, value string) {
	f := Facet{name, value}
	if value == "" || s.seen[f] {
		return
	}
	if s.seen == nil {
		s.seen = map[Facet]bool{}
	}
	s.seen[f] = true
	s.all = append(s.all, f)
}

// Approval adds the approval that a record is about, and its lineage. A record is about one: the
// first that is added.
func (s *Set) Approval(id string) {
	if id == "" || s.approval {
		return
	}
	s.approval = true
	s.Add(Approval, id)
	s.Add(Lineage, countersign.ApprovalLineage(id))
}

// Thread adds the approval that a record's lineage begins with, where it begins with one.
func (s *Set) Thread(lineage string) {
	if id, ok := strings.CutPrefix(lineage, countersign.ApprovalLineage("")); ok {
		s.Approval(id)
	}
}

// Body adds what the body of a record names, as far as bodies of different types share their
// members. Of a body that cannot be read it adds nothing.
func (s *Set) Body(body json.RawMessage) {
	var about struct {
		ApprovalID   string             `json:"approval_id"`
		SettlementID string             `json:"settlement_id"`
		PartOf       string             `json:"part_of"`
		Batch        string             `json:"batch_id"`
		WalletID     string             `json:"wallet_id"`
		Network      string             `json:"network"`
		Wallets      []string           `json:"wallets"`
		Verdict      string             `json:"verdict"`
		Vote         countersign.Vote   `json:"vote"`
		Event        *countersign.Event `json:"event"`
		Request      struct {
			ApprovalID string `json:"approval_id"`
		} `json:"request"`
	}
	// A member of another kind than here is left out, and the rest is read.
	if err := json.Unmarshal(body, &about); err != nil && !errors.As(err, new(*json.UnmarshalTypeError)) {
		return
	}
	s.Approval(about.ApprovalID)
	s.Approval(about.Request.ApprovalID)
	for _, id := range []string{about.SettlementID, about.PartOf} {
		if id != "" {
			s.Add(Lineage, countersign.SettlementLineage(id))
		}
	}
	if about.Batch != "" {
		s.Add(Lineage, countersign.BatchLineage(about.Batch))
	}
	s.Add(Wallet, about.WalletID)
	for _, w := range about.Wallets {
		s.Add(Wallet, w)
	}
	s.Add(Network, about.Network)
	s.Add(Decision, about.Verdict)
	s.Add(Decision, string(about.Vote.Verdict))
	s.Add(Approver, about.Vote.UserID)
	if about.Event != nil {
		s.Add(Wallet, about.Event.WalletID)
	}
}

// Activity adds the contracts of what is asked for: those that are called, those whose tokens
// move, those whose code an account is given (EIP-7702), and the one that typed data is for.
// EVM addresses are 0x and 40 lower-case hex digits.
func (s *Set) Activity(a countersign.Activity) {
	calls := a.Operations
	if a.Call != nil {
		calls = append([]countersign.Call{*a.Call}, calls...)
	}
	for _, c := range calls {
		s.contract(c.To)
		for _, d := range c.Delegates {
			s.contract(d)
		}
	}
	if t := a.Transfer; t != nil {
		s.contract(t.Asset)
	}
	if t := a.TypedData; t != nil {
		s.contract(verifier(t.Domain))
	}
}

func (s *Set) contract(address string) { s.Add(Contract, strings.ToLower(address)) }

var addressForm = regexp.MustCompile(`^0[xX][0-9a-fA-F]{40}$`)

// verifier is the contract that a domain of typed data names (EIP-712).
func verifier(domain json.RawMessage) string {
	var d struct {
		Verifier string `json:"verifyingContract"`
	}
	if json.Unmarshal(domain, &d) != nil || !addressForm.MatchString(d.Verifier) {
		return ""
	}
	return d.Verifier
}
