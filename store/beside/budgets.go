package beside

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"
	"countersign/store/claims"
)

// budgets looks at one state of the database, whatever is decided meanwhile: each claim stands as
// the records say that it ended, and each hour holds what its claims take.
func (c *checker) budgets(ctx context.Context) error {
	return c.db.Snapshot(ctx, func(tx *sql.Tx) error {
		if err := c.states(ctx, tx); err != nil {
			return err
		}
		names, err := c.allBudgets(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := c.hours(ctx, tx, name); err != nil {
				return fmt.Errorf("budget %.200q: %w", name, err)
			}
		}
		return nil
	})
}

func scanClaims(rows *sql.Rows, do func(claim)) error {
	defer rows.Close()
	for rows.Next() {
		var one claim
		if err := rows.Scan(&one.key, &one.budget, &one.amount, &one.before, &one.state, &one.at); err != nil {
			return err
		}
		do(one)
	}
	return rows.Err()
}

// states reads all claims in pieces.
func (c *checker) states(ctx context.Context, tx *sql.Tx) error {
	var last claim
	for {
		rows, err := tx.QueryContext(ctx, c.db.Text(claimColumns+"WHERE (decision_key, budget) > (?, ?) ORDER BY decision_key, budget LIMIT ?"), last.key, last.budget, batch)
		if err != nil {
			return err
		}
		var some []claim
		if err := scanClaims(rows, func(one claim) { some = append(some, one) }); err != nil || len(some) == 0 {
			return err
		}
		ends, err := c.ends(ctx, tx, some)
		if err != nil {
			return err
		}
		for _, one := range some {
			end, said := ends[one.key]
			switch {
			case !said:
				c.fault(c.size, one.key, verify.ClaimDiffers, "a claim on budget %.200q is kept for a decision that is not there", one.budget)
			case one.state != end.state:
				c.fault(end.index, one.key, verify.ClaimDiffers, "what it takes from budget %.200q is kept as %s, and it is %s", one.budget, one.state, end.state)
			}
		}
		last = some[len(some)-1]
	}
}

// An end is how a decision's claims stand by the records.
type end struct {
	index                 int64 // of the decision
	leaf, approval, state string
	open                  bool
}

// ends reads the decisions of claims, and what became of each.
func (c *checker) ends(ctx context.Context, tx *sql.Tx, some []claim) (map[string]*end, error) {
	all, byLeaf := map[string]*end{}, map[string]*end{}
	var keys, approvals []any
	for _, one := range some {
		keys = append(keys, one.key)
	}
	err := c.each(ctx, tx, "WHERE record_key IN (?"+strings.Repeat(", ?", len(keys)-1)+")", keys, func(r row) error {
		var in audit.Intent
		if r.signed.Key != r.key || (audit.Entry{Record: r.signed}).Decode(&in) != nil {
			return nil
		}
		e := &end{index: r.index, leaf: audit.LeafHash(r.jws), approval: in.ApprovalID, state: claims.Noted, open: true}
		if in.Decision.Verdict == countersign.Approve {
			e.state = claims.Reserved
		}
		all[r.key], byLeaf[e.leaf] = e, e
		approvals = append(approvals, in.ApprovalID)
		return nil
	})
	if err != nil || len(approvals) == 0 {
		return all, err
	}
	err = c.each(ctx, tx, "WHERE approval <> '' AND approval IN (?"+strings.Repeat(", ?", len(approvals)-1)+") ORDER BY idx", approvals, func(r row) error {
		var said struct {
			Intent  string           `json:"intent"`
			Result  audit.PostResult `json:"result"`
			Budgets string           `json:"budgets"`
		}
		if r.signed.Type != audit.DecisionOutcome && r.signed.Type != audit.ApprovalOutcome || (audit.Entry{Record: r.signed}).Decode(&said) != nil {
			return nil
		}
		if e := byLeaf[said.Intent]; e != nil && e.open {
			e.after(r.signed.Type, said.Result, said.Budgets)
		}
		return nil
	})
	return all, err
}

// after is what a later record makes of it.
func (e *end) after(t audit.Type, result audit.PostResult, budgets string) {
	switch {
	case t == audit.DecisionOutcome && result == audit.Void:
		e.state = claims.Noted
	case t == audit.ApprovalOutcome && (budgets == claims.Committed || budgets == claims.Released):
		e.state, e.open = budgets, false
	}
}

// allBudgets are the budgets that there are.
func (c *checker) allBudgets(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT budget FROM claims UNION SELECT budget FROM budget_hours ORDER BY 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// An hour is what is kept of one, less what its claims take.
type hour struct {
	total big.Int
	key   string // of the first decision that takes from it
}

// hours compares what a budget's hours hold with its claims.
func (c *checker) hours(ctx context.Context, tx *sql.Tx, budget string) error {
	all, err := c.keptHours(ctx, tx, budget)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, c.db.Text(claimColumns+"WHERE budget = ? ORDER BY at, decision_key"), budget)
	if err != nil {
		return err
	}
	if err := scanClaims(rows, func(one claim) {
		at := one.at / time.Hour.Microseconds()
		if all[at] == nil {
			all[at] = &hour{}
		}
		if one.state != claims.Reserved && one.state != claims.Committed {
			return
		}
		if all[at].key == "" {
			all[at].key = one.key
		}
		if amount, ok := new(big.Int).SetString(one.amount, 10); ok {
			all[at].total.Sub(&all[at].total, amount)
		}
	}); err != nil {
		return err
	}
	for _, at := range slices.Sorted(maps.Keys(all)) {
		kept := all[at]
		if kept.total.Sign() == 0 {
			continue
		}
		index, err := c.indexOf(ctx, tx, kept.key)
		if err != nil {
			return err
		}
		c.fault(index, kept.key, verify.HoursDiffer, "the hour from %s on of budget %.200q holds %s more than its claims take",
			time.UnixMicro(at*time.Hour.Microseconds()).UTC().Format(time.RFC3339), budget, &kept.total)
	}
	return nil
}

// keptHours are a budget's hours as they are kept, since 1970.
func (c *checker) keptHours(ctx context.Context, tx *sql.Tx, budget string) (map[int64]*hour, error) {
	rows, err := tx.QueryContext(ctx, c.db.Text("SELECT hour, total FROM budget_hours WHERE budget = ?"), budget)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64]*hour{}
	for rows.Next() {
		var at int64
		var total string
		if err := rows.Scan(&at, &total); err != nil {
			return nil, err
		}
		all[at] = &hour{}
		if _, ok := all[at].total.SetString(total, 10); !ok {
			return nil, fmt.Errorf("the total %.80q of the hour %d is no number", total, at)
		}
	}
	return all, rows.Err()
}

// indexOf is the index of a record, or that behind the last one.
func (c *checker) indexOf(ctx context.Context, tx *sql.Tx, key string) (index int64, err error) {
	err = tx.QueryRowContext(ctx, c.db.Text("SELECT idx FROM records WHERE record_key = ?"), key).Scan(&index)
	if errors.Is(err, sql.ErrNoRows) {
		return c.size, nil
	}
	return index, err
}
