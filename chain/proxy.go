package chain

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"countersign/chain/codepin"

	"github.com/ethereum/go-ethereum/crypto"
)

// slots are where each kind keeps its address, in the order in which they are read.
var slots = []struct {
	kind codepin.ProxyKind
	slot string
}{
	{codepin.EIP1967, slotBefore("eip1967.proxy.implementation")},
	{codepin.EIP1967Beacon, slotBefore("eip1967.proxy.beacon")},
	{codepin.EIP1822, crypto.Keccak256Hash([]byte("PROXIABLE")).Hex()},
	{codepin.ZeppelinOS, crypto.Keccak256Hash([]byte("org.zeppelinos.proxy.implementation")).Hex()},
	{codepin.Safe, "0x" + strings.Repeat("0", 64)},
}

// slotBefore is keccak256(name) - 1, which has no known preimage (EIP-1967).
func slotBefore(name string) string {
	h := crypto.Keccak256Hash([]byte(name)).Big()
	return fmt.Sprintf("0x%064x", h.Sub(h, big.NewInt(1)))
}

func slotOfKind(kind codepin.ProxyKind) string {
	for _, s := range slots {
		if s.kind == kind {
			return s.slot
		}
	}
	return ""
}

const (
	implementationCall = "0x5c60da1b" // implementation(), of a beacon (EIP-1967)
	facetAddressCall   = "0xcdffacc6" // facetAddress(bytes4) (EIP-2535)
)

// facetCall is the loupe's call data for a selector, padded on the right.
func facetCall(selector string) string {
	return facetAddressCall + strings.TrimPrefix(selector, "0x") + strings.Repeat("0", 56)
}

// marks are the questions whose answers show of which kind a contract is. What lies
// in slot 0 shows nothing and is not among them.
func marks(address string) []question {
	qs := []question{codeOf(address)}
	for _, s := range slots {
		if s.kind != codepin.Safe {
			qs = append(qs, slotOf(address, s.slot))
		}
	}
	return qs
}

// kinds returns every kind whose marks a contract bears. A slot that holds what is
// no address is an error, whatever the kind.
func (s *state) kinds(address string) (kinds []codepin.ProxyKind, err error) {
	c, err := s.contract(address)
	if err != nil {
		return nil, err
	}
	for _, k := range slots {
		if k.kind == codepin.Safe {
			continue
		}
		at, err := s.pointer(slotOf(address, k.slot))
		if err != nil {
			return nil, err
		}
		if at != noAddress {
			kinds = append(kinds, k.kind)
		}
	}
	if isSafe(c.code) {
		kinds = append(kinds, codepin.Safe)
	}
	if _, ok := minimal(c.code); ok {
		kinds = append(kinds, codepin.EIP1167)
	}
	if strings.Contains(string(c.code), diamondStorage) {
		kinds = append(kinds, codepin.Diamond)
	}
	return kinds, nil
}

// diamondStorage is where the reference implementation of EIP-2535 keeps its
// facets; its code names the place.
var diamondStorage = string(crypto.Keccak256([]byte("diamond.standard.diamond.storage")))

// isSafe knows a Safe's proxy by how its code begins: it loads slot 0, masked in
// versions 1.0.0 to 1.4.1, and in 1.5.0 compares with masterCopy().
func isSafe(code []byte) bool {
	return strings.HasPrefix(string(code), safeMasked) || strings.HasPrefix(string(code), safe150)
}

var (
	safeMasked = unhex("608060405273" + strings.Repeat("ff", 20) + "60005416")
	safe150    = unhex("6080604052600054" + "63a619486e")
)

// A minimalForm is what stands before and after an address of size bytes in the
// code of a minimal proxy. No form jumps behind its end: what follows is data.
type minimalForm struct {
	before, after string
	size          int
}

var minimalForms = append(standardForms(),
	minimalForm{unhex("365f5f375f5f365f73"), unhex("5af43d5f5f3e5f3d91602a57fd5bf3"), 20}, // ERC-7511
	minimalForm{unhex("3d3d3d3d363d3d37363d73"), unhex("5af43d3d93803e602a57fd5bf3"), 20}, // 0age
)

// standardForms are those of EIP-1167: the address may leave out leading zeros, and
// then PUSH20 is a shorter push and the jump goes less far ("Vanity Address
// Optimization").
func standardForms() (forms []minimalForm) {
	for size := 20; size > 0; size-- {
		forms = append(forms, minimalForm{
			before: unhex(fmt.Sprintf("363d3d373d3d3d363d%02x", 0x5f+size)),
			after:  unhex(fmt.Sprintf("5af43d82803e903d9160%02x57fd5bf3", 0x2b-(20-size))),
			size:   size,
		})
	}
	return forms
}

// minimal returns the implementation in a minimal proxy's code.
func minimal(code []byte) (address string, ok bool) {
	for _, f := range minimalForms {
		rest, ok := strings.CutPrefix(string(code), f.before)
		if ok && len(rest) >= f.size && strings.HasPrefix(rest[f.size:], f.after) {
			return fmt.Sprintf("0x%040x", rest[:f.size]), true
		}
	}
	return "", false
}

func unhex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // a literal of ours
	}
	return string(b)
}

// lower is an address as the chain writes it.
func lower(address string) string { return strings.ToLower(address) }

// noAddress is what an empty slot holds.
const noAddress = "0x0000000000000000000000000000000000000000"
