// Package amounts reckons with amounts of up to 256 bits in SQL, where they are decimal text.
// Importing it teaches SQLite how; what is more than any amount counts as the largest one.
package amounts

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math/big"

	"countersign"

	"modernc.org/sqlite" // driver "sqlite"
)

// full is the largest amount, 2^256-1: a budget that holds it takes no more.
var full = countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935")

// SumUpTo is a+b, or the largest amount when that is more. People do approve unlimited amounts,
// and two of them in one window must close the budget, not fail every decision
// that asks it.
func SumUpTo(a, b countersign.Amount) countersign.Amount {
	sum, err := a.Add(b)
	if err != nil {
		return full
	}
	return sum
}

// SQLite's integers have 64 bits and amounts up to 256, so it is taught to reckon with
// decimal text: amount_sum(column), amount_add(a, b), where b may be negative, and
// amount_fits(before, amount, limit). Sums may be wider than an amount.
func init() { //nolint:gochecknoinits // the driver's functions are registered once per process
	sqlite.MustRegisterFunction("amount_sum", &sqlite.FunctionImpl{
		NArgs: 1, Deterministic: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &amountSum{}, nil },
	})
	scalar := func(name string, args int32, f func(a []*big.Int) driver.Value) {
		sqlite.MustRegisterFunction(name, &sqlite.FunctionImpl{
			NArgs: args, Deterministic: true,
			Scalar: func(_ *sqlite.FunctionContext, values []driver.Value) (driver.Value, error) {
				numbers := make([]*big.Int, len(values))
				for i, v := range values {
					var err error
					if numbers[i], err = number(v); err != nil {
						return nil, err
					}
				}
				return f(numbers), nil
			},
		})
	}
	scalar("amount_add", 2, func(a []*big.Int) driver.Value { return new(big.Int).Add(a[0], a[1]).String() })
	scalar("amount_fits", 3, func(a []*big.Int) driver.Value { return new(big.Int).Add(a[0], a[1]).Cmp(a[2]) <= 0 })
}

// amountSum adds a column. Without rows it is 0.
type amountSum struct{ sum big.Int }

func (s *amountSum) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	n, err := number(args[0])
	if err == nil {
		s.sum.Add(&s.sum, n)
	}
	return err
}

func (s *amountSum) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return errors.New("amount_sum is no window function")
}

func (s *amountSum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	return s.sum.String(), nil
}

func (s *amountSum) Final(*sqlite.FunctionContext) {}

func number(v driver.Value) (*big.Int, error) {
	text, ok := v.(string)
	n, isNumber := new(big.Int).SetString(text, 10)
	if !ok || !isNumber {
		return nil, fmt.Errorf("%w: a column holds %T %.80q", countersign.ErrAmount, v, text)
	}
	return n, nil
}

// Held reads a sum: what is more than any amount is the largest one.
func Held(text string) (countersign.Amount, error) {
	n, err := number(text)
	if err == nil && n.Cmp(full.Big()) > 0 {
		return full, nil
	}
	if err != nil {
		return countersign.Amount{}, err
	}
	return countersign.AmountFromBig(n)
}
