package beside

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"
	"countersign/store/amounts"
	"countersign/store/evidence"
)

// A decision is one that has balances, or may have some beside the record.
type decision struct {
	index, asked, signed int64 // times in microseconds since 1970
	key                  string
	balances             []countersign.Balance
	beside               []audit.Evidence
}

// decided is a decision whose claims are to be looked for, nil where there can be none.
func decided(r *row) *decision {
	var in audit.Intent
	if json.Unmarshal(r.signed.Body, &in) != nil {
		return nil // the verifier has said so
	}
	d := &decision{index: r.index, key: r.signed.Key, balances: in.Budgets, asked: in.AskedAt.UnixMicro(), signed: r.signed.At.UnixMicro()}
	for _, e := range in.Evidence {
		if e.Kind == listKind || e.Kind == budgetsKind {
			d.beside = append(d.beside, e)
		}
	}
	if len(d.balances) == 0 && len(d.beside) == 0 {
		return nil
	}
	return d
}

// whole reads the balances that a record has no room for.
func (c *checker) whole(ctx context.Context, d *decision) error {
	for i := 0; i < len(d.beside); i++ {
		e := d.beside[i]
		text, err := evidence.Read(ctx, c.db, e.Digest)
		switch {
		case errors.Is(err, audit.ErrNoRecord), errors.Is(err, audit.ErrForged):
			continue // said where evidence is looked at
		case err != nil:
			return err
		}
		if e.Kind == budgetsKind {
			return json.Unmarshal(text, &d.balances)
		}
		for _, more := range evidenceOf(text) {
			if more.Kind == budgetsKind {
				d.beside = append(d.beside, more)
			}
		}
	}
	return nil
}

// A claim is a row.
type claim struct {
	key, budget, amount, before, state string
	at                                 int64
}

const claimColumns = "SELECT decision_key, budget, amount, before, state, at FROM claims "

// taken compares what decisions take from budgets with the claims. In what state a claim is
// depends on the time, and is looked at later.
func (c *checker) taken(ctx context.Context) error {
	all := c.takes
	c.takes = nil
	for len(all) > 0 {
		some := all[:min(len(all), batch)]
		all = all[len(some):]
		var keys []any
		for _, d := range some {
			keys = append(keys, d.key)
		}
		stood := map[string]map[string]claim{}
		rows, err := c.db.QueryContext(ctx, c.db.Text(claimColumns+"WHERE decision_key IN (?"+strings.Repeat(", ?", len(keys)-1)+")"), keys...)
		if err != nil {
			return err
		}
		if err := scanClaims(rows, func(one claim) {
			if stood[one.key] == nil {
				stood[one.key] = map[string]claim{}
			}
			stood[one.key][one.budget] = one
		}); err != nil {
			return err
		}
		for _, d := range some {
			if err := c.whole(ctx, &d); err != nil {
				return err
			}
			c.compare(d, stood[d.key])
		}
	}
	return nil
}

// compare holds the claims of one decision against its balances.
func (c *checker) compare(d decision, stood map[string]claim) {
	wanted := map[string]bool{}
	for _, b := range d.balances {
		wanted[b.Budget] = true
		one, there := stood[b.Budget]
		if !there {
			c.fault(d.index, d.key, verify.ClaimMissing, "what it takes from budget %.200q is not kept", b.Budget)
			continue
		}
		before, err := amounts.Held(one.before)
		if err != nil || one.amount != b.Amount.String() || before.Cmp(b.Before) != 0 {
			c.fault(d.index, d.key, verify.ClaimDiffers, "it takes %s on top of %s from budget %.200q, kept are %.80q on top of %.80q", b.Amount, b.Before, b.Budget, one.amount, one.before)
		}
		slack := clockSlack.Microseconds()
		if one.at > d.signed+slack || one.at < min(d.asked, d.signed)-slack {
			c.fault(d.index, d.key, verify.ClaimDiffers, "it takes from budget %.200q at %d, it was signed at %d, in microseconds since 1970", b.Budget, one.at, d.signed)
		}
	}
	for budget := range stood {
		if !wanted[budget] {
			c.fault(d.index, d.key, verify.ClaimDiffers, "it takes nothing from budget %.200q, and a claim is kept", budget)
		}
	}
}
