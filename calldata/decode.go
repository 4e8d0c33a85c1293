package calldata

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"unicode/utf8"
)

// The budget of one decode. A canonical call reads each byte once, so its cost
// is bounded by its size; these keep that size sane.
const (
	MaxBytes    = 128 << 10 // the largest transaction that a node's pool takes (EIP-4844 and geth txMaxSize)
	MaxElements = 10_000    // values of any kind in one call
)

// A Call is call data that was read in full.
type Call struct {
	Function *Function
	// Args are in the order of Function.Inputs.
	Args []Value
}

// Decode reads the call in data, selector first. The error is a [*Refusal].
func (a *ABI) Decode(data []byte) (*Call, error) {
	if len(data) > MaxBytes {
		return nil, refuse(TooLarge, 0, "%d bytes, at most %d", len(data), MaxBytes)
	}
	if len(data) < 4 {
		return nil, refuse(NoSelector, 0, "%d bytes, want a selector of 4", len(data))
	}
	f, ok := a.functions[Selector(data[:4])]
	if !ok {
		return nil, refuse(UnknownSelector, 0, "selector %s is not in the pinned ABI", Selector(data[:4]))
	}
	d := decoder{data: data[4:]}
	args, end, err := d.fields(f.Inputs, 0)
	if err != nil {
		return nil, within(err, f.Name)
	}
	if end != len(d.data) {
		return nil, within(refuse(TrailingBytes, end+4, "%d bytes follow the arguments", len(d.data)-end), f.Name)
	}
	return &Call{Function: f, Args: args}, nil
}

// Arg returns the argument with a name.
func (c *Call) Arg(name string) (Value, bool) {
	for i, f := range c.Function.Inputs {
		if f.Name == name && name != "" {
			return c.Args[i], true
		}
	}
	return Value{}, false
}

type decoder struct {
	data     []byte // without selector
	elements int
}

// fields reads a sequence of values whose head starts at base, and returns where
// the next byte after the sequence stands. The tail of a dynamic value must
// start exactly where the one before ended: that is the canonical layout, and
// what rules out gaps, overlaps and aliases.
func (d *decoder) fields(fields []Field, base int) ([]Value, int, error) {
	head := 0
	for _, f := range fields {
		head += f.Type.head
	}
	if err := d.need(base, head); err != nil {
		return nil, 0, err
	}
	values := make([]Value, len(fields))
	at, tail := base, base+head
	for i, f := range fields {
		var err error
		if values[i], tail, err = d.member(f.Type, at, base, tail); err != nil {
			return nil, 0, within(err, "."+f.label(i))
		}
		at += f.Type.head
	}
	return values, tail, nil
}

// list reads n values of one type, like fields.
func (d *decoder) list(elem *Type, n, base int) ([]Value, int, error) {
	if err := d.need(base, n*elem.head); err != nil {
		return nil, 0, err
	}
	values := make([]Value, n)
	at, tail := base, base+n*elem.head
	for i := range values {
		var err error
		if values[i], tail, err = d.member(elem, at, base, tail); err != nil {
			return nil, 0, within(err, fmt.Sprintf("[%d]", i))
		}
		at += elem.head
	}
	return values, tail, nil
}

// member reads one value whose head stands at at; tail is where the next dynamic
// value of the sequence must be.
func (d *decoder) member(t *Type, at, base, tail int) (Value, int, error) {
	if !t.dynamic {
		v, _, err := d.value(t, at)
		return v, tail, err
	}
	offset, err := d.size(at, "offset")
	if err != nil {
		return Value{}, 0, err
	}
	if offset != tail-base {
		return Value{}, 0, refuse(NonCanonicalOffset, at+4, "offset %d, the canonical one is %d", offset, tail-base)
	}
	return d.value(t, tail)
}

// value reads one value that stands at at and returns where it ends.
func (d *decoder) value(t *Type, at int) (Value, int, error) {
	if d.elements++; d.elements > MaxElements {
		return Value{}, 0, refuse(TooLarge, at+4, "more than %d values", MaxElements)
	}
	switch t.Kind {
	case Bytes, String:
		return d.bytes(t, at)
	case Slice:
		n, err := d.size(at, "length")
		if err != nil {
			return Value{}, 0, err
		}
		if n > (len(d.data)-at-word)/t.Elem.head {
			return Value{}, 0, refuse(Truncated, at+4, "%d elements do not fit the %d bytes left", n, len(d.data)-at-word)
		}
		list, end, err := d.list(t.Elem, n, at+word)
		return Value{Type: t, list: list}, end, err
	case Array:
		list, end, err := d.list(t.Elem, t.Size, at)
		return Value{Type: t, list: list}, end, err
	case Tuple:
		list, end, err := d.fields(t.Fields, at)
		return Value{Type: t, list: list}, end, err
	}
	v, err := d.static(t, at)
	return v, at + word, err
}

// static reads one word and checks every bit that its type leaves no meaning.
func (d *decoder) static(t *Type, at int) (Value, error) {
	if err := d.need(at, word); err != nil {
		return Value{}, err
	}
	w := d.data[at : at+word : at+word]
	ok := true
	switch t.Kind {
	case Uint:
		ok = zero(w[:word-t.Size/8])
	case Int:
		ok = signExtended(w, t.Size)
	case Address:
		ok = zero(w[:12])
	case Bool:
		ok = zero(w[:31]) && w[31] <= 1
	case FixedBytes:
		ok = zero(w[t.Size:])
	}
	if !ok {
		return Value{}, refuse(OutOfRange, at+4, "word 0x%x is not a %s", w, t)
	}
	return Value{Type: t, raw: w}, nil
}

func (d *decoder) bytes(t *Type, at int) (Value, int, error) {
	n, err := d.size(at, "length")
	if err != nil {
		return Value{}, 0, err
	}
	start := at + word
	padded := (n + word - 1) / word * word
	if err := d.need(start, padded); err != nil {
		return Value{}, 0, err
	}
	if !zero(d.data[start+n : start+padded]) {
		return Value{}, 0, refuse(DirtyPadding, start+n+4, "padding is not zero")
	}
	raw := d.data[start : start+n : start+n] // appending to it copies
	if t.Kind == String && !utf8.Valid(raw) {
		return Value{}, 0, refuse(InvalidText, start+4, "string is not UTF-8")
	}
	return Value{Type: t, raw: raw}, start + padded, nil
}

// size reads an offset or a length: a word that must fit the call data.
func (d *decoder) size(at int, what string) (int, error) {
	if err := d.need(at, word); err != nil {
		return 0, err
	}
	w := d.data[at : at+word]
	n := binary.BigEndian.Uint64(w[24:])
	if !zero(w[:24]) || n > uint64(len(d.data)) {
		return 0, refuse(Truncated, at+4, "%s 0x%x passes the end of the call data", what, new(big.Int).SetBytes(w))
	}
	return int(n), nil
}

func (d *decoder) need(at, n int) error {
	if at < 0 || n > len(d.data)-at {
		return refuse(Truncated, at+4, "want %d bytes, %d are left", n, max(0, len(d.data)-at))
	}
	return nil
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// signExtended reports whether w is a two's-complement number of bits bits.
func signExtended(w []byte, bits int) bool {
	n := word - bits/8
	want := byte(0)
	if w[n]&0x80 != 0 {
		want = 0xff
	}
	for _, c := range w[:n] {
		if c != want {
			return false
		}
	}
	return true
}
