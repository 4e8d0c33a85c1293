// Package codepin is what people know of the code at an address: the pin that a rule
// book gives beside an ABI, because an ABI is worth no more than the code behind it.
// The package is pure; package chain compares pins with a node.
package codepin

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"countersign/eip55"

	"github.com/ethereum/go-ethereum/crypto"
)

// A ProxyKind says where a contract keeps the address of the code that it runs.
// Wire format: add, never rename.
type ProxyKind string

// The kinds of proxy that can be pinned. The zero value is not a proxy; a contract
// pinned so must bear none of the marks of the others. A proxy of any other make
// bears no mark and passes for none: only reading its code tells.
const (
	// EIP1967 has its implementation in the slot of EIP-1967 "Logic contract
	// address": transparent and UUPS proxies.
	EIP1967 ProxyKind = "eip1967"
	// EIP1967Beacon asks the beacon in the slot of EIP-1967 "Beacon contract
	// address" for its implementation().
	EIP1967Beacon ProxyKind = "eip1967-beacon"
	// EIP1822 has its implementation in the slot keccak256("PROXIABLE").
	EIP1822 ProxyKind = "eip1822"
	// ZeppelinOS has its implementation in the slot
	// keccak256("org.zeppelinos.proxy.implementation"), from before EIP-1967. USDC
	// is one.
	ZeppelinOS ProxyKind = "zeppelinos"
	// Safe is a Safe's proxy, which has its singleton in slot 0 (safe-smart-account,
	// SafeProxy.sol, versions 1.0.0 to 1.5.0).
	Safe ProxyKind = "safe"
	// EIP1167 is a minimal proxy, whose implementation is part of its code and
	// cannot change. Those of ERC-7511 and of 0age's form, with PUSH0 or
	// RETURNDATASIZE for zero, count as well, and arguments after the code do not matter.
	EIP1167 ProxyKind = "eip1167"
	// Diamond has a facet for each selector and tells which by facetAddress(bytes4)
	// (EIP-2535 "Loupe").
	Diamond ProxyKind = "diamond"
)

// ErrChanged means that the chain says otherwise than a pin: the code that people
// have read is not the code that would run. No retry helps; people must read the
// new code and pin that.
var ErrChanged = errors.New("not as pinned")

// ErrUnknown means that the chain did not say: no answer, a refusal, or an answer
// that cannot be relied on. Decide nothing; asking again later may help.
var ErrUnknown = errors.New("not known from the chain")

// ErrPin means that a pin cannot be used as it is written, or that at an address
// there is nothing that can be pinned. Somebody must write another one.
var ErrPin = errors.New("no usable pin")

// A Pin is what people know of the code at an address. Write it from what
// chain.Observe answers, once the code has been read.
//
// An empty code hash is not compared. Pin all of them: the address of an
// implementation says nothing when its code can be destroyed and made anew, and a
// proxy's slot counts only as long as the proxy's own code reads that slot.
type Pin struct {
	// Address is where the contract is: 0x and 40 hex digits, in one case or with
	// the checksum of EIP-55, as are all addresses here. Required.
	Address string `json:"address"`
	// CodeHash is the Keccak-256 of the runtime code at Address: 0x and 64
	// lower-case hex digits, as are all hashes here. Required when Proxy is empty.
	CodeHash string `json:"code_hash,omitempty"`
	// Proxy is the kind of proxy; empty means that the contract is none, which is
	// checked too.
	Proxy ProxyKind `json:"proxy,omitempty"`
	// Implementation is the address of the code that the proxy runs. Required for
	// every kind of proxy but [Diamond].
	Implementation string `json:"implementation,omitempty"`
	// ImplementationCodeHash is the Keccak-256 of its code.
	ImplementationCodeHash string `json:"implementation_code_hash,omitempty"`
	// Beacon is the address that an [EIP1967Beacon] asks; required for it alone.
	Beacon string `json:"beacon,omitempty"`
	// BeaconCodeHash is the Keccak-256 of its code.
	BeaconCodeHash string `json:"beacon_code_hash,omitempty"`
	// Facets are the facets of a [Diamond], by selector: 0x and 8 lower-case hex
	// digits. They are what the diamond's loupe says, and the loupe is a facet too:
	// such a pin notices upgrades, but who may replace the loupe can have it lie.
	Facets map[string]Facet `json:"facets,omitempty"`
}

// A Facet is the code that a diamond runs for one selector.
type Facet struct {
	// Address is where it is; the diamond's own for a function that cannot be
	// replaced (EIP-2535 "Immutable functions"). Required.
	Address string `json:"address"`
	// CodeHash is the Keccak-256 of its code.
	CodeHash string `json:"code_hash,omitempty"`
}

// Check looks at the literal, without a chain: run it when the program starts. Its
// error wraps [ErrPin] and names every field that is wrong, and the remedy.
func (p Pin) Check() error {
	var errs []error
	field := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	field("address", CheckAddress(p.Address))
	field("code_hash", checkHash(p.CodeHash))
	field("proxy", p.Proxy.check())
	pointed := p.Proxy != "" && p.Proxy != Diamond
	field("implementation", p.used(pointed, p.Implementation, p.ImplementationCodeHash))
	field("implementation_code_hash", checkHash(p.ImplementationCodeHash))
	field("beacon", p.used(p.Proxy == EIP1967Beacon, p.Beacon, p.BeaconCodeHash))
	field("beacon_code_hash", checkHash(p.BeaconCodeHash))
	if p.Proxy == "" && p.CodeHash == "" {
		field("code_hash", errors.New("is empty, so that nothing is pinned: give the Keccak-256 of the code, or the kind of proxy"))
	}
	if p.Proxy == Diamond && len(p.Facets) == 0 {
		field("facets", errors.New("are empty, so that nothing is pinned: give the facet of each selector that is called"))
	}
	if p.Proxy != Diamond && len(p.Facets) > 0 {
		field("facets", fmt.Errorf("are not used: set proxy to %q or leave them out", Diamond))
	}
	for _, selector := range slices.Sorted(maps.Keys(p.Facets)) {
		f := p.Facets[selector]
		field("facets", CheckSelector(selector))
		field("facets."+selector+".address", CheckAddress(f.Address))
		field("facets."+selector+".code_hash", checkHash(f.CodeHash))
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %.60q: %w", ErrPin, p.Address, errors.Join(errs...))
}

// used checks an address that a kind of proxy needs, or must not have.
func (p Pin) used(needed bool, address, codeHash string) error {
	if !needed {
		if cmp.Or(address, codeHash) != "" {
			return fmt.Errorf("is not used by proxy %q: correct the kind of proxy or leave it out", p.Proxy)
		}
		return nil
	}
	if err := CheckAddress(address); err != nil {
		return err
	}
	if strings.EqualFold(address, p.Address) {
		return errors.New("is the proxy itself: give the address that it points to")
	}
	return nil
}

func (k ProxyKind) check() error {
	known := []ProxyKind{"", EIP1967, EIP1967Beacon, EIP1822, ZeppelinOS, Safe, EIP1167, Diamond}
	if slices.Contains(known, k) {
		return nil
	}
	return fmt.Errorf("%.60q is not known: want one of %q", k, known)
}

// noCode is the Keccak-256 of nothing.
var noCode = crypto.Keccak256Hash().Hex()

var (
	addressForm  = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
	hashForm     = regexp.MustCompile(`^0x[0-9a-f]{64}$`)
	selectorForm = regexp.MustCompile(`^0x[0-9a-f]{8}$`)
)

// CheckAddress returns an error unless s is 0x and 40 hex digits of some account. It
// refuses mixed case that fails the checksum of EIP-55: it was
// mistyped.
func CheckAddress(s string) error {
	if s == "" {
		return errors.New("is empty: give 0x and 40 hex digits")
	}
	if !addressForm.MatchString(s) {
		return fmt.Errorf("%.60q is no address: give 0x and 40 hex digits", s)
	}
	if a, err := eip55.Parse(s); err != nil {
		return fmt.Errorf("%w: compare it with its source", err)
	} else if a == ([20]byte{}) {
		return errors.New("is the zero address: give the address of a contract")
	}
	return nil
}

// checkHash refuses hashes that stand for no code. An empty one is not compared.
func checkHash(s string) error {
	switch {
	case s == "":
		return nil
	case !hashForm.MatchString(s):
		return fmt.Errorf("%.80q is no hash: give 0x and 64 lower-case hex digits", s)
	case s == noCode || strings.Trim(s[2:], "0") == "":
		return errors.New("is the hash of no code: give that of the code at the address")
	}
	return nil
}

// CheckSelector returns an error unless s is 0x and 8 lower-case hex digits.
func CheckSelector(s string) error {
	if !selectorForm.MatchString(s) {
		return fmt.Errorf("%.60q is no selector: give 0x and 8 lower-case hex digits", s)
	}
	return nil
}
