package erc7730

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"countersign/eip55"

	"countersign"
)

// maxDecimals bounds decimals to those that an amount of 256 bits has digits for.
const maxDecimals = 77

// A Token is what the caller knows about an asset.
type Token struct {
	// Symbol is what the asset is called: "USDC". A token without one counts as
	// unknown.
	Symbol string
	// Decimals is how many digits of an amount stand behind the point: 0 to 77. With
	// others the token counts as unknown.
	Decimals int
}

// Known reports whether amounts can be written with the token's symbol and decimals.
func (t Token) Known() bool {
	return t.Symbol != "" && t.Decimals >= 0 && t.Decimals <= maxDecimals
}

// text writes an amount of a known token.
func (t Token) text(n *big.Int) string {
	return units(n).Format(t.Decimals) + " " + Plain(t.Symbol, maxLabel)
}

// units is an amount that has been checked.
func units(n *big.Int) countersign.Amount {
	a, _ := countersign.AmountFromBig(n)
	return a
}

// A param is a formatter's parameter that stands for a value: a constant, or what a
// path leads to. The zero param is absent.
type param struct {
	path     *path
	constant any
}

// param takes the parameter of a name, or the path of name+"Path".
func (c *compiler) param(o *object, name string) *param {
	text := o.text(name + "Path")
	switch {
	case o.has(name) && text != "":
		o.fail("%s and %sPath: want one of them", name, name)
	case strings.HasPrefix(text, "$."):
		return &param{constant: c.constant(o, text)}
	case text != "":
		return &param{path: o.path(text)}
	case o.has(name):
		return &param{constant: c.constant(o, o.take(name))}
	}
	return &param{}
}

// values returns the parameter for every one of n elements. A list must be as long as
// that; anything else stands for all of them.
func (s *scope) values(p *param, n int) []datum {
	if p.path == nil {
		return slices.Repeat([]datum{{constant: p.constant}}, n)
	}
	found, several := s.resolve(p.path)
	switch {
	case s.err != nil:
	case !several:
		return slices.Repeat(found, n)
	case len(found) != n:
		s.fail("path %.80q leads to %d elements, where the field has %d", p.path.text, len(found), n)
	}
	return found
}

// threshold takes the parameters of that name: an amount from which on the descriptor
// has a word for it. The amount stays behind that word, because the author does not
// decide what is too much to show. A word with digits could be taken for an amount.
func (c *compiler) threshold(o *object, word string) func(n *big.Int, amount string) string {
	if o.has("message") {
		word = o.text("message")
	}
	if strings.ContainsFunc(word, unicode.IsNumber) {
		o.fail("message %.40q: with digits it could be taken for an amount", word)
	}
	limited := o.has("threshold")
	least, ok := integerOf(c.constant(o, cmp.Or(o.take("threshold"), any("0"))))
	if !ok {
		o.fail("threshold is no integer")
	}
	return func(n *big.Int, amount string) string {
		if !limited || n.Cmp(least) < 0 {
			return amount
		}
		return Plain(word, maxLabel) + " (" + amount + ")"
	}
}

func amountFormat(c *compiler, o *object) *formatter {
	limit := c.threshold(o, "All")
	return just(func(s *scope, d datum) string { n := s.amount(d); return limit(n, s.native(n)) })
}

// native writes an amount of the chain's own currency.
func (s *scope) native(n *big.Int) string {
	if s.env.Native.Known() {
		return s.env.Native.text(n)
	}
	return units(n).Format(0) + " wei"
}

// tokenFormat writes an amount of the token at an address. What the token is called
// comes from the caller; without that the amount is in the token's smallest units.
func tokenFormat(c *compiler, o *object) *formatter {
	token, limit := c.param(o, "token"), c.threshold(o, "Unlimited")
	var natives [][20]byte
	for _, text := range o.texts("nativeCurrencyAddress") {
		a, ok := datum{constant: c.constant(o, text)}.address()
		if !ok {
			o.fail("nativeCurrencyAddress %.80q is no address", text)
		}
		natives = append(natives, a)
	}
	return &formatter{params: []*param{token}, text: func(s *scope, d datum, args []datum) string {
		n := s.amount(d)
		if *token == (param{}) {
			return limit(n, units(n).Format(0)+" units of an unknown token")
		}
		a := s.account(args[0])
		if slices.Contains(natives, a) {
			return limit(n, s.native(n))
		}
		if t, known := s.token(a); known {
			return limit(n, t.text(n))
		}
		return limit(n, units(n).Format(0)+" units of the unknown token "+eip55.Format(a))
	}}
}

func nftFormat(c *compiler, o *object) *formatter {
	return &formatter{params: []*param{c.param(o, "collection")}, text: func(s *scope, d datum, args []datum) string {
		return "#" + s.amount(d).String() + " of " + s.name(s.account(args[0]))
	}}
}

func (s *scope) ticker(d datum) string {
	a := s.account(d)
	if t, known := s.token(a); known {
		return Plain(t.Symbol, maxLabel) + " (" + eip55.Format(a) + ")"
	}
	return "unknown token " + eip55.Format(a)
}
