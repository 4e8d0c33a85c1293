package calltree

import (
	"strings"

	"countersign/calldata"
	"countersign/calldata/universalrouter"
)

// universalRouter unwraps execute(commands, inputs[, deadline]). The same bytes
// mean other things to other versions, so the version must be pinned.
func universalRouter(x *unwrapping) {
	d, known := universalrouter.Of(strings.TrimPrefix(string(x.contract.protocol), "uniswap-ur-"))
	if !known {
		x.refuse(UnknownProtocol, "commands", "no version of the router is pinned to %s: want one of %q", x.node.To, protocols[:3])
		return
	}
	x.via = string(x.contract.protocol)
	x.steps(d, d.Commands, d.Mask, x.node, x.arg(0), x.arg(1), x.depth+1)
}

// steps makes the children of a node from a program: a byte per step, and an input
// for each.
func (x *unwrapping) steps(d universalrouter.Dialect, table map[byte]universalrouter.Command, mask byte, n *Node, program, inputs calldata.Value, depth int) {
	codes := bytesOf(program)
	var bad *calldata.Refusal
	switch {
	case len(codes) != inputs.Len():
		bad = refusal(LengthMismatch, "%d commands and %d inputs", len(codes), inputs.Len())
	case x.tree.Nodes+len(codes) > MaxNodes:
		bad = refusal(TooManyCalls, "%d more steps, at most %d in one transaction", len(codes), MaxNodes)
	case depth > MaxDepth:
		bad = refusal(TooDeep, "more than %d programs", MaxDepth)
	}
	if bad != nil {
		bad.Path = n.Call.Function.Name
		n.refuse(Malformed, bad)
		return
	}
	n.Children = x.reserve(len(codes))
	for i := range n.Children {
		s := &n.Children[i]
		s.To, s.Operation, s.Via, s.Step, s.Data = x.node.To, Self, x.via, true, bytesOf(inputs.At(i))
		c, ok := table[codes[i]&mask]
		if !ok {
			s.refuse(Unknown, refusal(UnknownCommand, "command 0x%02x is not one that %s defines and that can be read", codes[i], x.via))
			continue
		}
		x.step(d, c, s, depth)
	}
}

// step reads one step's input, and what is inside it.
func (x *unwrapping) step(d universalrouter.Dialect, c universalrouter.Command, s *Node, depth int) {
	if err := c.Layout.DecodeIn(&x.spare, &s.Call, s.Data); err != nil {
		r := *err.(*calldata.Refusal)
		r.Offset = max(0, r.Offset-4) // there is no selector
		s.refuse(Malformed, &r)
		return
	}
	s.Risks |= c.Risks
	if c.Allowance != nil {
		s.Risks |= c.Allowance(&s.Call)
	}
	switch c.Inside {
	case universalrouter.Commands:
		x.steps(d, d.Commands, d.Mask, s, s.Call.At(0), s.Call.At(1), depth+1)
	case universalrouter.Actions:
		x.steps(d, d.Actions, 0xff, s, s.Call.At(0), s.Call.At(1), depth+1)
	}
}
