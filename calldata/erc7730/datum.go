package erc7730

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"countersign/calldata"
)

// A datum is what a path or a parameter stands for: a value of the call under the
// names of the descriptor, some of its bytes, a value of the transaction, or a
// constant of the descriptor. The zero datum is absent.
type datum struct {
	value calldata.Value // with typ
	typ   *calldata.Type // the type, with the names that paths use

	members []calldata.Field         // the arguments as a whole, or a tuple,
	at      func(int) calldata.Value // and how to get at them

	bytes    []byte // part of a value
	number   *big.Int
	account  *[20]byte
	constant any // a JSON value of the descriptor
}

func (d datum) absent() bool {
	return d.typ == nil && d.members == nil && d.bytes == nil && d.number == nil && d.account == nil && d.constant == nil
}

// kind names the shape, for errors.
func (d datum) kind() string {
	switch {
	case d.typ != nil:
		return d.typ.String()
	case d.members != nil:
		return "tuple"
	case d.bytes != nil:
		return "slice of bytes"
	case d.number != nil:
		return "number"
	case d.account != nil:
		return "address"
	}
	return "constant"
}

// slice keeps some bytes of a value that is not a list. Integers have bytes only
// where the width leaves no doubt: 256 bits.
func (d *datum) slice(s step) error {
	var b []byte
	switch {
	case d.account != nil:
		b = d.account[:]
	case d.typ == nil:
		return fmt.Errorf("a %s has no bytes", d.kind())
	case d.typ.Kind == calldata.Address:
		a, _ := d.value.Account()
		b = a[:]
	case d.typ.Kind == calldata.Uint && d.typ.Size == 256:
		w, _ := d.value.Word()
		b = w[:]
	default:
		var ok bool
		if b, ok = d.value.Bytes(); !ok {
			return fmt.Errorf("a %s has no bytes", d.kind())
		}
	}
	from, to, err := s.bounds(len(b))
	if err != nil {
		return err
	}
	*d = datum{bytes: append([]byte{}, b[from:to]...)}
	return nil
}

// integer reads the datum as a whole number. Bytes are big-endian and unsigned.
func (d datum) integer() (*big.Int, error) {
	switch {
	case d.typ != nil:
		if i, ok := d.value.Int(); ok {
			return i, nil
		}
	case d.number != nil:
		return d.number, nil
	case d.bytes != nil && len(d.bytes) <= 32:
		return new(big.Int).SetBytes(d.bytes), nil
	case d.constant != nil:
		return constantInteger(d.constant)
	}
	return nil, fmt.Errorf("a %s is no integer", d.kind())
}

// amount is integer for what cannot be negative.
func (d datum) amount() (*big.Int, error) {
	i, err := d.integer()
	if err == nil && (i.Sign() < 0 || i.BitLen() > 256) {
		return nil, errors.New("an amount is neither negative nor wider than 256 bits")
	}
	return i, err
}

// constantInteger reads a JSON integer, or text in decimal or hex with 0x.
func constantInteger(constant any) (*big.Int, error) {
	var text string
	switch c := constant.(type) {
	case json.Number:
		text = c.String()
	case string:
		text = c
	}
	base, digits := 10, strings.TrimPrefix(text, "-")
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		base, digits = 16, rest
	}
	if len(digits) > 80 || digits == "" || strings.Trim(strings.ToLower(digits), "0123456789abcdef"[:base]) != "" {
		return nil, fmt.Errorf("%.80q is no integer", text)
	}
	i, _ := new(big.Int).SetString(digits, base)
	if strings.HasPrefix(text, "-") {
		i.Neg(i)
	}
	return i, nil
}

// address reads the datum as an account: an address, 20 bytes of something, or a
// constant. Integers are none, because their upper bits may mean something.
func (d datum) address() (a [20]byte, err error) {
	switch {
	case d.account != nil:
		return *d.account, nil
	case d.typ != nil && d.typ.Kind == calldata.Address:
		a, _ = d.value.Account()
		return a, nil
	case len(d.bytes) == len(a):
		return [20]byte(d.bytes), nil
	case d.constant != nil:
		text, _ := d.constant.(string)
		return parseAddress(text)
	}
	return a, fmt.Errorf("a %s is no address", d.kind())
}

// parseAddress reads 0x and 40 hex digits; mixed case must be the EIP-55 checksum.
func parseAddress(text string) (a [20]byte, err error) {
	digits, ok := strings.CutPrefix(text, "0x")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(a) {
		return a, fmt.Errorf("%.60q is no address", text)
	}
	a = [20]byte(raw)
	if digits != strings.ToLower(digits) && digits != strings.ToUpper(digits) && "0x"+digits != Checksummed(a) {
		return a, fmt.Errorf("%s fails its EIP-55 checksum", text)
	}
	return a, nil
}

// equal compares the datum with a literal of the descriptor.
func (d datum) equal(literal any) (bool, error) {
	if want, ok := literal.(bool); ok {
		got, isBool := d.value.Bool()
		if !isBool {
			return false, fmt.Errorf("a %s is not compared with %v", d.kind(), literal)
		}
		return got == want, nil
	}
	if a, err := d.address(); err == nil {
		want, err := parseAddress(fmt.Sprint(literal))
		return a == want, err
	}
	if i, err := d.integer(); err == nil {
		want, err := constantInteger(literal)
		return err == nil && i.Cmp(want) == 0, err
	}
	text, isText := literal.(string)
	b, isBytes := d.value.Bytes()
	if d.bytes != nil {
		b, isBytes = d.bytes, true
	}
	switch {
	case !isText || !isBytes:
		return false, fmt.Errorf("a %s is not compared with %v", d.kind(), literal)
	case d.typ != nil && d.typ.Kind == calldata.String:
		return string(b) == text, nil
	}
	want, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		return false, fmt.Errorf("%.60q is not hex", text)
	}
	return string(b) == string(want), nil
}

// key is the datum as the key of a map or an enumeration.
func (d datum) key() (string, error) {
	if a, err := d.address(); err == nil {
		return "0x" + hex.EncodeToString(a[:]), nil
	}
	if i, err := d.integer(); err == nil {
		return i.String(), nil
	}
	if b, ok := d.value.Bytes(); ok && d.typ.Kind != calldata.String {
		return "0x" + hex.EncodeToString(b), nil
	}
	if b, ok := d.value.Bool(); ok {
		return fmt.Sprint(b), nil
	}
	return "", fmt.Errorf("a %s is no key", d.kind())
}
