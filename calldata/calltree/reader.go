package calltree

import (
	"fmt"
	"slices"
	"strconv"

	"countersign/calldata"
	"countersign/calldata/risk"
)

// The budget of one tree.
const (
	// MaxDepth is how many wrappers a call may be inside of. Real ones have four or
	// five: bundler, entry point, account, MultiSend, token.
	MaxDepth = 16
	// MaxNodes is how many calls one transaction may make. A MultiSend that fills
	// [calldata.MaxBytes] with its smallest record has 1,541.
	MaxNodes = 2_000
)

// A Reader reads transactions of one chain. It is immutable and safe for
// concurrent use.
type Reader struct {
	contracts map[Address]*contract
}

// contract is a Contract, looked up once per call.
type contract struct {
	functions map[calldata.Selector]*function
	protocol  Protocol
}

type function struct {
	*calldata.Function
	wrapper  *wrapper
	classify risk.Classifier
}

// New compiles what is known of a chain's contracts.
func New(known map[Address]Contract) (*Reader, error) {
	r := &Reader{contracts: make(map[Address]*contract, len(known))}
	for a, k := range known {
		if k.ABI == nil {
			return nil, fmt.Errorf("contract %s: no ABI", a)
		}
		if err := k.Protocol.Check(); err != nil {
			return nil, fmt.Errorf("contract %s: %w", a, err)
		}
		c := &contract{functions: map[calldata.Selector]*function{}, protocol: k.Protocol}
		for _, f := range k.ABI.Functions() {
			c.functions[f.Selector] = &function{Function: f, wrapper: wrappers[f.Signature], classify: risk.Classify(f)}
		}
		r.contracts[a] = c
	}
	return r, nil
}

// Read returns the tree of some transactions that are made together, in order:
// one, or a batch of user operations. It never fails: what cannot be read is an
// opaque leaf that says why.
func (r *Reader) Read(txs ...Transaction) *Tree {
	t := &Tree{}
	r.ReadInto(t, txs...)
	return t
}

// ReadInto is [Reader.Read] into a tree that the caller owns, whose memory it uses
// again: the nodes and values of what was in t must not be used any more. With a
// tree that is large enough, call data that is read in full allocates nothing.
func (r *Reader) ReadInto(t *Tree, txs ...Transaction) {
	run := &t.memory
	run.reset(r, t)
	t.Roots = run.reserve(min(len(txs), MaxNodes+1))
	for i := range t.Roots {
		tx := txs[i]
		n := &t.Roots[i]
		n.Value, n.Data = tx.Value, tx.Data
		if tx.To == nil {
			n.Operation = Create
		} else {
			n.To, n.Operation = *tx.To, tx.Operation
		}
		if len(txs) > MaxNodes {
			n.refuse(Malformed, refusal(TooManyCalls, "%d transactions, at most %d together", len(txs), MaxNodes))
		}
		run.node(n, 0, &tx.Caller)
		run.setCode(n, tx)
	}
}

// reading is one tree in the making. Nodes and values come from memory that is
// asked for in large pieces.
type reading struct {
	reader   *Reader
	tree     *Tree
	upgraded []Address
	anyone   bool // an account that nobody can name is among them

	nodes []Node // the newest piece
	used  int    // nodes of it that are taken
	spare calldata.Space

	current unwrapping

	// The contract that was looked up last: the calls of a batch tend to have one
	// target.
	last   Address
	latest *contract
}

// reset starts a tree with the memory of the one before.
func (r *reading) reset(reader *Reader, t *Tree) {
	t.Roots, t.Opaque, t.Nodes = nil, 0, 0
	r.reader, r.tree, r.upgraded, r.used, r.latest = reader, t, r.upgraded[:0], 0, nil
	r.anyone = false
	r.spare.Reset()
}

// reserve makes n empty nodes in a row; the caller has checked the budget.
func (r *reading) reserve(n int) []Node {
	if n > len(r.nodes)-r.used {
		r.nodes, r.used = make([]Node, max(n+1, 2*len(r.nodes))), 0
	}
	nodes := r.nodes[r.used : r.used+n : r.used+n]
	clear(nodes)
	r.used += n
	r.tree.Nodes += n
	return nodes
}

// contract returns what is known of an address; nil when nothing is.
func (r *reading) contract(a *Address) *contract {
	if r.latest == nil || !equal(&r.last, a) {
		r.last, r.latest = *a, r.reader.contracts[*a]
	}
	return r.latest
}

// node reads one call and what is inside it. caller is whose code makes it.
func (r *reading) node(n *Node, depth int, caller *Address) {
	self := &n.To // on whose storage the code runs
	if n.Operation == Delegatecall || n.Operation == Self {
		self = caller
	}
	maker := self
	if !n.Step { // a step was read with the program that it is part of
		maker = r.call(n, depth, self)
	}
	n.Risks |= basicRisks(n)
	if n.Kind.Opaque() {
		r.tree.Opaque++
		return
	}
	for i := range n.Children {
		r.node(&n.Children[i], depth+1, maker)
	}
}

// call decodes a call, makes its children and returns who will make them.
func (r *reading) call(n *Node, depth int, self *Address) (maker *Address) {
	f := r.decode(n, depth)
	if f == nil {
		return self
	}
	if f.classify != nil {
		n.Risks |= f.classify(&n.Call)
	}
	if f.wrapper == nil {
		if n.Risks.Has(risk.Upgrade) {
			r.changes(*self)
		}
		return self
	}
	// One at a time: the children are read when all of them have been made.
	r.current = unwrapping{reading: r, node: n, contract: r.contract(&n.To), via: f.wrapper.via, self: *self, maker: *self, depth: depth}
	f.wrapper.unwrap(&r.current)
	if r.current.maker != *self {
		other := r.current.maker // current is used again
		return &other
	}
	return self
}

// changes notes that the code of an account changes; with address zero nobody can say
// whose, and then no call after it can be read.
func (r *reading) changes(a Address) {
	r.upgraded = append(r.upgraded, a)
	r.anyone = r.anyone || equal(&a, &zero)
}

// decode fills in what the call is and returns its function, if it has one.
func (r *reading) decode(n *Node, depth int) *function {
	switch {
	case n.Anomaly != nil: // its wrapper has refused it already
		return nil
	case n.Operation == Create:
		n.refuse(Creation, refusal(ContractCreation, "%d bytes of code would be deployed", len(n.Data)))
		return nil
	case depth > MaxDepth:
		n.refuse(Malformed, refusal(TooDeep, "more than %d wrappers", MaxDepth))
		return nil
	case len(r.upgraded) > 0 && (r.anyone || slices.Contains(r.upgraded, n.To)):
		n.refuse(Unknown, refusal(AfterUpgrade, "an earlier call changes the code of %s", n.To))
		return nil
	case n.Operation == Delegatecall && !n.Value.IsZero():
		n.refuse(Malformed, refusal(IgnoredData, "%s wei, which a delegatecall does not send", n.Value.Amount()))
		return nil
	case len(n.Data) == 0:
		if n.Operation == Delegatecall || n.Operation == Self {
			n.refuse(Unknown, refusal(NoCallData, "a delegatecall without data runs the fallback of %s", n.To))
			return nil
		}
		n.Kind = Transfer
		return nil
	}
	return r.pinned(n)
}

// pinned decodes a call of a contract that is known.
func (r *reading) pinned(n *Node) *function {
	c := r.contract(&n.To)
	if c == nil && n.To == create2Factory {
		n.refuse(Creation, refusal(ContractCreation, "%d bytes of salt and code for the CREATE2 factory", len(n.Data)))
		return nil
	}
	if c == nil {
		n.refuse(Unknown, refusal(UnknownContract, "no ABI is pinned to %s", n.To))
		return nil
	}
	if len(n.Data) < 4 {
		n.refuse(Malformed, refusal(calldata.NoSelector, "%d bytes, want a selector of 4", len(n.Data)))
		return nil
	}
	f := c.functions[calldata.Selector(n.Data[:4])]
	if f == nil {
		n.refuse(Unknown, refusal(calldata.UnknownSelector, "selector %s is not in the ABI pinned to %s", calldata.Selector(n.Data[:4]), n.To))
		return nil
	}
	if err := f.DecodeIn(&r.spare, &n.Call, n.Data[4:]); err != nil {
		n.refuse(Malformed, err.(*calldata.Refusal))
		return nil
	}
	return f
}

// setCode adds a leaf for every account that the transaction would give code to:
// from then on its address means something else.
func (r *reading) setCode(root *Node, tx Transaction) {
	if len(tx.Delegates) == 0 || root.Kind.Opaque() { // a leaf stays one
		if tx.SetCode && len(tx.Delegates) == 0 {
			r.refuseRoot(root, Unknown, refusal(SetCode, "a transaction of type 4 without authorisations"))
		}
		return
	}
	if r.tree.Nodes+len(tx.Delegates) > MaxNodes {
		r.refuseRoot(root, Malformed, refusal(TooManyCalls, "%d authorisations", len(tx.Delegates)))
		return
	}
	leaves := r.reserve(len(tx.Delegates))
	for i, d := range tx.Delegates {
		leaves[i] = Node{To: d, Operation: Delegatecall, Via: "eip7702", Risks: risk.Delegatecall | risk.Upgrade}
		leaves[i].refuse(Unknown, refusal(SetCode, "an EIP-7702 authorisation gives an account the code of %s", d))
	}
	r.tree.Opaque += len(leaves)
	root.Children = append(slices.Clip(root.Children), leaves...)
}

// refuseRoot makes a root that was read an opaque leaf. What is inside it is not in
// the tree any more.
func (r *reading) refuseRoot(root *Node, kind Kind, why *calldata.Refusal) {
	root.refuse(kind, why)
	r.tree.Opaque = 0
	r.tree.Walk(func(_ string, n *Node) {
		if n.Kind.Opaque() {
			r.tree.Opaque++
		}
	})
}

// create2Factory is the deterministic deployment proxy: its call data is a salt
// and the code to deploy, without a selector (github.com/Arachnid/deterministic-deployment-proxy).
var create2Factory = Address{0x4e, 0x59, 0xb4, 0x48, 0x47, 0xb3, 0x79, 0x57, 0x85, 0x88, 0x92, 0x0c, 0xa7, 0x8f, 0xbf, 0x26, 0xc0, 0xb4, 0x95, 0x6c}

func refusal(code calldata.Code, format string, args ...any) *calldata.Refusal {
	return &calldata.Refusal{Code: code, Why: fmt.Sprintf(format, args...)}
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
