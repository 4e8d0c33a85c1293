package calltree

import (
	"bytes"

	"countersign/calldata"
	"countersign/calldata/risk"
)

// An entryPoint is where the fields of a user operation stand, by version of the
// ERC-4337 entry point.
type entryPoint struct {
	paymaster    int  // position of paymasterAndData
	paymasterMin int  // its least length when it is not empty
	packed       bool // v0.7 and newer
}

var (
	entryPoint06 = entryPoint{paymaster: 9, paymasterMin: 20}
	entryPoint07 = entryPoint{paymaster: 7, paymasterMin: 52, packed: true} // address and two gas limits of 16 bytes
)

// executeUserOpSelector is IAccountExecute.executeUserOp: an entry point of v0.7
// hands the whole operation to an account whose call data starts with it, and the
// rest is the account's affair.
var executeUserOpSelector = []byte{0x8d, 0xd7, 0x71, 0x2f}

// userOps unwraps handleOps: each operation may deploy its sender and then calls
// it.
func userOps(v entryPoint) func(*unwrapping) {
	return func(x *unwrapping) { x.operations(v, x.arg(0)) }
}

// aggregatedOps unwraps handleAggregatedOps, a list of lists.
func aggregatedOps(v entryPoint) func(*unwrapping) {
	return func(x *unwrapping) {
		var lists []calldata.Value
		for _, perAggregator := range x.arg(0).List() {
			lists = append(lists, perAggregator.At(0))
		}
		x.operations(v, lists...)
	}
}

// operations makes the calls of user operations, in the order of execution:
// all deployments, which are part of the validation, come first.
func (x *unwrapping) operations(v entryPoint, lists ...calldata.Value) {
	x.node.Risks |= risk.Recipient // the beneficiary is paid the gas
	var ops []calldata.Value
	for _, l := range lists {
		ops = append(ops, l.List()...)
	}
	count := 0
	for i, op := range ops {
		if n := len(bytesOf(op.At(v.paymaster))); n > 0 && n < v.paymasterMin {
			x.refuse(calldata.Truncated, "ops"+index(i), "paymasterAndData of %d bytes, want none or %d and more", n, v.paymasterMin)
			return
		}
		initCode := bytesOf(op.At(2))
		if len(initCode) > 0 && len(initCode) < len(Address{}) && !delegated(v, initCode) {
			x.refuse(calldata.Truncated, "ops"+index(i), "initCode of %d bytes, want none or a factory of 20 and more", len(initCode))
			return
		}
		count += min(len(initCode), 1) + min(len(bytesOf(op.At(3))), 1)
	}
	nodes := x.children(count)
	if nodes == nil {
		return
	}
	for _, op := range ops {
		if initCode := bytesOf(op.At(2)); len(initCode) > 0 {
			x.deployment(&nodes[0], v, address(op.At(0)), initCode)
			nodes = nodes[1:]
		}
	}
	for _, op := range ops {
		if data := bytesOf(op.At(3)); len(data) > 0 {
			nodes[0].To, nodes[0].Data = address(op.At(0)), data
			if v.packed && bytes.HasPrefix(data, executeUserOpSelector) {
				nodes[0].refuse(Unknown, refusal(AccountDefined, "the account is given the whole operation; what follows the selector is its own affair"))
			}
			nodes = nodes[1:]
		}
	}
}

// deployment is an operation's initCode: a factory and its call data, or the
// marker by which v0.8 recognises an account of EIP-7702.
func (x *unwrapping) deployment(n *Node, v entryPoint, sender Address, initCode []byte) {
	if delegated(v, initCode) {
		n.To, n.Operation, n.Data = sender, Delegatecall, initCode
		n.refuse(Unknown, refusal(SetCode, "the sender's code is set by an EIP-7702 authorisation"))
		return
	}
	n.To, n.Data = Address(initCode[:20]), initCode[20:]
	if len(n.Data) == 0 {
		n.refuse(Unknown, refusal(NoCallData, "a factory that is called without data"))
	}
}

// delegated reports whether initCode starts with the marker 0x7702 and zeros up to
// 20 bytes (EntryPoint v0.8, Eip7702Support).
func delegated(v entryPoint, initCode []byte) bool {
	if !v.packed || len(initCode) < 2 || initCode[0] != 0x77 || initCode[1] != 0x02 {
		return false
	}
	return len(bytes.TrimLeft(initCode[2:min(20, len(initCode))], "\x00")) == 0
}

// accountUserOp is executeUserOp as called on an account: see
// executeUserOpSelector.
func accountUserOp(x *unwrapping) {
	data := bytesOf(x.arg(0).At(3))
	if len(data) == 0 {
		return
	}
	if n := x.call(Self, x.self, Wei{}, data); n != nil {
		n.refuse(Unknown, refusal(AccountDefined, "what follows the selector in callData is the account's own affair"))
	}
}
