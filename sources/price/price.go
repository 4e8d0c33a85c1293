// Package price tells rules what an asset is worth, exactly and as of when.
//
// A [Price] is a decimal as its source wrote it, digit by digit, with the time of the
// quote by the source's own clock. A price that is older than its bound is no price:
// the error is a [StaleError]. Values are converted with whole numbers and a direction
// to round in, said by the caller; no float is involved anywhere.
//
// An [API] asks one HTTP source. A [Panel] asks several and takes their median, where
// they agree closely enough or are many enough that one of them cannot move it.
package price

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"countersign"
)

// A Price is what one unit of Base costs in Quote. Decoded from its JSON it is equal.
type Price struct {
	// Base and Quote are symbols as they were asked for: "ETH", "USD".
	Base  string `json:"base"`
	Quote string `json:"quote"`
	// Value is how many whole units of Quote one whole unit of Base costs. Positive.
	Value Decimal `json:"value"`
	// At is when the source made the quote, in UTC; of several, the oldest.
	At time.Time `json:"at"`
	// Source is who said so; of several, the names of all.
	Source string `json:"source"`
}

// A Source quotes prices. [API] and [Panel] are the real ones.
type Source interface {
	// Quote returns a price that is fresh, or an error.
	Quote(ctx context.Context, base, quote string) (Price, error)
}

// A StaleError means that the newest price is too old.
type StaleError struct {
	Source, Base, Quote string
	At                  time.Time
	Age, MaxAge         time.Duration
}

// Error says how old the price is.
func (e *StaleError) Error() string {
	return fmt.Sprintf("%s: the price of %s in %s is of %s, %s old, at most %s", e.Source, e.Base, e.Quote,
		e.At.Format(time.RFC3339), e.Age.Round(time.Second), e.MaxAge)
}

// ReasonCode is countersign.PriceStale.
func (e *StaleError) ReasonCode() countersign.ReasonCode { return countersign.PriceStale }

// Rounding is where a conversion goes that does not end in whole minor units. The zero
// Rounding is a mistake: what is safe depends on what is compared.
type Rounding string

// The roundings. What is held against a limit is rounded up, what is demanded as a
// minimum is rounded up, and what is counted as received is rounded down.
const (
	RoundUp   Rounding = "up"
	RoundDown Rounding = "down"
)

// mostDecimals is how many decimals an asset may have: 10^77 is the greatest power of ten
// that an amount holds.
const mostDecimals = 77

// Convert returns what amount, in minor units of Base, is worth in minor units of Quote.
// The decimals are how many digits of an amount are behind the point: 6 for USDC, 18 for
// ether, 2 for euros and cents. An error is no price, decimals outside 0 to 77, no
// direction to round in, or a result that is wider than an amount
// (countersign.ErrAmount).
func (p Price) Convert(amount countersign.Amount, baseDecimals, quoteDecimals int, round Rounding) (countersign.Amount, error) {
	switch {
	case p.Value.IsZero():
		return countersign.Amount{}, errors.New("there is no price to convert with")
	case min(baseDecimals, quoteDecimals) < 0 || max(baseDecimals, quoteDecimals) > mostDecimals:
		return countersign.Amount{}, fmt.Errorf("decimals %d and %d: want 0 to %d", baseDecimals, quoteDecimals, mostDecimals)
	case round != RoundUp && round != RoundDown:
		return countersign.Amount{}, fmt.Errorf("rounding %q: say RoundUp or RoundDown", round)
	}
	worth := new(big.Rat).SetInt(amount.Big())
	worth.Mul(worth, p.Value.Rat())
	worth.Mul(worth, new(big.Rat).SetFrac(power(quoteDecimals), power(baseDecimals)))
	whole, rest := new(big.Int).QuoRem(worth.Num(), worth.Denom(), new(big.Int))
	if round == RoundUp && rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	out, err := countersign.AmountFromBig(whole)
	if err != nil {
		return countersign.Amount{}, fmt.Errorf("%s minor units of %s at %s in %s: %w", amount, p.Base, p.Value, p.Quote, err)
	}
	return out, nil
}

// power is 10^n.
func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
