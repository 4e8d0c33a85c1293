package calltree

import (
	"maps"
	"slices"

	"countersign/calldata"
	"countersign/calldata/risk"
)

// A wrapper is a function that makes other calls.
type wrapper struct {
	// via is the name that its children carry. Wire format.
	via string
	// unwrap sets the node's children, or refuses the node.
	unwrap func(*unwrapping)
}

// Wrappers returns the signatures that are unwrapped when they are pinned, sorted.
func Wrappers() []string { return slices.Sorted(maps.Keys(wrappers)) }

// An unwrapping is a decoded wrapper whose inside is being read.
type unwrapping struct {
	*reading
	node     *Node
	contract *contract
	via      string
	self     Address // on whose storage the wrapper's code runs: address(this)
	// maker is who makes the calls: self, unless the wrapper has another contract make
	// them; zero where nobody can say who that is.
	maker Address
	depth int
}

// arg is an argument of the wrapper by its position in the signature.
func (x *unwrapping) arg(i int) calldata.Value { return x.node.Call.At(i) }

// refuse makes the wrapper a malformed leaf: none of its calls counts when one
// cannot be told.
func (x *unwrapping) refuse(code calldata.Code, path string, format string, args ...any) {
	r := refusal(code, format, args...)
	r.Path = x.node.Call.Function.Name
	if path != "" {
		r.Path += "." + path
	}
	x.node.refuse(Malformed, r)
}

// children makes room for n calls; nil when that is over the budget, and then the
// wrapper is refused.
func (x *unwrapping) children(n int) []Node {
	if x.tree.Nodes+n > MaxNodes {
		x.refuse(TooManyCalls, "", "%d more calls, at most %d in one transaction", n, MaxNodes)
		return nil
	}
	x.node.Children = x.reserve(n)
	for i := range x.node.Children {
		x.node.Children[i].Via = x.via
	}
	return x.node.Children
}

// call makes the only child of the wrapper.
func (x *unwrapping) call(op Operation, to Address, value Wei, data []byte) *Node {
	nodes := x.children(1)
	if nodes == nil {
		return nil
	}
	n := &nodes[0]
	n.Operation, n.To, n.Value, n.Data = op, to, value, data
	return n
}

// deferred marks the wrapper as one whose calls are made later or elsewhere.
func (x *unwrapping) deferred() { x.node.Risks |= risk.Deferred }

// sameLength checks parallel arrays: a contract would revert on unequal ones, or
// worse, take part of them.
func (x *unwrapping) sameLength(vs ...calldata.Value) bool {
	for _, v := range vs[1:] {
		if v.Len() != vs[0].Len() {
			x.refuse(LengthMismatch, "", "%s has %d elements and %s %d", vs[0].Type(), vs[0].Len(), v.Type(), v.Len())
			return false
		}
	}
	return true
}

// operation reads Safe's Enum.Operation.
func (x *unwrapping) operation(i int) (Operation, bool) {
	w, _ := x.arg(i).Word()
	switch w[31] {
	case 0:
		return Call, true
	case 1:
		return Delegatecall, true
	}
	x.refuse(UnknownOperation, "", "operation %d is neither 0 (call) nor 1 (delegatecall)", w[31])
	return Call, false
}

func address(v calldata.Value) Address { a, _ := v.Account(); return a }

func wei(v calldata.Value) Wei { w, _ := v.Word(); return w }

func bytesOf(v calldata.Value) []byte { b, _ := v.Bytes(); return b }
