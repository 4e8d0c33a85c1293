package erc7730

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"countersign/calldata"
	"countersign/eip55"
)

// A datum is what a path or a parameter stands for: a value of the call under the
// names of the descriptor, some of its bytes, a value of the transaction, or a
// constant of the descriptor. The zero datum is absent.
type datum struct {
	value calldata.Value
	typ   *calldata.Type // the value's type, with the names that paths use

	members []calldata.Field         // the arguments as a whole,
	at      func(int) calldata.Value // and how to get at them

	bytes    []byte // part of a value, or an account
	number   *big.Int
	constant any // a JSON scalar of the descriptor
}

// list reports whether the value is an array of the call.
func (d datum) list() bool {
	return d.typ != nil && (d.typ.Kind == calldata.Slice || d.typ.Kind == calldata.Array)
}

// raw returns the bytes of a value. Integers have bytes only where the width leaves
// no doubt: 256 bits.
func (d datum) raw() (b []byte, ok bool) {
	if d.bytes != nil {
		return d.bytes, true
	}
	if a, isAddress := d.value.Account(); isAddress {
		return a[:], true
	}
	if w, isWord := d.value.Word(); isWord && d.typ.Kind == calldata.Uint && d.typ.Size == 256 {
		return w[:], true
	}
	return d.value.Bytes()
}

// integer reads the datum as a whole number. Bytes are big-endian and unsigned.
func (d datum) integer() (*big.Int, bool) {
	switch {
	case d.number != nil:
		return d.number, true
	case d.bytes != nil:
		return new(big.Int).SetBytes(d.bytes), len(d.bytes) <= 32
	case d.constant != nil:
		return integerOf(d.constant)
	}
	return d.value.Int()
}

// integerOf reads a JSON integer, or text in decimal or hex with 0x.
func integerOf(constant any) (*big.Int, bool) {
	text := fmt.Sprint(constant)
	base, digits := 10, strings.TrimPrefix(text, "-")
	if rest, isHex := strings.CutPrefix(text, "0x"); isHex {
		base, digits = 16, rest
	}
	if digits == "" || len(digits) > 80 || strings.Trim(strings.ToLower(digits), "0123456789abcdef"[:base]) != "" {
		return nil, false
	}
	i, ok := new(big.Int).SetString(digits, base)
	if strings.HasPrefix(text, "-") {
		i.Neg(i)
	}
	return i, ok
}

// address reads the datum as an account: an address, 20 bytes of something, or a
// constant. Integers are none, because their upper bits may mean something.
func (d datum) address() (a [20]byte, ok bool) {
	if len(d.bytes) == len(a) {
		return [20]byte(d.bytes), true
	}
	if d.constant != nil {
		return addressOf(fmt.Sprint(d.constant))
	}
	return d.value.Account()
}

// addressOf reads 0x and 40 hex digits; mixed case must be the EIP-55 checksum.
func addressOf(text string) (a [20]byte, ok bool) {
	digits, ok := strings.CutPrefix(text, "0x")
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(a) {
		return a, false
	}
	a = [20]byte(b)
	return a, digits == strings.ToLower(digits) || digits == strings.ToUpper(digits) || text == eip55.Format(a)
}

// key is the datum as it stands in enumerations: a number in decimal, true or false,
// text as it is, bytes and addresses in lower-case hex.
func (d datum) key() string {
	if i, ok := d.integer(); ok && len(d.bytes) != 20 {
		return i.String()
	}
	if b, ok := d.raw(); ok && (d.typ == nil || d.typ.Kind != calldata.String) {
		return "0x" + hex.EncodeToString(b)
	}
	return d.value.String()
}

// equal compares the datum with a literal of the descriptor.
func (d datum) equal(literal any) bool {
	want := fmt.Sprint(literal)
	if i, ok := d.integer(); ok {
		n, isNumber := integerOf(want)
		return isNumber && i.Cmp(n) == 0
	}
	return d.key() == want || strings.HasPrefix(want, "0x") && d.key() == strings.ToLower(want)
}
