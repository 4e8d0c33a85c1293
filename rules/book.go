package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
	"countersign/calldata/words"
	"countersign/chain/codepin"
	"countersign/rules/source"
)

// A Rule decides one request. It must be safe to run again: the engine runs it
// once per decision, but a crash before the decision is recorded runs it anew.
// It must respect ctx, whose deadline is the book's.
type Rule func(ctx context.Context, r *Request) Decision

// A Book is a set of rules with a name. It is a literal, checked by [Book.Check]
// when the program starts; it must not change afterwards.
type Book struct {
	// Name and Version stand in every decision made by the book. Required.
	Name, Version string
	// Contracts lists every contract whose calls may be decided by machine.
	Contracts []Contract
	// Transfers lists every asset whose plain transfers may be.
	Transfers []Asset
	// Networks says more of the chains, by the custodian's name of each, for the words
	// that people read. Optional.
	Networks map[string]Network
	// Unscreened says why the addresses of requests need no screening, where the
	// deployment has a screener. Empty means that no approval stands before every
	// address in it is clear.
	Unscreened string
	// Source holds what the book's behaviour depends on, by file name: its Go files
	// (go:embed) and its configuration. Its digest stands in every decision.
	// Optional.
	Source map[string][]byte
}

// A Contract pins what we know about one address on one network.
type Contract struct {
	// Network is the custodian's name: "EthereumSepolia", in any case.
	Network string
	// Address is 0x and 40 hex digits; mixed case must be a valid EIP-55 checksum.
	Address string
	// Name is for people: "Test USD".
	Name string
	// Token says how amounts of the contract are told to people, where it is a token.
	// Optional; without it amounts are told in the smallest units.
	Token *words.Token
	// ABI holds the functions that may be decoded, pinned to this address. Required
	// unless there are Messages.
	ABI *calldata.ABI
	// Functions maps canonical signatures ("mint(address,uint256)") to rules. A
	// function of the ABI without a rule is decoded and then left to people.
	Functions map[string]Rule
	// Messages maps types of EIP-712 messages that the contract verifies, as encoded
	// ("Permit(address owner,…)", referenced structs behind), to rules.
	Messages map[string]Rule
	// Code pins the code that the ABI was written for: its hash and, for a proxy, the
	// implementation behind it. It is compared with the chain before a decision that
	// rests on it; where it differs or cannot be read, people decide. Its address may
	// be left out. Optional, and recommended for every proxy.
	Code *codepin.Pin
	// Protocol tells apart contracts that share signatures: see [calltree.Protocol].
	// Optional.
	Protocol calltree.Protocol
	// Risks names, by signature or message type, the classes of risk that the function's rule has
	// thought of. A call that carries another class is left to people before the rule
	// is asked; so is native value sent along, unless [risk.Value] is named. For a
	// wrapper it covers the calls inside as well.
	Risks map[string]risk.Set
}

// An Asset is what a plain transfer moves.
type Asset struct {
	// Network is the custodian's name of the chain, in any case.
	Network string
	// Kind is the custodian's transfer kind: "Native", "Erc20".
	Kind string
	// Locator is the asset within its kind: a token contract, where mixed case must
	// be a valid EIP-55 checksum; empty for Native.
	Locator string
	// Name and Decimals are for people.
	Name     string
	Decimals int
	Rule     Rule
}

// ErrBook means that a book cannot be used. The message lists every mistake.
var ErrBook = errors.New("rule book is wrong")

// Check reports every mistake in the book at once. A program must not start with
// a book that has one.
func (b *Book) Check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if b.Name == "" || b.Version == "" {
		bad("name %q and version %q: both are required, they stand in every decision", b.Name, b.Version)
	}
	if len(b.Contracts) == 0 && len(b.Transfers) == 0 {
		bad("no contracts and no transfers: every request would be left to people")
	}
	seen := map[key]bool{}
	for i, c := range b.Contracts {
		for _, err := range c.check() {
			bad("contract %d (%s %s): %w", i, c.Network, c.Address, err)
		}
		if seen[c.key()] {
			bad("contract %d: %s %s is listed twice", i, c.Network, c.Address)
		}
		seen[c.key()] = true
		name := key{network: strings.ToLower(c.Network), kind: "name", locator: c.label()}
		if seen[name] {
			bad("contract %d: another contract on %s is called %q: rules are halted by that name", i, c.Network, c.Name)
		}
		seen[name] = true
	}
	for i, t := range b.Transfers {
		if t.Network == "" || t.Kind == "" || t.Rule == nil {
			bad("transfer %d (%s %s): network, kind and rule are required", i, t.Network, t.Kind)
		}
		if _, err := ParseAddress(t.Locator); evm(t.Locator) && err != nil {
			bad("transfer %d (%s %s): %w", i, t.Network, t.Kind, err)
		}
		if seen[t.key()] {
			bad("transfer %d: %s %s %s is listed twice", i, t.Network, t.Kind, t.Locator)
		}
		seen[t.key()] = true
	}
	if len(errs) > 0 {
		return fmt.Errorf("%w: %w", ErrBook, errors.Join(errs...))
	}
	return nil
}

func (c Contract) check() (errs []error) {
	if c.Network == "" {
		errs = append(errs, errors.New("network is required"))
	}
	if _, err := ParseAddress(c.Address); err != nil {
		errs = append(errs, err)
	}
	if c.ABI == nil && len(c.Messages) == 0 {
		return append(errs, errors.New("ABI is required"))
	}
	for _, t := range slices.Sorted(maps.Keys(c.Messages)) {
		if c.Messages[t] == nil {
			errs = append(errs, fmt.Errorf("message type %q has no rule", t))
		}
	}
	for _, sig := range slices.Sorted(maps.Keys(c.Functions)) {
		if c.ABI == nil {
			errs = append(errs, fmt.Errorf("function %q has no ABI", sig))
		} else if _, ok := c.ABI.Function(sig); !ok {
			errs = append(errs, fmt.Errorf("function %q is not a canonical signature of the pinned ABI", sig))
		}
		if c.Functions[sig] == nil {
			errs = append(errs, fmt.Errorf("function %q has no rule", sig))
		}
	}
	for _, sig := range slices.Sorted(maps.Keys(c.Risks)) {
		if c.Functions[sig] == nil && c.Messages[sig] == nil {
			errs = append(errs, fmt.Errorf("risks are named for function %q, which has no rule", sig))
		}
	}
	if err := c.Protocol.Check(); err != nil {
		errs = append(errs, err)
	}
	if pin, pinned := c.pin(); pinned {
		if err := pin.Check(); err != nil {
			errs = append(errs, fmt.Errorf("code: %w", err))
		}
		if !strings.EqualFold(pin.Address, c.Address) {
			errs = append(errs, fmt.Errorf("code: address %s is another contract's", pin.Address))
		}
	}
	return errs
}

// pin returns the contract's code pin with its address.
func (c Contract) pin() (p codepin.Pin, pinned bool) {
	if c.Code == nil {
		return p, false
	}
	p = *c.Code
	p.Facets = maps.Clone(p.Facets)
	if p.Address == "" {
		p.Address = c.Address
	}
	return p, true
}

// detached copies what a rule could write to.
func (c Contract) detached() Contract {
	c.Functions, c.Risks = maps.Clone(c.Functions), maps.Clone(c.Risks)
	c.Messages = maps.Clone(c.Messages)
	if p, pinned := c.pin(); pinned {
		c.Code = &p
	}
	return c
}

// A key is what entries are looked up by. Networks are compared without regard to
// case, as addresses are.
type key struct{ network, kind, locator string }

func (c Contract) key() key {
	return key{network: strings.ToLower(c.Network), locator: strings.ToLower(c.Address)}
}

func (t Asset) key() key {
	k := key{network: strings.ToLower(t.Network), kind: "transfer/" + t.Kind, locator: t.Locator}
	if evm(t.Locator) { // other locators are exact
		k.locator = strings.ToLower(t.Locator)
	}
	return k
}

// evm reports whether a locator has the looks of an EVM address.
func evm(s string) bool { return len(s) == 42 && strings.HasPrefix(s, "0x") }

// Digest is that of Source: see [source.Digest].
func (b *Book) Digest() string { return source.Digest(b.Source) }
