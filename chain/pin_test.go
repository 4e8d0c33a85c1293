package chain_test

import (
	"errors"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"
)

func TestCheck(t *testing.T) {
	good := func(name string) codepin.Pin { return specimenOf(name).pin }
	empty := keccak("")
	for _, tt := range []struct {
		name   string
		pin    codepin.Pin
		change func(*codepin.Pin)
		want   []string // of the error; none for a good pin
	}{
		{"the hash is optional at a proxy", good("eip1967"), func(p *codepin.Pin) { p.CodeHash, p.ImplementationCodeHash = "", "" }, nil},
		{"a checksummed address", good("eip1967"), func(p *codepin.Pin) { p.Address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" }, nil},
		{"a facet in the diamond itself", good("diamond"), func(p *codepin.Pin) { p.Facets[mint] = codepin.Facet{Address: self} }, nil},

		{"nothing", codepin.Pin{}, nil, []string{"address: is empty", "code_hash: is empty, so that nothing is pinned"}},
		{"an address alone", codepin.Pin{Address: self}, nil, []string{"code_hash: is empty, so that nothing is pinned"}},
		{"no address", good("no proxy"), func(p *codepin.Pin) { p.Address = "" }, []string{"address: is empty"}},
		{"a short address", good("no proxy"), func(p *codepin.Pin) { p.Address = "0x1234" }, []string{`address: "0x1234" is no address`}},
		{"no prefix", good("no proxy"), func(p *codepin.Pin) { p.Address = self[2:] }, []string{"address: "}},
		{"a mistyped address", good("no proxy"), func(p *codepin.Pin) { p.Address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD" }, []string{"fails its EIP-55 checksum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}},
		{"the zero address", good("no proxy"), func(p *codepin.Pin) { p.Address = zeroAddr }, []string{"address: is the zero address"}},
		{"a hash in upper case", good("no proxy"), func(p *codepin.Pin) { p.CodeHash = "0x" + strings.ToUpper(p.CodeHash[2:]) }, []string{"code_hash: ", "lower-case"}},
		{"a hash without prefix", good("no proxy"), func(p *codepin.Pin) { p.CodeHash = p.CodeHash[2:] }, []string{"code_hash: "}},
		{"the hash of no code", good("no proxy"), func(p *codepin.Pin) { p.CodeHash = empty }, []string{"code_hash: is the hash of no code"}},
		{"a hash of zeros", good("no proxy"), func(p *codepin.Pin) { p.CodeHash = slotZero }, []string{"code_hash: is the hash of no code"}},
		{"a line behind the hash", good("no proxy"), func(p *codepin.Pin) { p.CodeHash += "\n" }, []string{"code_hash: "}},
		{"an unknown kind", good("eip1967"), func(p *codepin.Pin) { p.Proxy = "EIP1967" }, []string{`proxy: "EIP1967" is not known`, "eip1967-beacon"}},
		{"no implementation", good("eip1967"), func(p *codepin.Pin) { p.Implementation = "" }, []string{"implementation: is empty"}},
		{"a zero implementation", good("eip1967"), func(p *codepin.Pin) { p.Implementation = zeroAddr }, []string{"implementation: is the zero address"}},
		{"a proxy to itself", good("eip1967"), func(p *codepin.Pin) { p.Implementation = "0x" + strings.ToUpper(self[2:]) }, []string{"implementation: is the proxy itself"}},
		{"a wrong implementation hash", good("eip1967"), func(p *codepin.Pin) { p.ImplementationCodeHash = "0x1" }, []string{"implementation_code_hash: "}},
		{"an implementation of no proxy", good("no proxy"), func(p *codepin.Pin) { p.Implementation = target }, []string{"implementation: is not used"}},
		{"an implementation's hash of no proxy", good("no proxy"), func(p *codepin.Pin) { p.ImplementationCodeHash = keccak(plain) }, []string{"implementation: is not used"}},
		{"a beacon of another kind", good("eip1967"), func(p *codepin.Pin) { p.Beacon = beacon }, []string{"beacon: is not used"}},
		{"a beacon's hash of another kind", good("eip1967"), func(p *codepin.Pin) { p.BeaconCodeHash = keccak(plain) }, []string{"beacon: is not used"}},
		{"no beacon", good("eip1967-beacon"), func(p *codepin.Pin) { p.Beacon = "" }, []string{"beacon: is empty"}},
		{"no implementation behind a beacon", good("eip1967-beacon"), func(p *codepin.Pin) { p.Implementation = "" }, []string{"implementation: is empty"}},
		{"a wrong beacon hash", good("eip1967-beacon"), func(p *codepin.Pin) { p.BeaconCodeHash = "x" }, []string{"beacon_code_hash: "}},
		{"no facets", good("diamond"), func(p *codepin.Pin) { p.Facets = nil }, []string{"facets: are empty"}},
		{"facets of another kind", good("eip1967"), func(p *codepin.Pin) { p.Facets = good("diamond").Facets }, []string{"facets: are not used"}},
		{"an implementation of a diamond", good("diamond"), func(p *codepin.Pin) { p.Implementation = target }, []string{"implementation: is not used"}},
		{"a selector in upper case", good("diamond"), func(p *codepin.Pin) { p.Facets["0x40C10F19"] = codepin.Facet{Address: target} }, []string{`"0x40C10F19" is no selector`}},
		{"a signature for a selector", good("diamond"), func(p *codepin.Pin) { p.Facets["mint(address)"] = codepin.Facet{Address: target} }, []string{"is no selector"}},
		{"a facet without address", good("diamond"), func(p *codepin.Pin) { p.Facets[mint] = codepin.Facet{CodeHash: keccak(plain)} }, []string{"facets." + mint + ".address: is empty"}},
		{"a facet with a wrong hash", good("diamond"), func(p *codepin.Pin) { p.Facets[mint] = codepin.Facet{Address: target, CodeHash: empty} }, []string{"facets." + mint + ".code_hash: "}},
		{
			"all mistakes at once", good("eip1967-beacon"),
			func(p *codepin.Pin) { p.Address, p.CodeHash, p.Implementation, p.Beacon = "x", "y", "", "z" },
			[]string{`address: "x"`, `code_hash: "y"`, "implementation: is empty", `beacon: "z"`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change != nil {
				tt.change(&tt.pin)
			}
			err := tt.pin.Check()
			if len(tt.want) == 0 && err != nil || len(tt.want) > 0 && !errors.Is(err, codepin.ErrPin) {
				t.Fatalf("Check = %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if err == nil {
				return
			}
			f := newFake(t, specimenOf("eip1967").world)
			n := f.dial()
			if _, err := chain.Verify(t.Context(), n, []codepin.Pin{tt.pin}); !errors.Is(err, codepin.ErrPin) || !errors.Is(err, codepin.ErrUnknown) || f.requests != 0 {
				t.Errorf("Verify = %v after %d requests, want ErrPin and ErrUnknown, and none", err, f.requests)
			}
		})
	}
}

func TestCheckAcceptsEverySpecimen(t *testing.T) {
	for _, s := range specimens() {
		if err := s.pin.Check(); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// What is called must be pinned, or nobody knows what runs.
func TestSelectorsOfADiamondMustBePinned(t *testing.T) {
	d := specimenOf("diamond")
	for _, tt := range []struct {
		name      string
		pins      []codepin.Pin
		selectors []string
		want      string
	}{
		{"one that is pinned", []codepin.Pin{d.pin}, []string{mint}, ""},
		{"none", []codepin.Pin{d.pin}, nil, ""},
		{"of no diamond they are not asked", []codepin.Pin{{Address: target, CodeHash: keccak(targetCode)}}, []string{"0xffffffff"}, ""},
		{"one that is not pinned", []codepin.Pin{d.pin}, []string{mint, "0xffffffff"}, "pins no facet for selector \"0xffffffff\""},
		{"no selector", []codepin.Pin{d.pin}, []string{"mint"}, "is no selector"},
		{"no pins", nil, nil, "no pins"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := chain.Verify(t.Context(), newFake(t, d.world).dial(), tt.pins, tt.selectors...)
			if tt.want == "" && err != nil {
				t.Fatal(err)
			}
			if tt.want != "" && (!errors.Is(err, codepin.ErrUnknown) || !errors.Is(err, codepin.ErrPin) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Verify = %v, want ErrUnknown and ErrPin with %q", err, tt.want)
			}
		})
	}
}
