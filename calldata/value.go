package calldata

import (
	"encoding/hex"
	"math/big"
	"slices"
	"strings"

	"countersign"
)

// A Value is one decoded argument: a view into the call that it belongs to. The
// zero Value has no type and answers no question.
type Value struct {
	call *Call
	i    uint32
}

// Args returns the arguments in the order of the function's inputs.
func (c *Call) Args() []Value {
	if c.Function == nil {
		return nil
	}
	out := make([]Value, len(c.Function.Inputs))
	for i := range out {
		out[i] = Value{c, uint32(i)}
	}
	return out
}

// At returns the argument at a position of the function's inputs; it panics where
// there is none.
func (c *Call) At(i int) Value {
	_ = c.Function.Inputs[i]
	return Value{c, uint32(i)}
}

// Arg returns the argument with a name.
func (c *Call) Arg(name string) (Value, bool) {
	for i, f := range c.Function.Inputs {
		if f.Name == name && name != "" {
			return Value{c, uint32(i)}, true
		}
	}
	return Value{}, false
}

func (v Value) node() *node {
	if v.call == nil {
		return &node{}
	}
	return &v.call.nodes[v.i]
}

// Type returns the value's type; nil for the zero Value.
func (v Value) Type() *Type {
	n := v.node()
	if n.typ == 0 {
		return nil
	}
	return v.call.Function.types[n.typ-1]
}

// is reports whether the value is of one of some kinds.
func (v Value) is(kinds ...Kind) (*node, bool) {
	t := v.Type()
	return v.node(), t != nil && slices.Contains(kinds, t.Kind)
}

// raw returns the bytes of a value that is not a composite. Appending to them
// copies.
func (v Value) raw(n *node) []byte { return v.call.data[n.at : n.at+n.n : n.at+n.n] }

// Address returns 0x and 40 lower-case hex digits; ok is false for other types.
func (v Value) Address() (address string, ok bool) {
	a, ok := v.Account()
	if !ok {
		return "", false
	}
	return "0x" + hex.EncodeToString(a[:]), true
}

// Account returns the 20 bytes of an address; ok is false for other types.
func (v Value) Account() (account [20]byte, ok bool) {
	n, ok := v.is(Address)
	if !ok {
		return account, false
	}
	return [20]byte(v.raw(n)[12:]), true
}

// Amount returns an unsigned integer of any width; ok is false for other types.
func (v Value) Amount() (a countersign.Amount, ok bool) {
	n, ok := v.is(Uint)
	if !ok {
		return a, false
	}
	a, err := countersign.AmountFromBig(new(big.Int).SetBytes(v.raw(n)))
	return a, err == nil
}

// Int returns an integer, signed or not; ok is false for other types.
func (v Value) Int() (i *big.Int, ok bool) {
	n, ok := v.is(Uint, Int)
	if !ok {
		return nil, false
	}
	raw := v.raw(n)
	i = new(big.Int).SetBytes(raw)
	if v.Type().Kind == Int && raw[0]&0x80 != 0 {
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return i, true
}

// Bool returns a boolean; ok is false for other types.
func (v Value) Bool() (b, ok bool) {
	n, ok := v.is(Bool)
	return ok && v.raw(n)[31] == 1, ok
}

// Bytes returns the bytes of bytes, bytesN and string values.
func (v Value) Bytes() (b []byte, ok bool) {
	n, ok := v.is(Bytes, String, FixedBytes)
	if !ok {
		return nil, false
	}
	if t := v.Type(); t.Kind == FixedBytes {
		return v.raw(n)[:t.Size:t.Size], true
	}
	return v.raw(n), true
}

// Word returns the 32 bytes of a value that is one word; ok is false for others.
func (v Value) Word() (w [32]byte, ok bool) {
	n, ok := v.is(Uint, Int, Address, Bool, FixedBytes)
	if !ok {
		return w, false
	}
	return [32]byte(v.raw(n)), true
}

// Len returns the number of elements of an array or of members of a tuple; 0 for
// other types.
func (v Value) Len() int {
	if n, ok := v.is(Slice, Array, Tuple); ok {
		return int(n.n)
	}
	return 0
}

// At returns the element or member at a position; it panics where there is none.
func (v Value) At(i int) Value {
	if i < 0 || i >= v.Len() {
		panic("calldata: no such element")
	}
	return Value{v.call, v.node().first + uint32(i)}
}

// Member returns the member of a tuple with a name.
func (v Value) Member(name string) (Value, bool) {
	if _, ok := v.is(Tuple); !ok || name == "" {
		return Value{}, false
	}
	for i, f := range v.Type().Fields {
		if f.Name == name {
			return v.At(i), true
		}
	}
	return Value{}, false
}

// List returns the elements of an array or the members of a tuple; nil for other
// types.
func (v Value) List() []Value {
	if _, ok := v.is(Slice, Array, Tuple); !ok {
		return nil
	}
	out := make([]Value, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

// JSON returns the value for people and records: integers as decimal strings,
// addresses and bytes as lower-case hex, booleans as they are, arrays and tuples
// as lists. The zero Value is nil.
func (v Value) JSON() any {
	n, t := v.node(), v.Type()
	if t == nil {
		return nil
	}
	switch t.Kind {
	case Slice, Array, Tuple:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = v.At(i).JSON()
		}
		return out
	case Bool:
		return v.raw(n)[31] == 1
	}
	return v.String()
}

// Text is [Value.JSON] with booleans as "true" and "false": nothing but strings
// and lists of them.
func (v Value) Text() any {
	if _, ok := v.is(Slice, Array, Tuple); !ok {
		return v.String()
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.At(i).Text()
	}
	return out
}

// String returns the value in one line.
func (v Value) String() string {
	n, t := v.node(), v.Type()
	if t == nil {
		return ""
	}
	switch t.Kind {
	case Address:
		s, _ := v.Address()
		return s
	case Uint, Int:
		i, _ := v.Int()
		return i.String()
	case Bool:
		if v.raw(n)[31] == 1 {
			return "true"
		}
		return "false"
	case String:
		return string(v.raw(n))
	case Bytes, FixedBytes:
		b, _ := v.Bytes()
		return "0x" + hex.EncodeToString(b)
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = v.At(i).String()
	}
	return "[" + strings.Join(parts, " ") + "]"
}
