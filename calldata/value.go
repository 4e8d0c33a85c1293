package calldata

import (
	"encoding/hex"
	"fmt"
	"math/big"

	"countersign"
)

// A Value is one decoded argument. It is a view into the call data and must not
// outlive a change of it.
type Value struct {
	Type *Type

	raw  []byte
	list []Value
}

// Address returns 0x and 40 lower-case hex digits; ok is false for other types.
func (v Value) Address() (address string, ok bool) {
	if v.Type == nil || v.Type.Kind != Address {
		return "", false
	}
	return "0x" + hex.EncodeToString(v.raw[12:]), true
}

// Amount returns an unsigned integer of any width; ok is false for other types.
func (v Value) Amount() (a countersign.Amount, ok bool) {
	if v.Type == nil || v.Type.Kind != Uint {
		return a, false
	}
	a, err := countersign.AmountFromBig(new(big.Int).SetBytes(v.raw))
	return a, err == nil
}

// Int returns an integer, signed or not; ok is false for other types.
func (v Value) Int() (i *big.Int, ok bool) {
	if v.Type == nil || (v.Type.Kind != Uint && v.Type.Kind != Int) {
		return nil, false
	}
	i = new(big.Int).SetBytes(v.raw)
	if v.Type.Kind == Int && v.raw[0]&0x80 != 0 {
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return i, true
}

// Bool returns a boolean; ok is false for other types.
func (v Value) Bool() (b, ok bool) {
	if v.Type == nil || v.Type.Kind != Bool {
		return false, false
	}
	return v.raw[31] == 1, true
}

// Bytes returns the bytes of bytes, bytesN and string values.
func (v Value) Bytes() (b []byte, ok bool) {
	if v.Type == nil {
		return nil, false
	}
	switch v.Type.Kind {
	case Bytes, String:
		return v.raw, true
	case FixedBytes:
		return v.raw[:v.Type.Size:v.Type.Size], true
	}
	return nil, false
}

// List returns the elements of an array or the members of a tuple.
func (v Value) List() []Value { return v.list }

// JSON returns the value for people and records: integers as decimal strings,
// addresses and bytes as lower-case hex, arrays and tuples as lists. The zero
// Value is nil.
func (v Value) JSON() any {
	if v.Type == nil {
		return nil
	}
	switch v.Type.Kind {
	case Slice, Array, Tuple:
		out := make([]any, len(v.list))
		for i, e := range v.list {
			out[i] = e.JSON()
		}
		return out
	case String:
		return string(v.raw)
	case Bool:
		return v.raw[31] == 1
	}
	return v.String()
}

// String returns the value in one line.
func (v Value) String() string {
	if v.Type == nil {
		return ""
	}
	switch v.Type.Kind {
	case Address:
		s, _ := v.Address()
		return s
	case Uint, Int:
		i, _ := v.Int()
		return i.String()
	case Bool:
		return fmt.Sprint(v.raw[31] == 1)
	case String:
		return string(v.raw)
	case Bytes, FixedBytes:
		b, _ := v.Bytes()
		return "0x" + hex.EncodeToString(b)
	}
	return fmt.Sprint(v.list)
}
