package erc7730

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"countersign/calldata"
	"countersign/eip55"
)

// How long texts may get, in runes.
const (
	maxText   = 200
	maxLabel  = 60
	maxIntent = 400 // an intent with values in it
)

// A formatter turns a value into text. args are the values of its parameters.
type formatter struct {
	params []*param
	text   func(s *scope, d datum, args []datum) string
}

// formats are those of the specification, by name, each with what compiles its
// parameters. interoperableAddressName is not among them.
var formats = map[string]func(c *compiler, params *object) *formatter{
	"raw":         func(*compiler, *object) *formatter { return just((*scope).raw) },
	"duration":    func(*compiler, *object) *formatter { return just((*scope).duration) },
	"chainId":     func(*compiler, *object) *formatter { return just((*scope).chain) },
	"tokenTicker": func(*compiler, *object) *formatter { return just((*scope).ticker) },
	"amount":      amountFormat,
	"tokenAmount": tokenFormat,
	"nftName":     nftFormat,
	"date":        dateFormat,
	"unit":        unitFormat,
	"enum":        enumFormat,
	"addressName": nameFormat,
	"calldata":    callFormat,
}

// just is a formatter without parameters.
func just(text func(*scope, datum) string) *formatter {
	return &formatter{text: func(s *scope, d datum, _ []datum) string { return text(s, d) }}
}

// formatter compiles format and params of a field; nil where there is no format.
func (c *compiler) formatter(o *object) (f *formatter) {
	name, params := o.text("format"), o.object("params")
	if compile, known := formats[name]; known {
		f = compile(c, params)
	} else if name != "" {
		o.fail("format %.40q is not known", name)
	}
	params.rest()
	return f
}

// amount is a whole number that is not negative and fits a word; zero after a
// mistake.
func (s *scope) amount(d datum) *big.Int {
	i, ok := d.integer()
	if !ok || i.Sign() < 0 || i.BitLen() > 256 {
		s.fail("the value is no amount")
		return new(big.Int)
	}
	return i
}

// account is an address; zero after a mistake.
func (s *scope) account(d datum) [20]byte {
	a, ok := d.address()
	if !ok {
		s.fail("the value or a parameter is no address")
	}
	return a
}

// raw is the value as it is. Text stands in quotes that no escaped text contains, so
// that a sentence around it cannot be continued from inside.
func (s *scope) raw(d datum) string {
	b, isBytes := d.raw()
	a, isAddress := d.address()
	switch {
	case d.constant != nil || d.members != nil || d.list() || d.typ != nil && d.typ.Kind == calldata.Tuple:
		s.fail("the value has no text")
	case isAddress:
		return eip55.Format(a)
	case d.typ != nil && d.typ.Kind == calldata.String:
		return "“" + Plain(string(b), maxText) + "”"
	case d.number == nil && isBytes && len(b) > 64:
		return fmt.Sprintf("%d bytes with the Keccak-256 0x%x", len(b), keccak(b))
	case d.bytes != nil:
		return "0x" + hex.EncodeToString(b)
	case d.number != nil:
		return d.number.String()
	}
	return d.value.String()
}

func (s *scope) chain(d datum) string { return "chain " + s.amount(d).String() }

// duration is hours, minutes and seconds.
func (s *scope) duration(d datum) string {
	hours, rest := new(big.Int).DivMod(s.amount(d), big.NewInt(3600), new(big.Int))
	return fmt.Sprintf("%02d:%02d:%02d", hours, rest.Int64()/60, rest.Int64()%60)
}

func dateFormat(_ *compiler, o *object) *formatter {
	encoding := o.text("encoding")
	if encoding != "timestamp" && encoding != "blockheight" {
		o.fail("encoding %.40q is not known", encoding)
	}
	if encoding == "timestamp" {
		return just(func(s *scope, d datum) string { return Moment(s.amount(d)) })
	}
	return just(func(s *scope, d datum) string { return "block " + s.amount(d).String() }) // when it comes nobody knows
}

func unitFormat(_ *compiler, o *object) *formatter {
	base, decimals, prefix := o.text("base"), o.take("decimals"), o.take("prefix")
	if base == "" || len(base) > 16 || strings.ContainsFunc(base, func(r rune) bool { return !unicode.IsLetter(r) && r != '%' && r != '/' }) {
		o.fail("base %.40q is no unit, which has letters, %% and / only", base)
	}
	if prefix != nil && prefix != false {
		o.fail("SI prefixes are not supported")
	}
	if decimals == nil {
		decimals = 0
	}
	n, ok := integerOf(decimals)
	if !ok || n.Sign() < 0 || n.Cmp(big.NewInt(maxDecimals)) > 0 {
		o.fail("decimals %v, want 0 to %d", decimals, maxDecimals)
		return nil
	}
	return just(func(s *scope, d datum) string { return Token{base, int(n.Int64())}.text(s.amount(d)) })
}

// enumFormat shows the label with the value behind it, since only the author says
// that one stands for the other.
func enumFormat(c *compiler, o *object) *formatter {
	ref := o.text("$ref")
	key, ok := strings.CutPrefix(ref, "$.metadata.enums.")
	labels, found := c.enums[key].(map[string]any)
	if !ok || !found {
		o.fail("%.80q leads to no enumeration", ref)
	}
	return just(func(s *scope, d datum) string {
		label, ok := labels[d.key()].(string)
		if !ok {
			s.fail("the enumeration has nothing for %.80s", d.key())
		}
		return Plain(label, maxLabel) + " (" + Plain(d.key(), maxText) + ")"
	})
}

// nameFormat shows a name that the caller knows, and always the address. types and
// sources ask a wallet to look closer; here names come from the caller alone.
func nameFormat(_ *compiler, o *object) *formatter {
	for _, t := range o.texts("types") {
		if !slices.Contains([]string{"wallet", "eoa", "contract", "token", "collection"}, t) {
			o.fail("type %.40q is not known", t)
		}
	}
	o.texts("sources")
	return just(func(s *scope, d datum) string { return s.name(s.account(d)) })
}

// callFormat leaves a call inside to the tree of calls, which shows it with its own
// words: what the descriptor says of it is checked for form only.
func callFormat(c *compiler, o *object) *formatter {
	for _, name := range []string{"callee", "selector", "chainId", "amount", "spender"} {
		c.param(o, name)
	}
	return just(func(s *scope, d datum) string {
		b, ok := d.raw()
		if !ok || d.bytes == nil && d.typ.Kind != calldata.Bytes {
			s.fail("the value is no call data")
		}
		return fmt.Sprintf("%d bytes, see call inside", len(b))
	})
}
