package words

import (
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
)

// say tells the node: what may be cut, and what must stand behind it.
func (s *speech) say() (body, tail string) {
	switch n := s.node; {
	case n.Kind.Opaque():
		return s.opaque(), s.along()
	case n.Kind == calltree.Transfer:
		return s.transfer(), s.along()
	case n.Call.Function == nil:
		return "cannot be read: nothing was decoded of a call of " + s.who(n.To), s.along()
	}
	if words := s.standard(); words != "" {
		return words, s.along()
	}
	return s.fallback()
}

// standard tells a function that is known by its exact signature; empty for any
// other. What a function does holds only where its own contract runs it: under a
// delegatecall the same words would be about somebody else's storage, and only
// wrappers, whose calls the tree shows, are told then.
func (s *speech) standard() string {
	var tables []map[string]func(*speech) string
	switch n := s.node; {
	case n.Step:
		tables = append(tables, steps)
	case n.Operation == calltree.Delegatecall:
		tables = append(tables, wrappers)
	case n.Operation != calltree.Staticcall:
		tables = append(tables, wrappers, permit2, control)
		if token, pinned := s.names.Tokens[n.To]; pinned {
			tables = append(tables, standards[token.Standard]...)
		}
	}
	for _, table := range tables {
		if tell := table[s.node.Call.Function.Signature]; tell != nil {
			return tell(s)
		}
	}
	return ""
}

// transfer tells a call without data.
func (s *speech) transfer() string {
	if s.node.Operation != calltree.Call {
		return s.node.Operation.String() + " of " + s.who(s.node.To) + " without data"
	}
	s.said = true
	return "send " + s.native(s.node.Value.Amount()) + " to " + s.who(s.node.To)
}

// fallback tells any other function as it was called.
func (s *speech) fallback() (body, tail string) {
	n, f := s.node, s.node.Call.Function
	args := s.fields(f.Inputs, n.Call.At) // first, as they are mentioned first
	verb, tail := "call ", ") of "+s.who(n.To)
	switch {
	case n.Step:
		verb = "step "
	case n.Operation == calltree.Delegatecall:
		verb, tail = "run ", tail+" by delegatecall, on the caller's storage and balance"
	case n.Operation == calltree.Staticcall:
		verb, tail = "read ", tail+" by a static call, which changes nothing"
	}
	return verb + shortName(f.Name, 48) + "(" + args, tail + s.along()
}

// fields writes arguments or members with their names.
func (s *speech) fields(fields []calldata.Field, at func(int) calldata.Value) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		if f.Name != "" {
			out[i] = shortName(f.Name, 32) + "="
		}
		out[i] += s.value(at(i))
	}
	return strings.Join(out, ", ")
}

// value writes a value as it is. Numbers are not amounts here: of which token, and
// with how many decimals, only the contract knows.
func (s *speech) value(v calldata.Value) string {
	t := v.Type()
	if t == nil {
		return "nothing"
	}
	switch t.Kind {
	case calldata.Address:
		return s.who(address(v))
	case calldata.Uint, calldata.Int:
		i, _ := v.Int()
		return exact(i)
	case calldata.String:
		b, _ := v.Bytes()
		if s.level > whole && len(b) > 16 {
			return atom("text of ") + count(len(b), "byte")
		}
		return quoted(string(b))
	case calldata.Bytes:
		if length(v) > 32 {
			return count(length(v), "byte")
		}
	case calldata.Slice, calldata.Array:
		if s.level > whole && v.Len() > 2 {
			return "[" + count(v.Len(), "element") + "]"
		}
		if v.Len() == 0 {
			return "[]"
		}
		return "[" + s.list(v.Len(), func(i int) string { return s.value(v.At(i)) }) + "]"
	case calldata.Tuple:
		return "(" + s.fields(t.Fields, v.At) + ")"
	}
	return v.String()
}

// quoted is text from outside. The quotes are ours: those inside are escaped.
func quoted(text string) string { return `"` + atom(erc7730.Plain(text, 60)) + `"` }

// shortName keeps an identifier, or its beginning.
func shortName(name string, most int) string {
	if len(name) <= most {
		return name
	}
	return name[:most-1] + "…"
}

func identifier(r rune) bool {
	return r == '_' || r == '$' || r == '…' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
