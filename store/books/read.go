package books

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"time"

	"countersign/ledger"
	"countersign/store/sqldb"
)

// Books are those of a database, for reading.
type Books struct{ DB *sqldb.DB }

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// read yields the steps that a condition picks, without what they follow.
func read(ctx context.Context, q querier, db *sqldb.DB, where string, args ...any) iter.Seq2[ledger.Booked, error] {
	return func(yield func(ledger.Booked, error) bool) {
		rows, err := q.QueryContext(ctx, db.Text("SELECT seq, entry, state, at, record_key, lineage, memo, postings FROM ledger_steps "+where), args...)
		if err != nil {
			yield(ledger.Booked{}, fmt.Errorf("read the ledger: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			b, err := scan(rows)
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(ledger.Booked{}, fmt.Errorf("read the ledger: %w", err))
		}
	}
}

func scan(rows *sql.Rows) (b ledger.Booked, err error) {
	var at int64
	var postings string
	if err := rows.Scan(&b.Seq, &b.ID, &b.State, &at, &b.Record, &b.Lineage, &b.Memo, &postings); err != nil {
		return b, fmt.Errorf("read the ledger: %w", err)
	}
	b.At = time.UnixMicro(at).UTC()
	if err := json.Unmarshal([]byte(postings), &b.Postings); err != nil {
		return b, fmt.Errorf("read the ledger: step %d of entry %s: %w", b.Seq, b.ID, err)
	}
	return b, nil
}

// Entry returns the steps of an entry, oldest first; none where nothing was booked.
func (b Books) Entry(ctx context.Context, id string) (steps []ledger.Booked, err error) {
	for s, err := range read(ctx, b.DB, b.DB, "WHERE entry = ? ORDER BY seq", id) {
		if err != nil {
			return nil, err
		}
		if n := len(steps); n > 0 {
			s.Before = &steps[n-1].Step
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// Steps yields what was booked in since <= t < until, in its order, a reversal with what it
// reverses; a zero time is no bound. It holds a connection until the walk ends.
func (b Books) Steps(ctx context.Context, since, until time.Time) iter.Seq2[ledger.Booked, error] {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	if !until.IsZero() {
		to = until.UnixMicro()
	}
	return func(yield func(ledger.Booked, error) bool) {
		for s, err := range read(ctx, b.DB, b.DB, "WHERE at >= ? AND at < ? ORDER BY seq", from, to) {
			if err == nil && s.State == ledger.Reversed {
				err = b.before(ctx, &s)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// before finds the step that another follows.
func (b Books) before(ctx context.Context, s *ledger.Booked) error {
	for earlier, err := range read(ctx, b.DB, b.DB, "WHERE entry = ? AND seq < ? ORDER BY seq DESC LIMIT 1", s.ID, s.Seq) {
		if err != nil {
			return err
		}
		s.Before = &earlier.Step
	}
	return nil
}

// Total is what had gone through an account in an asset by the end of the microsecond at;
// the zero time is now.
func (b Books) Total(ctx context.Context, k ledger.Key, at time.Time) (ledger.Total, error) {
	return total(ctx, b.DB, b.DB, k, at)
}

// Flow is what went through an account in an asset in since < t <= until, less what was
// reversed meanwhile; a zero since is the beginning, a zero until is now.
func (b Books) Flow(ctx context.Context, k ledger.Key, since, until time.Time) (in, out *big.Int, err error) {
	var first ledger.Total
	if !since.IsZero() {
		if first, err = b.Total(ctx, k, since); err != nil {
			return nil, nil, err
		}
	}
	last, err := b.Total(ctx, k, until)
	if err != nil {
		return nil, nil, err
	}
	in, out = last.Since(first)
	return in, out, nil
}

// totalAt is one row of the primary key, read from its end: however much was booked, it is one look.
const totalAt = `SELECT inflow, outflow, held_in, held_out FROM ledger_totals
	WHERE account = ? AND asset = ? AND at <= ? ORDER BY at DESC, seq DESC LIMIT 1`

func total(ctx context.Context, q querier, db *sqldb.DB, k ledger.Key, at time.Time) (ledger.Total, error) {
	var in, out, heldIn, heldOut string
	err := q.QueryRowContext(ctx, db.Text(totalAt), string(k.Account), k.Asset.String(), micros(at)).Scan(&in, &out, &heldIn, &heldOut)
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Total{}, nil
	}
	if err != nil {
		return ledger.Total{}, fmt.Errorf("read the total of %s in %s: %w", k.Account, k.Asset, err)
	}
	return amounts(in, out, heldIn, heldOut)
}

// micros is a time as it is kept; the zero time is later than any.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return math.MaxInt64
	}
	return at.UnixMicro()
}

// Explain is how the database finds a total, in its own words; PostgreSQL says what it reads for it.
func (b Books) Explain(ctx context.Context, k ledger.Key, at time.Time) ([]string, error) {
	return b.DB.Explain(ctx, true, totalAt, string(k.Account), k.Asset.String(), micros(at))
}

// Keys are the accounts at or below one, each in every asset that ever went through it, in
// their order; below "" are all.
func (b Books) Keys(ctx context.Context, under ledger.Account) (keys []ledger.Key, err error) {
	rows, err := b.DB.QueryContext(ctx, "SELECT account, asset FROM ledger_accounts ORDER BY account, asset")
	if err != nil {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var account, asset string
		if err := rows.Scan(&account, &asset); err != nil {
			return nil, fmt.Errorf("read the accounts: %w", err)
		}
		k := ledger.Key{Account: ledger.Account(account)}
		if k.Asset, err = ledger.ParseAsset(asset); err != nil {
			return nil, fmt.Errorf("read the accounts: %w", err)
		}
		if under == "" || k.Account.Under(under) {
			keys = append(keys, k)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	return keys, nil
}
