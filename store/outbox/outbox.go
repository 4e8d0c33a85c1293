// Package outbox keeps in SQL what is to be told to the ingress. A message is put there in the
// transaction of what it tells of, so that neither is without the other, and it stays until it
// was taken: it may be told twice, and is never lost.
package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/store/sqldb"
)

// A Message is one event that is to be told.
type Message struct {
	// Seq is its place among all, from 1; set when it is kept.
	Seq int64
	// ID names it for ever: putting a second one with the same changes nothing.
	ID   string
	Kind countersign.EventKind
	// Date is when it happened, UTC, to the microsecond. With kind and subject it is the
	// fact: two messages that differ in nothing else are one fact to who hears them.
	Date time.Time
	// Data is the event's data, JSON.
	Data json.RawMessage
	// Attempts is how often it was told in vain, Problem what went wrong last.
	Attempts int
	Problem  string
}

// maxRows bounds the rows of one statement.
const maxRows = 500

// Put puts messages, in a transaction of the caller's. They are due at once.
func Put(ctx context.Context, tx *sql.Tx, db *sqldb.DB, messages []Message, now time.Time) error {
	for len(messages) > 0 {
		some := messages[:min(len(messages), maxRows)]
		messages = messages[len(some):]
		var args []any
		for _, m := range some {
			args = append(args, m.ID, string(m.Kind), m.Date.UnixMicro(), string(m.Data), now.UnixMicro())
		}
		text := "INSERT INTO outbox (id, kind, date, data, due) VALUES (?, ?, ?, ?, ?)" + strings.Repeat(", (?, ?, ?, ?, ?)", len(some)-1) + " ON CONFLICT (id) DO NOTHING"
		if _, err := tx.ExecContext(ctx, db.Text(text), args...); err != nil {
			return fmt.Errorf("put %d messages: %w", len(some), err)
		}
	}
	return nil
}

// An Outbox is that of a database.
type Outbox struct{ DB *sqldb.DB }

// Due are at most limit messages that are due, in their order, and when the next is due that
// is not yet, zero for none.
func (o Outbox) Due(ctx context.Context, now time.Time, limit int) (due []Message, next time.Time, err error) {
	rows, err := o.DB.QueryContext(ctx, o.DB.Text(`SELECT seq, id, kind, date, data, attempts, problem FROM outbox
		WHERE delivered IS NULL AND due <= ? ORDER BY due, seq LIMIT ?`), now.UnixMicro(), limit)
	if err != nil {
		return nil, next, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m Message
		var date int64
		var data string
		if err := rows.Scan(&m.Seq, &m.ID, &m.Kind, &date, &data, &m.Attempts, &m.Problem); err != nil {
			return nil, next, fmt.Errorf("read the outbox: %w", err)
		}
		m.Date, m.Data = time.UnixMicro(date).UTC(), json.RawMessage(data)
		due = append(due, m)
	}
	if err := rows.Err(); err != nil {
		return nil, next, fmt.Errorf("read the outbox: %w", err)
	}
	var at sql.NullInt64
	err = o.DB.QueryRowContext(ctx, o.DB.Text("SELECT MIN(due) FROM outbox WHERE delivered IS NULL AND due > ?"), now.UnixMicro()).Scan(&at)
	if err != nil {
		return nil, next, fmt.Errorf("read the outbox: %w", err)
	}
	if at.Valid {
		next = time.UnixMicro(at.Int64).UTC()
	}
	return due, next, nil
}

// Delivered says that a message was taken.
func (o Outbox) Delivered(ctx context.Context, m Message, now time.Time) error {
	return o.change(ctx, m, "UPDATE outbox SET delivered = ?, attempts = attempts + 1, problem = '' WHERE seq = ? AND delivered IS NULL", now.UnixMicro(), m.Seq)
}

// Failed says that it was not, and when to tell it again.
func (o Outbox) Failed(ctx context.Context, m Message, problem string, again time.Time) error {
	return o.change(ctx, m, "UPDATE outbox SET due = ?, attempts = attempts + 1, problem = ? WHERE seq = ? AND delivered IS NULL", again.UnixMicro(), clip(problem), m.Seq)
}

func (o Outbox) change(ctx context.Context, m Message, text string, args ...any) error {
	if _, err := o.DB.ExecContext(ctx, o.DB.Text(text), args...); err != nil {
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	return nil
}

// A Count is how many messages there are of dates in a span.
type Count struct{ All, Waiting int }

// Count counts the messages of from <= date < to.
func (o Outbox) Count(ctx context.Context, from, to time.Time) (c Count, err error) {
	err = o.DB.QueryRowContext(ctx, o.DB.Text("SELECT COUNT(*), COUNT(*) - COUNT(delivered) FROM outbox WHERE date >= ? AND date < ?"),
		from.UnixMicro(), to.UnixMicro()).Scan(&c.All, &c.Waiting)
	if err != nil {
		return c, fmt.Errorf("count the outbox: %w", err)
	}
	return c, nil
}

// Waiting is how many messages were not taken yet, and when the oldest of them happened.
func (o Outbox) Waiting(ctx context.Context) (n int, oldest time.Time, err error) {
	var at sql.NullInt64
	if err := o.DB.QueryRowContext(ctx, "SELECT COUNT(*), MIN(date) FROM outbox WHERE delivered IS NULL").Scan(&n, &at); err != nil {
		return 0, oldest, fmt.Errorf("count the outbox: %w", err)
	}
	if at.Valid {
		oldest = time.UnixMicro(at.Int64).UTC()
	}
	return n, oldest, nil
}

// Prune forgets what was delivered before a time, and returns how many there were.
func (o Outbox) Prune(ctx context.Context, before time.Time) (int64, error) {
	res, err := o.DB.ExecContext(ctx, o.DB.Text("DELETE FROM outbox WHERE delivered < ?"), before.UnixMicro())
	if err != nil {
		return 0, fmt.Errorf("prune the outbox: %w", err)
	}
	return res.RowsAffected()
}

// clip keeps a problem short: it is for people.
func clip(s string) string {
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}
