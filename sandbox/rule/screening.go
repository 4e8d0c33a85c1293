package rule

import (
	"fmt"
	"slices"
)

// Screening is what the providers say of an address. A provider that is left out has
// nothing against it.
type Screening struct {
	Chainalysis  Chainalysis  `json:"chainalysis,omitzero"`
	Elliptic     Elliptic     `json:"elliptic,omitzero"`
	GlobalLedger GlobalLedger `json:"globalLedger,omitzero"`
	Notabene     Notabene     `json:"notabene,omitzero"`
}

// Chainalysis is what Chainalysis KYT would answer. Category IDs are its own.
type Chainalysis struct {
	Unable    string  `json:"unable,omitempty"`
	Alerts    []Alert `json:"alerts,omitempty"`
	Direct    []int   `json:"direct,omitempty"`    // categories of direct exposure
	Addresses []int   `json:"addresses,omitempty"` // categories of the identified address
}

// Alert is one alert of Chainalysis's.
type Alert struct {
	Level      string `json:"level"` // LOW, MEDIUM, HIGH or SEVERE
	CategoryID int    `json:"categoryId"`
}

// Elliptic is what an Elliptic wallet analysis would answer.
type Elliptic struct {
	Unable     string   `json:"unable,omitempty"`
	RiskScore  Decimal  `json:"riskScore,omitzero"`   // 0 to 10
	RuleIDs    []string `json:"ruleIds,omitempty"`    // risk rules that matched, UUIDs
	Categories []string `json:"categories,omitempty"` // of the matched rules
}

// GlobalLedger is what Global Ledger would answer.
type GlobalLedger struct {
	Unable    string `json:"unable,omitempty"`
	RiskScore int    `json:"riskScore,omitempty"` // 0 to 100
	Alerts    int    `json:"alerts,omitempty"`    // how many
}

// Notabene is how the counterparty's side of the travel rule ended: Accepted, Rejected,
// Delivered (but not answered), or "" for no word at all.
type Notabene struct {
	Status string `json:"status,omitempty"`
}

// The reasons for which a provider may be unable to screen, as Unable has them.
const (
	UnableFailure = "Failure" // its API did not answer
	UnableNetwork = "Network" // it does not support the network
	UnableAsset   = "Asset"   // it does not support the asset
)

// levels are the levels of an alert, from the lowest.
var levels = []string{"LOW", "MEDIUM", "HIGH", "SEVERE"}

// Check refuses values that no provider would answer with.
func (s Screening) Check() error {
	for _, unable := range []string{s.Chainalysis.Unable, s.Elliptic.Unable, s.GlobalLedger.Unable} {
		if !slices.Contains([]string{"", UnableFailure, UnableNetwork, UnableAsset}, unable) {
			return fmt.Errorf("unable must be Failure, Network or Asset, not %q", unable)
		}
	}
	for _, a := range s.Chainalysis.Alerts {
		if !slices.Contains(levels, a.Level) {
			return fmt.Errorf("level of an alert must be LOW, MEDIUM, HIGH or SEVERE, not %q", a.Level)
		}
	}
	if !slices.Contains([]string{"", "Accepted", "Rejected", "Delivered"}, s.Notabene.Status) {
		return fmt.Errorf("status of notabene must be Accepted, Rejected or Delivered, not %q", s.Notabene.Status)
	}
	return nil
}

// skips says which activities that cannot be screened a rule lets pass.
type skips struct{ unscreenable, network, asset, failure bool }

// screen asks for what the providers say of the other side, and has read find an answer.
// An unreadable activity, an unable provider and an unreadable file trigger unless skipped.
func screen(q Question, s skips, unable func(Screening) string, read func(Screening) Finding) Finding {
	give := func(skip bool, why string) Finding {
		if skip {
			return passes(why + ", which the rule skips")
		}
		return triggers(why)
	}
	if q.Asset == "" || q.Party == "" {
		return give(s.unscreenable, "the activity cannot be screened")
	}
	said, err := q.Facts.Screening(q.Party)
	switch {
	case err != nil:
		return give(s.failure, "screening failed")
	case unable(said) == UnableFailure:
		return give(s.failure, "the provider failed")
	case unable(said) == UnableNetwork:
		return give(s.network, "the provider does not support network "+q.Network)
	case unable(said) == UnableAsset:
		return give(s.asset, "the provider does not support asset "+q.Asset)
	}
	return read(said)
}
