// Package universalrouter knows the language of Uniswap's Universal Router: a
// program of one byte per command, with an input for each whose layout depends on
// the command and on the version of the router. The same bytes mean other things
// to other versions.
package universalrouter

import (
	"maps"

	"countersign/calldata"
	"countersign/calldata/risk"
)

// A Command is one step: what its input looks like and what it puts at risk. A V4
// action is the same one level down.
type Command struct {
	// Layout is the command's name with the arguments that its input encodes, without
	// a selector.
	Layout *calldata.Function
	// Risks are those that every such command carries.
	Risks risk.Set
	// Allowance classifies the allowance that the command grants; nil for the others.
	Allowance risk.Classifier
	// Inside says what the input holds in turn.
	Inside Inside
}

// An Inside is what a command's two arguments, a program and its inputs, are
// written in.
type Inside uint8

// The insides.
const (
	Nothing  Inside = iota // the command ends here
	Commands               // commands of the same dialect
	Actions                // V4 actions
)

// A Dialect is the language of one version of the router.
type Dialect struct {
	// Mask keeps the bits of a command byte that name the command. Of the others 0x80
	// lets the command fail alone, and the router ignores the rest.
	Mask     byte
	Commands map[byte]Command
	Actions  map[byte]Command
}

// Of returns the dialect of a version: "v1.2", "v2" or "v2.1.1".
func Of(version string) (d Dialect, known bool) {
	d, known = dialects[version]
	return d, known
}

// Sources of the tables: Uniswap/universal-router (contracts/libraries/Commands.sol
// and base/Dispatcher.sol at v1.2, v2.0 and v2.1.1), Uniswap/v4-periphery
// (libraries/Actions.sol, V4Router.sol), Uniswap/sdks (routerCommands.ts), shared
// reference chain.md §2. Commands whose input is call data for contracts that only
// the router's code knows (NFT markets, position managers) are not in them: they
// are opaque.
var (
	common = map[byte]Command{
		0x02: {Layout: layout("PERMIT2_TRANSFER_FROM(address token,address recipient,uint160 amount)"), Risks: risk.Recipient},
		0x03: {Layout: layout("PERMIT2_PERMIT_BATCH(((address token,uint160 amount,uint48 expiration,uint48 nonce)[] details,address spender,uint256 sigDeadline) permit,bytes signature)"), Allowance: batchPermit},
		0x04: {Layout: layout("SWEEP(address token,address recipient,uint256 amountMin)"), Risks: risk.Recipient},
		0x05: {Layout: layout("TRANSFER(address token,address recipient,uint256 value)"), Risks: risk.Recipient},
		0x06: {Layout: layout("PAY_PORTION(address token,address recipient,uint256 bips)"), Risks: risk.Recipient},
		0x0a: {Layout: layout("PERMIT2_PERMIT(((address token,uint160 amount,uint48 expiration,uint48 nonce) details,address spender,uint256 sigDeadline) permit,bytes signature)"), Allowance: singlePermit},
		0x0b: {Layout: layout("WRAP_ETH(address recipient,uint256 amount)"), Risks: risk.Recipient},
		0x0c: {Layout: layout("UNWRAP_WETH(address recipient,uint256 amountMin)"), Risks: risk.Recipient},
		0x0d: {Layout: layout("PERMIT2_TRANSFER_FROM_BATCH((address from,address to,uint160 amount,address token)[] transfers)"), Risks: risk.Recipient},
		0x0e: {Layout: layout("BALANCE_CHECK_ERC20(address owner,address token,uint256 minBalance)")},
		0x21: {Layout: layout("EXECUTE_SUB_PLAN(bytes commands,bytes[] inputs)"), Inside: Commands},
	}
	swaps = map[byte]Command{
		0x00: {Layout: layout("V3_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,bytes path,bool payerIsUser)"), Risks: risk.Recipient},
		0x01: {Layout: layout("V3_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,bytes path,bool payerIsUser)"), Risks: risk.Recipient},
		0x08: {Layout: layout("V2_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,address[] path,bool payerIsUser)"), Risks: risk.Recipient},
		0x09: {Layout: layout("V2_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,address[] path,bool payerIsUser)"), Risks: risk.Recipient},
	}
	// From v2.1.1 on every swap takes a least price per hop.
	swapsWithHops = map[byte]Command{
		0x00: {Layout: layout("V3_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,bytes path,bool payerIsUser,uint256[] minHopPriceX36)"), Risks: risk.Recipient},
		0x01: {Layout: layout("V3_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,bytes path,bool payerIsUser,uint256[] minHopPriceX36)"), Risks: risk.Recipient},
		0x08: {Layout: layout("V2_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,address[] path,bool payerIsUser,uint256[] minHopPriceX36)"), Risks: risk.Recipient},
		0x09: {Layout: layout("V2_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,address[] path,bool payerIsUser,uint256[] minHopPriceX36)"), Risks: risk.Recipient},
	}
	version2 = map[byte]Command{
		0x10: {Layout: layout("V4_SWAP(bytes actions,bytes[] params)"), Inside: Actions},
		0x13: {Layout: layout("V4_INITIALIZE_POOL((address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey,uint160 sqrtPriceX96)"), Risks: risk.OpaqueData},
	}
	version211 = map[byte]Command{
		0x07: {Layout: layout("PAY_PORTION_FULL_PRECISION(address token,address recipient,uint256 portion)"), Risks: risk.Recipient},
		0x40: {Layout: layout("ACROSS_V4_DEPOSIT_V3((address depositor,address recipient,address inputToken,address outputToken,uint256 inputAmount,uint256 outputAmount,uint256 destinationChainId,address exclusiveRelayer,uint32 quoteTimestamp,uint32 fillDeadline,uint32 exclusivityDeadline,bytes message,bool useNative) params)"), Risks: risk.Recipient | risk.Deferred | risk.OpaqueData},
	}

	payments = map[byte]Command{
		0x0b: {Layout: layout("SETTLE(address currency,uint256 amount,bool payerIsUser)")},
		0x0c: {Layout: layout("SETTLE_ALL(address currency,uint256 maxAmount)")},
		0x0e: {Layout: layout("TAKE(address currency,address recipient,uint256 amount)"), Risks: risk.Recipient},
		0x0f: {Layout: layout("TAKE_ALL(address currency,uint256 minAmount)"), Risks: risk.Recipient},
		0x10: {Layout: layout("TAKE_PORTION(address currency,address recipient,uint256 bips)"), Risks: risk.Recipient},
	}
	swapActions = map[byte]Command{
		0x06: {Layout: layout("SWAP_EXACT_IN_SINGLE(((address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey,bool zeroForOne,uint128 amountIn,uint128 amountOutMinimum,bytes hookData) params)"), Risks: risk.OpaqueData},
		0x07: {Layout: layout("SWAP_EXACT_IN((address currencyIn,(address intermediateCurrency,uint24 fee,int24 tickSpacing,address hooks,bytes hookData)[] path,uint128 amountIn,uint128 amountOutMinimum) params)"), Risks: risk.OpaqueData},
		0x08: {Layout: layout("SWAP_EXACT_OUT_SINGLE(((address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey,bool zeroForOne,uint128 amountOut,uint128 amountInMaximum,bytes hookData) params)"), Risks: risk.OpaqueData},
		0x09: {Layout: layout("SWAP_EXACT_OUT((address currencyOut,(address intermediateCurrency,uint24 fee,int24 tickSpacing,address hooks,bytes hookData)[] path,uint128 amountOut,uint128 amountInMaximum) params)"), Risks: risk.OpaqueData},
	}
	swapActionsWithHops = map[byte]Command{
		0x06: {Layout: layout("SWAP_EXACT_IN_SINGLE(((address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey,bool zeroForOne,uint128 amountIn,uint128 amountOutMinimum,uint256 minHopPriceX36,bytes hookData) params)"), Risks: risk.OpaqueData},
		0x07: {Layout: layout("SWAP_EXACT_IN((address currencyIn,(address intermediateCurrency,uint24 fee,int24 tickSpacing,address hooks,bytes hookData)[] path,uint256[] minHopPriceX36,uint128 amountIn,uint128 amountOutMinimum) params)"), Risks: risk.OpaqueData},
		0x08: {Layout: layout("SWAP_EXACT_OUT_SINGLE(((address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey,bool zeroForOne,uint128 amountOut,uint128 amountInMaximum,uint256 minHopPriceX36,bytes hookData) params)"), Risks: risk.OpaqueData},
		0x09: {Layout: layout("SWAP_EXACT_OUT((address currencyOut,(address intermediateCurrency,uint24 fee,int24 tickSpacing,address hooks,bytes hookData)[] path,uint256[] minHopPriceX36,uint128 amountOut,uint128 amountInMaximum) params)"), Risks: risk.OpaqueData},
	}

	dialects = map[string]Dialect{
		"v1.2":   {Mask: 0x3f, Commands: merged(common, swaps)},
		"v2":     {Mask: 0x3f, Commands: merged(common, swaps, version2), Actions: merged(payments, swapActions)},
		"v2.1.1": {Mask: 0x7f, Commands: merged(common, swapsWithHops, version2, version211), Actions: merged(payments, swapActionsWithHops)},
	}
)

func merged(tables ...map[byte]Command) map[byte]Command {
	all := map[byte]Command{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

func singlePermit(c *calldata.Call) risk.Set { return risk.OfAllowance(c.At(0).At(0).At(1)) }

func batchPermit(c *calldata.Call) risk.Set {
	r := risk.Allowance
	for _, d := range c.At(0).At(0).List() {
		r |= risk.OfAllowance(d.At(1))
	}
	return r
}

func layout(signature string) *calldata.Function { return calldata.MustABI(signature).Functions()[0] }
