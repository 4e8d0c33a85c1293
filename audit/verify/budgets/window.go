package budgets

import (
	"math"
	"math/big"
	"strings"

	"countersign"
)

// add remembers a claim of a budget.
func (b *Book) add(name string, c claim) {
	pot := b.byName[name]
	if pot == nil {
		pot = &budget{since: math.MinInt64}
		b.byName[strings.Clone(name)] = pot
	}
	c.budget = pot
	b.claims = append(b.claims, c)
	pot.width = max(pot.width, width(c))
	// Nearly always it is the last. Clocks of two processes may differ.
	at := len(pot.order)
	pot.order = append(pot.order, uint32(len(b.claims)-1)) //nolint:gosec // see claim
	for at > 0 && b.claims[pot.order[at-1]].at > c.at {
		pot.order[at] = pot.order[at-1]
		at--
	}
	pot.order[at] = uint32(len(b.claims) - 1) //nolint:gosec // see claim
	if c.at < pot.since {
		pot.first++
	} else if c.state.counts() {
		pot.sum.Add(&pot.sum, number(c))
	}
}

// width is the time between asking and signing; the longest there is where nobody says
// when the rules were asked.
func width(c claim) int64 {
	if c.asked == Unknown {
		return math.MaxInt64
	}
	return c.at - c.asked
}

// Move gives the open claims of a decision another state.
func (b *Book) Move(s Span, state State) {
	for i := s.from; i < s.to; i++ {
		c := &b.claims[i]
		if !c.open {
			continue
		}
		pot := c.budget
		if c.at >= pot.since {
			switch {
			case c.state.counts() && !state.counts():
				pot.sum.Sub(&pot.sum, number(*c))
			case !c.state.counts() && state.counts():
				pot.sum.Add(&pot.sum, number(*c))
			}
		}
		c.state, c.open = state, state == Noted
	}
}

// holds is what a budget's window holds: at least, when every claim that may have been made
// before the window was, and at most.
func (b *Book) holds(name string, since int64) (least, most countersign.Amount) {
	pot := b.byName[name]
	if pot == nil {
		return least, most
	}
	b.slide(pot, since)
	var doubtful big.Int
	for _, i := range pot.order[pot.first:] {
		c := &b.claims[i]
		if pot.width != math.MaxInt64 && c.at-pot.width >= since {
			break // nor is any behind it
		}
		if c.state.counts() && c.asked < since {
			doubtful.Add(&doubtful, number(*c))
		}
	}
	return amount(new(big.Int).Sub(&pot.sum, &doubtful)), amount(&pot.sum)
}

// slide moves the beginning of a budget's window, nearly always a little forward.
func (b *Book) slide(pot *budget, since int64) {
	for pot.first < len(pot.order) && b.claims[pot.order[pot.first]].at < since {
		if c := &b.claims[pot.order[pot.first]]; c.state.counts() {
			pot.sum.Sub(&pot.sum, number(*c))
		}
		pot.first++
	}
	for pot.first > 0 && b.claims[pot.order[pot.first-1]].at >= since {
		pot.first--
		if c := &b.claims[pot.order[pot.first]]; c.state.counts() {
			pot.sum.Add(&pot.sum, number(*c))
		}
	}
	pot.since = since
}

func number(c claim) *big.Int { return new(big.Int).SetBytes(c.amount[:]) }

// amount is a sum as a budget holds it: at most full.
func amount(sum *big.Int) countersign.Amount {
	a, err := countersign.AmountFromBig(sum)
	if err != nil {
		return full
	}
	return a
}
