package decode

import (
	"fmt"
	"io"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

// The colours of a terminal (ECMA-48 SGR): what was read is plain, what matters
// stands out.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// Text prints trees for people.
type Text struct {
	Out io.Writer
	// Colour marks what matters, for a terminal.
	Colour bool
	// Name returns what an address is called; empty for one without a name. Optional.
	Name func(calltree.Address) string
	// Words returns one line that says what a call does; empty where there are none.
	// Optional.
	Words func(*calltree.Node) string
	// Target is false when the address of the outermost call was not given.
	Target bool
}

// Tree prints every call with its arguments, children further in.
func (t Text) Tree(tree *calltree.Tree) {
	for i := range tree.Roots {
		t.node(&tree.Roots[i], "", t.Target)
	}
}

func (t Text) node(n *calltree.Node, indent string, target bool) {
	fmt.Fprintln(t.Out, indent+t.headline(n, target))
	inside := indent + "  "
	if t.Words != nil {
		if words := t.Words(n); words != "" {
			fmt.Fprintln(t.Out, inside+t.mark(bold, words))
		}
	}
	if n.Call.Function != nil {
		for i, v := range n.Call.Args() {
			t.argument(n.Call.Function.Inputs[i], v, inside)
		}
	}
	if len(n.Risks.Names()) > 0 {
		fmt.Fprintln(t.Out, inside+t.mark(yellow, "risks: "+strings.Join(n.Risks.Names(), ", ")))
	}
	for i := range n.Children {
		t.node(&n.Children[i], inside, true)
	}
}

// headline says how the call is made, what is called and what is sent along.
func (t Text) headline(n *calltree.Node, target bool) string {
	parts := []string{n.Operation.String()}
	if n.Operation != calltree.Create && target {
		to := n.To.String()
		if t.Name != nil {
			if name := t.Name(n.To); name != "" {
				to += " (" + Printable(name) + ")"
			}
		}
		parts = append(parts, to)
	}
	switch s, ok := n.Selector(); {
	case n.Function() != "":
		parts = append(parts, t.mark(bold, n.Function()))
	case ok:
		parts = append(parts, s.String())
	}
	if n.Kind.Opaque() {
		parts = append(parts, t.mark(red, fmt.Sprintf("%s: %d bytes are not read", n.Kind, len(n.Data))))
	}
	if !n.Value.IsZero() {
		parts = append(parts, "value "+n.Value.Amount().String()+" wei")
	}
	if n.Via != "" {
		parts = append(parts, t.mark(dim, "via "+n.Via))
	}
	return strings.Join(parts, "  ")
}

func (t Text) argument(f calldata.Field, v calldata.Value, indent string) {
	name := f.Type.String()
	if f.Name != "" {
		name += " " + f.Name
	}
	fmt.Fprintln(t.Out, indent+t.mark(dim, name+" = ")+Printable(v.String()))
}

func (t Text) mark(colour, text string) string {
	if !t.Colour {
		return text
	}
	return colour + text + reset
}

// maxPrinted bounds one value on a terminal.
const maxPrinted = 200

// Printable makes text that came from outside fit for a terminal: one line, no
// control characters, not endless.
func Printable(s string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		if i == maxPrinted {
			fmt.Fprintf(&b, "… (%d characters)", len([]rune(s)))
			break
		}
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x200b && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0xfeff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
