package calldata_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"

	"pgregory.net/rapid"
)

// Every canonical call is read, and go-ethereum reads the same values from it.
func TestCanonicalCallsAreRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := calldata.MustABI(anySignature().Draw(rt, "signature"))
		f := a.Functions()[0]
		data := anyCall(rt, f).bytes
		c, err := a.Decode(data)
		if err != nil {
			rt.Fatalf("%s\n%x\nrefused: %v", f.Signature, data, err)
		}
		newOracle(t, f).agrees(rt, data, c)
		if again := c.Encode(); !bytes.Equal(again, data) {
			rt.Fatalf("%s\n%x\nencoded again:\n%x", f.Signature, data, again)
		}
	})
}

// A mutation spoils canonical call data at one place. It returns nil where it
// finds nothing to spoil, and the refusal that must follow.
type mutation struct {
	name string
	do   func(t *rapid.T, p part) (data []byte, code []calldata.Code, at int)
}

// anywhere stands for a refusal whose place depends on the values.
const anywhere = -1

var mutations = []mutation{
	{"append bytes", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		more := rapid.SliceOfN(rapid.Byte(), 1, 70).Draw(t, "more")
		return append(slices.Clone(p.bytes), more...), []calldata.Code{calldata.TrailingBytes}, len(p.bytes)
	}},
	{"drop the last byte", func(_ *rapid.T, p part) ([]byte, []calldata.Code, int) {
		return p.bytes[:len(p.bytes)-1], []calldata.Code{calldata.Truncated, calldata.InvalidText}, anywhere
	}},
	{"cut anywhere", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		at := rapid.IntRange(4, len(p.bytes)-1).Draw(t, "cut")
		return p.bytes[:at], []calldata.Code{calldata.Truncated}, anywhere
	}},
	{"change the selector", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		out := slices.Clone(p.bytes)
		out[rapid.IntRange(0, 3).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		return out, []calldata.Code{calldata.UnknownSelector}, 0
	}},
	{"dirty a word", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		m, found := pick(t, p, func(m mark) bool { return unused(m.what) != nil })
		if !found {
			return nil, nil, 0
		}
		out := slices.Clone(p.bytes)
		out[m.at+rapid.SampledFrom(unused(m.what)).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		return out, []calldata.Code{calldata.OutOfRange}, m.at
	}},
	{"bool that is not one", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		m, found := pick(t, p, func(m mark) bool { return m.what == "bool" })
		return overwrite(p, m, found, rapid.Byte().Filter(func(b byte) bool { return b > 1 }).Draw(t, "bool")), []calldata.Code{calldata.OutOfRange}, m.at
	}},
	{"dirty the padding", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		m, found := pick(t, p, func(m mark) bool { return m.what == "padding" })
		if !found {
			return nil, nil, 0
		}
		out := slices.Clone(p.bytes)
		end := 4 + (m.at-4+31)/32*32
		out[rapid.IntRange(m.at, end-1).Draw(t, "byte")] = rapid.ByteMin(1).Draw(t, "dirt")
		return out, []calldata.Code{calldata.DirtyPadding}, m.at
	}},
	{"bump an offset", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		m, found := pick(t, p, func(m mark) bool { return m.what == "offset" })
		by := rapid.SampledFrom([]byte{1, 31, 32, 64}).Draw(t, "by")
		return overwrite(p, m, found, p.last(m)+by), []calldata.Code{calldata.NonCanonicalOffset, calldata.Truncated}, m.at
	}},
	{"point two offsets at one tail", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		a, b, found := neighbours(t, p)
		if !found {
			return nil, nil, 0
		}
		out := slices.Clone(p.bytes)
		copy(out[b.at:b.at+32], p.bytes[a.at:a.at+32])
		return out, []calldata.Code{calldata.NonCanonicalOffset}, b.at
	}},
	{"swap two tails", func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		a, b, found := neighbours(t, p)
		if !found {
			return nil, nil, 0
		}
		out := slices.Clone(p.bytes)
		copy(out[a.at:a.at+32], p.bytes[b.at:b.at+32])
		copy(out[b.at:b.at+32], p.bytes[a.at:a.at+32])
		return out, []calldata.Code{calldata.NonCanonicalOffset}, a.at
	}},
	{"huge offset", huge("offset")},
	{"huge length", huge("length")},
}

func TestSpoiltCallsAreRefused(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			spoilt := 0
			rapid.Check(t, func(rt *rapid.T) {
				a := calldata.MustABI(anySignature().Draw(rt, "signature"))
				p := anyCall(rt, a.Functions()[0])
				data, codes, at := m.do(rt, p)
				if data == nil {
					return
				}
				spoilt++
				c, err := a.Decode(data)
				if err == nil {
					rt.Fatalf("%s\n%x\nwas read as %v", c.Function.Signature, data, c.Args())
				}
				r := refusal(t, err)
				if !slices.Contains(codes, r.Code) || at != anywhere && r.Offset != at {
					rt.Fatalf("%s\n%x\nrefused with %v, want one of %v at byte %d", a.Functions()[0].Signature, data, r, codes, at)
				}
				if r.Offset < 0 || r.Offset > len(data) {
					rt.Fatalf("byte %d is not in call data of %d", r.Offset, len(data))
				}
			})
			if spoilt == 0 {
				t.Error("nothing was ever spoilt")
			}
		})
	}
}

// Mutations that may give other canonical call data: whatever is read then,
// go-ethereum reads and writes alike.
func TestAlteredCallsAreReadAlikeOrRefused(t *testing.T) {
	word := func(t *rapid.T, p part) int { return 4 + 32*rapid.IntRange(0, (len(p.bytes)-4)/32-1).Draw(t, "word") }
	for name, alter := range map[string]func(t *rapid.T, p part) []byte{
		"drop a word":        func(t *rapid.T, p part) []byte { at := word(t, p); return slices.Delete(p.bytes, at, at+32) },
		"insert a zero word": func(t *rapid.T, p part) []byte { return slices.Insert(p.bytes, word(t, p), make([]byte, 32)...) },
		"repeat a word": func(t *rapid.T, p part) []byte {
			at := word(t, p)
			return slices.Insert(p.bytes, at, bytes.Clone(p.bytes[at:at+32])...)
		},
		"swap two words": func(t *rapid.T, p part) []byte {
			a, b := word(t, p), word(t, p)
			for i := range 32 {
				p.bytes[a+i], p.bytes[b+i] = p.bytes[b+i], p.bytes[a+i]
			}
			return p.bytes
		},
		"flip a bit": func(t *rapid.T, p part) []byte {
			p.bytes[rapid.IntRange(4, len(p.bytes)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
			return p.bytes
		},
		"change a length by one": func(t *rapid.T, p part) []byte {
			if m, found := pick(t, p, func(m mark) bool { return m.what == "length" }); found {
				p.bytes[m.at+31] += rapid.SampledFrom([]byte{1, 255}).Draw(t, "by")
			}
			return p.bytes
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				a := calldata.MustABI(anySignature().Draw(rt, "signature"))
				data := alter(rt, anyCall(rt, a.Functions()[0]))
				if c, err := a.Decode(data); err == nil {
					newOracle(t, c.Function).agrees(rt, data, c)
					if again := c.Encode(); !bytes.Equal(again, data) {
						rt.Fatalf("%s\n%x\nencoded again:\n%x", c.Function.Signature, data, again)
					}
				} else {
					refusal(t, err)
				}
			})
		})
	}
}

// last is the lowest byte of a marked word.
func (p part) last(m mark) byte { return p.bytes[min(m.at+31, len(p.bytes)-1)] }

// overwrite sets the lowest byte of a marked word; a carry would not matter, the
// word is another all the same.
func overwrite(p part, m mark, found bool, b byte) []byte {
	if !found {
		return nil
	}
	out := slices.Clone(p.bytes)
	out[m.at+31] = b
	return out
}

func pick(t *rapid.T, p part, want func(mark) bool) (mark, bool) {
	var fit []mark
	for _, m := range p.marks {
		if want(m) {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return mark{}, false
	}
	return rapid.SampledFrom(fit).Draw(t, "place"), true
}

// neighbours finds two offsets of one head.
func neighbours(t *rapid.T, p part) (a, b mark, found bool) {
	var pairs [][2]mark
	for i := 1; i < len(p.marks); i++ {
		if x, y := p.marks[i-1], p.marks[i]; x.head != nil && x.head == y.head {
			pairs = append(pairs, [2]mark{x, y})
		}
	}
	if len(pairs) == 0 {
		return a, b, false
	}
	pair := rapid.SampledFrom(pairs).Draw(t, "pair")
	return pair[0], pair[1], true
}

// unused lists the bytes of a word that its type leaves no meaning.
func unused(typ string) (out []int) {
	bytes := map[string][2]int{
		"uint8": {0, 31}, "uint24": {0, 29}, "uint64": {0, 24}, "uint160": {0, 12},
		"int8": {0, 31}, "int24": {0, 29}, "int64": {0, 24},
		"address": {0, 12}, "bool": {0, 31}, "bytes1": {1, 32}, "bytes4": {4, 32}, "bytes31": {31, 32},
	}[typ]
	for i := bytes[0]; i < bytes[1]; i++ {
		out = append(out, i)
	}
	return out
}

func huge(what string) func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
	return func(t *rapid.T, p part) ([]byte, []calldata.Code, int) {
		m, found := pick(t, p, func(m mark) bool { return m.what == what })
		if !found {
			return nil, nil, 0
		}
		out := slices.Clone(p.bytes)
		low := rapid.SampledFrom([]string{num(1 << 32), num(1 << 63), num(1<<64 - 1), ones, "80" + strings.Repeat("0", 62)}).Draw(t, "huge")
		copy(out[m.at:], unhex(t, low))
		return out, []calldata.Code{calldata.Truncated}, m.at
	}
}
