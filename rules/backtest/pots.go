package backtest

import (
	"math/big"
	"slices"
	"time"

	"countersign"
)

// pots keeps the budgets of a book as they would have been.
type pots struct {
	by   map[string]*pot
	open map[string][]*taken // by decision key
}

// pot is what one budget's claims took, in the order of time, with the sum of those
// that count from head on: the window. It moves forward with the trail, so that each
// claim is added once and taken away once.
type pot struct {
	takes []*taken
	head  int
	sum   big.Int
}

type taken struct {
	pot    *pot
	at     time.Time
	amount *big.Int
	counts bool // approved by the book, or moved in the end
	inside bool // of the window
}

func newPots() *pots { return &pots{by: map[string]*pot{}, open: map[string][]*taken{}} }

// decide is what becomes of a decision with its claims: an approval that does not fit
// is an abstention.
func (p *pots) decide(key string, at time.Time, d countersign.Decision, claims []countersign.Claim) countersign.Decision {
	own := map[string]*big.Int{}
	for _, c := range claims {
		if own[c.Budget] == nil {
			own[c.Budget] = new(big.Int).Set(p.pot(c.Budget).since(c.Since))
		}
		sum := own[c.Budget].Add(own[c.Budget], c.Amount.Big())
		if sum.Cmp(c.Limit.Big()) > 0 && d.Verdict == countersign.Approve {
			d = countersign.Abstained(countersign.OverBudget, "%s does not fit the limit of %s of budget %s", c.Amount, c.Limit, c.Budget)
		}
	}
	for _, c := range claims {
		pot := p.pot(c.Budget)
		t := &taken{pot: pot, at: at, amount: c.Amount.Big()}
		pot.add(t)
		t.count(d.Verdict == countersign.Approve)
		p.open[key] = append(p.open[key], t)
	}
	return d
}

// end says how an approval ended: what moved counts, whoever approved it.
func (p *pots) end(key string, moved bool) {
	for _, t := range p.open[key] {
		t.count(moved)
	}
	delete(p.open, key)
}

func (p *pots) pot(budget string) *pot {
	if p.by[budget] == nil {
		p.by[budget] = &pot{}
	}
	return p.by[budget]
}

func (p *pot) add(t *taken) {
	i := len(p.takes)
	for i > 0 && p.takes[i-1].at.After(t.at) { // the trail is nearly in the order of time
		i--
	}
	p.takes = slices.Insert(p.takes, i, t)
	if t.inside = i >= p.head; !t.inside {
		p.head++
	}
}

// since moves the window and returns what it holds; the caller must not change it.
func (p *pot) since(from time.Time) *big.Int {
	for p.head < len(p.takes) && p.takes[p.head].at.Before(from) {
		p.takes[p.head].place(false)
		p.head++
	}
	for p.head > 0 && !p.takes[p.head-1].at.Before(from) { // another window, further back
		p.head--
		p.takes[p.head].place(true)
	}
	return &p.sum
}

func (t *taken) place(inside bool) { t.set(t.counts, inside) }

func (t *taken) count(counts bool) { t.set(counts, t.inside) }

// set keeps the pot's sum that of what counts inside of the window.
func (t *taken) set(counts, inside bool) {
	was, is := t.counts && t.inside, counts && inside
	t.counts, t.inside = counts, inside
	switch {
	case is && !was:
		t.pot.sum.Add(&t.pot.sum, t.amount)
	case was && !is:
		t.pot.sum.Sub(&t.pot.sum, t.amount)
	}
}
