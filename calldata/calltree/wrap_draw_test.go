package calltree_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"countersign/calldata/calltree"
	"countersign/calldata/treejson"
)

// drawn is a tree as text, a line per node, indented by depth:
//
//	operation target value=N kind function [arguments] via=name {risks} !code@offset:path
//
// What is not there is left out; arguments are those of nodes that make no calls.
func drawn(t *calltree.Tree) []string {
	var lines []string
	var draw func(n *calltree.Node, indent string)
	draw = func(n *calltree.Node, indent string) {
		lines = append(lines, indent+line(n))
		for i := range n.Children {
			draw(&n.Children[i], indent+"  ")
		}
	}
	for i := range t.Roots {
		draw(&t.Roots[i], "")
	}
	return lines
}

func line(n *calltree.Node) string {
	words := []string{n.Operation.String(), named(n.To.String())}
	if n.Step {
		words[0] = "step"
	}
	if v := n.Value.Amount().String(); v != "0" {
		words = append(words, "value="+v)
	}
	if n.Kind != calltree.Decoded {
		words = append(words, n.Kind.String())
	}
	if f := n.Function(); f != "" {
		words = append(words, f)
		if len(n.Children) == 0 && !n.Kind.Opaque() {
			words = append(words, arguments(n))
		}
	}
	if n.Via != "" {
		words = append(words, "via="+n.Via)
	}
	if n.Risks != 0 {
		words = append(words, "{"+n.Risks.String()+"}")
	}
	if a := n.Anomaly; a != nil {
		words = append(words, fmt.Sprintf("!%s@%d", a.Code, a.Offset))
		if a.Path != "" {
			words[len(words)-1] += ":" + a.Path
		}
	}
	return strings.Join(words, " ")
}

func arguments(n *calltree.Node) string {
	var texts []string
	for _, v := range n.Call.Args() {
		texts = append(texts, named(v.String()))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

// sameLines fails unless two drawings are the same.
func sameLines(t testing.TB, got, want []string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("tree\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// used is a tree that has been read into before, again and again.
var used calltree.Tree

// rapidT is what *testing.T and *rapid.T share.
type rapidT interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// read reads transactions and fails where a tree breaks what every tree promises.
func read(t rapidT, r *calltree.Reader, txs ...calltree.Transaction) *calltree.Tree {
	t.Helper()
	tree := r.Read(txs...)
	r.ReadInto(&used, txs...)
	if once, again := answers(t, tree), answers(t, &used); once != again || tree.Opaque != used.Opaque || tree.Nodes != used.Nodes {
		t.Errorf("read again into a tree that was used before (%d opaque of %d):\n%s\nfresh (%d of %d):\n%s",
			used.Opaque, used.Nodes, again, tree.Opaque, tree.Nodes, once)
	}
	keepsPromises(t, tree)
	for i := range tree.Roots {
		isView(t, &tree.Roots[i], txs[i].Data)
	}
	return tree
}

func answers(t rapidT, tree *calltree.Tree) string {
	t.Helper()
	all := make([]treejson.Node, len(tree.Roots))
	for i := range tree.Roots {
		all[i] = treejson.Of(&tree.Roots[i])
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatalf("tree as JSON: %v", err)
	}
	return string(text)
}

// keepsPromises checks the counts of a tree against its nodes, and every node
// against its kind.
func keepsPromises(t rapidT, tree *calltree.Tree) {
	t.Helper()
	opaque, walked, anomalies, refused := 0, 0, 0, false
	tree.Walk(func(path string, n *calltree.Node) {
		walked++
		if n.Kind.Opaque() {
			opaque++
			refused = refused || n.Call.Function != nil || n.Operation == calltree.Create
			if len(n.Children) > 0 {
				t.Errorf("%s is opaque and has %d children", path, len(n.Children))
			}
		}
		if n.Anomaly != nil {
			anomalies++
			if n.Anomaly.Offset < 0 || n.Anomaly.Offset > len(n.Data) || n.Anomaly.Code == "" || n.Anomaly.Why == "" {
				t.Errorf("%s has %d bytes and the anomaly %+v", path, len(n.Data), n.Anomaly)
			}
		}
		if f := n.Call.Function; f != nil {
			skip := 0
			if n.Step {
				skip = 4
			}
			if again := n.Call.Encode()[skip:]; !bytes.Equal(again, n.Data) {
				t.Errorf("%s is %x, encoded again %x", path, n.Data, again)
			}
		}
		if n.Kind.Opaque() != (n.Anomaly != nil) {
			t.Errorf("%s is of kind %s with the anomaly %v", path, n.Kind, n.Anomaly)
		}
	})
	switch ps := len(tree.Problems()); {
	case tree.Opaque != opaque:
		t.Errorf("Opaque = %d, the tree has %d opaque nodes", tree.Opaque, opaque)
	case ps != anomalies || (ps > 0) != (tree.Opaque > 0):
		t.Errorf("%d problems of %d anomalies in a tree with %d opaque nodes", ps, anomalies, tree.Opaque)
	case tree.Nodes < walked || tree.Nodes > walked && !refused:
		t.Errorf("Nodes = %d, the tree has %d, a wrapper was refused: %t", tree.Nodes, walked, refused)
	}
}

// isView fails unless the data of all nodes below n are part of the bytes that
// they are in. A signature string makes new bytes, and those are what the calls
// below are part of.
func isView(t rapidT, n *calltree.Node, all []byte) {
	t.Helper()
	if len(n.Data) > 0 {
		from, to := uintptr(unsafe.Pointer(unsafe.SliceData(all))), uintptr(unsafe.Pointer(unsafe.SliceData(n.Data)))
		if to < from || to+uintptr(len(n.Data)) > from+uintptr(len(all)) {
			t.Errorf("the %d bytes of %s are no view into the %d bytes around them", len(n.Data), line(n), len(all))
		}
	}
	copies := n.Function() == proposeBravo || n.Function() == queueTransaction || n.Function() == executeTransaction
	for i := range n.Children {
		if c := &n.Children[i]; copies {
			isView(t, c, c.Data)
		} else {
			isView(t, c, all)
		}
	}
}
