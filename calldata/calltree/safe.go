package calltree

import (
	"encoding/binary"

	"countersign/calldata/risk"
)

// withOperation unwraps (to, value, data, operation, …).
func withOperation(x *unwrapping) {
	op, ok := x.operation(3)
	if !ok {
		return
	}
	x.call(op, address(x.arg(0)), wei(x.arg(1)), bytesOf(x.arg(2)))
}

// forAnother is withOperation for a module that has another account make the call:
// whose it is stands in its storage.
func forAnother(x *unwrapping) {
	x.maker = zero
	withOperation(x)
}

// safeTransaction is Safe's execTransaction. With a gas price the Safe also pays
// whoever sends the transaction, or the refund receiver, in the gas token.
func safeTransaction(x *unwrapping) {
	if gasPrice := wei(x.arg(6)); !gasPrice.IsZero() {
		x.node.Risks |= risk.Recipient | risk.Value
	}
	withOperation(x)
}

// safeSetup is the initialiser of a Safe: `to` is delegate-called when it is not
// zero. A payment goes to whoever deploys.
func safeSetup(x *unwrapping) {
	if payment := wei(x.arg(6)); !payment.IsZero() {
		x.node.Risks |= risk.Recipient | risk.Value
	}
	target, data := address(x.arg(2)), bytesOf(x.arg(3))
	switch {
	case target != Address{}:
		x.call(Delegatecall, target, Wei{}, data)
	case len(data) > 0:
		x.refuse(IgnoredData, "", "%d bytes of data for no target", len(data))
	}
}

// safeProxy deploys a proxy and calls it with the initialiser, which the proxy
// hands to its singleton by delegatecall.
func safeProxy(x *unwrapping) {
	x.maker = zero // the new proxy
	if data := bytesOf(x.arg(1)); len(data) > 0 {
		x.call(Delegatecall, address(x.arg(0)), Wei{}, data)
	}
}

// safeCreate is Safe's CreateCall library: value and code.
func safeCreate(x *unwrapping) {
	x.call(Create, Address{}, wei(x.arg(0)), bytesOf(x.arg(1)))
}

// recordHead is what stands before the data of a MultiSend record: operation (1),
// to (20), value (32), length of the data (32), packed.
const recordHead = 1 + 20 + 32 + 32

// multiSend unwraps Safe's packed batch. The contract reads on while a record
// starts before the end, so that up to 31 bytes after the last record are ignored
// and a length that is too long reads past it (MultiSend.sol). Nothing but an
// exact end is accepted here.
func multiSend(x *unwrapping) {
	packed := bytesOf(x.arg(0))
	count, at := 0, 0
	for at < len(packed) {
		size, ok := record(packed[at:])
		if !ok {
			x.refuse(MalformedBatch, "transactions", "record %d at byte %d passes the end of %d bytes", count, at, len(packed))
			return
		}
		at += size
		count++
	}
	nodes, at := x.children(count), 0
	for i := range nodes {
		size, _ := record(packed[at:])
		x.record(&nodes[i], packed[at:at+size:at+size])
		at += size
	}
}

// record returns the size of the record that b starts with.
func record(b []byte) (size int, ok bool) {
	if len(b) < recordHead {
		return 0, false
	}
	n := binary.BigEndian.Uint64(b[77:])
	if binary.NativeEndian.Uint64(b[53:])|binary.NativeEndian.Uint64(b[61:])|binary.NativeEndian.Uint64(b[69:]) != 0 ||
		n > uint64(len(b)-recordHead) {
		return 0, false
	}
	return recordHead + int(n), true
}

func (x *unwrapping) record(n *Node, r []byte) {
	n.To, n.Value, n.Data = Address(r[1:21]), Wei(r[21:53]), r[recordHead:]
	switch {
	case r[0] > 1:
		n.refuse(Malformed, refusal(UnknownOperation, "operation %d is neither 0 (call) nor 1 (delegatecall)", r[0]))
		return
	case r[0] == 1 && x.contract.protocol == SafeMultiSendCallOnly:
		n.refuse(Malformed, refusal(UnknownOperation, "operation 1 (delegatecall) in a MultiSend of calls only"))
		return
	case r[0] == 1:
		n.Operation = Delegatecall
	}
	// From Safe 1.5 on address zero is the Safe itself; before it is address zero.
	if equal(&n.To, &zero) && x.contract.protocol != SafeMultiSendCallOnly {
		n.refuse(Malformed, refusal(ZeroTarget, "address zero, which MultiSend takes for the Safe itself from version 1.5 on"))
	}
}
