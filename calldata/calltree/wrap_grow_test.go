package calltree_test

import (
	"bytes"
	"slices"

	"countersign/calldata"
	"countersign/calldata/calltree"

	"pgregory.net/rapid"
)

// A planned call is what a node must be read as, made before it is encoded.
type plannedCall struct {
	made
	in       *form  // the wrapper that makes it; nil for the root
	form     *form  // nil for a leaf
	function string // empty for a transfer of value
	calls    []*plannedCall
	bad      calldata.Code // why it must be refused
}

// A grower makes random calls in random wrappers.
type grower struct {
	*rapid.T
	amount, proxies int // each leaf has an amount of its own, each upgrade a proxy
}

// grow makes a call that is wrapped a number of times, as one of the calls of a
// wrapper that is drawn, and so on. The calls beside it are leaves, or wrapped once.
func (g *grower) grow(wrappers int, in *form, operation calltree.Operation, by *plannedCall) *plannedCall {
	p := &plannedCall{in: in, made: made{operation: operation, to: at("hub")}}
	switch {
	case operation == calltree.Self:
		p.value = by.value
	case in == nil || in.values && operation == calltree.Call:
		p.value = rapid.IntRange(0, 3).Draw(g.T, "value")
	}
	if wrappers == 0 {
		g.leaf(p)
		return p
	}
	p.form = g.form(operation)
	p.function = p.form.signature
	if p.form.proxy {
		p.to = at(proxies[g.proxies].name)
		g.proxies++
	}
	n := 1
	if !p.form.one {
		n = rapid.IntRange(1, 3).Draw(g.T, "calls")
	}
	deep := rapid.IntRange(0, n-1).Draw(g.T, "which goes on")
	for i := range n {
		below := wrappers - 1
		if i != deep {
			below = min(below, rapid.IntRange(0, 1).Draw(g.T, "wrapped once"))
		}
		p.calls = append(p.calls, g.grow(below, p.form, g.operation(p.form), p))
	}
	return p
}

func (g *grower) operation(f *form) calltree.Operation {
	if f.operations == nil {
		return calltree.Call
	}
	return rapid.SampledFrom(f.operations).Draw(g.T, "operation")
}

// form draws a wrapper; a contract that calls itself is the hub. What a contract
// does to itself is not drawn in a delegatecall, where that is the caller.
func (g *grower) form(operation calltree.Operation) *form {
	var fit []int
	for i, f := range forms {
		calls := operation == calltree.Call || operation == calltree.Staticcall
		itself := f.operations != nil && f.operations[0] == calltree.Self
		if f.proxy && calls && g.proxies < len(proxies) || itself && operation != calltree.Delegatecall || !f.proxy && !itself {
			fit = append(fit, i)
		}
	}
	return &forms[rapid.SampledFrom(fit).Draw(g.T, "form")]
}

// leaf makes p a payment, an allowance or a transfer of value.
func (g *grower) leaf(p *plannedCall) {
	g.amount++
	kinds := []string{transfer, approve}
	if p.operation == calltree.Call && (p.in == nil || !p.in.data) {
		kinds = append(kinds, "")
	}
	p.function = rapid.SampledFrom(kinds).Draw(g.T, "leaf")
	p.to = leafAt(p, "usdc")
	if p.function == "" {
		p.to = at("alice")
		return
	}
	p.data = pack(p.function, "bob", g.amount)
}

// leafAt is where a leaf is pinned: what calls itself pins its own.
func leafAt(p *plannedCall, name string) calltree.Address {
	if p.operation == calltree.Self {
		return at("hub")
	}
	return at(name)
}

// encode writes the data of all wrappers, the innermost first.
func (p *plannedCall) encode() {
	if p.form == nil {
		return
	}
	calls := make([]made, len(p.calls))
	for i, c := range p.calls {
		c.encode()
		calls[i] = c.made
	}
	p.data = p.form.wrap(p.to, calls)
}

func (p *plannedCall) transaction() calltree.Transaction {
	p.encode()
	return calltree.Transaction{To: &p.to, Value: wei(p.value), Data: p.data}
}

// walk visits the calls in the order of execution, as [calltree.Tree.Walk] does.
func (p *plannedCall) walk(path string, depth int, visit func(path string, depth int, p *plannedCall)) {
	visit(path, depth, p)
	for i, c := range p.calls {
		step := nameOf(p.function) + "[" + string(rune('0'+i)) + "]"
		if path != "" {
			step = path + "." + step
		}
		c.walk(step, depth+1, visit)
	}
}

// A spoiling makes a leaf bad. It may change only data and target.
type spoiling struct {
	code calldata.Code
	fits func(p *plannedCall) bool
	do   func(p *plannedCall)
}

func withData(p *plannedCall) bool { return len(p.data) > 0 }

// spoilings are the ways in which a leaf may be bad.
var spoilings = []spoiling{
	{calltree.UnknownContract, func(p *plannedCall) bool { return p.operation != calltree.Self },
		func(p *plannedCall) { p.to, p.data = at("stranger"), pay("bob", 1) }},
	{calldata.UnknownSelector, func(*plannedCall) bool { return true },
		func(p *plannedCall) { p.to, p.data = leafAt(p, "usdc"), pack("steal(address,uint256)", "bob", 1) }},
	{calldata.NoSelector, func(*plannedCall) bool { return true },
		func(p *plannedCall) { p.to, p.data = leafAt(p, "usdc"), []byte{0xa9, 0x05, 0x9c} }},
	{calldata.TrailingBytes, withData, func(p *plannedCall) { p.data = append(bytes.Clone(p.data), 0) }},
	{calldata.Truncated, withData, func(p *plannedCall) { p.data = p.data[:len(p.data)-1] }},
	{calldata.OutOfRange, withData, func(p *plannedCall) { p.data = patched(p.data, 4, []byte{1}) }},
	{calltree.NoCallData, func(p *plannedCall) bool {
		return (p.operation == calltree.Delegatecall || p.operation == calltree.Self) && !p.in.data
	}, func(p *plannedCall) { p.data = nil }},
}

// spoil makes p bad and says why.
func (s spoiling) spoil(p *plannedCall) {
	p.function, p.bad = "", s.code
	s.do(p)
}

// ways are the spoilings that fit a leaf.
func ways(p *plannedCall) []spoiling {
	return slices.DeleteFunc(slices.Clone(spoilings), func(s spoiling) bool { return !s.fits(p) })
}
