package holdings

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"countersign/sandbox/rule"
)

// Quotes is an amount by currency; the sandbox has USD alone. DFNS's are JSON numbers, and
// these are written digit by digit, so that nothing is rounded on the way.
type Quotes map[string]json.Number

// Worth gives every asset of a network its quotes, and returns their sum. An asset that
// facts has no price of is an error.
func Worth(network string, assets []Asset, facts rule.Facts) (Quotes, error) {
	sum := new(big.Rat)
	for i, a := range assets {
		price, err := facts.Price(network, a.identifier())
		if err != nil {
			return nil, err
		}
		units, ok := new(big.Rat).SetString(a.Balance)
		if !ok {
			return nil, fmt.Errorf("reading balance of %s: %q is no number", a.identifier(), a.Balance)
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(price.Decimals)), nil)
		worth := units.Mul(units, price.USD)
		worth.Quo(worth, new(big.Rat).SetInt(scale))
		assets[i].Quotes = usd(worth)
		sum.Add(sum, worth)
	}
	return usd(sum), nil
}

// identifier is the asset as the price file names it.
func (a Asset) identifier() string {
	if a.Kind == "Native" {
		return "native:" + strings.ToLower(a.Symbol)
	}
	return strings.ToLower(a.Kind + ":" + a.Contract)
}

// usd writes r, whose denominator is a product of twos and fives: prices are decimals.
func usd(r *big.Rat) Quotes {
	digits, _ := r.FloatPrec()
	return Quotes{"USD": json.Number(r.FloatString(digits))}
}
