package words

import (
	"fmt"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/calltree"
)

// steps are the commands of Uniswap's Universal Router and the V4 actions inside of
// them, by the layouts of package universalrouter. Sources of the numbers that stand
// for something else: Uniswap/universal-router (Constants.sol, Payments.sol,
// V2SwapRouter.sol, V3SwapRouter.sol), Uniswap/v4-periphery (ActionConstants.sol,
// V4Router.sol).
var steps = map[string]func(*speech) string{
	"V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool)":                func(s *speech) string { return s.v3(true) },
	"V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool)":               func(s *speech) string { return s.v3(false) },
	"V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool,uint256[])":      func(s *speech) string { return s.v3(true) },
	"V3_SWAP_EXACT_OUT(address,uint256,uint256,bytes,bool,uint256[])":     func(s *speech) string { return s.v3(false) },
	"V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool)":            func(s *speech) string { return s.v2(true) },
	"V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool)":           func(s *speech) string { return s.v2(false) },
	"V2_SWAP_EXACT_IN(address,uint256,uint256,address[],bool,uint256[])":  func(s *speech) string { return s.v2(true) },
	"V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool,uint256[])": func(s *speech) string { return s.v2(false) },
	"PERMIT2_TRANSFER_FROM(address,address,uint160)": func(s *speech) string {
		return "move " + s.sum(s.arg(2), address(s.arg(0))) + " from " + caller + " to " + s.receiver(1)
	},
	"PERMIT2_TRANSFER_FROM_BATCH((address,address,uint160,address)[])": moves,
	"PERMIT2_PERMIT(((address,uint160,uint48,uint48),address,uint256),bytes)": func(s *speech) string {
		p := s.arg(0)
		return s.granted(p.At(0), address(p.At(1)), " of "+caller) + s.signed(p.At(2))
	},
	"PERMIT2_PERMIT_BATCH(((address,uint160,uint48,uint48)[],address,uint256),bytes)": func(s *speech) string {
		p := s.arg(0)
		return "for tokens of " + caller + s.signed(p.At(2)) + ": " +
			s.list(p.At(0).Len(), func(i int) string { return s.granted(p.At(0).At(i), address(p.At(1)), "") })
	},
	"SWEEP(address,address,uint256)": func(s *speech) string {
		return "send all " + s.currency(0) + " of the router, at least " + s.coins(2, 0) + ", to " + s.receiver(1)
	},
	"TRANSFER(address,address,uint256)": func(s *speech) string {
		if v, _ := s.arg(2).Amount(); v.Cmp(balance) == 0 && !isZero(s.arg(0)) {
			return "send all " + s.currency(0) + " of the router to " + s.receiver(1)
		}
		return "send " + s.coins(2, 0) + " of the router to " + s.receiver(1)
	},
	"PAY_PORTION(address,address,uint256)": func(s *speech) string {
		return "send " + s.arg(2).String() + "/10000 of the router's " + s.currency(0) + " to " + s.receiver(1)
	},
	"PAY_PORTION_FULL_PRECISION(address,address,uint256)": func(s *speech) string {
		return "send " + s.arg(2).String() + "/10^18 of the router's " + s.currency(0) + " to " + s.receiver(1)
	},
	"WRAP_ETH(address,uint256)": func(s *speech) string {
		v, _ := s.arg(1).Amount()
		if v.Cmp(balance) == 0 {
			return "wrap all native currency of the router, for " + s.receiver(0)
		}
		return "wrap " + s.native(v) + " of the router, for " + s.receiver(0)
	},
	"UNWRAP_WETH(address,uint256)": func(s *speech) string {
		v, _ := s.arg(1).Amount()
		return "unwrap all wrapped currency of the router, at least " + s.native(v) + ", to " + s.receiver(0)
	},
	"BALANCE_CHECK_ERC20(address,address,uint256)": func(s *speech) string {
		return "go on only if " + s.account(0) + " holds at least " + s.sum(s.arg(2), address(s.arg(1)))
	},
	"EXECUTE_SUB_PLAN(bytes,bytes[])": program,
	"V4_SWAP(bytes,bytes[])": func(s *speech) string {
		return "run " + count(len(s.node.Children), "action") + " of Uniswap V4 at " + s.self()
	},
	"SETTLE(address,uint256,bool)": func(s *speech) string {
		return "pay " + s.open(1, 0, "all that is owed of ") + " to the pools, by " + payer(s.arg(2))
	},
	"SETTLE_ALL(address,uint256)": func(s *speech) string {
		return "pay all that is owed of " + s.currency(0) + " to the pools, at most " + s.coins(1, 0) + ", by " + caller
	},
	"TAKE(address,address,uint256)": func(s *speech) string {
		return "take " + s.open(2, 0, "all that is due of ") + " from the pools to " + s.receiver(1)
	},
	"TAKE_ALL(address,uint256)": func(s *speech) string {
		return "take all that is due of " + s.currency(0) + " from the pools, at least " + s.coins(1, 0) + ", to " + caller
	},
	"TAKE_PORTION(address,address,uint256)": func(s *speech) string {
		return "take " + s.arg(2).String() + "/10000 of what is due of " + s.currency(0) + " from the pools to " + s.receiver(1)
	},
}

// caller is who called the router, or let it act.
const caller = "the caller of the router"

// balance is the number that stands for all that the router holds: 2^255.
var balance = countersign.MustAmount("57896044618658097711785492504343953926634992332820282019728792003956564819968")

// receiver is an argument: 1 stands for the caller of the router, 2 for the router.
func (s *speech) receiver(i int) string {
	switch a := address(s.arg(i)); a {
	case calltree.Address{19: 1}:
		return caller
	case calltree.Address{19: 2}:
		return "the router itself"
	default:
		return s.who(a)
	}
}

func payer(v calldata.Value) string {
	if user, _ := v.Bool(); user {
		return caller
	}
	return "the router"
}

// currency names the token in an argument; zero is the chain's own.
func (s *speech) currency(i int) string {
	if isZero(s.arg(i)) {
		return "native currency"
	}
	return s.asset(address(s.arg(i)))
}

// coins is an amount of the currency in another argument.
func (s *speech) coins(amount, currency int) string {
	a, _ := s.arg(amount).Amount()
	if isZero(s.arg(currency)) {
		return s.native(a)
	}
	return s.amount(a, address(s.arg(currency)))
}

// open is coins, where zero and 2^255 stand for something else.
func (s *speech) open(amount, currency int, zero string) string {
	a, _ := s.arg(amount).Amount()
	switch {
	case a.IsZero():
		return zero + s.currency(currency)
	case a.Cmp(balance) == 0:
		return "as much " + s.currency(currency) + " as the router holds"
	}
	return s.coins(amount, currency)
}

// v3 is (recipient, amount, limit, path, payerIsUser, …). A path is tokens of 20 bytes
// with fees of 3 between them, from the end where the output is exact.
func (s *speech) v3(exactIn bool) string {
	path, _ := s.arg(3).Bytes()
	if len(path) < 43 || (len(path)-20)%23 != 0 {
		return ""
	}
	text := s.swap(exactIn, calltree.Address(path[:20]), calltree.Address(path[len(path)-20:]), (len(path)-20)/23, "")
	for i := 0; i < len(path); i += 23 {
		s.mention(calltree.Address(path[i : i+20]))
	}
	return text
}

// v2 is v3 with a list of tokens, always in the order of the swap. An amount of zero
// means that the pool has been paid.
func (s *speech) v2(exactIn bool) string {
	path := s.arg(3)
	if path.Len() < 2 {
		return ""
	}
	first, last := address(path.At(0)), address(path.At(path.Len()-1))
	if !exactIn {
		first, last = last, first
	}
	return s.swap(exactIn, first, last, path.Len()-1, "what the pool was already paid of ")
}

// swap tells a swap of an exact amount of the token at hand for at least, or at most,
// a limit of the other one.
func (s *speech) swap(exactIn bool, exact, other calltree.Address, pools int, zero string) string {
	a, _ := s.arg(1).Amount()
	text, limit := s.amount(a, exact), s.sum(s.arg(2), other)
	switch {
	case !exactIn:
		text = "swap at most " + limit + " for " + text
	case a.Cmp(balance) == 0:
		text = "swap as much " + s.asset(exact) + " as the router holds for at least " + limit
	case a.IsZero() && zero != "":
		text = "swap " + zero + s.asset(exact) + " for at least " + limit
	default:
		text = "swap " + text + " for at least " + limit
	}
	if pools > 1 {
		text += " over " + count(pools, "pool")
	}
	return text + " to " + s.receiver(0) + ", paid by " + payer(s.arg(4))
}

// program is (commands, inputs, …): a bit of every command lets it fail alone.
func program(s *speech) string {
	commands, _ := s.arg(0).Bytes()
	text := "run " + count(len(s.node.Children), "step") + " at " + s.self()
	may := 0
	for _, c := range commands {
		may += int(c >> 7)
	}
	if may > 0 {
		text += atom(fmt.Sprintf(", %d of which may fail alone", may))
	}
	return text
}
