package risk_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

const (
	bounded   = "allowance"
	unlimited = "allowance,unlimited_allowance"
	spent     = "recipient,allowance"
)

var (
	bob = common.Address{0xb0, 0xb}
	rs  [32]byte
)

// amounts are those around every bound of an allowance.
var amounts = []struct {
	name   string
	amount *big.Int
	bits   int // that it needs
	want   string
}{
	{"nothing", big.NewInt(0), 0, bounded},
	{"one", big.NewInt(1), 1, bounded},
	{"the largest uint64", power(64, -1), 64, bounded},
	{"just below the largest uint96", power(96, -2), 96, bounded},
	{"the largest uint96", power(96, -1), 96, unlimited},
	{"2^96", power(96, 0), 97, bounded},
	{"just below the largest uint128", power(128, -2), 128, bounded},
	{"the largest uint128", power(128, -1), 128, unlimited},
	{"2^128", power(128, 0), 129, bounded},
	{"just below the largest uint160", power(160, -2), 160, bounded},
	{"the largest uint160", power(160, -1), 160, unlimited},
	{"2^160", power(160, 0), 161, bounded},
	{"2^255 - 1", power(255, -1), 255, bounded},
	{"2^255", power(255, 0), 256, unlimited},
	{"2^255 + 1", power(255, 1), 256, unlimited},
	{"just below the largest uint256", power(256, -2), 256, unlimited},
	{"the largest uint256", power(256, -1), 256, unlimited},
}

// permit2 are Permit2's structs, as go-ethereum wants them.
type (
	details = struct {
		Name0 common.Address `json:"name0"`
		Name1 *big.Int       `json:"name1"`
		Name2 *big.Int       `json:"name2"`
		Name3 *big.Int       `json:"name3"`
	}
	single = struct {
		Name0 details        `json:"name0"`
		Name1 common.Address `json:"name1"`
		Name2 *big.Int       `json:"name2"`
	}
	batch = struct {
		Name0 []details      `json:"name0"`
		Name1 common.Address `json:"name1"`
		Name2 *big.Int       `json:"name2"`
	}
)

func granted(amount *big.Int) details { return details{bob, amount, big.NewInt(1), big.NewInt(0)} }

func TestAllowancesByAmount(t *testing.T) {
	one := big.NewInt(1)
	for _, f := range []struct {
		signature string
		bits      int
		args      func(amount *big.Int) []any
	}{
		{"approve(address,uint256)", 256, func(a *big.Int) []any { return []any{bob, a} }},
		{"increaseAllowance(address,uint256)", 256, func(a *big.Int) []any { return []any{bob, a} }},
		{"increaseApproval(address,uint256)", 256, func(a *big.Int) []any { return []any{bob, a} }},
		{"approve(address,address,uint160,uint48)", 160, func(a *big.Int) []any { return []any{bob, bob, a, one} }},
		{"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", 256, func(a *big.Int) []any { return []any{bob, bob, a, one, uint8(27), rs, rs} }},
		{"permit(address,address,uint256,uint256,bytes)", 256, func(a *big.Int) []any { return []any{bob, bob, a, one, []byte{1}} }},
		{"permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)", 160, func(a *big.Int) []any {
			return []any{bob, single{granted(a), bob, one}, []byte{1}}
		}},
		{"permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)", 160, func(a *big.Int) []any {
			return []any{bob, batch{[]details{granted(one), granted(a), granted(one)}, bob, one}, []byte{1}}
		}},
	} {
		for _, tt := range amounts {
			if tt.bits > f.bits {
				continue
			}
			if got := classes(t, f.signature, f.args(tt.amount)...); got != tt.want {
				t.Errorf("%s of %s: %q, want %q", f.signature, tt.name, got, tt.want)
			}
		}
	}
}

func TestAllowancesWithoutAmount(t *testing.T) {
	one, max := big.NewInt(1), power(256, -1)
	type tokens = struct {
		Name0 common.Address `json:"name0"`
		Name1 *big.Int       `json:"name1"`
	}
	type allowed = struct {
		Name0 tokens   `json:"name0"`
		Name1 *big.Int `json:"name1"`
		Name2 *big.Int `json:"name2"`
	}
	for _, tt := range []struct {
		name, signature string
		args            []any
		want            string
	}{
		{"a smaller allowance", "decreaseAllowance(address,uint256)", []any{bob, max}, bounded},
		{"a smaller approval", "decreaseApproval(address,uint256)", []any{bob, max}, bounded},
		{"DAI's permit", "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", []any{bob, bob, one, one, true, uint8(27), rs, rs}, unlimited},
		{"DAI's permit taken back", "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", []any{bob, bob, one, one, false, uint8(27), rs, rs}, bounded},
		{"all tokens", "setApprovalForAll(address,bool)", []any{bob, true}, unlimited},
		{"no tokens", "setApprovalForAll(address,bool)", []any{bob, false}, bounded},
		{"an operator of ERC-6909", "setOperator(address,bool)", []any{bob, true}, unlimited + ",role"},
		{"no operator of ERC-6909", "setOperator(address,bool)", []any{bob, false}, bounded + ",role"},
		{"an empty batch of Permit2", "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)", []any{bob, batch{nil, bob, one}, []byte{1}}, bounded},
		{"a permit that is spent at once", "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)",
			[]any{allowed{tokens{bob, max}, one, one}, tokens{bob, max}, bob, []byte{1}}, spent},
	} {
		if got := classes(t, tt.signature, tt.args...); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, signature := range []string{ // whatever the arguments are
		"permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)",
		"permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)",
		"permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)",
	} {
		if got := whatever(signature); got != spent {
			t.Errorf("%s: %q, want %q", signature, got, spent)
		}
	}
}

func TestThePermitInA1inchSwap(t *testing.T) {
	const signature = "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes,bytes)"
	type description = struct {
		Name0 common.Address `json:"name0"`
		Name1 common.Address `json:"name1"`
		Name2 common.Address `json:"name2"`
		Name3 common.Address `json:"name3"`
		Name4 *big.Int       `json:"name4"`
		Name5 *big.Int       `json:"name5"`
		Name6 *big.Int       `json:"name6"`
	}
	one := big.NewInt(1)
	for permit, want := range map[string]string{"": "recipient,opaque_data", "signed": "recipient," + unlimited + ",opaque_data"} {
		if got := classes(t, signature, bob, description{bob, bob, bob, bob, one, one, one}, []byte(permit), []byte{1}); got != want {
			t.Errorf("permit %q: %q, want %q", permit, got, want)
		}
	}
}
