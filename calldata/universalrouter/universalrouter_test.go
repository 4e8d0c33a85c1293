package universalrouter_test

import (
	"strings"
	"testing"

	"countersign/calldata/risk"
	"countersign/calldata/universalrouter"
)

// A known is one command or action that a version has.
type known struct {
	code   byte
	layout string // its name and the types of its input
	risks  risk.Set
	grants bool // it grants an allowance
	inside universalrouter.Inside
}

const (
	details = "(address,uint160,uint48,uint48)"
	key     = "(address,address,uint24,int24,address)"
	hops    = "(address,uint24,int24,address,bytes)[]"
)

// What each version has, by hand from Commands.sol, Dispatcher.sol and V4Router.sol
// at v1.2, v2.0 and v2.1.1.
var (
	sameInAll = []known{
		{code: 0x02, layout: "PERMIT2_TRANSFER_FROM(address,address,uint160)", risks: risk.Recipient},
		{code: 0x03, layout: "PERMIT2_PERMIT_BATCH((" + details + "[],address,uint256),bytes)", grants: true},
		{code: 0x04, layout: "SWEEP(address,address,uint256)", risks: risk.Recipient},
		{code: 0x05, layout: "TRANSFER(address,address,uint256)", risks: risk.Recipient},
		{code: 0x06, layout: "PAY_PORTION(address,address,uint256)", risks: risk.Recipient},
		{code: 0x0a, layout: "PERMIT2_PERMIT((" + details + ",address,uint256),bytes)", grants: true},
		{code: 0x0b, layout: "WRAP_ETH(address,uint256)", risks: risk.Recipient},
		{code: 0x0c, layout: "UNWRAP_WETH(address,uint256)", risks: risk.Recipient},
		{code: 0x0d, layout: "PERMIT2_TRANSFER_FROM_BATCH((address,address,uint160,address)[])", risks: risk.Recipient},
		{code: 0x0e, layout: "BALANCE_CHECK_ERC20(address,address,uint256)"},
		{code: 0x21, layout: "EXECUTE_SUB_PLAN(bytes,bytes[])", inside: universalrouter.Commands},
	}
	swaps = []known{
		{code: 0x00, layout: "V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool)", risks: risk.Recipient},
		{code: 0x01, layout: "V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool)", risks: risk.Recipient},
		{code: 0x08, layout: "V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool)", risks: risk.Recipient},
		{code: 0x09, layout: "V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool)", risks: risk.Recipient},
	}
	swapsWithPrices = []known{
		{code: 0x00, layout: "V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool,uint256[])", risks: risk.Recipient},
		{code: 0x01, layout: "V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool,uint256[])", risks: risk.Recipient},
		{code: 0x08, layout: "V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool,uint256[])", risks: risk.Recipient},
		{code: 0x09, layout: "V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool,uint256[])", risks: risk.Recipient},
	}
	v4 = []known{
		{code: 0x10, layout: "V4_SWAP(bytes,bytes[])", inside: universalrouter.Actions},
		{code: 0x13, layout: "V4_INITIALIZE_POOL(" + key + ",uint160)", risks: risk.OpaqueData},
	}
	newIn211 = []known{
		{code: 0x07, layout: "PAY_PORTION_FULL_PRECISION(address,address,uint256)", risks: risk.Recipient},
		{code: 0x40, layout: "ACROSS_V4_DEPOSIT_V3((address,address,address,address,uint256,uint256,uint256,address,uint32,uint32,uint32,bytes,bool))",
			risks: risk.Recipient | risk.Deferred | risk.OpaqueData},
	}
	payments = []known{
		{code: 0x0b, layout: "SETTLE(address,uint256,bool)"},
		{code: 0x0c, layout: "SETTLE_ALL(address,uint256)"},
		{code: 0x0e, layout: "TAKE(address,address,uint256)", risks: risk.Recipient},
		{code: 0x0f, layout: "TAKE_ALL(address,uint256)", risks: risk.Recipient},
		{code: 0x10, layout: "TAKE_PORTION(address,address,uint256)", risks: risk.Recipient},
	}
	actions = []known{
		{code: 0x06, layout: "SWAP_EXACT_IN_SINGLE((" + key + ",bool,uint128,uint128,bytes))", risks: risk.OpaqueData},
		{code: 0x07, layout: "SWAP_EXACT_IN((address," + hops + ",uint128,uint128))", risks: risk.OpaqueData},
		{code: 0x08, layout: "SWAP_EXACT_OUT_SINGLE((" + key + ",bool,uint128,uint128,bytes))", risks: risk.OpaqueData},
		{code: 0x09, layout: "SWAP_EXACT_OUT((address," + hops + ",uint128,uint128))", risks: risk.OpaqueData},
	}
	actionsWithPrices = []known{
		{code: 0x06, layout: "SWAP_EXACT_IN_SINGLE((" + key + ",bool,uint128,uint128,uint256,bytes))", risks: risk.OpaqueData},
		{code: 0x07, layout: "SWAP_EXACT_IN((address," + hops + ",uint256[],uint128,uint128))", risks: risk.OpaqueData},
		{code: 0x08, layout: "SWAP_EXACT_OUT_SINGLE((" + key + ",bool,uint128,uint128,uint256,bytes))", risks: risk.OpaqueData},
		{code: 0x09, layout: "SWAP_EXACT_OUT((address," + hops + ",uint256[],uint128,uint128))", risks: risk.OpaqueData},
	}
)

// Every pair of a version and a byte is in the table, as a command and as an action.
func TestEveryByteOfEveryVersion(t *testing.T) {
	for version, want := range map[string]struct {
		mask              byte
		commands, actions [][]known
	}{
		"v1.2":   {0x3f, [][]known{sameInAll, swaps}, nil},
		"v2":     {0x3f, [][]known{sameInAll, swaps, v4}, [][]known{payments, actions}},
		"v2.1.1": {0x7f, [][]known{sameInAll, swapsWithPrices, v4, newIn211}, [][]known{payments, actionsWithPrices}},
	} {
		d, ok := universalrouter.Of(version)
		if !ok || d.Mask != want.mask {
			t.Errorf("%s: known %t, mask %02x, want %02x", version, ok, d.Mask, want.mask)
		}
		for code := range 256 {
			same(t, version+" command", d.Commands, want.commands, byte(code))
			same(t, version+" action", d.Actions, want.actions, byte(code))
		}
	}
}

func same(t *testing.T, what string, table map[byte]universalrouter.Command, want [][]known, code byte) {
	t.Helper()
	c, ok := table[code]
	var k *known
	for _, ks := range want {
		for i := range ks {
			if ks[i].code == code {
				k = &ks[i]
			}
		}
	}
	switch {
	case ok != (k != nil):
		t.Errorf("%s %02x: known %t, want %t", what, code, ok, k != nil)
	case !ok:
	case c.Layout.Signature != k.layout || c.Risks != k.risks || c.Inside != k.inside || (c.Allowance != nil) != k.grants:
		t.Errorf("%s %02x: %s with risks %q, inside %d, an allowance: %t\nwant %+v", what, code, c.Layout.Signature, c.Risks, c.Inside, c.Allowance != nil, *k)
	default:
		for i, in := range c.Layout.Inputs { // people are shown the names
			if in.Name == "" {
				t.Errorf("%s %02x: argument %d of %s has no name", what, code, i, k.layout)
			}
		}
	}
}

func TestOtherVersionsAreNotKnown(t *testing.T) {
	for _, version := range []string{"", "v1", "v1.3", "v2.0", "v2.1", "v2.1.2", "V2", "v2 ", "uniswap-ur-v2"} {
		if d, ok := universalrouter.Of(version); ok || d.Commands != nil {
			t.Errorf("version %q is known", version)
		}
	}
}

// A command whose input names a recipient says so.
func TestRecipientsAreARisk(t *testing.T) {
	for _, version := range []string{"v1.2", "v2", "v2.1.1"} {
		d, _ := universalrouter.Of(version)
		for code, c := range d.Commands {
			names := ""
			for _, in := range c.Layout.Inputs {
				names += " " + in.Name
			}
			if strings.Contains(names, " recipient") && !c.Risks.Has(risk.Recipient) {
				t.Errorf("%s command %02x: %s has a recipient and the risks %q", version, code, c.Layout.Name, c.Risks)
			}
		}
	}
}
