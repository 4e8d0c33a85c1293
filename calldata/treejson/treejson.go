// Package treejson writes a tree of calls as JSON.
package treejson

import (
	"countersign/calldata"
	"countersign/calldata/calltree"
)

// A Node is a node as JSON. The field names are wire format.
type Node struct {
	// To is null for a creation; Selector where there is no call data.
	To        *string `json:"to"`
	Value     string  `json:"value"`
	Operation string  `json:"operation"`
	Via       string  `json:"via,omitempty"`
	Selector  *string `json:"selector"`
	Kind      string  `json:"kind"`
	// Function is the canonical signature, null when nothing was decoded.
	Function *string `json:"function"`
	// Args are nested lists of strings: integers in decimal, addresses and bytes in
	// lower-case hex, tuples as lists in the order of their components.
	Args      []any               `json:"args"`
	Risks     []string            `json:"risks"`
	Children  []Node              `json:"children"`
	Anomalies []*calldata.Refusal `json:"anomalies"`
}

// Of returns a node and all below it.
func Of(n *calltree.Node) Node {
	a := Node{
		Value: n.Value.Amount().String(), Operation: n.Operation.String(), Via: n.Via, Kind: n.Kind.String(),
		Args: []any{}, Risks: n.Risks.Names(), Children: make([]Node, len(n.Children)), Anomalies: []*calldata.Refusal{},
	}
	if n.Operation != calltree.Create {
		to := n.To.String()
		a.To = &to
	}
	if s, ok := n.Selector(); ok {
		text := s.String()
		a.Selector = &text
	}
	if f := n.Function(); f != "" {
		a.Function = &f
		for _, v := range n.Call.Args() {
			a.Args = append(a.Args, v.Text())
		}
	}
	for i := range n.Children {
		a.Children[i] = Of(&n.Children[i])
	}
	if r := n.Anomaly; r != nil {
		a.Anomalies = append(a.Anomalies, r)
	}
	return a
}
