package calldata_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"countersign/calldata"

	"pgregory.net/rapid"
)

// anySignature draws a function with one to four arguments of any type.
func anySignature() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return "f(" + strings.Join(rapid.SliceOfN(anyType(3), 1, 4).Draw(t, "arguments"), ",") + ")"
	})
}

func anyType(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		plain := []string{
			"uint256", "uint8", "uint24", "uint64", "uint160", "int8", "int24", "int64", "int256",
			"address", "bool", "bytes1", "bytes4", "bytes31", "bytes32", "bytes", "string",
		}
		if depth == 0 {
			return rapid.SampledFrom(plain).Draw(t, "type")
		}
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			return anyType(depth-1).Draw(t, "element") + "[]"
		case 1:
			return anyType(depth-1).Draw(t, "element") + rapid.SampledFrom([]string{"[1]", "[2]", "[3]"}).Draw(t, "size")
		case 2:
			return "(" + strings.Join(rapid.SliceOfN(anyType(depth-1), 1, 3).Draw(t, "members"), ",") + ")"
		}
		return rapid.SampledFrom(plain).Draw(t, "type")
	})
}

// A mark says what stands at a byte of call data, selector included.
type mark struct {
	what string // "offset", "length", "padding" or the type of a word
	at   int
	head *int // the same for all offsets of one head
}

// part is a value encoded canonically, by the book and without regard to speed,
// with what stands where.
type part struct {
	bytes []byte
	marks []mark
}

func (p *part) add(q part) {
	for _, m := range q.marks {
		p.marks = append(p.marks, mark{m.what, m.at + len(p.bytes), m.head})
	}
	p.bytes = append(p.bytes, q.bytes...)
}

// anyCall draws call data for f.
func anyCall(t *rapid.T, f *calldata.Function) part {
	types := make([]*calldata.Type, len(f.Inputs))
	for i, in := range f.Inputs {
		types[i] = in.Type
	}
	out := part{bytes: append([]byte{}, f.Selector[:]...)}
	out.add(sequence(t, types))
	return out
}

// sequence is the head and tail of some values: what stands behind an offset is
// written after all heads, in order.
func sequence(t *rapid.T, types []*calldata.Type) (out part) {
	values, headSize := make([]part, len(types)), 0
	for i, typ := range types {
		values[i] = anyValue(t, typ)
		if dynamic(typ) {
			headSize += 32
		} else {
			headSize += len(values[i].bytes)
		}
	}
	tail, head := headSize, new(int)
	for i, typ := range types {
		if dynamic(typ) {
			out.add(part{wordOf(tail), []mark{{"offset", 0, head}}})
			tail += len(values[i].bytes)
		} else {
			out.add(values[i])
		}
	}
	for i, typ := range types {
		if dynamic(typ) {
			out.add(values[i])
		}
	}
	return out
}

func anyValue(t *rapid.T, typ *calldata.Type) part {
	switch typ.Kind {
	case calldata.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		out := part{wordOf(n), []mark{{what: "length"}}}
		out.add(sequence(t, repeated(typ.Elem, n)))
		return out
	case calldata.Array:
		return sequence(t, repeated(typ.Elem, typ.Size))
	case calldata.Tuple:
		var types []*calldata.Type
		for _, f := range typ.Fields {
			types = append(types, f.Type)
		}
		return sequence(t, types)
	case calldata.Bytes:
		return blob(rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "bytes"))
	case calldata.String:
		return blob([]byte(rapid.StringN(0, 40, -1).Draw(t, "string")))
	}
	return part{anyWord(t, typ), []mark{{what: typ.String()}}}
}

// anyWord draws a word in the range of an elementary type, its edges often.
func anyWord(t *rapid.T, typ *calldata.Type) []byte {
	size := map[calldata.Kind]int{
		calldata.Address: 20, calldata.Bool: 1, calldata.FixedBytes: typ.Size,
		calldata.Uint: typ.Size / 8, calldata.Int: typ.Size / 8,
	}[typ.Kind]
	raw := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), size, size),
		rapid.SliceOfN(rapid.SampledFrom([]byte{0x00, 0x7f, 0x80, 0xff}), size, size),
	).Draw(t, "word")
	w := make([]byte, 32)
	switch typ.Kind {
	case calldata.Bool:
		w[31] = raw[0] & 1
	case calldata.FixedBytes:
		copy(w, raw)
	case calldata.Int:
		if raw[0]&0x80 != 0 {
			for i := range w {
				w[i] = 0xff
			}
		}
		copy(w[32-size:], raw)
	default:
		copy(w[32-size:], raw)
	}
	return w
}

func blob(b []byte) part {
	out := part{wordOf(len(b)), []mark{{what: "length"}}}
	padding := (32 - len(b)%32) % 32
	if padding > 0 {
		out.marks = append(out.marks, mark{what: "padding", at: 32 + len(b)})
	}
	out.bytes = append(append(out.bytes, b...), make([]byte, padding)...)
	return out
}

func wordOf(n int) []byte {
	w := make([]byte, 32)
	binary.BigEndian.PutUint64(w[24:], uint64(n))
	return w
}

func repeated(t *calldata.Type, n int) []*calldata.Type {
	out := make([]*calldata.Type, n)
	for i := range out {
		out[i] = t
	}
	return out
}

func dynamic(t *calldata.Type) bool {
	switch t.Kind {
	case calldata.Bytes, calldata.String, calldata.Slice:
		return true
	case calldata.Array:
		return dynamic(t.Elem)
	case calldata.Tuple:
		for _, f := range t.Fields {
			if dynamic(f.Type) {
				return true
			}
		}
	}
	return false
}

func unhex(t rapidT, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatalf("hex: %v", err)
	}
	return b
}
