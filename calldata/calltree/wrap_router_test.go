package calltree_test

import (
	"bytes"
	"fmt"
	"slices"

	"countersign/calldata/calltree"
)

// Uniswap's Universal Router in each version. Layouts by hand from its Dispatcher
// and Commands at v1.2, v2.0 and v2.1.1, and v4-periphery's V4Router.

const plan = "(bytes,bytes[])"

// A step is one command or action with what its input encodes.
type step struct {
	code      byte
	signature string // name and types of the input
	args      []any
	risks     string // with its brackets, or nothing
}

func (s step) input() []byte { return pack(s.signature, s.args...)[4:] }

var (
	key        = tuple{"zero", "usdc", 500, 10, "zero"}
	keyWords   = "(address,address,uint24,int24,address)"
	hop        = tuple{"dai", 500, 10, "zero", []byte{}}
	hopWords   = "(address,uint24,int24,address,bytes)"
	allowed    = tuple{"usdc", 7, 1_700_000_000, 0}
	path       = []byte{0xaa}
	itsSwap    = []any{"bob", 1, 2, path, true}
	itsSwap2   = []any{"bob", 1, 2, list{"usdc", "dai"}, true}
	withPrices = func(args []any) []any { return append(slices.Clone(args), list{3, 4}) }
)

// steps12, steps2 and steps211 are every command of each version.
var (
	stepsOfAll = []step{
		{0x02, "PERMIT2_TRANSFER_FROM(address,address,uint160)", []any{"usdc", "bob", 1}, " {recipient}"},
		{0x03, "PERMIT2_PERMIT_BATCH(((address,uint160,uint48,uint48)[],address,uint256),bytes)", []any{tuple{list{allowed, allowed}, "bob", 9}, []byte{1}}, " {allowance}"},
		{0x04, "SWEEP(address,address,uint256)", []any{"usdc", "bob", 1}, " {recipient}"},
		{0x05, "TRANSFER(address,address,uint256)", []any{"usdc", "bob", 1}, " {recipient}"},
		{0x06, "PAY_PORTION(address,address,uint256)", []any{"usdc", "bob", 25}, " {recipient}"},
		{0x0a, "PERMIT2_PERMIT(((address,uint160,uint48,uint48),address,uint256),bytes)", []any{tuple{tuple{"usdc", maxUint160, 9, 0}, "bob", 9}, []byte{1}}, " {allowance,unlimited_allowance}"},
		{0x0b, "WRAP_ETH(address,uint256)", []any{"bob", 1}, " {recipient}"},
		{0x0c, "UNWRAP_WETH(address,uint256)", []any{"bob", 1}, " {recipient}"},
		{0x0d, "PERMIT2_TRANSFER_FROM_BATCH((address,address,uint160,address)[])", []any{list{tuple{"alice", "bob", 1, "usdc"}}}, " {recipient}"},
		{0x0e, "BALANCE_CHECK_ERC20(address,address,uint256)", []any{"alice", "usdc", 1}, ""},
	}
	swaps12 = []step{
		{0x00, "V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool)", itsSwap, " {recipient}"},
		{0x01, "V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool)", itsSwap, " {recipient}"},
		{0x08, "V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool)", itsSwap2, " {recipient}"},
		{0x09, "V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool)", itsSwap2, " {recipient}"},
	}
	swaps211 = []step{
		{0x00, "V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool,uint256[])", withPrices(itsSwap), " {recipient}"},
		{0x01, "V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool,uint256[])", withPrices(itsSwap), " {recipient}"},
		{0x08, "V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool,uint256[])", withPrices(itsSwap2), " {recipient}"},
		{0x09, "V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool,uint256[])", withPrices(itsSwap2), " {recipient}"},
	}
	pool    = step{0x13, "V4_INITIALIZE_POOL(" + keyWords + ",uint160)", []any{key, 79}, " {opaque_data}"}
	across  = step{0x40, "ACROSS_V4_DEPOSIT_V3((address,address,address,address,uint256,uint256,uint256,address,uint32,uint32,uint32,bytes,bool))", []any{tuple{"alice", "bob", "usdc", "dai", 1, 2, 10, "zero", 3, 4, 5, []byte{}, false}}, " {recipient,deferred,opaque_data}"}
	portion = step{0x07, "PAY_PORTION_FULL_PRECISION(address,address,uint256)", []any{"usdc", "bob", 25}, " {recipient}"}

	steps12  = slices.Concat(swaps12, stepsOfAll)
	steps2   = append(slices.Concat(swaps12, stepsOfAll), pool)
	steps211 = append(slices.Concat(swaps211, stepsOfAll), pool, portion, across)

	payActions = []step{
		{0x0b, "SETTLE(address,uint256,bool)", []any{"usdc", 1, true}, ""},
		{0x0c, "SETTLE_ALL(address,uint256)", []any{"usdc", 1}, ""},
		{0x0e, "TAKE(address,address,uint256)", []any{"usdc", "bob", 1}, " {recipient}"},
		{0x0f, "TAKE_ALL(address,uint256)", []any{"usdc", 1}, " {recipient}"},
		{0x10, "TAKE_PORTION(address,address,uint256)", []any{"usdc", "bob", 25}, " {recipient}"},
	}
	actions2 = append([]step{
		{0x06, "SWAP_EXACT_IN_SINGLE((" + keyWords + ",bool,uint128,uint128,bytes))", []any{tuple{key, true, 1, 2, []byte{1}}}, " {opaque_data}"},
		{0x07, "SWAP_EXACT_IN((address," + hopWords + "[],uint128,uint128))", []any{tuple{"usdc", list{hop}, 1, 2}}, " {opaque_data}"},
		{0x08, "SWAP_EXACT_OUT_SINGLE((" + keyWords + ",bool,uint128,uint128,bytes))", []any{tuple{key, false, 1, 2, []byte{}}}, " {opaque_data}"},
		{0x09, "SWAP_EXACT_OUT((address," + hopWords + "[],uint128,uint128))", []any{tuple{"usdc", list{hop, hop}, 1, 2}}, " {opaque_data}"},
	}, payActions...)
	actions211 = append([]step{
		{0x06, "SWAP_EXACT_IN_SINGLE((" + keyWords + ",bool,uint128,uint128,uint256,bytes))", []any{tuple{key, true, 1, 2, 3, []byte{1}}}, " {opaque_data}"},
		{0x07, "SWAP_EXACT_IN((address," + hopWords + "[],uint256[],uint128,uint128))", []any{tuple{"usdc", list{hop}, list{3}, 1, 2}}, " {opaque_data}"},
		{0x08, "SWAP_EXACT_OUT_SINGLE((" + keyWords + ",bool,uint128,uint128,uint256,bytes))", []any{tuple{key, false, 1, 2, 3, []byte{}}}, " {opaque_data}"},
		{0x09, "SWAP_EXACT_OUT((address," + hopWords + "[],uint256[],uint128,uint128))", []any{tuple{"usdc", list{hop, hop}, list{3, 4}, 1, 2}}, " {opaque_data}"},
	}, payActions...)
)

var versions = []struct {
	at             string
	via            calltree.Protocol
	steps, actions []step
}{
	{"router12", calltree.UniswapUR12, steps12, nil},
	{"router2", calltree.UniswapUR2, steps2, actions2},
	{"router211", calltree.UniswapUR211, steps211, actions211},
}

// routed is a call of a router with a program, and its root drawn.
func routed(router string, codes []byte, inputs ...[]byte) (data []byte, root string) {
	l := list{}
	for _, in := range inputs {
		l = append(l, in)
	}
	return pack(routerPlain, codes, l), "call " + router + " " + routerPlain
}

// planned is the input of a sub plan or of a list of actions.
func planned(codes []byte, inputs ...[]byte) []byte {
	data, _ := routed("", codes, inputs...)
	return data[4:]
}

func codesOf(steps []step) (codes []byte, inputs [][]byte) {
	for _, s := range steps {
		codes, inputs = append(codes, s.code), append(inputs, s.input())
	}
	return codes, inputs
}

// drawnSteps draws steps from what was encoded.
func drawnSteps(indent, at string, via calltree.Protocol, steps []step) (lines []string) {
	for _, s := range steps {
		lines = append(lines, fmt.Sprintf("%sstep %s %s [%s] via=%s%s", indent, at, s.signature, plain(s.args), via, s.risks))
	}
	return lines
}

// plain writes arguments as [calldata.Value] does.
func plain(args []any) string {
	var texts [][]byte
	for _, a := range args {
		switch a := a.(type) {
		case tuple:
			texts = append(texts, []byte("["+plain(a)+"]"))
		case list:
			texts = append(texts, []byte("["+plain(a)+"]"))
		case []byte:
			texts = append(texts, []byte("0x"+hexOf(a)))
		default:
			texts = append(texts, fmt.Append(nil, a))
		}
	}
	return string(bytes.Join(texts, []byte(" ")))
}
