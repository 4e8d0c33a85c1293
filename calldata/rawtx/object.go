package rawtx

import (
	"encoding/hex"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"countersign"

	"golang.org/x/crypto/sha3"
)

// An object is one JSON object, whose members are asked for by name. What is
// absent reads as nil or empty.
type object struct {
	members map[string]text
	at      int
	path    string
	fail    *failure
}

// open reads an object whose members are all known. The letter case counts.
func open(v text, path string, known []string, f *failure) *object {
	o := &object{members: map[string]text{}, at: v.at, path: path, fail: f}
	if !v.is('{') {
		f.refuse(BadMember, v.at, path, "not an object")
		return o
	}
	for parts := v.parts(); len(parts) > 0; parts = parts[2:] {
		name := parts[0].string()
		if !slices.Contains(known, name) {
			o.refuse(UnknownMember, parts[0].at, "", "no member %.40q", name)
		}
		o.members[name] = parts[1]
	}
	return o
}

func (o *object) refuse(code Code, at int, name, format string, args ...any) {
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
func (o *object) array(name string) []text {
	v, has := o.members[name]
	if !has {
		return nil
	}
	if !v.is('[') {
		o.refuse(BadMember, v.at, name, "not an array")
		return nil
	}
	return v.parts()
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
	switch s := v.string(); {
	case v.number():
		if !plain {
			o.refuse(BadMember, v.at, name, "a JSON number; want it in a string, where none of it is lost")
		} else if !decimal.Match(v.raw) || len(v.raw) > 16 {
			o.refuse(BadMember, v.at, name, "not a whole number from 0 to 2^53-1")
		} else if i.SetString(string(v.raw), 10); i.BitLen() > 53 {
			o.refuse(BadMember, v.at, name, "more than 2^53-1, which some readers round; want it in a string")
		}
	case v.is('"') && decimal.MatchString(s):
		i.SetString(s, 10)
	case v.is('"') && quantity.MatchString(s):
		i.SetString(s[2:], 16)
	default:
		o.refuse(BadMember, v.at, name, "neither a decimal nor a 0x-quantity")
	}
	if i.BitLen() > bits {
		o.refuse(BadMember, v.at, name, "more than %d bits", bits)
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
		o.refuse(BadMember, o.members[name].at, name, "%v", err)
	}
	return &a
}

// bytes reads 0x and pairs of hex digits; "0x" is no bytes.
func (o *object) bytes(name string) []byte {
	v, has := o.members[name]
	if !has {
		return []byte{}
	}
	b, ok := v.bytes()
	if !ok {
		o.refuse(BadMember, v.at, name, "not 0x and pairs of hex digits")
	}
	return b
}

func (v text) bytes() (b []byte, ok bool) {
	digits, ok := strings.CutPrefix(v.string(), "0x")
	if !ok || !v.is('"') {
		return nil, false
	}
	b, err := hex.DecodeString(digits)
	return b, err == nil
}

// fixed reads an array of strings of n bytes each.
func (o *object) fixed(name string, n int) (values []string) {
	for i, v := range o.array(name) {
		b, ok := v.bytes()
		if !ok || len(b) != n {
			o.refuse(BadMember, v.at, name+index(i), "not 0x and %d bytes of hex", n)
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
	b, ok := v.bytes()
	if !ok || len(b) != 20 {
		o.refuse(BadMember, v.at, name, "not 0x and 40 hex digits")
		return ""
	}
	digits := v.string()[2:]
	lower := strings.ToLower(digits)
	if digits != lower && digits != strings.ToUpper(digits) && digits != checksummed(lower) {
		o.refuse(BadMember, v.at, name, "checksum of EIP-55 does not hold")
	}
	return "0x" + lower
}

// checksummed writes 40 lower-case hex digits as EIP-55 does: a letter is upper
// case where the digit of the hash at its place is 8 or more.
func checksummed(lower string) string {
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(lower))
	hash := hex.EncodeToString(h.Sum(nil))
	out := []byte(lower)
	for i, c := range out {
		if c >= 'a' && hash[i] >= '8' {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}
