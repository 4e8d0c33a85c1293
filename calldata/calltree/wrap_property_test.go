package calltree_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/calldata/calltree"

	"pgregory.net/rapid"
)

// matches reads a plan and fails unless every node is what was planned, down to
// those that must be refused; it returns the problems that there must be.
func (p *plannedCall) matches(t rapidT, r *calltree.Reader) {
	t.Helper()
	tree := read(t, r, p.transaction())
	var paths []string
	var nodes []*calltree.Node
	tree.Walk(func(path string, n *calltree.Node) { paths, nodes = append(paths, path), append(nodes, n) })
	var problems []string
	i := 0
	p.walk("", 0, func(path string, depth int, p *plannedCall) {
		t.Helper()
		if depth > calltree.MaxDepth+1 { // its wrapper is refused
			return
		}
		if i >= len(nodes) {
			t.Fatalf("the tree has %d nodes, %s is missing\n%s", len(nodes), path, strings.Join(drawn(tree), "\n"))
		}
		bad := p.bad
		if depth > calltree.MaxDepth {
			bad = calltree.TooDeep
		}
		if paths[i] != path {
			t.Fatalf("node %d is %q, want %q", i, paths[i], path)
		}
		if bad != "" {
			problems = append(problems, path+" "+string(bad))
		}
		p.isNode(t, path, nodes[i], bad != "")
		i++
	})
	if i != len(nodes) {
		t.Errorf("the tree has %d nodes, want %d", len(nodes), i)
	}
	var got []string
	for _, problem := range tree.Problems() {
		got = append(got, problem.Path+" "+string(problem.Code))
	}
	if !slices.Equal(got, problems) || tree.Opaque != len(problems) {
		t.Errorf("%d opaque, problems %q, want %q", tree.Opaque, got, problems)
	}
}

func (p *plannedCall) isNode(t rapidT, path string, n *calltree.Node, bad bool) {
	t.Helper()
	via := ""
	if p.in != nil {
		via = p.in.via
	}
	want := fmt.Sprintf("%s %s value=%d via=%q opaque=%t", p.operation, named(p.to.String()), p.value, via, bad)
	got := fmt.Sprintf("%s %s value=%s via=%q opaque=%t", n.Operation, named(n.To.String()), n.Value.Amount(), n.Via, n.Kind.Opaque())
	if got != want || !bytes.Equal(n.Data, p.data) {
		t.Errorf("%s is %s with %x\nwant %s with %x", path, got, n.Data, want, p.data)
	}
	if function := p.function; !bad && n.Function() != function {
		t.Errorf("%s is a call of %q, want %q", path, n.Function(), function)
	}
}

// leaves are the calls at the end, by path.
func (p *plannedCall) leaves() (all []*plannedCall) {
	p.walk("", 0, func(_ string, _ int, p *plannedCall) {
		if p.form == nil {
			all = append(all, p)
		}
	})
	return all
}

func TestEveryWrapperHasAForm(t *testing.T) {
	with := map[string]bool{}
	for _, f := range forms {
		with[f.signature] = true
	}
	for _, signature := range calltree.Wrappers() {
		if why, none := terminal[signature]; with[signature] == none {
			t.Errorf("%s: has a form: %t, is one that needs none: %t (%s)", signature, with[signature], none, why)
		}
	}
}

// Good calls in any chain of wrappers, as deep as may be, are all found.
func TestWrappedCallsAreFound(t *testing.T) {
	r := worldReader(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := &grower{T: rt}
		g.grow(rapid.IntRange(0, calltree.MaxDepth).Draw(rt, "wrappers"), nil, calltree.Call, nil).matches(rt, r)
	})
}

// One bad call among them is the only problem, and the others are read as before.
func TestOneBadCallIsFoundInAnyChain(t *testing.T) {
	r := worldReader(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := &grower{T: rt}
		p := g.grow(rapid.IntRange(0, calltree.MaxDepth).Draw(rt, "wrappers"), nil, calltree.Call, nil)
		leaf := rapid.SampledFrom(p.leaves()).Draw(rt, "leaf")
		rapid.SampledFrom(ways(leaf)).Draw(rt, "way").spoil(leaf)
		p.matches(rt, r)
	})
}

// A call in one wrapper more than may be is not read, whatever it is.
func TestDeeperCallsAreRefused(t *testing.T) {
	r := worldReader(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := &grower{T: rt}
		p := g.grow(calltree.MaxDepth+rapid.IntRange(1, 4).Draw(rt, "too many"), nil, calltree.Call, nil)
		p.matches(rt, r)
	})
}

// Every wrapper, with a bad call in each place and of each kind.
func TestOneBadCallIsFoundInEveryPlace(t *testing.T) {
	r := worldReader(t)
	for i := range forms {
		f := &forms[i]
		operations := f.operations
		if operations == nil {
			operations = []calltree.Operation{calltree.Call}
		}
		t.Run(strings.TrimSpace(f.signature+" "+f.name), func(t *testing.T) {
			for _, operation := range operations {
				f.eachPlace(t, r, operation)
			}
		})
	}
}

func (f *form) eachPlace(t *testing.T, r *calltree.Reader, operation calltree.Operation) {
	t.Helper()
	n := 3
	if f.one {
		n = 1
	}
	filled := func() *plannedCall {
		p := &plannedCall{made: made{to: at("hub")}, form: f, function: f.signature}
		if f.proxy {
			p.to = at(proxies[0].name)
		}
		for i := range n {
			leaf := &plannedCall{made: made{operation: operation, data: pay("bob", i)}, in: f, function: transfer}
			leaf.to = leafAt(leaf, "usdc")
			p.calls = append(p.calls, leaf)
		}
		return p
	}
	filled().matches(t, r)
	for place := range n {
		for _, way := range ways(filled().calls[place]) {
			p := filled()
			way.spoil(p.calls[place])
			p.matches(t, r)
		}
	}
}
