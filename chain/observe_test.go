package chain_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"
)

// What is observed is the specimen's own pin, every time, and it verifies.
func TestObserveWritesThePinThatHolds(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.name, func(t *testing.T) {
			n := newFake(t, s.world).dial()
			for range 2 {
				got, err := chain.Observe(t.Context(), n, "0x"+strings.ToUpper(self[2:]), s.selectors...)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, s.pin) {
					t.Errorf("observed\n%+v\nwant\n%+v", got, s.pin)
				}
				if _, err := chain.Verify(t.Context(), n, []codepin.Pin{got}, s.selectors...); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A diamond with another storage than the reference implementation's bears no
// mark, so the selectors say what it is.
func TestObserveADiamondWithoutMarks(t *testing.T) {
	s := specimenOf("diamond")
	got, err := chain.Observe(t.Context(), newFake(t, s.world.coded(self, plain)).dial(), self, mint)
	want := codepin.Pin{
		Address: self, CodeHash: keccak(plain), Proxy: codepin.Diamond,
		Facets: map[string]codepin.Facet{mint: {Address: target, CodeHash: keccak(targetCode)}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("observed %+v, %v, want %+v", got, err, want)
	}
}

// Minimal proxies come in several forms, with data behind the code or without.
func TestMinimalForms(t *testing.T) {
	const short = "0x0000000022222222222222222222222222222222"
	for _, tt := range []struct {
		name, code, implementation string // no implementation: not a minimal proxy
	}{
		{"EIP-1167", clone(target), target},
		{"EIP-1167 with arguments behind it", clone(target) + "c0ffee", target},
		{"EIP-1167 with a vanity address", "363d3d373d3d3d363d6f" + short[10:] + "5af43d82803e903d91602757fd5bf3", short},
		{"ERC-7511", "365f5f375f5f365f73" + target[2:] + "5af43d5f5f3e5f3d91602a57fd5bf3", target},
		{"0age", "3d3d3d3d363d3d37363d73" + target[2:] + "5af43d3d93803e602a57fd5bf3", target},
		{"a byte short", clone(target)[:88], ""},
		{"the address cut", clone(target)[:40], ""},
		{"the wrong jump", strings.Replace(clone(target), "602b", "602c", 1), ""},
		{"the jump of another length", "363d3d373d3d3d363d6f" + short[10:] + "5af43d82803e903d91602b57fd5bf3", ""},
		{"a call instead of a delegation", strings.Replace(clone(target), "5af4", "5af1", 1), ""},
		{"something before it", "00" + clone(target), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world{self: {code: tt.code}, target: {code: targetCode}, short: {code: targetCode}}
			got, err := chain.Observe(t.Context(), newFake(t, w).dial(), self)
			want := codepin.Pin{Address: self, CodeHash: keccak(tt.code)}
			if tt.implementation != "" {
				want.Proxy, want.Implementation, want.ImplementationCodeHash = codepin.EIP1167, tt.implementation, keccak(targetCode)
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("observed %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestObserveRefusesWhatCannotBePinned(t *testing.T) {
	of := specimenOf
	for _, tt := range []struct {
		name      string
		world     world
		address   string
		selectors []string
		want      string
	}{
		{"no address", world{}, "mint", nil, "is no address"},
		{"a mistyped address", world{}, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", nil, "checksum"},
		{"no code", of("no proxy").world, nowhere, nil, "has no code"},
		{"a delegation", of("no proxy").world.coded(self, "ef0100"+target[2:]), self, nil, "EIP-7702 delegation to " + target},
		{"an implementation without code", of("eip1967").world.coded(target, ""), self, nil, "its implementation, " + target + ", has no code"},
		{"an implementation with a key", of("eip1967").world.coded(target, "ef0100"+upgraded[2:]), self, nil, "its implementation, " + target + ", has EIP-7702"},
		{"a Safe without singleton", of("safe").world.with(self, slotZero, word("0x0")), self, nil, "its implementation, " + zeroAddr},
		{"a proxy to itself", of("eip1967").world.with(self, slotLogic, word(self)), self, nil, "implementation: is the proxy itself"},
		{"two kinds", of("eip1967").world.with(self, slotZeppelinOS, word(target)), self, nil, "eip1967 and zeppelinos"},
		{"a slot in a minimal proxy", of("eip1167").world.with(self, slotBeacon, word(beacon)), self, nil, "eip1967-beacon and eip1167"},
		{"a beacon without code", of("eip1967-beacon").world.coded(beacon, ""), self, nil, "its beacon, " + beacon + ", has no code"},
		{"a beacon behind a proxy", of("eip1967-beacon").world.with(beacon, slotLogic, word(upgraded)), self, nil, "its beacon, " + beacon + ", bears the marks of eip1967"},
		{"a beacon that names nobody", of("eip1967-beacon").world.answering(beacon, callBeacon, word("0x0")), self, nil, "its implementation, " + zeroAddr},
		{"a diamond without selectors", of("diamond").world, self, nil, "name the selectors"},
		{"a diamond without the function", of("diamond").world.answering(self, loupe(mint), word("0x0")), self, []string{mint}, "the facet of " + mint + ", " + zeroAddr},
		{"a diamond and no selector", of("diamond").world, self, []string{"mint"}, "is no selector"},
		{"selectors of what is no diamond", of("eip1967").world, self, []string{mint}, "is eip1967 and no diamond"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := chain.Observe(t.Context(), newFake(t, tt.world).dial(), tt.address, tt.selectors...)
			if !errors.Is(err, codepin.ErrPin) || errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want ErrPin alone with %q", err, tt.want)
			}
			if !reflect.DeepEqual(p, codepin.Pin{}) {
				t.Errorf("a pin beside the error: %+v", p)
			}
		})
	}
}

// Who names selectors says that it is a diamond; one that does not answer is not
// known to be any.
func TestObserveWithSelectorsNeedsALoupe(t *testing.T) {
	s := specimenOf("no proxy")
	if _, err := chain.Observe(t.Context(), newFake(t, s.world).dial(), self, mint); !errors.Is(err, codepin.ErrUnknown) {
		t.Errorf("error %v, want ErrUnknown", err)
	}
}
