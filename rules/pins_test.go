package rules_test

import (
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata/risk"
	"countersign/chain/codepin"
	"countersign/rules"
)

const someHash = "0x1111111111111111111111111111111111111111111111111111111111111111"

// Every contract in the tree that is pinned is named once, whatever calls it how
// often.
func TestPinsOfEveryContractInTheTree(t *testing.T) {
	b := safeBook(approve, rules.Inner, risk.Delegatecall)
	for i := range b.Contracts {
		b.Contracts[i].Code = &codepin.Pin{CodeHash: someHash}
	}
	b.Contracts[2].Code = nil // MultiSend
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	got := b.Decide(t.Context(), batch(t, record(0, token, 0, mint), record(0, token, 0, mint)), now)
	var pinned []string
	for _, p := range got.Pins {
		pinned = append(pinned, strings.ToLower(p.Address))
	}
	if want := []string{safe, strings.ToLower(token)}; !slices.Equal(pinned, want) || got.Decision.Verdict != countersign.Approve {
		t.Errorf("pins of %v with %+v, want of %v", pinned, got.Decision, want)
	}
	if got := b.Decide(t.Context(), call(stranger, mint), now); len(got.Pins) != 0 {
		t.Errorf("pins %v of a contract that is not in the book", got.Pins)
	}
}

func TestADiamondIsPinnedForTheFunctionThatIsCalled(t *testing.T) {
	b := book(approve)
	b.Contracts[0].Code = &codepin.Pin{Proxy: codepin.Diamond, Facets: map[string]codepin.Facet{"0x40c10f19": {Address: stranger}}}
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	if got := b.Decide(t.Context(), call(token, mint), now); got.Decision.Verdict != countersign.Approve || len(got.Pins) != 1 {
		t.Errorf("decided %+v with pins %v", got.Decision, got.Pins)
	}
	if got := b.Decide(t.Context(), call(token, deposit), now); got.Decision.Code != countersign.CodeUnverified {
		t.Errorf("decided %+v, want code_unverified: the pin has no facet for deposit()", got.Decision)
	}
}

func TestPinsThatAreMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		pin  codepin.Pin
		want string
	}{
		{"nothing pinned", codepin.Pin{}, "code_hash"},
		{"another contract's address", codepin.Pin{Address: stranger, CodeHash: someHash}, "is another contract's"},
		{"a kind of proxy that is none", codepin.Pin{Proxy: "erc9999", CodeHash: someHash}, "erc9999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := book(approve)
			b.Contracts[0].Code = &tt.pin
			if err := b.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check = %v, want …%s…", err, tt.want)
			}
		})
	}
}
