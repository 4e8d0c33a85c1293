package tracks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"countersign/chain/follow"
	"countersign/store/sqldb"
)

// A Reader reads what keepers have kept.
type Reader struct{ DB *sqldb.DB }

// A Position is how far a chain was walked.
type Position struct {
	Network string
	// Final is the last block that is done with, Head the newest that was walked.
	Final, Head follow.Block
	// At is when that was kept.
	At time.Time
}

// Position returns that of a network; ok is false for one that was never walked.
func (r Reader) Position(ctx context.Context, network string) (p Position, ok bool, err error) {
	var text string
	var at int64
	err = r.DB.QueryRowContext(ctx, r.DB.Text("SELECT cursor, at FROM chain_cursors WHERE network = ?"), network).Scan(&text, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	var c follow.Cursor
	if err == nil {
		err = json.Unmarshal([]byte(text), &c)
	}
	if err != nil {
		return p, false, fmt.Errorf("cursor of %s: %w", network, err)
	}
	p = Position{Network: network, Final: c.Final, Head: c.Final, At: time.UnixMicro(at).UTC()}
	if n := len(c.Tip); n > 0 {
		p.Head = c.Tip[n-1].Block
	}
	return p, true, nil
}

// Networks are those that were ever walked, sorted.
func (r Reader) Networks(ctx context.Context) (networks []string, err error) {
	rows, err := r.DB.QueryContext(ctx, "SELECT network FROM chain_cursors ORDER BY network")
	if err != nil {
		return nil, fmt.Errorf("read the cursors: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("read the cursors: %w", err)
		}
		networks = append(networks, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the cursors: %w", err)
	}
	return networks, nil
}

// An Event is what was seen on a chain, and what has become of it.
type Event struct {
	Network string
	Number  uint64
	Block   string
	Tx      string
	Index   uint64
	Rule    string
	State   follow.State
	Data    json.RawMessage
	// At is when it came to its state.
	At time.Time
}

// Confirmed are the events of a rule that were confirmed in from <= t < to, all rules' where
// rule is empty, in the order of their networks and blocks.
func (r Reader) Confirmed(ctx context.Context, rule string, from, to time.Time) iter.Seq2[Event, error] {
	return r.read(ctx, "WHERE state = ? AND at >= ? AND at < ? AND (rule = ? OR ? = '') ORDER BY network, number, tx, idx, rule",
		string(follow.Confirmed), from.UnixMicro(), to.UnixMicro(), rule, rule)
}

// Between are the events of blocks from <= number <= to, in every state, in the order of the blocks.
func (r Reader) Between(ctx context.Context, network string, from, to uint64) iter.Seq2[Event, error] {
	return r.read(ctx, "WHERE network = ? AND number >= ? AND number <= ? ORDER BY number, tx, idx, rule", network, int64(from), int64(to)) //nolint:gosec // heights
}

// Of are the events of a transaction.
func (r Reader) Of(ctx context.Context, network, tx string) iter.Seq2[Event, error] {
	return r.read(ctx, "WHERE network = ? AND tx = ? ORDER BY number, idx, rule, block", network, tx)
}

func (r Reader) read(ctx context.Context, where string, args ...any) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		rows, err := r.DB.QueryContext(ctx, r.DB.Text("SELECT network, number, block, tx, idx, rule, state, data, at FROM chain_events "+where), args...)
		if err != nil {
			yield(Event{}, fmt.Errorf("read the events: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var e Event
			var data string
			var at int64
			if err := rows.Scan(&e.Network, &e.Number, &e.Block, &e.Tx, &e.Index, &e.Rule, &e.State, &data, &at); err != nil {
				yield(Event{}, fmt.Errorf("read the events: %w", err))
				return
			}
			e.Data, e.At = json.RawMessage(data), time.UnixMicro(at).UTC()
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Event{}, fmt.Errorf("read the events: %w", err))
		}
	}
}
