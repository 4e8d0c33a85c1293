package calltree

import "countersign/calldata"

// An Answer is a node as JSON. The field names are wire format.
type Answer struct {
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
	Children  []Answer            `json:"children"`
	Anomalies []*calldata.Refusal `json:"anomalies"`
}

// Answer returns the node and all below it as JSON values.
func (n *Node) Answer() Answer {
	a := Answer{
		Value: n.Value.Amount().String(), Operation: n.Operation.String(), Via: n.Via, Kind: n.Kind.String(),
		Args: []any{}, Risks: n.Risks.Names(), Children: make([]Answer, len(n.Children)), Anomalies: []*calldata.Refusal{},
	}
	if n.Operation != Create {
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
		a.Children[i] = n.Children[i].Answer()
	}
	if r := n.Anomaly; r != nil {
		a.Anomalies = append(a.Anomalies, r)
	}
	return a
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
