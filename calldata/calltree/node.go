package calltree

import (
	"encoding/binary"
	"encoding/hex"
	"math/big"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
)

// An Address is an account of an EVM chain.
type Address [20]byte

// String returns 0x and 40 lower-case hex digits.
func (a Address) String() string { return "0x" + hex.EncodeToString(a[:]) }

// equal is a == b, in words.
func equal(a, b *Address) bool {
	e := binary.NativeEndian
	return e.Uint64(a[0:]) == e.Uint64(b[0:]) && e.Uint64(a[8:]) == e.Uint64(b[8:]) && e.Uint32(a[16:]) == e.Uint32(b[16:])
}

// zero is nobody's address.
var zero Address

// Wei is a native amount as one big-endian word.
type Wei [32]byte

// WeiOf returns an amount as a word.
func WeiOf(a countersign.Amount) (w Wei) {
	a.Big().FillBytes(w[:])
	return w
}

// Amount returns the amount.
func (w Wei) Amount() countersign.Amount {
	a, _ := countersign.AmountFromBig(new(big.Int).SetBytes(w[:])) // 256 bits always fit
	return a
}

// IsZero reports whether nothing is moved.
func (w *Wei) IsZero() bool {
	e := binary.NativeEndian // word by word: a transaction has many of these
	return e.Uint64(w[0:])|e.Uint64(w[8:])|e.Uint64(w[16:])|e.Uint64(w[24:]) == 0
}

// A Transaction is what is to be signed.
type Transaction struct {
	// To is the target; nil creates a contract.
	To *Address
	// Operation is how the target is reached: Call, unless it is not the sender that
	// makes the call but a contract that was asked to.
	Operation Operation
	// Caller is the contract that makes the call with another Operation, where it is
	// known: the code runs on its storage.
	Caller Address
	// Value is the native amount, Data the call data or, for a creation, the code.
	Value Wei
	Data  []byte
	// Delegates are the accounts whose code EIP-7702 authorisations would install;
	// SetCode is true for a transaction of type 4, whether it lists any or not.
	Delegates []Address
	SetCode   bool
}

// An Operation is how one call reaches the next. Wire format.
type Operation uint8

// The operations.
const (
	// Call runs the target's code on the target's storage.
	Call Operation = iota
	// Delegatecall runs the target's code on the caller's storage and balance.
	Delegatecall
	// Staticcall runs the target's code and may change nothing.
	Staticcall
	// Self is a delegatecall of a contract to itself, as multicall(bytes[]) makes:
	// the target's own functions, with the value of the outer call seen by each.
	Self
	// Create deploys a contract.
	Create
)

var operations = [...]string{"call", "delegatecall", "staticcall", "self", "create"}

// String returns the wire name.
func (o Operation) String() string { return operations[o] }

// A Kind is what could be made of a node. Wire format.
type Kind uint8

// The kinds. All but Decoded and Transfer are opaque.
const (
	// Decoded is a call of a pinned function, read in full.
	Decoded Kind = iota
	// Transfer is a call without data: it moves native value and, where the target
	// is a contract, runs its receive function.
	Transfer
	// Unknown is a call of which nothing is pinned.
	Unknown
	// Creation deploys code: only its hash and size are known.
	Creation
	// Malformed is a call of a pinned function that cannot be read exactly, or a
	// wrapper whose inside cannot be.
	Malformed
)

var kinds = [...]string{"call", "transfer", "unknown", "create", "malformed"}

// String returns the wire name.
func (k Kind) String() string { return kinds[k] }

// Opaque reports whether nobody can say what the call does.
func (k Kind) Opaque() bool { return k >= Unknown }

// A Node is one call.
type Node struct {
	// To is the target; zero for a creation.
	To Address
	// Operation is how the target is reached, Kind what could be made of the call.
	Operation Operation
	Kind      Kind
	// Risks are the classes of risk that the call itself carries.
	Risks risk.Set
	// Value is the native amount that the target sees.
	Value Wei
	// Via names the wrapper that makes the call; empty for the root.
	Via string
	// Step says that this is no call but one instruction of a protocol's own
	// language, as Uniswap's routers have: Data is its input, without a selector.
	Step bool
	// Data is the call data, selector included.
	Data []byte
	// Call is the decoded call. Its Function is nil when nothing was decoded; it is
	// set on a malformed wrapper whose own arguments were read.
	Call calldata.Call
	// Children are the calls that this one makes, in order.
	Children []Node
	// Anomaly says why the node is opaque; nil when it was read. Its offset counts
	// bytes of Data, its path starts at the function.
	Anomaly *calldata.Refusal
}

// Selector returns the first four bytes of the data; ok is false where there are
// none or where they are code.
func (n *Node) Selector() (s calldata.Selector, ok bool) {
	if len(n.Data) < 4 || n.Kind == Creation || n.Step {
		return s, false
	}
	return calldata.Selector(n.Data[:4]), true
}

// Function is the canonical signature, or empty when nothing was decoded.
func (n *Node) Function() string {
	if n.Call.Function == nil {
		return ""
	}
	return n.Call.Function.Signature
}

// refuse makes the node an opaque leaf for a reason. The first reason stays.
func (n *Node) refuse(kind Kind, r *calldata.Refusal) {
	if n.Anomaly == nil {
		n.Kind, n.Anomaly = kind, r
	}
	n.Children = nil
}

// A Tree is all calls of one transaction.
type Tree struct {
	// Roots are the outermost calls: one, or for a batch of user operations each.
	Roots []Node
	// Opaque counts the leaves of which nobody can say what they do. With one of
	// them the tree may not be approved by a machine.
	Opaque int
	// Nodes counts all calls.
	Nodes int

	memory reading
}

// Walk visits every node in the order of execution with its path: the functions
// on the way to it and its place among the calls of each, as in
// "execTransaction[0].multiSend[3]". The path of a lone root is empty.
func (t *Tree) Walk(visit func(path string, n *Node)) {
	for i := range t.Roots {
		path := ""
		if len(t.Roots) > 1 {
			path = index(i)
		}
		t.Roots[i].walk(path, visit)
	}
}

func (n *Node) walk(path string, visit func(string, *Node)) {
	visit(path, n)
	if len(n.Children) == 0 {
		return
	}
	name := n.Operation.String()
	if n.Call.Function != nil {
		name = n.Call.Function.Name
	}
	if path != "" {
		name = path + "." + name
	}
	for i := range n.Children {
		n.Children[i].walk(name+index(i), visit)
	}
}

// A Problem is one anomaly with the path of its node.
type Problem struct {
	Path string
	Node *Node
	*calldata.Refusal
}

// Problems returns the anomalies of all nodes, in the order of execution. A tree without
// problems was read in full.
func (t *Tree) Problems() (ps []Problem) {
	t.Walk(func(path string, n *Node) {
		if n.Anomaly != nil {
			ps = append(ps, Problem{Path: path, Node: n, Refusal: n.Anomaly})
		}
	})
	return ps
}

// Risks returns the classes of risk of all nodes together.
func (t *Tree) Risks() (all risk.Set) {
	t.Walk(func(_ string, n *Node) { all |= n.Risks })
	return all
}

// basicRisks are those that every call may carry, decoded or not.
func basicRisks(n *Node) (s risk.Set) {
	if n.Operation == Delegatecall {
		s |= risk.Delegatecall
	}
	moves := n.Operation == Call || n.Operation == Create
	if moves && !n.Value.IsZero() {
		s |= risk.Value
	}
	if moves && (n.Kind == Transfer || !n.Value.IsZero()) {
		s |= risk.Recipient
	}
	return s
}

// Reasons returns the codes of all anomalies, each once, in the order of
// execution.
func (t *Tree) Reasons() []calldata.Code {
	seen, codes := map[calldata.Code]bool{}, []calldata.Code{}
	for _, p := range t.Problems() {
		if !seen[p.Code] {
			codes = append(codes, p.Code)
		}
		seen[p.Code] = true
	}
	return codes
}
