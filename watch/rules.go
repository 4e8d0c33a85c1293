package watch

import (
	"fmt"
	"os"
	"regexp"
	"slices"

	"countersign"
	"countersign/audit"
	"countersign/calldata"
	"countersign/chain/rule"
	"countersign/strictjson"
)

// FinalityBroken means that a chain has changed below a block that was final: it is followed no
// further. Wire format.
const FinalityBroken audit.AlarmCode = "finality_broken"

// A File says what is looked for on chains beside what comes to our wallets (docs/watching.md).
// Names are of a rule's own kind, and stand in its events after the kind: "function/mint".
type File struct {
	Transactions []TransactionRule `json:"transactions,omitempty"`
	Functions    []FunctionRule    `json:"functions,omitempty"`
	Events       []EventRule       `json:"events,omitempty"`
	Balances     []BalanceRule     `json:"balances,omitempty"`

	conditions Conditions
}

// A TransactionRule waits for transactions, whoever sends them: that they are in a block, and how
// they ended there. One that is in a block which was walked before is not told.
type TransactionRule struct {
	Network string `json:"network"`
	Name    string `json:"name"`
	// Hashes are 0x and 64 hex digits. They may be left out where [Conditions] have them.
	Hashes []string `json:"hashes,omitempty"`
}

// A FunctionRule looks for calls of a contract's function.
type FunctionRule struct {
	Network  string `json:"network"`
	Name     string `json:"name"`
	To       string `json:"to"`
	Function string `json:"function"` // with names: "mint(address to, uint256 amount)"
}

// An EventRule looks for an event of a contract.
type EventRule struct {
	Network  string `json:"network"`
	Name     string `json:"name"`
	Contract string `json:"contract"`
	Event    string `json:"event"` // with names: "Mint(address indexed to, uint256 amount)"
}

// A BalanceRule looks for a balance that goes to Low or below, or to High or above.
type BalanceRule struct {
	Network string             `json:"network"`
	Name    string             `json:"name"`
	Asset   string             `json:"asset,omitempty"` // a contract; empty for the native asset
	Holder  string             `json:"holder"`
	Low     countersign.Amount `json:"low"`
	High    countersign.Amount `json:"high"`
	// From is the first block that is looked at.
	From uint64 `json:"from,omitempty"`
}

// Conditions are in Go, by the name of the rule that they narrow: only what they are true of is
// told.
type Conditions struct {
	// Transactions are hashes that a rule waits for besides those of the file. They are asked
	// for anew for each block, so that the set may change.
	Transactions map[string]func() []string
	Functions    map[string]func(*calldata.Call) bool
	Events       map[string]func(rule.Args) bool
}

// LoadRules reads a file, or none where path is empty. A condition for a rule that is not in it
// is an error: it would be forgotten.
func LoadRules(path string, c Conditions) (File, error) {
	f := File{}
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return f, err
		}
		if err := strictjson.Exact(text, &f); err != nil {
			return f, err
		}
	}
	f.conditions = c
	for name := range c.Transactions {
		if !slices.ContainsFunc(f.Transactions, func(r TransactionRule) bool { return r.Name == name }) {
			return f, fmt.Errorf("transactions: hashes are built in for %q, and no rule has this name", name)
		}
	}
	for name := range c.Functions {
		if !slices.ContainsFunc(f.Functions, func(r FunctionRule) bool { return r.Name == name }) {
			return f, fmt.Errorf("functions: a condition is built in for %q, and no rule has this name", name)
		}
	}
	for name := range c.Events {
		if !slices.ContainsFunc(f.Events, func(r EventRule) bool { return r.Name == name }) {
			return f, fmt.Errorf("events: a condition is built in for %q, and no rule has this name", name)
		}
	}
	return f, nil
}

// Check fails when a rule is of a network that is not among those that are followed, or waits for
// what is no transaction.
func (f File) Check(networks []string) error {
	check := func(list string, i int, network string) error {
		if slices.Contains(networks, network) {
			return nil
		}
		return fmt.Errorf("%s[%d]: network %.60q has no node: add one to the nodes file", list, i, network)
	}
	for i, r := range f.Transactions {
		if err := check("transactions", i, r.Network); err != nil {
			return err
		}
		if err := r.check(f.conditions.Transactions[r.Name] != nil); err != nil {
			return fmt.Errorf("transactions[%d]: %w", i, err)
		}
	}
	for i, r := range f.Functions {
		if err := check("functions", i, r.Network); err != nil {
			return err
		}
	}
	for i, r := range f.Events {
		if err := check("events", i, r.Network); err != nil {
			return err
		}
	}
	for i, r := range f.Balances {
		if err := check("balances", i, r.Network); err != nil {
			return err
		}
	}
	return nil
}

// hash is 0x and 64 hex digits.
var hash = regexp.MustCompile(`^0x[0-9a-fA-F]{64}$`)

// check reads the hashes; without built-in ones there must be some.
func (r TransactionRule) check(builtIn bool) error {
	if len(r.Hashes) == 0 && !builtIn {
		return fmt.Errorf("hashes: rule %s waits for nothing: name a transaction", r.Name)
	}
	for i, h := range r.Hashes {
		if !hash.MatchString(h) {
			return fmt.Errorf("hashes[%d]: %.80q is not 0x and 64 hex digits", i, h)
		}
	}
	return nil
}

// waited are the hashes of the file and those that are built in.
func (r TransactionRule) waited(builtIn func() []string) func() []string {
	return func() []string {
		if builtIn == nil {
			return r.Hashes
		}
		return append(slices.Clone(r.Hashes), builtIn()...)
	}
}

// Of are the rules of a network: its own, and what comes to our addresses.
func (f File) Of(network string, ours func() []string) (rules rule.Rules) {
	rules.Deposits = []rule.Deposit{{Name: "deposit", Addresses: ours, Native: true, Taken: true}}
	for _, r := range f.Transactions {
		if r.Network == network {
			rules.Confirmed = append(rules.Confirmed, rule.Confirmed{Name: "transaction/" + r.Name, Hashes: r.waited(f.conditions.Transactions[r.Name])})
		}
	}
	for _, r := range f.Functions {
		if r.Network == network {
			rules.Calls = append(rules.Calls, rule.Call{Name: "function/" + r.Name, To: r.To, Function: r.Function, When: f.conditions.Functions[r.Name]})
		}
	}
	for _, r := range f.Events {
		if r.Network == network {
			rules.Logs = append(rules.Logs, rule.Log{Name: "event/" + r.Name, Contract: r.Contract, Event: r.Event, When: f.conditions.Events[r.Name]})
		}
	}
	for _, r := range f.Balances {
		if r.Network == network {
			rules.Thresholds = append(rules.Thresholds, rule.Threshold{Name: "balance/" + r.Name, Asset: r.Asset, Holder: r.Holder, Low: r.Low, High: r.High, From: r.From})
		}
	}
	return rules
}
