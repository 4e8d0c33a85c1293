package countersign

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// MaxAmountBits is the width of the largest amount: an EVM word.
const MaxAmountBits = 256

// ErrAmount means that a text or number is not an amount. Amounts are whole
// numbers of the asset's smallest unit, from 0 to 2^256-1.
var ErrAmount = errors.New("not an amount in minor units")

// An Amount is a whole number of an asset's smallest unit (wei, or a millionth
// of a USDC). It is immutable and never a float; the zero value is zero.
//
// In JSON and in text it is a decimal string without sign, spaces or leading
// zeros, because numbers of this size do not survive a JSON number.
type Amount struct {
	i *big.Int // nil means zero; never modified
}

// A Unit is what people count an asset in: "USDC", which is 10^6 of its smallest unit.
type Unit struct {
	// Symbol is what it is called. Decimals, 0 to 77, is how many digits of an [Amount] are behind the
	// point. Where Symbol is empty the unit is not known, and amounts are told in smallest units.
	Symbol   string `json:"symbol"`
	Decimals int    `json:"decimals"`
}

// Known reports whether amounts can be told in the unit.
func (u Unit) Known() bool { return u.Symbol != "" && u.Decimals >= 0 && u.Decimals <= 77 }

// NewAmount returns n as an amount.
func NewAmount(n uint64) Amount { return Amount{new(big.Int).SetUint64(n)} }

// AmountFromBig returns a copy of i, or [ErrAmount] when it is negative or wider
// than [MaxAmountBits].
func AmountFromBig(i *big.Int) (Amount, error) {
	if i == nil {
		return Amount{}, nil
	}
	if i.Sign() < 0 || i.BitLen() > MaxAmountBits {
		return Amount{}, fmt.Errorf("%w: %d bits, sign %d", ErrAmount, i.BitLen(), i.Sign())
	}
	return Amount{new(big.Int).Set(i)}, nil
}

// ParseAmount reads a canonical decimal: digits only, no leading zero.
func ParseAmount(s string) (Amount, error) {
	if s == "" || len(s) > 78 || strings.Trim(s, "0123456789") != "" || (len(s) > 1 && s[0] == '0') {
		return Amount{}, fmt.Errorf("%w: %q", ErrAmount, clip(s))
	}
	i, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return Amount{}, fmt.Errorf("%w: %q", ErrAmount, clip(s))
	}
	return AmountFromBig(i)
}

// MustAmount is [ParseAmount] for constants in rule books and tests; underscores
// may group digits ("1_000_000"). It panics on anything else.
func MustAmount(s string) Amount {
	a, err := ParseAmount(strings.ReplaceAll(s, "_", ""))
	if err != nil {
		panic(err)
	}
	return a
}

// Big returns a copy that the caller may change.
func (a Amount) Big() *big.Int { return new(big.Int).Set(a.big()) }

// Cmp compares a and b: -1, 0 or +1.
func (a Amount) Cmp(b Amount) int { return a.big().Cmp(b.big()) }

// IsZero reports whether a is zero.
func (a Amount) IsZero() bool { return a.big().Sign() == 0 }

// Add returns a+b. The sum may pass 2^256-1 only on nonsense; then the error is
// [ErrAmount], because a total that wraps is a cap that does not hold.
func (a Amount) Add(b Amount) (Amount, error) {
	return AmountFromBig(new(big.Int).Add(a.big(), b.big()))
}

// Sub returns a-b, or [ErrAmount] when b is more than a.
func (a Amount) Sub(b Amount) (Amount, error) {
	return AmountFromBig(new(big.Int).Sub(a.big(), b.big()))
}

// String returns the canonical decimal.
func (a Amount) String() string { return a.big().String() }

// Format returns a for people, with the asset's decimals and grouped digits:
// 1000000000 at 6 decimals is "1,000.00". At least two decimals are shown and
// none is ever rounded away.
func (a Amount) Format(decimals int) string {
	s := a.String()
	if decimals <= 0 {
		return group(s)
	}
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals-len(s)+1) + s
	}
	whole, frac := s[:len(s)-decimals], strings.TrimRight(s[len(s)-decimals:], "0")
	for len(frac) < 2 && len(frac) < decimals {
		frac += "0"
	}
	return group(whole) + "." + frac
}

// MarshalText writes the canonical decimal.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the canonical decimal.
func (a *Amount) UnmarshalText(b []byte) error {
	v, err := ParseAmount(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

func (a Amount) big() *big.Int {
	if a.i == nil {
		return new(big.Int)
	}
	return a.i
}

func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// clip keeps hostile input from filling a log line.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
