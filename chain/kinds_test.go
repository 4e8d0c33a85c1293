package chain_test

import (
	"maps"
	"strings"

	"countersign/chain/codepin"
)

// Addresses of the tests, and what stands there.
const (
	self     = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	target   = "0x1111111111111111111111111111111111111111"
	upgraded = "0x2222222222222222222222222222222222222222"
	beacon   = "0x3333333333333333333333333333333333333333"
	nowhere  = "0x9999999999999999999999999999999999999999"

	plain      = "6001600055" // some code
	targetCode = "6002600055"
	otherCode  = "6003600055"
	beaconCode = "6004600055"

	zeroAddr = "0x0000000000000000000000000000000000000000"
)

// The slots and calls, as their standards print them.
const (
	slotLogic      = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
	slotBeacon     = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"
	slotProxiable  = "0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7"
	slotZeppelinOS = "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3"
	slotZero       = "0x0000000000000000000000000000000000000000000000000000000000000000"
	callBeacon     = "0x5c60da1b"

	mint, burn = "0x40c10f19", "0x42966c68"
)

// loupe is the call data of facetAddress(selector).
func loupe(selector string) string {
	return "0xcdffacc6" + selector[2:] + strings.Repeat("0", 56)
}

// clone is the code of EIP-1167.
func clone(address string) string {
	return "363d3d373d3d3d363d73" + address[2:] + "5af43d82803e903d91602b57fd5bf3"
}

// How the code of a Safe's proxy begins, of 1.0.0 to 1.4.1 and of 1.5.0.
const (
	safeProxy    = "608060405273ffffffffffffffffffffffffffffffffffffffff60005416" + "00"
	safeProxy150 = "608060405260005463a619486e" + "00"
)

// diamondCode names the reference implementation's storage.
const diamondCode = "7fc8fcad8db84d3cc18b4c41d551ea0ee66dd599cde068d998e57d5e09332c131c5400"

// A specimen is a contract of one kind, pinned as it is.
type specimen struct {
	name      string
	world     world
	pin       codepin.Pin
	selectors []string
}

// around adds what a proxy points to.
func around(a account) world {
	return world{self: a, target: {code: targetCode}, upgraded: {code: otherCode}}
}

// inSlot is a proxy that has its implementation in a slot.
func inSlot(kind codepin.ProxyKind, code, slot string) specimen {
	return specimen{
		name:  string(kind),
		world: around(account{code: code, slots: map[string]string{slot: word(target)}}),
		pin: codepin.Pin{
			Address: self, CodeHash: keccak(code), Proxy: kind,
			Implementation: target, ImplementationCodeHash: keccak(targetCode),
		},
	}
}

// specimens are one of each kind.
func specimens() []specimen {
	withBeacon := around(account{code: plain, slots: map[string]string{slotBeacon: word(beacon)}})
	withBeacon[beacon] = account{code: beaconCode, calls: map[string]string{callBeacon: word(target)}}
	return []specimen{
		{
			name: "no proxy", world: around(account{code: plain, slots: map[string]string{slotZero: word(target)}}),
			pin: codepin.Pin{Address: self, CodeHash: keccak(plain)},
		},
		inSlot(codepin.EIP1967, plain, slotLogic),
		inSlot(codepin.EIP1822, plain, slotProxiable),
		inSlot(codepin.ZeppelinOS, plain, slotZeppelinOS),
		inSlot(codepin.Safe, safeProxy, slotZero),
		inSlot(codepin.Safe, safeProxy150, slotZero),
		{
			name: "eip1167", world: around(account{code: clone(target)}),
			pin: codepin.Pin{
				Address: self, CodeHash: keccak(clone(target)), Proxy: codepin.EIP1167,
				Implementation: target, ImplementationCodeHash: keccak(targetCode),
			},
		},
		{
			name: "eip1967-beacon", world: withBeacon,
			pin: codepin.Pin{
				Address: self, CodeHash: keccak(plain), Proxy: codepin.EIP1967Beacon, Beacon: beacon, BeaconCodeHash: keccak(beaconCode),
				Implementation: target, ImplementationCodeHash: keccak(targetCode),
			},
		},
		{
			name:  "diamond",
			world: around(account{code: diamondCode, calls: map[string]string{loupe(mint): word(target), loupe(burn): word(self)}}),
			pin: codepin.Pin{Address: self, CodeHash: keccak(diamondCode), Proxy: codepin.Diamond, Facets: map[string]codepin.Facet{
				mint: {Address: target, CodeHash: keccak(targetCode)}, burn: {Address: self, CodeHash: keccak(diamondCode)},
			}},
			selectors: []string{mint, burn},
		},
	}
}

// specimenOf returns the first of a kind.
func specimenOf(name string) specimen {
	for _, s := range specimens() {
		if s.name == name {
			return s
		}
	}
	panic(name)
}

// with is a copy of w with one slot of an account set.
func (w world) with(address, slot, value string) world {
	out := maps.Clone(w)
	a := out[address]
	a.slots = maps.Clone(a.slots)
	if a.slots == nil {
		a.slots = map[string]string{}
	}
	a.slots[slot] = value
	out[address] = a
	return out
}

// coded is a copy of w with other code at an address.
func (w world) coded(address, code string) world {
	out := maps.Clone(w)
	a := out[address]
	a.code = code
	out[address] = a
	return out
}

// answering is a copy of w with another answer to a call.
func (w world) answering(address, data, value string) world {
	out := maps.Clone(w)
	a := out[address]
	a.calls = maps.Clone(a.calls)
	a.calls[data] = value
	out[address] = a
	return out
}
