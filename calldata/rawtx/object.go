package rawtx

import (
	"encoding/hex"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/eip55"
	"countersign/strictjson"

	"countersign"
)

// An object is one JSON object, whose members are asked for by name. What is
// absent reads as nil or empty.
type object struct {
	members map[string]strictjson.Value
	at      int
	path    string
	fail    *failure
}

// open reads an object whose members are all known. The letter case counts.
func open(v strictjson.Value, path string, known []string, f *failure) *object {
	o := &object{members: map[string]strictjson.Value{}, at: v.At, path: path, fail: f}
	if !v.Is('{') {
		f.refuse(BadMember, v.At, path, "not an object")
		return o
	}
	for parts := v.Parts(); len(parts) > 0; parts = parts[2:] {
		name := parts[0].Text()
		if !slices.Contains(known, name) {
			o.refuse(UnknownMember, parts[0].At, "", "no member %.40q", name)
		}
		o.members[name] = parts[1]
	}
	return o
}

func (o *object) refuse(code calldata.Code, at int, name, format string, args ...any) {
	o.fail.refuse(code, at, join(o.path, name), format, args...)
}

func (o *object) has(name string) bool {
	_, has := o.members[name]
	return has
}

// require refuses the object without a member.
func (o *object) require(names ...string) {
	for _, name := range names {
		if !o.has(name) {
			o.refuse(MissingMember, o.at, name, "is not there")
		}
	}
}

// array returns the elements of an array.
func (o *object) array(name string) []strictjson.Value {
	v, has := o.members[name]
	if !has {
		return nil
	}
	if !v.Is('[') {
		o.refuse(BadMember, v.At, name, "not an array")
		return nil
	}
	return v.Parts()
}

// The two ways to write a number in a string. The second is a JSON-RPC quantity.
var (
	decimal  = regexp.MustCompile(`^(0|[1-9][0-9]{0,77})$`)
	quantity = regexp.MustCompile(`^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})$`)
)

// integer reads a number of at most so many bits: a string, or where plain says
// so a JSON integer that every reader holds exactly.
func (o *object) integer(name string, bits int, plain bool) *big.Int {
	v, has := o.members[name]
	if !has {
		return nil
	}
	i := new(big.Int)
	switch s := v.Text(); {
	case v.IsNumber():
		if !plain {
			o.refuse(BadMember, v.At, name, "a JSON number; want it in a string, where none of it is lost")
		} else if !decimal.Match(v.Raw) || len(v.Raw) > 16 {
			o.refuse(BadMember, v.At, name, "not a whole number from 0 to 2^53-1")
		} else if i.SetString(string(v.Raw), 10); i.BitLen() > 53 {
			o.refuse(BadMember, v.At, name, "more than 2^53-1, which some readers round; want it in a string")
		}
	case v.Is('"') && decimal.MatchString(s):
		i.SetString(s, 10)
	case v.Is('"') && quantity.MatchString(s):
		i.SetString(s[2:], 16)
	default:
		o.refuse(BadMember, v.At, name, "neither a decimal nor a 0x-quantity")
	}
	if i.BitLen() > bits {
		o.refuse(BadMember, v.At, name, "more than %d bits", bits)
		return nil
	}
	return i
}

func (o *object) uint64(name string) *uint64 {
	i := o.integer(name, 64, true)
	if i == nil {
		return nil
	}
	n := i.Uint64()
	return &n
}

func (o *object) amount(name string) *countersign.Amount {
	i := o.integer(name, countersign.MaxAmountBits, false)
	if i == nil {
		return nil
	}
	a, err := countersign.AmountFromBig(i)
	if err != nil {
		o.refuse(BadMember, o.members[name].At, name, "%v", err)
	}
	return &a
}

// bytes reads 0x and pairs of hex digits; "0x" is no bytes.
func (o *object) bytes(name string) []byte {
	v, has := o.members[name]
	if !has {
		return []byte{}
	}
	b, ok := hexBytes(v)
	if !ok {
		o.refuse(BadMember, v.At, name, "not 0x and pairs of hex digits")
	}
	return b
}

func hexBytes(v strictjson.Value) (b []byte, ok bool) {
	digits, ok := strings.CutPrefix(v.Text(), "0x")
	if !ok || !v.Is('"') {
		return nil, false
	}
	b, err := hex.DecodeString(digits)
	return b, err == nil
}

// fixed reads an array of strings of n bytes each.
func (o *object) fixed(name string, n int) (values []string) {
	for i, v := range o.array(name) {
		b, ok := hexBytes(v)
		if !ok || len(b) != n {
			o.refuse(BadMember, v.At, name+index(i), "not 0x and %d bytes of hex", n)
		}
		values = append(values, "0x"+hex.EncodeToString(b))
	}
	return values
}

// address reads an address: all of its letters in one case, or a checksum.
func (o *object) address(name string) string {
	v, has := o.members[name]
	if !has {
		return ""
	}
	b, ok := hexBytes(v)
	if !ok || len(b) != 20 {
		o.refuse(BadMember, v.At, name, "not 0x and 40 hex digits")
		return ""
	}
	if _, err := eip55.Parse(v.Text()); err != nil {
		o.refuse(BadMember, v.At, name, "checksum of EIP-55 does not hold")
	}
	return strings.ToLower(v.Text())
}
