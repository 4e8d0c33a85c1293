package rule

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// Decimal is a JSON number, kept exactly.
type Decimal struct{ rat *big.Rat }

// decimalForm bounds a number to what an amount can need: an exponent of nine digits would
// be a text of a few bytes and a number of a gigabyte.
var decimalForm = regexp.MustCompile(`^-?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,2})?$`)

// UnmarshalJSON takes a number, not a string.
func (d *Decimal) UnmarshalJSON(text []byte) error {
	if !decimalForm.Match(text) {
		return fmt.Errorf("%s must be a number of at most 60 digits on either side of the point", text)
	}
	d.rat, _ = new(big.Rat).SetString(string(text)) // of this form, it always parses
	return nil
}

// Rat returns the number; that of the zero Decimal is 0.
func (d Decimal) Rat() *big.Rat {
	if d.rat == nil {
		return new(big.Rat)
	}
	return d.rat
}

// String writes the number without an exponent.
func (d Decimal) String() string { return exact(d.Rat()) }

// exact writes a number whose denominator divides a power of ten, without trailing zeros.
func exact(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	text := r.FloatString(digits)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// value is what an amount of minimum units is worth at a price.
func value(amount *big.Int, p Price) *big.Rat {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.Decimals)), nil)
	return new(big.Rat).Mul(new(big.Rat).SetFrac(amount, unit), p.USD)
}
