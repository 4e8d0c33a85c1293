package ledger

import (
	"fmt"
	"maps"
	"math/big"

	"countersign"
)

// A Total is what has gone through one account in one asset up to some time, in the
// asset's smallest unit. In and Out only grow, but for reversals, which take off what they
// take back. All four are 0 or more.
type Total struct {
	In, Out         countersign.Amount // posted
	HeldIn, HeldOut countersign.Amount // pending
}

// Balance is what the account holds: In - Out. It is below zero for what is outside, such
// as the world that deposits come from.
func (t Total) Balance() *big.Int { return new(big.Int).Sub(t.In.Big(), t.Out.Big()) }

// Free is the balance less what pending entries will take from it.
func (t Total) Free() *big.Int { return new(big.Int).Sub(t.Balance(), t.HeldOut.Big()) }

// Since is what has gone through between two totals of one account: negative where more
// was reversed than posted.
func (t Total) Since(before Total) (in, out *big.Int) {
	return new(big.Int).Sub(t.In.Big(), before.In.Big()), new(big.Int).Sub(t.Out.Big(), before.Out.Big())
}

// A Key is one account in one asset.
type Key struct {
	Account Account
	Asset   Asset
}

// Apply changes totals by a step of an entry whose last step was before, nil for a first
// one. It fails, having changed nothing, when the step does not follow, or when a total would
// go below zero or beyond 256 bits; none can where the same steps made the totals.
func Apply(totals map[Key]Total, before *Step, s Step) error {
	last := State("")
	if before != nil {
		last = before.State
	}
	if err := s.Check(last); err != nil {
		return err
	}
	c := change{totals: totals, fresh: map[Key]Total{}}
	if before != nil {
		if err := c.move(before.State, before.Postings, countersign.Amount.Sub); err != nil {
			return fmt.Errorf("entry %s: %w", s.ID, err)
		}
	}
	if err := c.move(s.State, s.Postings, countersign.Amount.Add); err != nil {
		return fmt.Errorf("entry %s: %w", s.ID, err)
	}
	maps.Copy(totals, c.fresh)
	return nil
}

// A change is some totals on their way to others.
type change struct{ totals, fresh map[Key]Total }

// move adds postings to the totals of their accounts, or takes them off.
func (c change) move(state State, postings []Posting, by func(a, b countersign.Amount) (countersign.Amount, error)) error {
	for _, p := range postings {
		to, from := Key{p.To, p.Asset}, Key{p.From, p.Asset}
		t := c.of(to)
		in := &t.In
		if state == Pending {
			in = &t.HeldIn
		}
		if err := c.set(to, &t, in, p.Amount, by); err != nil {
			return err
		}
		t = c.of(from)
		out := &t.Out
		if state == Pending {
			out = &t.HeldOut
		}
		if err := c.set(from, &t, out, p.Amount, by); err != nil {
			return err
		}
	}
	return nil
}

func (c change) of(k Key) Total {
	if t, ok := c.fresh[k]; ok {
		return t
	}
	return c.totals[k]
}

func (c change) set(k Key, t *Total, side *countersign.Amount, amount countersign.Amount, by func(a, b countersign.Amount) (countersign.Amount, error)) (err error) {
	if *side, err = by(*side, amount); err != nil {
		return fmt.Errorf("total of %s in %s: %w", k.Account, k.Asset, err)
	}
	c.fresh[k] = *t
	return nil
}
