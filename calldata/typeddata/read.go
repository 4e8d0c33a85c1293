package typeddata

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"countersign/eip55"
	"countersign/strictjson"
)

// A reader turns checked JSON into values of the types that it should have.
type reader struct{ values int }

// document reads a whole strictjson.Value as a struct.
func (r *reader) document(d *define, raw json.RawMessage) (Value, error) {
	v, err := readText(raw)
	if err != nil {
		return Value{}, err
	}
	return r.value(&typ{kind: structKind, def: d, name: d.name}, v)
}

func (r *reader) value(t *typ, v strictjson.Value) (Value, error) {
	if r.values++; r.values > MaxValues {
		return Value{}, refuse(TooLarge, v.At, "more than %d values", MaxValues)
	}
	out := Value{Type: t.name, typ: t}
	var err error
	switch t.kind {
	case structKind:
		out.list, err = r.members(t.def, v)
	case arrayKind:
		out.list, err = r.elements(t, v)
	default:
		var why string
		if out.raw, why = atom(t, v); why != "" {
			err = refuse(BadValue, v.At, "%s, want %s", why, t.name)
		}
	}
	return out, err
}

func (r *reader) members(d *define, v strictjson.Value) ([]Value, error) {
	if !v.Is('{') {
		return nil, refuse(BadValue, v.At, "not an object, want %s", d.name)
	}
	given := v.Members()
	list := make([]Value, len(d.fields))
	for i, f := range d.fields {
		m, has := given[f.name]
		if !has {
			return nil, within(refuse(MissingMember, v.At, "is not there, %s has it", d.name), f.name)
		}
		delete(given, f.name)
		var err error
		if list[i], err = r.value(f.typ, m); err != nil {
			return nil, within(err, f.name)
		}
		list[i].Name = f.name
	}
	for parts := v.Parts(); len(given) > 0; parts = parts[2:] {
		name := parts[0].Text()
		if _, left := given[name]; left {
			return nil, refuse(UnknownMember, parts[0].At, "%s has no member %.40q", d.name, name)
		}
	}
	return list, nil
}

func (r *reader) elements(t *typ, v strictjson.Value) ([]Value, error) {
	if !v.Is('[') {
		return nil, refuse(BadValue, v.At, "not an array, want %s", t.name)
	}
	parts := v.Parts()
	if t.size > 0 && len(parts) != t.size {
		return nil, refuse(BadValue, v.At, "%d elements, want %s", len(parts), t.name)
	}
	list := make([]Value, len(parts))
	for i, p := range parts {
		var err error
		if list[i], err = r.value(t.elem, p); err != nil {
			return nil, within(err, index(i))
		}
	}
	return list, nil
}

// atom reads a value that is one string, number or boolean. Of the kinds that
// are one word when hashed it returns that word.
func atom(t *typ, v strictjson.Value) (raw []byte, why string) {
	switch t.kind {
	case uintKind, intKind:
		return integer(t, v)
	case boolKind:
		word := make([]byte, 32)
		if v.Is('t') {
			word[31] = 1
		}
		if !v.Is('t') && !v.Is('f') {
			return nil, "neither true nor false"
		}
		return word, ""
	}
	if !v.Is('"') {
		return nil, "not a string"
	}
	s := v.Text()
	switch t.kind {
	case stringKind:
		return []byte(s), "" // strictjson has seen to it that it is UTF-8
	case addressKind:
		return address(s)
	}
	digits, ok := strings.CutPrefix(s, "0x")
	b, err := hex.DecodeString(digits)
	switch {
	case !ok || err != nil:
		return nil, "not 0x and pairs of hex digits"
	case t.kind == bytesKind:
		return b, ""
	case len(b) != t.size:
		return nil, "of another length"
	}
	return append(b, make([]byte, 32-len(b))...), ""
}

// The ways to write an integer. One with a zero in front is octal to some
// readers; a JSON number of more than 53 bits is rounded by most.
var (
	decimal  = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,77})$`)
	hexWord  = regexp.MustCompile(`^0x[0-9a-fA-F]{1,64}$`)
	plainInt = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,15})$`)
)

func integer(t *typ, v strictjson.Value) (word []byte, why string) {
	i := new(big.Int)
	switch s := v.Text(); {
	case v.IsNumber():
		if !plainInt.Match(v.Raw) {
			return nil, "not a whole number that every reader holds exactly"
		}
		if i.SetString(string(v.Raw), 10); i.BitLen() > 53 {
			return nil, "more than 2^53-1, which some readers round; want it in a string"
		}
	case !v.Is('"'):
		return nil, "not a number"
	case decimal.MatchString(s):
		i.SetString(s, 10)
	case hexWord.MatchString(s):
		i.SetString(s[2:], 16)
	default:
		return nil, "neither a decimal nor 0x-hex"
	}
	return inRange(t, i)
}

// inRange returns the word of i, in two's complement, when its type has it.
func inRange(t *typ, i *big.Int) (word []byte, why string) {
	bits := i.BitLen()
	switch {
	case t.kind == uintKind && i.Sign() < 0:
		return nil, "negative"
	case t.kind == intKind && i.Sign() < 0:
		bits = new(big.Int).Not(i).BitLen() + 1
	case t.kind == intKind:
		bits++
	}
	if bits > t.size {
		return nil, "out of range"
	}
	word = make([]byte, 32)
	if i.Sign() < 0 {
		i = new(big.Int).Add(i, new(big.Int).Lsh(big.NewInt(1), 256))
	}
	return i.FillBytes(word), ""
}

// address reads an address: all of its letters in one case, or a checksum.
func address(s string) (word []byte, why string) {
	digits, ok := strings.CutPrefix(s, "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != 20 {
		return nil, "not 0x and 40 hex digits"
	}
	if _, err := eip55.Parse(s); err != nil {
		return nil, "checksum of EIP-55 does not hold"
	}
	return append(make([]byte, 12), b...), ""
}
