// Package claims keeps in SQL what requests take from budgets.
//
// A claim is noted, reserved, committed or released. Whether it fits is decided by the one
// statement that writes it, against what the budget's window holds at that moment: whatever
// runs beside it, in this process or another, no budget is passed. What a window holds is a
// sum over whole hours, kept in step with the claims, and over the broken hour at its start:
// it costs the same however many claims there are.
//
// [Take] and [Move] run in a transaction of the caller's, so that a claim and what it was made
// for are there together or not at all. [Budgets] is for work that leaves nothing else behind.
package claims

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"countersign"
	"countersign/store/amounts"
	"countersign/store/sqldb"
)

// The states of a claim, as they are kept. Only reserved and committed ones take from a
// budget.
const (
	Noted     = "noted"     // counted if people approve
	Reserved  = "reserved"  // we approved; the custodian has not said how it ended
	Committed = "committed" // approved: the money moves
	Released  = "released"  // came to nothing
)

// stateOf is the state of a key's claims; empty when it has none.
func stateOf(ctx context.Context, db *sqldb.DB, tx *sql.Tx, key string) (state string, err error) {
	err = tx.QueryRowContext(ctx, db.Text("SELECT COALESCE(MIN(state), '') FROM claims WHERE decision_key = ?"), key).Scan(&state)
	return state, err
}

// Take puts down what a request takes and says whether all of it fits; when not all
// does, it is noted only. The balances say what each budget held before. Each budget is
// decided by the one statement that writes the claim. Budgets are locked in the order of
// their names: two requests never wait for each other.
func Take(ctx context.Context, db *sqldb.DB, tx *sql.Tx, key string, claims []countersign.Claim, now time.Time) ([]countersign.Balance, bool, error) {
	totals := together(claims)
	all, before := true, map[string]countersign.Amount{}
	for _, c := range totals {
		held, state, err := claimOne(ctx, db, tx, key, c, now)
		if err != nil {
			return nil, false, fmt.Errorf("budget %s: %w", c.Budget, err)
		}
		before[c.Budget] = held
		all = all && state == Reserved
	}
	if !all {
		if err := Move(ctx, db, tx, key, Noted); err != nil {
			return nil, false, err
		}
	}
	return standings(claims, before), all, nil
}

func claimOne(ctx context.Context, db *sqldb.DB, tx *sql.Tx, key string, c countersign.Claim, now time.Time) (before countersign.Amount, state string, err error) {
	if db.Postgres {
		// The statement below sees what was committed before it began, so whoever
		// claimed first must have ended by then.
		const lock = "INSERT INTO budgets (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name"
		if _, err := tx.ExecContext(ctx, lock, c.Budget); err != nil {
			return before, "", err
		}
	}
	var sum string
	args := append(window(c.Budget, c.Since), key, c.Budget, c.Amount.String(), c.Amount.String(), c.Limit.String(), now.UnixMicro())
	if err = tx.QueryRowContext(ctx, db.Text(deciding(db)), args...).Scan(&sum, &state); err != nil {
		return before, "", err
	}
	if state == Reserved {
		err = addToHour(ctx, db, tx, c.Budget, now.UnixMicro(), c.Amount.String())
	}
	if err == nil {
		before, err = amounts.Held(sum)
	}
	return before, state, err
}

// hour is the width of a row of budget_hours, in microseconds.
const hour = int64(time.Hour / time.Microsecond)

// window are the arguments of [holding]: the window's whole hours, and the broken one
// at its start.
func window(budget string, since time.Time) []any {
	from := since.UnixMicro()
	whole := from / hour // rounds towards zero: before 1970 there is nothing
	if whole*hour < from {
		whole++
	}
	return []any{budget, whole, budget, from, whole * hour}
}

// holding is the SQL of what a budget's window holds.
func holding(db *sqldb.DB) string {
	hours, broken, add := "SELECT amount_sum(total)", "SELECT amount_sum(amount)", "amount_add((%s), (%s))"
	if db.Postgres {
		hours, broken, add = "SELECT COALESCE(SUM(total), 0)", "SELECT COALESCE(SUM(amount), 0)", "(%s) + (%s)"
	}
	return fmt.Sprintf(add, hours+" FROM budget_hours WHERE budget = ? AND hour >= ?",
		broken+" FROM claims WHERE budget = ? AND at >= ? AND at < ? AND state IN ('reserved', 'committed')")
}

// deciding is the statement that decides. It adds what the window holds, compares, and
// writes the claim with what it found: there is no moment between.
func deciding(db *sqldb.DB) string {
	amount, fits := "?", "amount_fits(before, ?, ?)"
	if db.Postgres {
		amount, fits = "CAST(? AS NUMERIC)", "before + CAST(? AS NUMERIC) <= CAST(? AS NUMERIC)"
	}
	return "WITH held AS (SELECT " + holding(db) + ` AS before)
		INSERT INTO claims (decision_key, budget, amount, before, state, at)
		SELECT ?, ?, ` + amount + `, before, CASE WHEN ` + fits + ` THEN 'reserved' ELSE 'noted' END, ? FROM held
		RETURNING before, state`
}

// addToHour adds to what a budget took in the hour of a claim; a leading minus takes
// away.
func addToHour(ctx context.Context, db *sqldb.DB, tx *sql.Tx, budget string, at int64, amount string) error {
	number, sum := "?", "amount_add(budget_hours.total, excluded.total)"
	if db.Postgres {
		number, sum = "CAST(? AS NUMERIC)", "budget_hours.total + excluded.total"
	}
	_, err := tx.ExecContext(ctx, db.Text("INSERT INTO budget_hours (budget, hour, total) VALUES (?, ?, "+number+
		") ON CONFLICT (budget, hour) DO UPDATE SET total = "+sum), budget, at/hour, amount)
	return err
}

// together adds up claims on one budget, in the order of names. Where they differ in
// limit or window the stricter one holds for all.
func together(claims []countersign.Claim) (totals []countersign.Claim) {
	for _, c := range claims {
		i := slices.IndexFunc(totals, func(t countersign.Claim) bool { return t.Budget == c.Budget })
		if i < 0 {
			totals = append(totals, c)
			continue
		}
		t := &totals[i]
		t.Amount = amounts.SumUpTo(t.Amount, c.Amount)
		if c.Limit.Cmp(t.Limit) < 0 {
			t.Limit = c.Limit
		}
		if c.Since.Before(t.Since) {
			t.Since = c.Since
		}
	}
	slices.SortFunc(totals, func(a, b countersign.Claim) int { return cmp.Compare(a.Budget, b.Budget) })
	return totals
}

// standings says how each claim stands, the earlier claims of the same request
// included.
func standings(claims []countersign.Claim, before map[string]countersign.Amount) (out []countersign.Balance) {
	for _, c := range claims {
		held := before[c.Budget]
		after, err := held.Add(c.Amount)
		out = append(out, countersign.Balance{Claim: c, Before: held, Fits: err == nil && after.Cmp(c.Limit) <= 0})
		before[c.Budget] = amounts.SumUpTo(held, c.Amount)
	}
	return out
}

// Move gives a key's open claims another state and keeps the hours in step, in the order
// of budgets. What is committed or released already stays so.
func Move(ctx context.Context, db *sqldb.DB, tx *sql.Tx, decisionKey, state string) error {
	open, err := openClaims(ctx, db, tx, decisionKey)
	if err != nil {
		return err
	}
	for _, c := range open {
		_, err := tx.ExecContext(ctx, db.Text("UPDATE claims SET state = ? WHERE decision_key = ? AND budget = ?"), state, decisionKey, c.budget)
		if err != nil {
			return err
		}
		counted, counts := c.state == Reserved, state == Reserved || state == Committed
		switch {
		case counted && !counts:
			err = addToHour(ctx, db, tx, c.budget, c.at, "-"+c.amount)
		case !counted && counts:
			err = addToHour(ctx, db, tx, c.budget, c.at, c.amount)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openClaim is a claim that is not committed or released yet.
type openClaim struct {
	budget, amount, state string
	at                    int64
}

func openClaims(ctx context.Context, db *sqldb.DB, tx *sql.Tx, decisionKey string) (open []openClaim, err error) {
	q := "SELECT budget, amount, state, at FROM claims WHERE decision_key = ? AND state IN ('noted', 'reserved') ORDER BY budget"
	if db.Postgres {
		q += " FOR UPDATE"
	}
	rows, err := tx.QueryContext(ctx, db.Text(q), decisionKey)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c openClaim
		if err := rows.Scan(&c.budget, &c.amount, &c.state, &c.at); err != nil {
			return nil, err
		}
		open = append(open, c)
	}
	return open, rows.Err()
}

// Taken returns what a budget's window holds: claims reserved or committed at or
// after since.
func Taken(ctx context.Context, db *sqldb.DB, budget string, since time.Time) (sum countersign.Amount, err error) {
	var text string
	err = db.QueryRowContext(ctx, db.Text("SELECT "+holding(db)), window(budget, since)...).Scan(&text)
	if err == nil {
		sum, err = amounts.Held(text)
	}
	if err != nil {
		return sum, fmt.Errorf("budget %s: %w", budget, err)
	}
	return sum, nil
}
