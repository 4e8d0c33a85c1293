package risk_test

import (
	"math/big"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/risk"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// The names are wire format: one may be added at the end, none may change.
func TestNamesNeverChange(t *testing.T) {
	classes := []risk.Set{
		risk.Value, risk.Recipient, risk.Allowance, risk.UnlimitedAllowance, risk.Delegatecall, risk.Upgrade, risk.Ownership, risk.Role,
		risk.Threshold, risk.Guard, risk.Module, risk.SelfDestruct, risk.Deferred, risk.Executor, risk.OpaqueData,
	}
	const golden = "value,recipient,allowance,unlimited_allowance,delegatecall,upgrade,ownership,role," +
		"threshold,guard,module,self_destruct,deferred,executor,opaque_data"
	var all risk.Set
	for i, name := range strings.Split(golden, ",") {
		if classes[i] != 1<<i || classes[i].String() != name {
			t.Errorf("class %d is %d, %q; want %d, %q", i, classes[i], classes[i], 1<<i, name)
		}
		all |= classes[i]
	}
	if got := all.String(); got != golden {
		t.Errorf("all classes are %q, want %q", got, golden)
	}
	if got := risk.Set(0).Names(); got == nil || len(got) != 0 {
		t.Errorf("no classes are %#v, want an empty list", got)
	}
	if beyond := ^all; beyond.String() != "" {
		t.Errorf("bits without a class are called %q", beyond)
	}
}

func TestHas(t *testing.T) {
	for _, tt := range []struct {
		name     string
		s, other risk.Set
		want     bool
	}{
		{"one of two", risk.Value | risk.Role, risk.Role, true},
		{"both of two", risk.Value | risk.Role, risk.Value | risk.Role, true},
		{"one that is not there", risk.Value, risk.Role, false},
		{"one that is there and one that is not", risk.Value, risk.Value | risk.Role, false},
		{"nothing is always there", 0, 0, true},
		{"an empty set has no class", 0, risk.Value, false},
	} {
		if got := tt.s.Has(tt.other); got != tt.want {
			t.Errorf("%s: %q has %q = %t, want %t", tt.name, tt.s, tt.other, got, tt.want)
		}
	}
}

// classes is what a call of a signature is sorted into; the arguments are encoded
// by go-ethereum, as one row of values.
func classes(t *testing.T, signature string, args ...any) string {
	t.Helper()
	f := calldata.MustABI(signature).Functions()[0]
	classify := risk.Classify(f)
	if classify == nil {
		return ""
	}
	data, err := inputs(t, signature).Pack(args...)
	if err != nil {
		t.Fatalf("pack %s: %v", signature, err)
	}
	var c calldata.Call
	if err := f.DecodeInto(&c, data); err != nil {
		t.Fatalf("decode %s: %v", signature, err)
	}
	return classify(&c).String()
}

func inputs(t *testing.T, signature string) (all abi.Arguments) {
	t.Helper()
	s, err := abi.ParseSelector(signature)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range s.Inputs {
		typ, err := abi.NewType(in.Type, "", in.Components)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, abi.Argument{Name: in.Name, Type: typ})
	}
	return all
}

// power is 2^n + d.
func power(n uint, d int64) *big.Int {
	return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(d))
}
