package calltree

import "countersign/calldata"

// single unwraps one call whose target, value and data are arguments.
func single(to, value, data int) func(*unwrapping) {
	return func(x *unwrapping) {
		x.call(Call, address(x.arg(to)), wei(x.arg(value)), bytesOf(x.arg(data)))
	}
}

// list unwraps an array of tuples, by the places of their members; value is -1 where
// they have none.
func list(array, to, value, data int) func(*unwrapping) {
	return func(x *unwrapping) {
		calls := x.arg(array)
		nodes := x.children(calls.Len())
		for i := range nodes {
			call := calls.At(i)
			nodes[i].To, nodes[i].Data = address(call.At(to)), bytesOf(call.At(data))
			if value >= 0 {
				nodes[i].Value = wei(call.At(value))
			}
		}
	}
}

// parallel unwraps arrays of equal length; values is -1 where there are none.
func parallel(targets, values, datas int) func(*unwrapping) {
	return func(x *unwrapping) {
		to, data := x.arg(targets), x.arg(datas)
		if !x.sameLength(to, data) || values >= 0 && !x.sameLength(to, x.arg(values)) {
			return
		}
		nodes := x.children(to.Len())
		for i := range nodes {
			nodes[i].To, nodes[i].Data = address(to.At(i)), bytesOf(data.At(i))
			if values >= 0 {
				nodes[i].Value = wei(x.arg(values).At(i))
			}
		}
	}
}

// accountBatch is SimpleAccount's: an empty array of values means none
// (eth-infinitism/account-abstraction, SimpleAccount.executeBatch).
func accountBatch(x *unwrapping) {
	if x.arg(1).Len() == 0 {
		parallel(0, -1, 2)(x)
		return
	}
	parallel(0, 1, 2)(x)
}

// selfCalls unwraps multicall(bytes[]): address(this) is delegate-called, so each
// element sees the value of the whole. In a delegatecall that is the caller.
func selfCalls(datas int) func(*unwrapping) {
	return func(x *unwrapping) {
		data := x.arg(datas)
		nodes := x.children(data.Len())
		for i := range nodes {
			nodes[i].Operation, nodes[i].To, nodes[i].Value, nodes[i].Data = Self, x.self, x.node.Value, bytesOf(data.At(i))
		}
	}
}

// later marks what a wrapper makes as not made now.
func later(unwrap func(*unwrapping)) func(*unwrapping) {
	return func(x *unwrapping) {
		x.deferred()
		unwrap(x)
	}
}

// signedCall is Compound's Timelock: where the signature is not empty it supplies
// the selector, and the data has none.
func signedCall(x *unwrapping) {
	x.call(Call, address(x.arg(0)), wei(x.arg(1)), withSignature(x.arg(2), x.arg(3)))
}

// signedCalls is Governor Bravo's propose, by the same rule.
func signedCalls(x *unwrapping) {
	to, values, signatures, data := x.arg(0), x.arg(1), x.arg(2), x.arg(3)
	if !x.sameLength(to, values, signatures, data) {
		return
	}
	nodes := x.children(to.Len())
	for i := range nodes {
		nodes[i].To, nodes[i].Value, nodes[i].Data = address(to.At(i)), wei(values.At(i)), withSignature(signatures.At(i), data.At(i))
	}
}

func withSignature(signature, data calldata.Value) []byte {
	text := bytesOf(signature)
	if len(text) == 0 {
		return bytesOf(data)
	}
	s := calldata.SelectorOf(string(text))
	return append(s[:], bytesOf(data)...)
}

// sendToL1 is Arbitrum's ArbSys: the call is made on the parent chain, of whose
// contracts the pins of this chain say nothing.
func sendToL1(x *unwrapping) {
	x.deferred()
	n := x.call(Call, address(x.arg(0)), x.node.Value, bytesOf(x.arg(1)))
	if n != nil && len(n.Data) > 0 {
		n.refuse(Unknown, refusal(OtherChain, "the call of %s is made on the parent chain", n.To))
	}
}

// forwarded is OpenZeppelin's ERC2771Forwarder: (from, to, value, gas, deadline,
// data, signature). The call is made in the name of from, who signed it; a batch has
// many of them.
func forwarded(x *unwrapping) {
	request := x.arg(0)
	x.call(Call, address(request.At(1)), wei(request.At(2)), bytesOf(request.At(5)))
}

// upgrade unwraps the change of a proxy's code: what is called with it runs in the
// new implementation, on the proxy's storage. The ABI that is pinned to the proxy
// says nothing of it from then on. proxy is -1 where the proxy is called itself,
// data -1 where nothing is called.
func upgrade(proxy, implementation, data int) func(*unwrapping) {
	return func(x *unwrapping) {
		changed := x.self
		if proxy >= 0 {
			changed = address(x.arg(proxy))
		}
		x.changes(changed)
		x.maker = changed
		if data < 0 || len(bytesOf(x.arg(data))) == 0 {
			return
		}
		x.call(Delegatecall, address(x.arg(implementation)), Wei{}, bytesOf(x.arg(data)))
	}
}

// diamondCut is EIP-2535's: init is delegate-called when it is not zero, and with
// a zero one there must be no data.
func diamondCut(x *unwrapping) {
	x.changes(x.self)
	target, data := address(x.arg(1)), bytesOf(x.arg(2))
	switch {
	case target != Address{}:
		x.call(Delegatecall, target, Wei{}, data)
	case len(data) > 0:
		x.refuse(IgnoredData, "", "%d bytes of data for no target", len(data))
	}
}
