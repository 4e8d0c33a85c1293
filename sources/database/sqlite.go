package database

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// A sqliteFile is an existing SQLite file.
type sqliteFile struct {
	path string
	db   *sql.DB
}

// openSQLite prepares connections to a file that cannot be written through them: mode=ro
// opens it so, query_only refuses every change besides, no other file can be attached,
// and a misspelt column in double quotes is a mistake and not a text.
func openSQLite(path string) (driver, error) {
	abs, err := filepath.Abs(path) // "//x", ":memory:" and "file:x" mean something else in a URI
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_defensive": {"1"}, "_dqs": {"0"}, "_busy_timeout": {"1000"},
		"_pragma": {"trusted_schema(0)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxConns)
	return &sqliteFile{path: abs, db: db}, nil
}

func (s *sqliteFile) close() error { return s.db.Close() }

// longest is the longest text, blob or row that SQLite handles for us, at the least.
const longest = 1 << 20

func (s *sqliteFile) query(ctx context.Context, query string, args []any, b bounds) (Table, error) {
	values, err := s.args(query, args)
	if err != nil {
		return Table{}, err
	}
	if _, err := os.Stat(s.path); err != nil { // mode=ro alone says "unable to open database file"
		return Table{}, err
	}
	c, err := s.db.Conn(ctx)
	if err != nil {
		return Table{}, err
	}
	defer c.Close()
	for limit, n := range map[int]int{lib.SQLITE_LIMIT_ATTACHED: 0, lib.SQLITE_LIMIT_LENGTH: max(longest, 2*b.bytes), lib.SQLITE_LIMIT_SQL_LENGTH: longest} {
		if _, err := sqlite.Limit(c, limit, n); err != nil {
			return Table{}, err
		}
	}
	rows, err := c.QueryContext(ctx, query, values...)
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	return readRows(rows, b)
}

func readRows(rows *sql.Rows, b bounds) (Table, error) {
	columns, err := rows.Columns()
	if err != nil {
		return Table{}, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return Table{}, err
	}
	t, err := newTable(columns)
	if err != nil {
		return Table{}, err
	}
	raw, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return Table{}, err
		}
		row := make([]Value, len(raw))
		for i, v := range raw {
			if row[i], err = sqliteValue(columns[i], types[i].DatabaseTypeName(), v); err != nil {
				return Table{}, err
			}
		}
		if err := t.add(row, &b); err != nil {
			return Table{}, err
		}
	}
	return t, rows.Err()
}

// sqliteValue writes a value by what it is: in SQLite a column's declared type binds
// nobody.
func sqliteValue(column, declared string, v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Value{Null: true}, nil
	case int64:
		return Value{Text: strconv.FormatInt(v, 10)}, nil
	case string:
		if !utf8.ValidString(v) {
			return Value{}, fmt.Errorf("%w: column %q holds text that is no UTF-8: select hex(%s)", ErrRefused, column, column)
		}
		return Value{Text: v}, nil
	case []byte:
		return Value{Text: hex.EncodeToString(v)}, nil
	case time.Time: // the driver reads text in columns declared DATE, DATETIME, TIMESTAMP
		if v = v.UTC(); declared == "DATE" && v.Equal(v.Truncate(24*time.Hour)) {
			return Value{Text: v.Format(time.DateOnly)}, nil
		}
		return Value{Text: v.Format(time.RFC3339Nano)}, nil
	case float64:
		return Value{}, fmt.Errorf("%w: column %q holds floating point, which is not exact: cast it to text in the query, or better keep whole numbers in the table", ErrRefused, column)
	}
	return Value{}, fmt.Errorf("%w: column %q holds a %T: cast it to text", ErrRefused, column, v)
}

// args checks the shape of a query, which the driver does not: it would run a second
// statement, and take values that no parameter is for.
func (s *sqliteFile) args(query string, args []any) ([]any, error) {
	st, err := scan(query)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	case st.first != "SELECT" && st.first != "WITH" && st.first != "VALUES":
		return nil, fmt.Errorf("%w: it begins with %.20q: ask with SELECT, WITH or VALUES", ErrRefused, st.first)
	case st.parameters != len(args):
		return nil, fmt.Errorf("%w: %d parameters, and %d values for them", ErrRefused, st.parameters, len(args))
	}
	values, err := arguments(args)
	for i, v := range values {
		if at, is := v.(time.Time); is { // the driver would write it as Go prints it
			values[i] = at.Format(time.RFC3339Nano)
		}
	}
	return values, err
}
