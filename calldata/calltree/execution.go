package calltree

import (
	"countersign/calldata"
	"countersign/calldata/risk"
)

// The bytes of an ERC-7579 execution mode.
const (
	callSingle   = 0x00
	callBatch    = 0x01
	callStatic   = 0xfe
	callDelegate = 0xff

	execRevert = 0x00
	execTry    = 0x01
)

// The mode selectors of ERC-7821, bytes 6 to 9 of the mode.
var (
	modeDefault   = [4]byte{}
	modeOpData    = [4]byte{0x78, 0x21, 0x00, 0x01} // optional opData after the calls
	modeOfBatches = [4]byte{0x78, 0x21, 0x00, 0x02} // a batch of executions of the mode before
)

// The layouts of execution data, as functions without a selector of their own.
var (
	batchLayout   = layout("executions((address target,uint256 value,bytes callData)[] calls)")
	opDataLayout  = layout("executions((address target,uint256 value,bytes callData)[] calls,bytes opData)")
	batchesLayout = layout("batches(bytes[] batches)")
)

func layout(signature string) *calldata.Function { return calldata.MustABI(signature).Functions()[0] }

// execution7579 unwraps execute(mode, executionCalldata) of ERC-7579 and ERC-7821.
func execution7579(x *unwrapping) {
	mode, _ := x.arg(0).Word()
	account := x.node.To
	if account != x.self { // delegate-called: the code of one account for another
		account = Address{}
	}
	x.execution(mode, bytesOf(x.arg(1)), "executionCalldata", account)
}

// redeemDelegations is ERC-7710's: three arrays of one length. Each execution is
// made by the delegator, whom only the permission context names.
func redeemDelegations(x *unwrapping) {
	contexts, modes, executions := x.arg(0), x.arg(1), x.arg(2)
	if !x.sameLength(contexts, modes, executions) {
		return
	}
	x.node.Risks |= risk.Executor
	x.maker = zero
	var all []Node
	for i := range modes.Len() {
		mode, _ := modes.At(i).Word()
		x.execution(mode, bytesOf(executions.At(i)), "executionCallDatas"+index(i), Address{})
		if x.node.Kind.Opaque() {
			return
		}
		all = append(all, x.node.Children...)
	}
	x.node.Children = all
}

// execution appends nothing: it sets the node's children to those of one
// execution, or refuses the node. self is who address zero stands for in a mode of
// ERC-7821; zero when that is not known.
func (x *unwrapping) execution(mode [32]byte, data []byte, path string, self Address) {
	kind, selector := mode[0], [4]byte(mode[6:10])
	if mode[1] != execRevert && mode[1] != execTry || [4]byte(mode[2:6]) != [4]byte{} {
		x.refuse(UnknownMode, path, "mode 0x%x", mode)
		return
	}
	known := selector == modeDefault && [22]byte(mode[10:]) == [22]byte{} ||
		kind == callBatch && (selector == modeOpData || selector == modeOfBatches)
	if !known {
		x.refuse(UnknownMode, path, "mode 0x%x: its selector or payload is not known", mode)
		return
	}
	switch kind {
	case callBatch:
		x.batch(selector, data, path, self)
	case callSingle: // packed: target (20), value (32), data
		x.packed(Call, data, 52, path)
	case callStatic: // packed: target (20), data
		x.packed(Staticcall, data, 20, path)
	case callDelegate: // packed: target (20), data
		x.packed(Delegatecall, data, 20, path)
	default:
		x.refuse(UnknownMode, path, "call type 0x%02x", kind)
	}
}

// packed is one call, packed behind a head of a known size.
func (x *unwrapping) packed(op Operation, data []byte, head int, path string) {
	if len(data) < head {
		x.refuse(calldata.Truncated, path, "%d bytes, want %d and more", len(data), head)
		return
	}
	var value Wei
	if head == 52 {
		value = Wei(data[20:52])
	}
	n := x.call(op, Address(data[:20]), value, data[head:len(data):len(data)])
	if n != nil && n.To == (Address{}) {
		n.refuse(Malformed, refusal(ZeroTarget, "address zero, which ERC-7821 accounts take for themselves"))
	}
}

// batch is an array of calls, or for one mode an array of such arrays.
func (x *unwrapping) batch(selector [4]byte, data []byte, path string, self Address) {
	if selector != modeOfBatches {
		if calls, ok := x.calls(selector, data, path); ok {
			x.executions(calls, selector, self)
		}
		return
	}
	c, ok := x.read(batchesLayout, data, path)
	if !ok {
		return
	}
	var all []calldata.Value
	for i, b := range c.At(0).List() {
		calls, ok := x.calls(modeOpData, bytesOf(b), path+index(i))
		if !ok {
			return
		}
		all = append(all, calls...)
	}
	x.executions(all, selector, self)
}

// calls reads execution data as an array of calls, with opData behind it where the
// mode allows that and the first offset says so.
func (x *unwrapping) calls(selector [4]byte, data []byte, path string) ([]calldata.Value, bool) {
	as := batchLayout
	if selector == modeOpData && len(data) > 31 && data[31] == 2*32 { // two heads: calls and opData
		as = opDataLayout
	}
	c, ok := x.read(as, data, path)
	if !ok {
		return nil, false
	}
	return c.At(0).List(), true
}

func (x *unwrapping) executions(calls []calldata.Value, selector [4]byte, self Address) {
	nodes := x.children(len(calls))
	for i := range nodes {
		n := &nodes[i]
		n.To, n.Value, n.Data = address(calls[i].At(0)), wei(calls[i].At(1)), bytesOf(calls[i].At(2))
		if n.To != (Address{}) {
			continue
		}
		// ERC-7821 replaces address zero by the account; plain ERC-7579 does not.
		if selector == modeDefault || self == (Address{}) {
			n.refuse(Malformed, refusal(ZeroTarget, "address zero, which ERC-7821 accounts take for themselves"))
			continue
		}
		n.To = self
	}
}

// read decodes bytes that have a layout but no selector.
func (x *unwrapping) read(as *calldata.Function, data []byte, path string) (*calldata.Call, bool) {
	c := new(calldata.Call)
	if err := as.DecodeIn(&x.spare, c, data); err != nil {
		r := *err.(*calldata.Refusal)
		r.Offset -= 4 // there is no selector
		x.node.refuse(Malformed, &calldata.Refusal{Code: r.Code, Offset: max(0, r.Offset), Path: x.node.Call.Function.Name + "." + path + ":" + r.Path, Why: r.Why})
		return nil, false
	}
	return c, true
}
