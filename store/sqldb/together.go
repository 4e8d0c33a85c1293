package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A Tx is a writing transaction. Beside what any can do it takes statements that nobody waits
// for one by one: a round trip to a server costs more than most statements.
type Tx struct {
	*sql.Tx
	db      *DB
	conn    *sql.Conn
	waiting []Statement
}

// A Statement is one of several that are sent together.
type Statement struct {
	// Text has a ? for each of the arguments.
	Text string
	Args []any
	// Row, when it is set, is told each row and returns why it cannot be. What it was told is
	// true once [Tx.Flush] has returned.
	Row func(scan func(into ...any) error) error
	// Rows is how many of them there must be where that is known, else 0.
	Rows int
}

// read tells the rows to whom they are for.
func (s Statement) read(rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
},
) error {
	n := 0
	for ; rows.Next(); n++ {
		if err := s.Row(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if s.Rows > 0 && n != s.Rows {
		return fmt.Errorf("%.40s… returned %d rows, want %d", s.Text, n, s.Rows)
	}
	return nil
}

// Send runs statements in their order: at once on SQLite, on PostgreSQL with the next
// [Tx.Flush].
func (tx *Tx) Send(ctx context.Context, statements ...Statement) error {
	if tx.db.Postgres {
		tx.waiting = append(tx.waiting, statements...)
		return nil
	}
	for _, s := range statements {
		if err := tx.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Flush waits until all that was sent has run. When one failed, those behind it have not run.
func (tx *Tx) Flush(ctx context.Context) error {
	if len(tx.waiting) == 0 {
		return nil
	}
	sent := tx.waiting
	tx.waiting = nil
	return tx.conn.Raw(func(driven any) error {
		c, ok := driven.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of type %T cannot send statements together", driven)
		}
		// A cancelled context ends the transaction behind our back; what was to be all of it
		// or nothing would then stand by itself.
		if status := c.Conn().PgConn().TxStatus(); status != inTransaction {
			return errors.Join(sql.ErrTxDone, ctx.Err())
		}
		batch := &pgx.Batch{}
		for _, s := range sent {
			queue(batch, tx.db.Text(s.Text), s)
		}
		return c.Conn().SendBatch(ctx, batch).Close()
	})
}

// inTransaction is the server's word that a transaction is open and has not failed
// (PostgreSQL's protocol, ReadyForQuery).
const inTransaction = 'T'

func queue(batch *pgx.Batch, text string, s Statement) {
	q := batch.Queue(text, s.Args...)
	if s.Row == nil {
		return
	}
	q.Query(func(rows pgx.Rows) error { return s.read(rows) })
}

func (tx *Tx) run(ctx context.Context, s Statement) error {
	if s.Row == nil {
		_, err := tx.ExecContext(ctx, s.Text, s.Args...)
		return err
	}
	rows, err := tx.QueryContext(ctx, s.Text, s.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return s.read(rows)
}

// A Column is one column of rows that are inserted: a []int64 or a []string, a value a row.
type Column struct {
	Name   string
	Values any
}

// maxParameters is the most that one statement is given. SQLite takes 32,766, but its driver
// looks for each from the first one on: of 30,000 that is a third of a second.
const maxParameters = 300

// Insert is statements that insert rows, all columns of the same length, and end on a clause
// that may be empty. However many rows they are, PostgreSQL sees one text, and need not parse
// it again.
func (db *DB) Insert(table string, columns []Column, clause string) (all []Statement) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	into := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") "
	if db.Postgres {
		s := Statement{Rows: height(columns[0])}
		arrays := make([]string, len(columns))
		for i, c := range columns {
			arrays[i] = "?::text[]"
			if _, numbers := c.Values.([]int64); numbers {
				arrays[i] = "?::bigint[]"
			}
			s.Args = append(s.Args, c.Values)
		}
		s.Text = into + "SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ") " + clause
		return []Statement{s}
	}
	for args := range slices.Chunk(byRow(columns), maxParameters/len(columns)*len(columns)) {
		n, row := len(args)/len(columns), "(?"+strings.Repeat(", ?", len(columns)-1)+")"
		all = append(all, Statement{Text: into + "VALUES " + row + strings.Repeat(", "+row, n-1) + " " + clause, Args: args, Rows: n})
	}
	return all
}

// height is how many values a column has.
func height(c Column) int {
	if numbers, ok := c.Values.([]int64); ok {
		return len(numbers)
	}
	return len(c.Values.([]string)) //nolint:forcetypeassert // as documented
}

// byRow are the values of columns, row by row.
func byRow(columns []Column) []any {
	args := make([]any, height(columns[0])*len(columns))
	for i, c := range columns {
		for row := range height(c) {
			switch values := c.Values.(type) {
			case []int64:
				args[row*len(columns)+i] = values[row]
			case []string:
				args[row*len(columns)+i] = values[row]
			}
		}
	}
	return args
}
