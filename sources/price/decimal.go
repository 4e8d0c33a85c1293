package price

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ErrDecimal means that a text is no price.
var ErrDecimal = errors.New("not a positive decimal")

// A Decimal is a positive decimal number, exactly: digits, and a point with digits behind
// it where it is no whole number, the last of which is not zero. It is comparable with
// ==. The zero Decimal is no price, writes itself as the empty text, and cannot be read.
type Decimal struct{ text string }

// mostDigits is how many digits there may be on either side of the point: an amount has
// 78, and no asset is divided further.
const mostDigits = 78

// ParseDecimal reads a JSON number (RFC 8259) or the same as text: "3021.50", "1e-7". It
// keeps its value, not its form. Zero, signs and numbers with more than 78 digits on
// either side of the point wrap [ErrDecimal].
func ParseDecimal(s string) (Decimal, error) {
	refuse := func(why string) (Decimal, error) { return Decimal{}, fmt.Errorf("%w: %.80q %s", ErrDecimal, s, why) }
	if len(s) > 3*mostDigits {
		return refuse("is too long")
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ReplaceAll(s, "E", "e"), "e")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	e, okay := small(exponent)
	switch {
	case !digits(whole) || len(whole) > 1 && whole[0] == '0' || hasPoint && !digits(fraction) || hasExponent && !okay:
		return refuse("is not written as a number without sign")
	case e >= 0:
		fraction += strings.Repeat("0", max(0, e-len(fraction)))
		whole, fraction = whole+fraction[:e], fraction[e:]
	default:
		whole = strings.Repeat("0", max(0, -e-len(whole))) + whole
		whole, fraction = whole[:len(whole)+e], whole[len(whole)+e:]+fraction
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case whole == "" && fraction == "":
		return refuse("is zero")
	case len(whole) > mostDigits || len(fraction) > mostDigits:
		return refuse("has too many digits")
	case whole == "":
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return Decimal{whole}, nil
}

// small reads an exponent of at most three digits; the empty one is 0.
func small(s string) (n int, ok bool) {
	sign := 1
	if rest, minus := strings.CutPrefix(s, "-"); minus {
		s, sign = rest, -1
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return sign * n, digits(s) && len(s) <= 3
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// IsZero reports whether there is no number.
func (d Decimal) IsZero() bool { return d.text == "" }

// Rat returns the exact value; 0 where there is none.
func (d Decimal) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(d.text)
	if !ok {
		return new(big.Rat)
	}
	return r
}

// String returns the number in its one form.
func (d Decimal) String() string { return d.text }

// MarshalText writes the number in its one form.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.text), nil }

// UnmarshalText reads what [ParseDecimal] reads.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}
