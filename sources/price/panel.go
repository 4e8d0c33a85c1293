package price

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
)

// PanelConfig configures a panel.
type PanelConfig struct {
	// Sources are asked, all at the same time: two or more.
	Sources []Source
	// AtLeast is how many must answer. Zero means all.
	AtLeast int
	// WithinBPS is how far the highest price may be above the lowest, in hundredths of a
	// per cent of the lowest: prices further apart are no price. Zero is no such bound;
	// then three must answer, because a median of two is moved by either.
	WithinBPS int
}

// A Panel asks several sources and takes the median: of an even number, the mean of the
// two in the middle, exactly. It is safe for concurrent use.
type Panel struct{ c PanelConfig }

// mostBPS bounds the distance of prices: twice the lowest is no agreement.
const mostBPS = 10_000

// NewPanel makes a panel, or reports every mistake by its field.
func NewPanel(c PanelConfig) (*Panel, error) {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if c.AtLeast == 0 {
		c.AtLeast = len(c.Sources)
	}
	check(len(c.Sources) >= 2 && !slices.Contains(c.Sources, nil), "sources: %d: want two or more", len(c.Sources))
	check(c.AtLeast >= 2 && c.AtLeast <= max(2, len(c.Sources)), "at_least: %d: want 2 to %d, or none for all", c.AtLeast, len(c.Sources))
	check(c.WithinBPS >= 0 && c.WithinBPS <= mostBPS, "within_bps: %d: want 1 to %d, or none for the median of three or more", c.WithinBPS, mostBPS)
	check(c.WithinBPS != 0 || c.AtLeast >= 3, "within_bps: none, and %d answers are enough: say how far apart they may be, or let three answer", c.AtLeast)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	c.Sources = slices.Clone(c.Sources)
	return &Panel{c}, nil
}

// Quote asks all sources for the price of base in quote. When too few answer, the error
// joins theirs, so that it is a [StaleError] where one of them is.
func (p *Panel) Quote(ctx context.Context, base, quote string) (Price, error) {
	prices, errs := make([]Price, len(p.c.Sources)), make([]error, len(p.c.Sources))
	var all sync.WaitGroup
	for i, s := range p.c.Sources {
		all.Go(func() { prices[i], errs[i] = s.Quote(ctx, base, quote) })
	}
	all.Wait()
	var told []Price
	for i, price := range prices {
		switch {
		case errs[i] != nil:
		case price.Value.IsZero() || price.Base != base || price.Quote != quote:
			errs[i] = fmt.Errorf("%s: it answered another question", price.Source)
		default:
			told = append(told, price)
		}
	}
	if len(told) < p.c.AtLeast {
		return Price{}, fmt.Errorf("price of %.40q in %.40q: %d of %d sources answered, %d must: %w", base, quote, len(told), len(prices), p.c.AtLeast, errors.Join(errs...))
	}
	slices.SortStableFunc(told, func(a, b Price) int { return a.Value.Rat().Cmp(b.Value.Rat()) })
	if low, high := told[0], told[len(told)-1]; p.c.WithinBPS > 0 && apart(low, high).Cmp(big.NewRat(int64(p.c.WithinBPS), 1)) > 0 {
		return Price{}, fmt.Errorf("price of %s in %s: %s says %s and %s says %s, more than %d basis points apart",
			base, quote, low.Source, low.Value, high.Source, high.Value, p.c.WithinBPS)
	}
	return median(told)
}

// apart is how far high is above low, in basis points of low.
func apart(low, high Price) *big.Rat {
	d := new(big.Rat).Sub(high.Value.Rat(), low.Value.Rat())
	return d.Mul(d.Quo(d, low.Value.Rat()), big.NewRat(10_000, 1))
}

// median is of prices in order of their values.
func median(told []Price) (Price, error) {
	out := told[len(told)/2]
	if len(told)%2 == 0 {
		sum := new(big.Rat).Add(told[len(told)/2-1].Value.Rat(), out.Value.Rat())
		mean := sum.Quo(sum, big.NewRat(2, 1))
		digits, _ := mean.FloatPrec() // half a decimal is a decimal
		var err error
		if out.Value, err = ParseDecimal(mean.FloatString(digits)); err != nil {
			return Price{}, err
		}
	}
	names := make([]string, len(told))
	for i, p := range told {
		names[i] = p.Source
		if p.At.Before(out.At) {
			out.At = p.At
		}
	}
	slices.Sort(names)
	out.Source = "median of " + strings.Join(names, ", ")
	return out, nil
}
