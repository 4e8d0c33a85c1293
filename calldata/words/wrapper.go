package words

import (
	"fmt"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

// wrappers are the functions that the tree unwraps, see [calltree.Wrappers]. Their
// calls have lines of their own; here stands how many there are, how they are made,
// and what the wrapper does besides.
var wrappers = map[string]func(*speech) string{
	"aggregate((address,bytes)[])":                    batch,
	"blockAndAggregate((address,bytes)[])":            batch,
	"tryAggregate(bool,(address,bytes)[])":            tried,
	"tryBlockAndAggregate(bool,(address,bytes)[])":    tried,
	"aggregate3((address,bool,bytes)[])":              func(s *speech) string { return batch(s) + s.mayFail(0, 1) },
	"aggregate3Value((address,bool,uint256,bytes)[])": func(s *speech) string { return batch(s) + s.mayFail(0, 1) },
	"multicall(address[],bytes[])":                    batch,
	"multiSend(bytes)":                                batch,
	"multicall(bytes[])":                              batch,
	"multicall(uint256,bytes[])":                      func(s *speech) string { return batch(s) + s.until(s.arg(0)) },
	"multicall(bytes32,bytes[])":                      func(s *speech) string { return batch(s) + ", only behind block " + s.arg(0).String() },

	"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)": func(s *speech) string {
		if s.node.Operation == calltree.Delegatecall {
			return s.executes() + s.refund()
		}
		return "Safe " + s.executes() + s.refund()
	},
	"execTransactionFromModule(address,uint256,bytes,uint8)":                      func(s *speech) string { return s.executes() + " for a module" },
	"execTransactionFromModuleReturnData(address,uint256,bytes,uint8)":            func(s *speech) string { return s.executes() + " for a module" },
	"executeUserOp(address,uint256,bytes,uint8)":                                  func(s *speech) string { return s.executes() + " for a user operation" },
	"executeUserOpWithErrorString(address,uint256,bytes,uint8)":                   func(s *speech) string { return s.executes() + " for a user operation" },
	"setup(address[],uint256,address,bytes,address,address,uint256,address)":      setup,
	"createProxy(address,bytes)":                                                  proxy,
	"createProxyWithNonce(address,bytes,uint256)":                                 proxy,
	"createChainSpecificProxyWithNonce(address,bytes,uint256)":                    proxy,
	"performCreate(uint256,bytes)":                                                func(s *speech) string { return s.self() + " creates a contract" },
	"performCreate2(uint256,bytes,bytes32)":                                       func(s *speech) string { return s.self() + " creates a contract" },
	"execTransactionWithRole(address,uint256,bytes,uint8,uint16,bool)":            inRole,
	"execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)":           inRole,
	"execTransactionWithRoleReturnData(address,uint256,bytes,uint8,uint16,bool)":  inRole,
	"execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)": inRole,

	"handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)":                             userOps,
	"handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)":                                             userOps,
	"handleAggregatedOps(((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address,bytes)[],address)": userOps,
	"handleAggregatedOps(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address,bytes)[],address)":                 userOps,
	"executeUserOp((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes),bytes32)":                                           func(s *speech) string { return s.executes() + " for a user operation" },

	"execute(address,uint256,bytes)":               (*speech).executes,
	"execute(address,uint256,bytes,uint8)":         (*speech).executes,
	"executeBatch(address[],bytes[])":              (*speech).executes,
	"executeBatch(address[],uint256[],bytes[])":    (*speech).executes,
	"executeBatch((address,uint256,bytes)[])":      (*speech).executes,
	"execute(bytes32,bytes)":                       func(s *speech) string { return s.inMode("") },
	"executeFromExecutor(bytes32,bytes)":           func(s *speech) string { return s.inMode(" for a module") },
	"redeemDelegations(bytes[],bytes32[],bytes[])": delegated,

	"schedule(address,uint256,bytes,bytes32,bytes32,uint256)":            scheduled,
	"scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)": scheduled,
	"execute(address,uint256,bytes,bytes32,bytes32)":                     func(s *speech) string { return s.executes() + s.after(3) },
	"executeBatch(address[],uint256[],bytes[],bytes32,bytes32)":          func(s *speech) string { return s.executes() + s.after(3) },
	"propose(address[],uint256[],bytes[],string)":                        func(s *speech) string { return s.proposed(3) },
	"propose(address[],uint256[],string[],bytes[],string)":               func(s *speech) string { return s.proposed(4) },
	"queue(address[],uint256[],bytes[],bytes32)":                         func(s *speech) string { return "queue " + s.calls() + " at " + s.self() },
	"execute(address[],uint256[],bytes[],bytes32)":                       (*speech).executes,
	"relay(address,uint256,bytes)":                                       (*speech).executes,
	"queueTransaction(address,uint256,string,bytes,uint256)": func(s *speech) string {
		return "queue " + s.calls() + " at " + s.self() + " for " + s.moment(s.arg(4))
	},
	"executeTransaction(address,uint256,string,bytes,uint256)": func(s *speech) string { return s.executes() + ", queued for " + s.moment(s.arg(4)) },
	"submitTransaction(address,uint256,bytes)":                 func(s *speech) string { return "submit " + s.calls() + " to the owners of " + s.self() },
	"sendTxToL1(address,bytes)":                                func(s *speech) string { return "send " + s.calls() + " to the parent chain, through " + s.self() },

	"upgradeTo(address)":                                   func(s *speech) string { return s.upgrade(s.self(), 0) },
	"upgradeToAndCall(address,bytes)":                      func(s *speech) string { return s.upgrade(s.self(), 0) },
	"changeMasterCopy(address)":                            func(s *speech) string { return s.upgrade(s.self(), 0) },
	"upgrade(address,address)":                             func(s *speech) string { return s.upgrade(s.account(0), 1) + ", through " + s.self() },
	"upgradeAndCall(address,address,bytes)":                func(s *speech) string { return s.upgrade(s.account(0), 1) + ", through " + s.self() },
	"diamondCut((address,uint8,bytes4[])[],address,bytes)": diamond,

	"execute((address,address,uint256,uint256,uint48,bytes,bytes))": func(s *speech) string { return s.executes() + " in the name of " + s.who(address(s.arg(0).At(0))) },
	"executeBatch((address,address,uint256,uint256,uint48,bytes,bytes)[],address)": func(s *speech) string {
		l := s.arg(0)
		return s.executes() + ", unused value back to " + s.account(1) + ", in the names of " +
			s.list(l.Len(), func(i int) string { return s.who(address(l.At(i).At(0))) })
	},

	"execute(bytes,bytes[],uint256)": func(s *speech) string { return program(s) + "," + s.until(s.arg(2)) },
	"execute(bytes,bytes[])":         program,
}

// calls is how many calls there are, and which of them are no ordinary ones.
func (s *speech) calls() string {
	n := s.node.Children
	text := count(len(n), "call")
	made := map[calltree.Operation]int{}
	for i := range n {
		made[n[i].Operation]++
	}
	for _, op := range []calltree.Operation{calltree.Delegatecall, calltree.Staticcall} {
		switch made[op] {
		case 0:
		case len(n):
			text += " by " + op.String()
		default:
			text += atom(fmt.Sprintf(", %d of them", made[op])) + " by " + op.String()
		}
	}
	return text
}

func (s *speech) executes() string { return s.self() + " executes " + s.calls() }

// batch may be run by delegatecall, as MultiSend's is: the calls are then the caller's.
func batch(s *speech) string {
	text := "batch of " + s.calls() + ", through " + s.who(s.node.To)
	if s.node.Operation == calltree.Delegatecall {
		text += " by delegatecall"
	}
	return text
}

// tried is (requireSuccess, calls).
func tried(s *speech) string {
	if required, _ := s.arg(0).Bool(); required {
		return batch(s)
	}
	return batch(s) + ", any of which may fail alone"
}

// mayFail counts the elements of a list whose flag lets them fail alone.
func (s *speech) mayFail(list, flag int) string {
	n := 0
	for _, call := range s.arg(list).List() {
		if may, _ := call.At(flag).Bool(); may {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return atom(fmt.Sprintf(", %d of which may fail alone", n))
}

// refund is what a Safe pays for gas, besides the call: (gas used + baseGas) ×
// gasPrice, in gasToken or the currency, to refundReceiver or whoever sends the
// transaction.
func (s *speech) refund() string {
	if isZero(s.arg(6)) {
		return ""
	}
	unit := "wei"
	if !isZero(s.arg(7)) {
		unit = "units of " + s.account(7)
	}
	return ", then pays " + s.accountOr(8, "the sender") + " for the gas used and " + s.arg(5).String() + " more, " + s.arg(6).String() + " " + unit + " for each"
}

// setup is (owners, threshold, to, data, fallbackHandler, paymentToken, payment,
// paymentReceiver).
func setup(s *speech) string {
	owners := s.arg(0)
	text := "set up " + s.self() + " as a Safe with threshold " + s.arg(1).String() + " of " + count(owners.Len(), "owner")
	if len(s.node.Children) > 0 {
		text += ", " + s.calls()
	}
	if !isZero(s.arg(4)) {
		text += ", fallback handler " + s.account(4)
	}
	if payment, _ := s.arg(6).Amount(); !payment.IsZero() {
		text += ", paying " + s.coins(6, 5) + " to " + s.accountOr(7, "the sender")
	}
	return text + ": " + s.list(owners.Len(), func(i int) string { return s.who(address(owners.At(i))) })
}

// proxy is (singleton, initializer, …).
func proxy(s *speech) string {
	text := "create a proxy with the code of " + s.account(0) + ", through " + s.self()
	if len(s.node.Children) == 0 {
		return text + ", not set up"
	}
	return text + ", set up by " + s.calls()
}

// inRole is (to, value, data, operation, role, shouldRevert).
func inRole(s *speech) string {
	text := s.self() + " has the account behind it execute " + s.calls() + " in role " + s.arg(4).String()
	if reverts, _ := s.arg(5).Bool(); !reverts {
		text += ", which may fail alone"
	}
	return text
}

// userOps is (operations, beneficiary), or lists of operations.
func userOps(s *speech) string {
	n := s.arg(0).Len()
	if l := s.arg(0); l.Type().Elem.Fields[0].Type.Kind == calldata.Slice {
		n = 0
		for _, ops := range l.List() {
			n += ops.At(0).Len()
		}
	}
	return "handle " + count(n, "user operation") + " with " + s.calls() + " at " + s.self() + ", gas paid to " + s.account(1)
}

// inMode is ERC-7579's (mode, execution): the second byte of the mode lets calls fail.
func (s *speech) inMode(why string) string {
	if mode, _ := s.arg(0).Bytes(); mode[1] == 1 {
		why += ", any of which may fail alone"
	}
	return s.executes() + why
}

func delegated(s *speech) string {
	return "redeem " + count(s.arg(0).Len(), "delegation") + " at " + s.self() + ": " + s.calls() + " in the names of accounts that the call data does not show"
}

// scheduled is (…, predecessor, salt, delay).
func scheduled(s *speech) string {
	return "schedule " + s.calls() + " at " + s.self() + " with a delay of " + atom(s.arg(5).String()+" seconds") + s.after(3)
}

// after is the operation that must have been executed before.
func (s *speech) after(i int) string {
	if isZero(s.arg(i)) {
		return ""
	}
	return ", after operation " + s.arg(i).String()
}

func (s *speech) proposed(description int) string {
	b, _ := s.arg(description).Bytes()
	return "propose " + s.calls() + " to " + s.self() + ": " + quoted(string(b))
}

func (s *speech) upgrade(what string, implementation int) string {
	text := "upgrade " + what + " to the code of " + s.account(implementation)
	if len(s.node.Children) > 0 {
		text += " and make " + s.calls()
	}
	return text
}

// diamond is EIP-2535's list of (facet, action, selectors).
func diamond(s *speech) string {
	cuts := s.arg(0)
	text := "change the code of " + s.self()
	if len(s.node.Children) > 0 {
		text += " and make " + s.calls()
	}
	return text + ": " + s.list(cuts.Len(), func(i int) string {
		c, n := cuts.At(i), count(cuts.At(i).At(2).Len(), "function")
		switch c.At(1).String() {
		case "0":
			return "add " + n + " of " + s.who(address(c.At(0)))
		case "1":
			return "replace " + n + " by those of " + s.who(address(c.At(0)))
		case "2":
			return "remove " + n
		}
		return "unknown action " + c.At(1).String() + " for " + n + " of " + s.who(address(c.At(0)))
	})
}
