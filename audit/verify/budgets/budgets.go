// Package budgets keeps budgets as a log's decisions tell them, to see whether each
// decision was told the truth about what its budgets held: by the rules of package store.
package budgets

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"countersign"
)

// A State is where a claim stands, as in package store: only those reserved and committed
// take from a budget.
type State byte

// The states.
const (
	Noted     State = iota // counted if people approve
	Reserved               // we approved; how it ended is not known
	Committed              // approved: the money moves
	Released               // came to nothing
)

func (s State) counts() bool { return s == Reserved || s == Committed }

// A Book is all budgets. A claim was made somewhere between the time that the rules were asked and the
// time that the record was signed; where a window begins between the two, either is true.
// All times are microseconds since 1970.
type Book struct {
	byName map[string]*budget
	claims []claim
	// partial says that not every claim is known: in a range, and behind a record that had
	// no room for its balances. Then a budget must hold no less than what is known.
	partial bool

	findings []Finding // of the decision in hand
	unproven int64
}

// NewBook is a book without claims; partial says that there are some which nobody tells.
func NewBook(partial bool) *Book { return &Book{byName: map[string]*budget{}, partial: partial} }

// A Decision is what is needed of one.
type Decision struct {
	// Balances is the JSON list of its balances, empty where it has none; Elsewhere says that
	// the record had no room for all of them.
	Balances  []byte
	Elsewhere bool
	Approves  bool
	// Asked is when the rules were asked, [Unknown] where nobody says, and At when the record
	// was signed, in microseconds since 1970.
	Asked, At int64
}

// Unknown is a time that nobody says.
const Unknown = math.MinInt64

// A Finding is one thing wrong with a decision's balances.
type Finding struct {
	Kind Kind
	What string
}

// A Kind is what kind of thing is wrong.
type Kind int

// The kinds.
const (
	Unclear   Kind = iota // they cannot be read, or in two ways
	Differs               // a budget held something else than the decision says
	Overdrawn             // it was approved and does not fit
)

// A claim is what one decision took from one budget. Claims that are open for 2^32
// decisions do not fit into memory anyway.
type claim struct {
	budget    *budget
	asked, at int64
	amount    [32]byte // big-endian
	state     State
	open      bool // neither committed nor released yet
}

// A Span is the claims of one decision.
type Span struct{ from, to uint32 }

// A budget is the claims on it, in the order of their times, with the sum of its window.
type budget struct {
	order []uint32 // of claims
	since int64    // where the window begins
	first int      // the first of order in it
	sum   big.Int  // of those that count
	width int64    // the longest time between asking and signing
}

// Decide checks the balances of a decision and remembers what it takes. Unproven counts
// the balances that only what is not known could confirm.
func (b *Book) Decide(d Decision) (s Span, wrong []Finding, unproven int64) {
	b.findings, b.unproven = nil, 0
	s.from = uint32(len(b.claims)) //nolint:gosec // see claim
	s.to = s.from
	b.partial = b.partial || d.Elsewhere
	if len(d.Balances) == 0 {
		return s, nil, 0
	}
	balances, ok := balancesOf(d.Balances)
	if !ok {
		b.find(Unclear, "its budgets cannot be read, or in two ways")
		return s, b.findings, 0
	}
	for i, one := range balances {
		if slices.ContainsFunc(balances[:i], func(c countersign.Balance) bool { return c.Budget == one.Budget }) {
			continue // with the first of its budget
		}
		total := b.compare(balances[i:], d.Approves)
		c := claim{asked: min(d.Asked, d.At), at: d.At, amount: total, open: true}
		if d.Approves {
			c.state = Reserved
		}
		b.add(one.Budget, c)
	}
	s.to = uint32(len(b.claims)) //nolint:gosec // see claim
	return s, b.findings, b.unproven
}

func (b *Book) find(kind Kind, format string, args ...any) {
	b.findings = append(b.findings, Finding{kind, fmt.Sprintf(format, args...)})
}

// compare checks all balances of one budget, that of the first, and returns what they take
// together. Where they differ, the longest window and the least limit hold for all.
func (b *Book) compare(balances []countersign.Balance, approves bool) (total [32]byte) {
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
		b.find(Differs, "budget %.200q held %s, the decision says %s", first.Budget, least, before)
	case before.Cmp(most) > 0 && !b.partial:
		b.find(Differs, "budget %.200q held %s, the decision says %s", first.Budget, most, before)
	case b.partial:
		b.unproven++
	}
	var sum countersign.Amount
	for _, c := range balances {
		if c.Budget != first.Budget {
			continue
		}
		if c.Before.Cmp(before) != 0 {
			b.find(Differs, "budget %.200q held %s before an amount of %s, the decision says %s", c.Budget, before, c.Amount, c.Before)
		}
		sum, before = upTo(sum, c.Amount), upTo(before, c.Amount)
		after, err := c.Before.Add(c.Amount)
		if fits := err == nil && after.Cmp(c.Limit) <= 0; fits != c.Fits {
			b.find(Differs, "%s on top of %s is said to fit the limit of %s of budget %.200q: %v", c.Amount, c.Before, c.Limit, c.Budget, c.Fits)
		}
	}
	if after, err := first.Before.Add(sum); approves && (err != nil || after.Cmp(limit) > 0) {
		b.find(Overdrawn, "%s on top of %s does not fit the limit of %s of budget %.200q, and was approved", sum, first.Before, limit, first.Budget)
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
