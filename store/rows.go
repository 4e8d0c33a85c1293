package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"countersign"
	"countersign/audit"
)

// entries runs one SELECT over records. A stored JWS that cannot even be read
// comes out with what its columns say, so that a verifier can report it.
func (db *DB) entries(ctx context.Context, q querier, where string, args ...any) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		rows, err := q.QueryContext(ctx, db.query("SELECT idx, record_key, type, jws, leaf_hash FROM records "+where), args...)
		if err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var e audit.Entry
			var key, kind string
			if err := rows.Scan(&e.Index, &key, &kind, &e.JWS, &e.LeafHash); err != nil {
				yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
				return
			}
			e.Record = payload(e.JWS)
			e.Record.Key, e.Record.Type = key, audit.Type(kind)
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
		}
	}
}

// payload reads a record without trusting it.
func payload(jws string) (rec audit.Record) {
	parts := strings.Split(jws, ".")
	if len(parts) == 3 {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(raw, &rec) // unreadable stays empty: the verifier says why
		}
	}
	return rec
}

// The states of a claim. Only reserved and committed ones take from a budget.
const (
	noted     = "noted"     // counted if people approve
	reserved  = "reserved"  // we approved; the custodian has not said how it ended
	committed = "committed" // approved: the money moves
	released  = "released"  // came to nothing
)

// balances says how each claim stands, the earlier claims of the same request
// included. It must run in an appending transaction.
func (db *DB) balances(ctx context.Context, tx *sql.Tx, claims []countersign.Claim) ([]countersign.Balance, error) {
	own := map[string]countersign.Amount{}
	var out []countersign.Balance
	for _, c := range claims {
		before, err := db.taken(ctx, tx, c.Budget, c.Since)
		if err != nil {
			return nil, err
		}
		before = sumUpTo(before, own[c.Budget])
		after, err := before.Add(c.Amount)
		b := countersign.Balance{Claim: c, Before: before, Fits: err == nil && after.Cmp(c.Limit) <= 0}
		own[c.Budget] = sumUpTo(own[c.Budget], c.Amount)
		out = append(out, b)
	}
	return out, nil
}

func (db *DB) taken(ctx context.Context, tx *sql.Tx, budget string, since time.Time) (sum countersign.Amount, err error) {
	rows, err := tx.QueryContext(ctx, db.query(
		"SELECT amount FROM claims WHERE budget = ? AND at >= ? AND state IN ('reserved', 'committed')"), budget, since.UnixMicro())
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return sum, err
		}
		a, err := countersign.ParseAmount(text)
		if err != nil {
			return sum, fmt.Errorf("budget %s: %w", budget, err)
		}
		sum = sumUpTo(sum, a)
	}
	return sum, rows.Err()
}

func (db *DB) insertClaims(ctx context.Context, tx *sql.Tx, key string, claims []countersign.Claim, state string, now time.Time) error {
	total := map[string]countersign.Amount{}
	var order []string
	for _, c := range claims { // a rule may count twice against one budget
		if _, ok := total[c.Budget]; !ok {
			order = append(order, c.Budget)
		}
		total[c.Budget] = sumUpTo(total[c.Budget], c.Amount)
	}
	for _, budget := range order {
		_, err := tx.ExecContext(ctx, db.query("INSERT INTO claims (decision_key, budget, amount, state, at) VALUES (?, ?, ?, ?, ?)"),
			key, budget, total[budget].String(), state, now.UnixMicro())
		if err != nil {
			return fmt.Errorf("budget %s: %w", budget, err)
		}
	}
	return nil
}

func (db *DB) moveClaims(ctx context.Context, tx *sql.Tx, decisionKey, state string) error {
	_, err := tx.ExecContext(ctx, db.query("UPDATE claims SET state = ? WHERE decision_key = ? AND state IN ('noted', 'reserved')"),
		state, decisionKey)
	return err
}

// Taken returns what a budget's window holds: claims reserved or committed at or
// after since.
func (db *DB) Taken(ctx context.Context, budget string, since time.Time) (sum countersign.Amount, err error) {
	tx, err := db.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return sum, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return db.taken(ctx, tx, budget, since)
}

// full is the largest amount, 2^256-1: a budget that holds it takes no more.
var full = countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935")

// sumUpTo is a+b, or full when that is more. People do approve unlimited amounts,
// and two of them in one window must close the budget, not fail every decision
// that asks it.
func sumUpTo(a, b countersign.Amount) countersign.Amount {
	sum, err := a.Add(b)
	if err != nil {
		return full
	}
	return sum
}
