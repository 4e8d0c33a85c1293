package erc7730

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"countersign/calldata"
)

// How long texts may get, in runes.
const (
	maxText  = 200
	maxLabel = 60
)

// A maker compiles the parameters of a format.
type maker func(c *compiler, params *object) (*formatter, error)

// formats are those of the specification, by name. interoperableAddressName is not
// among them.
var formats = map[string]maker{
	"raw":         plainMaker(raw),
	"amount":      amountMaker,
	"tokenAmount": tokenMaker,
	"nftName":     nftMaker,
	"date":        dateMaker,
	"duration":    plainMaker(duration),
	"unit":        unitMaker,
	"enum":        enumMaker,
	"chainId":     plainMaker(chainID),
	"addressName": nameMaker,
	"tokenTicker": tickerMaker,
	"calldata":    calldataMaker,
}

// plainMaker is for formats without parameters.
func plainMaker(text func(*scope, datum) (string, error)) maker {
	return func(*compiler, *object) (*formatter, error) {
		return &formatter{text: func(s *scope, d datum, _ []datum) (string, error) { return text(s, d) }}, nil
	}
}

// raw is the value as it is. Text stands in quotes that no escaped text contains, so
// that a sentence around it cannot be continued from inside.
func raw(s *scope, d datum) (string, error) {
	if a, err := d.address(); err == nil && d.bytes == nil {
		return Checksummed(a), nil
	}
	b, isBytes := d.value.Bytes()
	switch {
	case d.bytes != nil:
		b = d.bytes
	case isBytes && d.typ.Kind == calldata.String:
		return "“" + Plain(string(b), maxText) + "”", nil
	case !isBytes && d.constant != nil:
		return "", errors.New("a constant is not a value of the call")
	case !isBytes:
		if t, ok := d.value.Bool(); ok {
			return fmt.Sprint(t), nil
		}
		i, err := d.integer()
		if err != nil {
			return "", err
		}
		return i.String(), nil
	}
	if len(b) > 64 {
		return fmt.Sprintf("%d bytes with the Keccak-256 0x%x", len(b), keccak(b)), nil
	}
	return "0x" + hex.EncodeToString(b), nil
}

// duration is hours, minutes and seconds.
func duration(_ *scope, d datum) (string, error) {
	n, err := d.amount()
	if err != nil {
		return "", err
	}
	rest, hours := new(big.Int), new(big.Int)
	hours.DivMod(n, big.NewInt(3600), rest)
	text := hours.String()
	if len(text) < 2 {
		text = "0" + text
	}
	return fmt.Sprintf("%s:%02d:%02d", text, rest.Int64()/60, rest.Int64()%60), nil
}

// chainID stays a number: names of chains are not ours to know.
func chainID(_ *scope, d datum) (string, error) {
	n, err := d.amount()
	if err != nil {
		return "", err
	}
	return "chain " + n.String(), nil
}

func dateMaker(_ *compiler, o *object) (*formatter, error) {
	encoding, err := o.text("encoding")
	if err != nil {
		return nil, err
	}
	if encoding != "timestamp" && encoding != "blockheight" {
		return nil, fmt.Errorf("encoding %.40q is not known", encoding)
	}
	return &formatter{text: func(_ *scope, d datum, _ []datum) (string, error) {
		n, err := d.amount()
		if err != nil {
			return "", err
		}
		if encoding == "blockheight" { // when that block comes nobody knows exactly
			return "block " + n.String(), nil
		}
		return Moment(n), nil
	}}, nil
}

func unitMaker(_ *compiler, o *object) (*formatter, error) {
	base, err := o.text("base")
	if err != nil {
		return nil, err
	}
	if base == "" || len(base) > 16 || strings.ContainsFunc(base, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune("%/²³°", r) }) {
		return nil, fmt.Errorf("base %.40q is no unit, which has letters or %% and no digits or spaces", base)
	}
	decimals := 0
	if v, found := o.take("decimals"); found {
		n, err := constantInteger(v)
		if err != nil || !n.IsInt64() || n.Sign() < 0 || n.Int64() > maxDecimals {
			return nil, fmt.Errorf("decimals %v, want 0 to %d", v, maxDecimals)
		}
		decimals = int(n.Int64())
	}
	if v, _ := o.take("prefix"); v != nil && v != false {
		return nil, errors.New("SI prefixes are not supported")
	}
	space := " "
	if base == "%" {
		space = ""
	}
	return &formatter{text: func(_ *scope, d datum, _ []datum) (string, error) {
		n, err := d.integer()
		if err != nil {
			return "", err
		}
		return scaled(n, decimals) + space + Plain(base, maxLabel), nil
	}}, nil
}

// enumMaker shows the label with the value behind it, since only the author says
// that one stands for the other.
func enumMaker(c *compiler, o *object) (*formatter, error) {
	ref, err := o.text("$ref")
	if err != nil {
		return nil, err
	}
	key, ok := strings.CutPrefix(ref, "$.metadata.enums.")
	labels := c.enums[key]
	if !ok || labels == nil {
		return nil, fmt.Errorf("$ref %.80q leads to no enumeration", ref)
	}
	return &formatter{text: func(_ *scope, d datum, _ []datum) (string, error) {
		value, err := d.key()
		if err != nil {
			return "", err
		}
		label, found := labels[value]
		if !found {
			return "", fmt.Errorf("the enumeration has nothing for %.80s", value)
		}
		return Plain(label, maxLabel) + " (" + value + ")", nil
	}}, nil
}

// nameMaker shows a name that the caller knows, and always the address. types and
// sources ask the wallet to look closer; names come from the caller alone.
func nameMaker(c *compiler, o *object) (*formatter, error) {
	types, err := o.texts("types")
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		if !slices.Contains([]string{"wallet", "eoa", "contract", "token", "collection"}, t) {
			return nil, fmt.Errorf("type %.40q is not known", t)
		}
	}
	if _, err := o.texts("sources"); err != nil {
		return nil, err
	}
	senders, err := c.addresses(o, "senderAddress")
	if err != nil {
		return nil, err
	}
	return &formatter{text: func(s *scope, d datum, _ []datum) (string, error) {
		a, err := d.address()
		if err != nil {
			return "", err
		}
		text := s.name(a)
		if slices.Contains(senders, a) {
			text += ", which the descriptor takes for the sender"
		}
		return text, nil
	}}, nil
}

// addresses takes a parameter that is one address or several, each a constant.
func (c *compiler) addresses(o *object, name string) ([][20]byte, error) {
	list, err := o.texts(name)
	if err != nil {
		return nil, err
	}
	out := make([][20]byte, len(list))
	for i, text := range list {
		v, err := c.constant(text)
		if err != nil {
			return nil, err
		}
		if out[i], err = (datum{constant: v}).address(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// calldataMaker leaves a call inside to the tree of calls, which shows it with its
// own words: what the descriptor says of it is checked for form only.
func calldataMaker(c *compiler, o *object) (*formatter, error) {
	for _, name := range []string{"callee", "selector", "chainId", "amount", "spender"} {
		if _, err := c.param(o, name); err != nil {
			return nil, err
		}
	}
	return &formatter{text: func(_ *scope, d datum, _ []datum) (string, error) {
		b, ok := d.value.Bytes()
		if d.bytes != nil {
			b, ok = d.bytes, true
		}
		if !ok {
			return "", fmt.Errorf("a %s is no call data", d.kind())
		}
		return fmt.Sprintf("%d bytes, see call inside", len(b)), nil
	}}, nil
}
