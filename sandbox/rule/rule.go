// Package rule decides whether a policy triggers: it holds the rule kinds of DFNS that
// can be evaluated on one machine, their configurations and what each says of an
// activity.
//
// A rule is asked a [Question]: what would move, what moved before, what it is worth and
// what screening providers say of the other side. Where the answer cannot be read, the
// rule fails closed: it triggers. Amounts, limits and prices are exact: integers in
// minimum units, and decimals that never become floats. The package is pure.
//
// Kinds, configurations and limits are those of OpenAPI 2.0.155.
package rule

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/dfns"
)

// Rule says when a policy triggers, as policies carry it.
type Rule struct {
	Kind          string          `json:"kind"`
	Configuration json.RawMessage `json:"configuration,omitempty"`
}

// Movement is what an activity would move, or moved. The zero Movement moves nothing that
// a rule could read.
type Movement struct {
	Transfer bool   // it was asked for as a transfer
	Network  string // by DFNS's name
	Hex      bool   // addresses of the network are hexadecimal, so their case says nothing

	// Asset is DFNS's token identifier, native:eth or erc20:0x… in lower case. "" means that
	// the activity is no plain value transfer: nothing of it can be read.
	Asset  string
	Amount *big.Int // minimum units
	Party  string   // the other side: the recipient, or the sender of what comes in
}

// Question is what a rule is asked about.
type Question struct {
	Movement
	Now    time.Time
	Minute time.Duration // how long a minute of a timeframe is; time.Minute unless time is scaled

	// Past returns what the wallet was asked to move after since, and was not refused, in any
	// order and without the present activity.
	Past  func(since time.Time) ([]Movement, error)
	Facts Facts
}

// Facts is what a rule may ask about the world.
type Facts interface {
	// Price returns what one whole unit of an asset is worth. An asset without a price is
	// an error.
	Price(network, asset string) (Price, error)
	// Screening returns what the providers say of an address; an error is their failure.
	Screening(address string) (Screening, error)
}

// Price is what 10^Decimals minimum units are worth.
type Price struct {
	USD      *big.Rat
	Decimals int
}

// Finding is what a rule says of an activity.
type Finding struct {
	Triggered bool
	Reason    string
	Context   *Context // only of amount rules that could read the amount
}

// Context is the context of a finding, as evaluations show it.
type Context struct {
	TransactionAmount Money `json:"transactionAmount"`
}

// Money is an amount of a currency.
type Money struct {
	Value    string `json:"value"` // decimal
	Currency string `json:"currency"`
}

// configuration is the configuration of one kind of rule.
type configuration interface {
	// check refuses what the schema allows in form and not in value, as a 400 or 501.
	check() error
	// find answers q. An error is the platform's, not the activity's.
	find(q Question) (Finding, error)
}

// kinds makes an empty configuration of each kind.
var kinds = map[string]func() configuration{
	"AlwaysTrigger":                       func() configuration { return new(always) },
	"TransactionRecipientWhitelist":       func() configuration { return new(whitelist) },
	"TransactionAmountLimit":              func() configuration { return new(amountLimit) },
	"TransactionAmountLimitNominal":       func() configuration { return new(nominalLimit) },
	"TransactionAmountVelocity":           func() configuration { return new(amountVelocity) },
	"TransactionCountVelocity":            func() configuration { return new(countVelocity) },
	"ChainalysisTransactionPrescreening":  func() configuration { return new(chainalysisOut) },
	"ChainalysisTransactionScreening":     func() configuration { return new(chainalysisIn) },
	"EllipticTransactionPrescreening":     func() configuration { return new(elliptic) },
	"GlobalLedgerTransactionPrescreening": func() configuration { return new(globalLedger) },
	"TravelRuleTransactionPrescreening":   func() configuration { return new(travelRule) },
}

// foreign are the kinds that DFNS has and the sandbox cannot evaluate.
var foreign = []string{"ChainalysisQuarantineScreening"}

// Check refuses, as a 400, a rule of no kind or with a configuration that its kind does not
// take and, as a 501 by name, one that DFNS has and the sandbox cannot evaluate.
func (r Rule) Check() error {
	_, err := r.read()
	return err
}

func (r Rule) read() (configuration, error) {
	if slices.Contains(foreign, r.Kind) {
		return nil, dfns.NotImplemented("rule %s", r.Kind)
	}
	empty, known := kinds[r.Kind]
	if !known {
		return nil, dfns.BadRequest("rule.kind %q is not a rule kind", r.Kind)
	}
	c := empty()
	if err := dfns.DecodeComplete(r.Configuration, c, "rule.configuration"); err != nil {
		return nil, err
	}
	return c, c.check()
}

// Find tells whether the rule triggers, and why. It fails only when the rule was never
// checked or the past cannot be read.
func (r Rule) Find(q Question) (Finding, error) {
	c, err := r.read()
	if err != nil {
		return Finding{}, err
	}
	f, err := c.find(q)
	f.Reason = r.Kind + ": " + f.Reason
	return f, err
}

// triggers and passes are the two findings.
func triggers(reason string) Finding { return Finding{Triggered: true, Reason: reason} }
func passes(reason string) Finding   { return Finding{Reason: reason} }

type always struct{}

func (*always) check() error { return nil }
func (*always) find(Question) (Finding, error) {
	return triggers("every activity that matches the filters triggers"), nil
}

type whitelist struct {
	Addresses []string `json:"addresses"`
}

func (w *whitelist) check() error {
	if slices.Contains(w.Addresses, "") {
		return dfns.BadRequest("rule.configuration.addresses holds an empty address")
	}
	return nil
}

func (w *whitelist) find(q Question) (Finding, error) {
	if why := q.unreadable(); why != "" {
		return triggers(why), nil
	}
	listed := func(address string) bool {
		return address == q.Party || q.Hex && strings.EqualFold(address, q.Party)
	}
	if slices.ContainsFunc(w.Addresses, listed) {
		return passes("the recipient is listed"), nil
	}
	return triggers("recipient " + q.Party + " is not listed"), nil
}

// unreadable says why a movement is no transfer of a value that can be read, or "".
func (m Movement) unreadable() string {
	switch {
	case m.Asset == "" || m.Amount == nil:
		return "amount and recipient cannot be read, because this is no plain transfer of a value"
	case m.Amount.Sign() == 0:
		return "the activity moves no value"
	}
	return ""
}
