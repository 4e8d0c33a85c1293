package typeddata

import (
	"encoding/hex"
	"fmt"
	"math/big"

	"countersign"
)

// A Value is one value of a message, with its type. It is immutable; the zero
// Value answers nothing.
type Value struct {
	// Name is the member's, where the value is one of a struct.
	Name string
	// Type is its type as EIP-712 spells it: "uint256", "Person", "bytes32[2][]".
	Type string

	typ  *typ
	raw  []byte // the word of an atomic value, or the content of bytes and string
	list []Value
}

func (v Value) kind() kind {
	if v.typ == nil {
		return 0
	}
	return v.typ.kind
}

// Address returns 0x and 40 lower-case hex digits; ok is false for other types.
func (v Value) Address() (address string, ok bool) {
	if v.kind() != addressKind {
		return "", false
	}
	return "0x" + hex.EncodeToString(v.raw[12:]), true
}

// Amount returns an unsigned integer of any width; ok is false for other types.
func (v Value) Amount() (a countersign.Amount, ok bool) {
	if v.kind() != uintKind {
		return a, false
	}
	a, err := countersign.AmountFromBig(new(big.Int).SetBytes(v.raw))
	return a, err == nil
}

// Int returns an integer, signed or not; ok is false for other types.
func (v Value) Int() (i *big.Int, ok bool) {
	if v.kind() != uintKind && v.kind() != intKind {
		return nil, false
	}
	i = new(big.Int).SetBytes(v.raw)
	if v.kind() == intKind && v.raw[0]&0x80 != 0 {
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return i, true
}

// Bool returns a boolean; ok is false for other types.
func (v Value) Bool() (b, ok bool) {
	if v.kind() != boolKind {
		return false, false
	}
	return v.raw[31] == 1, true
}

// Bytes returns a copy of the bytes of bytes, bytesN and string values; ok is
// false for other types.
func (v Value) Bytes() (b []byte, ok bool) {
	switch v.kind() {
	case bytesKind, stringKind:
		return append([]byte{}, v.raw...), true
	case fixedKind:
		return append([]byte{}, v.raw[:v.typ.size]...), true
	}
	return nil, false
}

// List returns the elements of an array, or the members of a struct in the order
// of its type. The caller must not change it.
func (v Value) List() []Value { return v.list }

// Member returns the member of a struct that has a name; ok is false where there
// is none, and for other types.
func (v Value) Member(name string) (member Value, ok bool) {
	if v.kind() != structKind {
		return Value{}, false
	}
	for _, m := range v.list {
		if m.Name == name {
			return m, true
		}
	}
	return Value{}, false
}

// JSON returns the value for people and records: integers as decimal strings,
// addresses and bytes as lower-case hex, arrays as lists and structs as objects.
// The zero Value is nil.
func (v Value) JSON() any {
	switch v.kind() {
	case 0:
		return nil
	case structKind:
		out := make(map[string]any, len(v.list))
		for _, m := range v.list {
			out[m.Name] = m.JSON()
		}
		return out
	case arrayKind:
		out := make([]any, len(v.list))
		for i, e := range v.list {
			out[i] = e.JSON()
		}
		return out
	case boolKind:
		return v.raw[31] == 1
	}
	return v.String()
}

// String returns the value in one line; structs and arrays in brackets.
func (v Value) String() string {
	switch v.kind() {
	case 0:
		return ""
	case addressKind:
		s, _ := v.Address()
		return s
	case uintKind, intKind:
		i, _ := v.Int()
		return i.String()
	case boolKind:
		return fmt.Sprint(v.raw[31] == 1)
	case stringKind:
		return string(v.raw)
	case bytesKind, fixedKind:
		b, _ := v.Bytes()
		return "0x" + hex.EncodeToString(b)
	}
	return fmt.Sprint(v.list)
}
