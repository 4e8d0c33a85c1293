package verify

import (
	"math"
	"math/big"
	"slices"
	"time"

	"countersign"
	"countersign/audit/form"
)

// The states of a claim, as in package store: only those reserved and committed take from a
// budget.
const (
	pending   = byte(iota) // counted if people approve
	reserved               // we approved; how it ended is not known
	committed              // approved: the money moves
	released               // came to nothing
)

func counts(state byte) bool { return state == reserved || state == committed }

// budgets are kept as the records tell them, to see whether each decision was told the
// truth. A claim was made somewhere between the time that the rules were asked and the
// time that the record was signed; where a window begins between the two, either is true.
// All times are microseconds since 1970.
type budgets struct {
	byName map[string]*budget
	claims []claim
	// partial says that not every claim is known: in a range, and behind a record that had
	// no room for its balances. Then a budget must hold no less than what is known.
	partial bool
}

// A claim is what one decision took from one budget. Claims that are open for 2^32
// decisions do not fit into memory anyway.
type claim struct {
	budget    *budget
	asked, at int64
	amount    [32]byte // big-endian
	state     byte
	open      bool // neither committed nor released yet
}

// A span is the claims of one decision.
type span struct{ from, to uint32 }

// A budget is the claims on it, in the order of their times, with the sum of its window.
type budget struct {
	order []uint32 // of claims
	since int64    // where the window begins
	first int      // the first of order in it
	sum   big.Int  // of those that count
	width int64    // the longest time between asking and signing
}

func (b *budgets) since(from int64) { b.partial = from > 0 }

// decide checks the balances of a decision and remembers what it takes.
func (b *budgets) decide(r *row, unproven *int64, fault faulter) (s span) {
	s.from = uint32(len(b.claims)) //nolint:gosec // see claim
	s.to = s.from
	if r.facts.elsewhere() {
		b.partial = true
	}
	if len(r.facts.budgets) == 0 {
		return s
	}
	balances, ok := balancesOf(r.facts.budgets)
	if !ok {
		fault(BodyUnclear, "its budgets cannot be read, or in two ways")
		return s
	}
	approves := countersign.Verdict(r.facts.decided) == countersign.Approve
	at, asked := times(r)
	for i, one := range balances {
		if slices.ContainsFunc(balances[:i], func(c countersign.Balance) bool { return c.Budget == one.Budget }) {
			continue // with the first of its budget
		}
		total := b.compare(balances[i:], approves, unproven, fault)
		state := pending
		if approves {
			state = reserved
		}
		b.add(one.Budget, claim{asked: asked, at: at, amount: total, state: state, open: true})
	}
	s.to = uint32(len(b.claims)) //nolint:gosec // see claim
	return s
}

// times are when a record was signed and when the rules were asked, at the latest then.
func times(r *row) (at, asked int64) {
	if t, err := time.Parse(time.RFC3339Nano, string(r.payload.At)); err == nil {
		at = t.UnixMicro()
	}
	asked = math.MinInt64
	if text, ok := form.String(r.facts.asked); ok {
		if t, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
			asked = min(t.UnixMicro(), at)
		}
	}
	return at, asked
}

// compare checks all balances of one budget, that of the first, and returns what they take
// together. Where they differ, the longest window and the least limit hold for all.
func (b *budgets) compare(balances []countersign.Balance, approves bool, unproven *int64, fault faulter) (total [32]byte) {
	first := balances[0]
	since, limit := first.Since, first.Limit
	for _, c := range balances {
		if c.Budget == first.Budget {
			if c.Since.Before(since) {
				since = c.Since
			}
			if c.Limit.Cmp(limit) < 0 {
				limit = c.Limit
			}
		}
	}
	least, most := b.holds(first.Budget, since.UnixMicro())
	before := first.Before
	switch {
	case before.Cmp(least) < 0:
		fault(BudgetDiffers, "budget %.200q held %s, the decision says %s", first.Budget, least, before)
	case before.Cmp(most) > 0 && !b.partial:
		fault(BudgetDiffers, "budget %.200q held %s, the decision says %s", first.Budget, most, before)
	case b.partial:
		*unproven++
	}
	var sum countersign.Amount
	for _, c := range balances {
		if c.Budget != first.Budget {
			continue
		}
		if c.Before.Cmp(before) != 0 {
			fault(BudgetDiffers, "budget %.200q held %s before an amount of %s, the decision says %s", c.Budget, before, c.Amount, c.Before)
		}
		sum, before = upTo(sum, c.Amount), upTo(before, c.Amount)
		after, err := c.Before.Add(c.Amount)
		if fits := err == nil && after.Cmp(c.Limit) <= 0; fits != c.Fits {
			fault(BudgetDiffers, "%s on top of %s is said to fit the limit of %s of budget %.200q: %v", c.Amount, c.Before, c.Limit, c.Budget, c.Fits)
		}
	}
	if after, err := first.Before.Add(sum); approves && (err != nil || after.Cmp(limit) > 0) {
		fault(Overdrawn, "%s on top of %s does not fit the limit of %s of budget %.200q, and was approved", sum, first.Before, limit, first.Budget)
	}
	sum.Big().FillBytes(total[:])
	return total
}

// full is the largest amount: a budget that holds it takes no more.
var full = countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935")

// upTo is a+b, or full when that is more.
func upTo(a, b countersign.Amount) countersign.Amount {
	sum, err := a.Add(b)
	if err != nil {
		return full
	}
	return sum
}
