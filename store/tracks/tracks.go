// Package tracks keeps in SQL how far each chain was walked and what was seen there, with the
// messages that tell of it, in one transaction. It is where a [follow.Follower] keeps.
package tracks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/chain/follow"
	"countersign/store/outbox"
	"countersign/store/sqldb"
)

// ErrMoved means that somebody else walks this chain with the same database.
var ErrMoved = errors.New("another process walks this chain")

// A Keeper is the [follow.Keeper] of one network.
type Keeper struct {
	DB      *sqldb.DB
	Network string
	// Tell makes the message of what has occurred, or none. The number tells those of one
	// moment apart.
	Tell func(o follow.Occurrence, at time.Time, number int) (outbox.Message, bool)
	// Now is the clock.
	Now func() time.Time

	version int64 // of the cursor that was read or written last
}

// Load reads the cursor.
func (k *Keeper) Load(ctx context.Context) (*follow.Cursor, error) {
	var text string
	err := k.DB.QueryRowContext(ctx, k.DB.Text("SELECT version, cursor FROM chain_cursors WHERE network = ?"), k.Network).Scan(&k.version, &text)
	if errors.Is(err, sql.ErrNoRows) {
		k.version = 0
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	var c follow.Cursor
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	return &c, nil
}

// Keep replaces the cursor, if it is as this Keeper knows it, and keeps what has occurred and
// the messages of it; else it fails with [ErrMoved].
func (k *Keeper) Keep(ctx context.Context, c follow.Cursor, occurred []follow.Occurrence) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	now := k.Now().UTC().Truncate(time.Microsecond)
	tx, err := k.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	if err := k.move(ctx, tx, string(text), now); err != nil {
		return fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	var messages []outbox.Message
	for i, o := range occurred {
		if m, ok := k.Tell(o, now, i); ok {
			messages = append(messages, m)
		}
	}
	if err := k.events(ctx, tx, occurred, now); err != nil {
		return fmt.Errorf("events of %s: %w", k.Network, err)
	}
	if err := outbox.Put(ctx, tx, k.DB, messages, now); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cursor of %s: %w", k.Network, err)
	}
	k.version++
	return nil
}

func (k *Keeper) move(ctx context.Context, tx *sql.Tx, cursor string, now time.Time) error {
	query := "UPDATE chain_cursors SET version = version + 1, cursor = ?, at = ? WHERE network = ? AND version = ?"
	args := []any{cursor, now.UnixMicro(), k.Network, k.version}
	if k.version == 0 {
		query = "INSERT INTO chain_cursors (cursor, at, network, version) VALUES (?, ?, ?, 1) ON CONFLICT (network) DO NOTHING"
		args = args[:3]
	}
	res, err := tx.ExecContext(ctx, k.DB.Text(query), args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrMoved, err)
	}
	return nil
}

// maxRows bounds the rows of one statement.
const maxRows = 300

func (k *Keeper) events(ctx context.Context, tx *sql.Tx, occurred []follow.Occurrence, now time.Time) error {
	occurred = last(occurred)
	for len(occurred) > 0 {
		some := occurred[:min(len(occurred), maxRows)]
		occurred = occurred[len(some):]
		var args []any
		for _, o := range some {
			data := string(o.Data)
			if data == "" {
				data = "{}"
			}
			args = append(args, k.Network, o.Number, o.Block.String(), o.Tx.String(), o.Index, o.Rule, string(o.State), data, now.UnixMicro())
		}
		row := "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
		text := "INSERT INTO chain_events (network, number, block, tx, idx, rule, state, data, at) VALUES " + row + strings.Repeat(", "+row, len(some)-1) +
			" ON CONFLICT (network, number, block, tx, idx, rule) DO UPDATE SET state = excluded.state, at = excluded.at"
		if _, err := tx.ExecContext(ctx, k.DB.Text(text), args...); err != nil {
			return err
		}
	}
	return nil
}

// last are the occurrences without those that a later one of the same event overtakes: a
// statement may change a row once.
func last(occurred []follow.Occurrence) []follow.Occurrence {
	type key struct {
		block, tx follow.Hash
		index     uint64
		rule      string
	}
	at := map[key]int{}
	var kept []follow.Occurrence
	for _, o := range occurred {
		k := key{o.Block, o.Tx, o.Index, o.Rule}
		if i, there := at[k]; there {
			kept[i] = o
			continue
		}
		at[k] = len(kept)
		kept = append(kept, o)
	}
	return kept
}

// Last is the data of the event of a rule in the highest block, of those that are not retracted.
func (k *Keeper) Last(ctx context.Context, rule string) (data []byte, told bool, err error) {
	var text string
	err = k.DB.QueryRowContext(ctx, k.DB.Text(`SELECT data FROM chain_events WHERE network = ? AND rule = ? AND state <> ?
		ORDER BY number DESC, idx DESC LIMIT 1`), k.Network, rule, string(follow.Retracted)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("last event of rule %s on %s: %w", rule, k.Network, err)
	}
	return []byte(text), true, nil
}
