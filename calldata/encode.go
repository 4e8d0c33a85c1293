package calldata

import (
	"encoding/binary"
	"math/big"
)

// Encode writes the call as a canonical encoder would, selector first. It uses
// nothing but the values, so that it checks what was read: for every call that
// [ABI.Decode] accepts the bytes are those that were given.
func (c *Call) Encode() []byte {
	out := append(make([]byte, 0, 4+len(c.data)), c.Function.Selector[:]...)
	return appendSequence(out, c.Args())
}

// appendSequence writes values as the specification's "head and tail" has it:
// static values in place, for dynamic ones an offset from the start of the
// sequence, and behind all heads the dynamic values in order.
func appendSequence(out []byte, values []Value) []byte {
	start, head := len(out), 0
	for _, v := range values {
		head += v.Type().head
	}
	var tail []byte
	for _, v := range values {
		if v.Type().dynamic {
			out = appendSize(out, head+len(tail))
			tail = appendValue(tail, v)
		} else {
			out = appendValue(out, v)
		}
	}
	if len(out) != start+head {
		panic("calldata: heads of the wrong size")
	}
	return append(out, tail...)
}

func appendValue(out []byte, v Value) []byte {
	switch v.Type().Kind {
	case Slice:
		return appendSequence(appendSize(out, v.Len()), v.List())
	case Array, Tuple:
		return appendSequence(out, v.List())
	case Bytes, String:
		b, _ := v.Bytes()
		out = append(appendSize(out, len(b)), b...)
		return append(out, make([]byte, (word-len(b)%word)%word)...)
	case FixedBytes:
		b, _ := v.Bytes()
		return append(append(out, b...), make([]byte, word-len(b))...)
	case Address:
		a, _ := v.Account()
		return append(append(out, make([]byte, word-len(a))...), a[:]...)
	case Bool:
		b, _ := v.Bool()
		if b {
			return appendSize(out, 1)
		}
		return appendSize(out, 0)
	}
	i, _ := v.Int()
	return append(out, twosComplement(i)...)
}

func appendSize(out []byte, n int) []byte {
	return binary.BigEndian.AppendUint64(append(out, make([]byte, word-8)...), uint64(n))
}

// twosComplement writes an integer as one word.
func twosComplement(i *big.Int) []byte {
	if i.Sign() < 0 {
		i = new(big.Int).Add(i, new(big.Int).Lsh(big.NewInt(1), 8*word))
	}
	return i.FillBytes(make([]byte, word))
}
