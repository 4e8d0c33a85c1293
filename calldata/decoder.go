package calldata

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"unicode/utf8"
)

// A decoder reads arguments in one pass.
type decoder struct {
	data  []byte // without selector
	nodes []node
}

// reserve makes n nodes in a row and returns the first.
func (d *decoder) reserve(n int) int {
	first := len(d.nodes)
	if first+n <= cap(d.nodes) {
		d.nodes = d.nodes[:first+n]
	} else {
		d.nodes = append(d.nodes, make([]node, n)...)
	}
	return first
}

// fields reads the members of a tuple whose heads start at base into nodes from
// first, and returns where the next byte after the tuple stands. The tail of a
// dynamic member must start exactly where the one before ended: that is the
// canonical layout, and what rules out gaps, overlaps and aliases.
func (d *decoder) fields(t *Type, base, first int) (int, *Refusal) {
	if r := d.need(base, t.inner); r != nil {
		return 0, r
	}
	at, tail := base, base+t.inner
	for i := range t.Fields {
		ft := t.Fields[i].Type
		var r *Refusal
		if tail, r = d.member(ft, at, base, tail, first+i); r != nil {
			return 0, r.within("." + t.Fields[i].label(i))
		}
		at += ft.head
	}
	return tail, nil
}

// list reads n values of one type, like fields. The caller has bounded n.
func (d *decoder) list(elem *Type, n, base, first int) (int, *Refusal) {
	if r := d.need(base, n*elem.head); r != nil {
		return 0, r
	}
	at, tail := base, base+n*elem.head
	for i := range n {
		var r *Refusal
		if tail, r = d.member(elem, at, base, tail, first+i); r != nil {
			return 0, r.within(fmt.Sprintf("[%d]", i))
		}
		at += elem.head
	}
	return tail, nil
}

// member reads one value whose head stands at at into node i; tail is where the
// next dynamic value of the sequence must be. It returns the tail after it.
func (d *decoder) member(t *Type, at, base, tail, i int) (int, *Refusal) {
	if !t.dynamic {
		if t.Kind < Bytes {
			return tail, d.static(t, at, i)
		}
		_, r := d.value(t, at, i)
		return tail, r
	}
	offset, r := d.size(at, "offset")
	if r != nil {
		return 0, r
	}
	if offset != tail-base {
		return 0, refusal(NonCanonicalOffset, at+4, "offset %d, the canonical one is %d", offset, tail-base)
	}
	return d.value(t, tail, i)
}

// value reads one value that stands at at and is not a single word, and returns
// where it ends.
func (d *decoder) value(t *Type, at, i int) (int, *Refusal) {
	switch t.Kind {
	case Bytes, String:
		return d.bytes(t, at, i)
	case Slice:
		n, r := d.size(at, "length")
		if r != nil {
			return 0, r
		}
		if n > (len(d.data)-at-word)/t.Elem.head {
			return 0, refusal(Truncated, at+4, "%d elements do not fit the %d bytes left", n, len(d.data)-at-word)
		}
		first, r := d.composite(t, at, n, i)
		if r != nil {
			return 0, r
		}
		return d.list(t.Elem, n, at+word, first)
	case Array:
		if r := d.need(at, t.inner); r != nil { // before room is made for the elements
			return 0, r
		}
		first, r := d.composite(t, at, t.Size, i)
		if r != nil {
			return 0, r
		}
		return d.list(t.Elem, t.Size, at, first)
	case Tuple:
		first, r := d.composite(t, at, len(t.Fields), i)
		if r != nil {
			return 0, r
		}
		return d.fields(t, at, first)
	}
	return at + word, d.static(t, at, i)
}

// composite makes node i one of n elements and returns the first of them.
func (d *decoder) composite(t *Type, at, n, i int) (first int, r *Refusal) {
	if len(d.nodes)+n > MaxElements {
		return 0, refusal(TooLarge, at+4, "more than %d values", MaxElements)
	}
	first = d.reserve(n)
	d.nodes[i] = node{typ: t.id, at: uint32(at), n: uint32(n), first: uint32(first)}
	return first, nil
}

// static reads one word and checks every bit that its type leaves no meaning.
// The caller has checked that the word is there.
func (d *decoder) static(t *Type, at, i int) *Refusal {
	w := (*[word]byte)(d.data[at:])
	if !t.holds(w) {
		return refusal(OutOfRange, at+4, "word 0x%x is not a %s", w[:], t)
	}
	d.nodes[i] = node{typ: t.id, at: uint32(at), n: word}
	return nil
}

// holds reports whether a word is a value of the type.
func (t *Type) holds(w *[word]byte) bool {
	if t.Kind == Int {
		return signExtended(w[:], t.Size)
	}
	return binary.BigEndian.Uint64(w[0:])&t.unused[0]|
		binary.BigEndian.Uint64(w[8:])&t.unused[1]|
		binary.BigEndian.Uint64(w[16:])&t.unused[2]|
		binary.BigEndian.Uint64(w[24:])&t.unused[3] == 0
}

func (d *decoder) bytes(t *Type, at, i int) (int, *Refusal) {
	n, r := d.size(at, "length")
	if r != nil {
		return 0, r
	}
	start := at + word
	padded := (n + word - 1) / word * word
	if r := d.need(start, padded); r != nil {
		return 0, r
	}
	if !zero(d.data[start+n : start+padded]) {
		return 0, refusal(DirtyPadding, start+n+4, "padding is not zero")
	}
	if t.Kind == String && !utf8.Valid(d.data[start:start+n]) {
		return 0, refusal(InvalidText, start+4, "string is not UTF-8")
	}
	d.nodes[i] = node{typ: t.id, at: uint32(start), n: uint32(n)}
	return start + padded, nil
}

// size reads an offset or a length: a word that must fit the call data.
func (d *decoder) size(at int, what string) (int, *Refusal) {
	if r := d.need(at, word); r != nil {
		return 0, r
	}
	w := d.data[at : at+word]
	n := binary.BigEndian.Uint64(w[24:])
	if binary.BigEndian.Uint64(w)|binary.BigEndian.Uint64(w[8:])|binary.BigEndian.Uint64(w[16:]) != 0 || n > uint64(len(d.data)) {
		return 0, refusal(Truncated, at+4, "%s 0x%x passes the end of the call data", what, new(big.Int).SetBytes(w))
	}
	return int(n), nil
}

func (d *decoder) need(at, n int) *Refusal {
	if n > len(d.data)-at {
		return refusal(Truncated, at+4, "want %d bytes, %d are left", n, max(0, len(d.data)-at))
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
