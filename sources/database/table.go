package database

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"countersign"
)

// A Table is a whole answer. Decoded from its JSON it is equal.
type Table struct {
	// Columns are the names, each once.
	Columns []string `json:"columns"`
	// Rows are never nil, in the order of the database: only ORDER BY makes that one order.
	Rows [][]Value `json:"rows"`
}

// A Value is exact text, or NULL. In JSON it is a string or null.
type Value struct {
	Text string
	Null bool
}

// MarshalJSON writes null or a string.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Null {
		return []byte("null"), nil
	}
	return json.Marshal(v.Text)
}

// UnmarshalJSON reads what [Value.MarshalJSON] writes.
func (v *Value) UnmarshalJSON(text []byte) error {
	*v = Value{Null: bytes.Equal(text, []byte("null"))}
	if v.Null {
		return nil
	}
	return json.Unmarshal(text, &v.Text)
}

// Empty reports whether there are no rows.
func (t Table) Empty() bool { return len(t.Rows) == 0 }

// One returns the row of a table that has just one. None and several are errors: which
// of several was meant nobody can say.
func (t Table) One() (Row, error) {
	if len(t.Rows) != 1 {
		return Row{}, fmt.Errorf("%d rows, want one: ask by a unique key", len(t.Rows))
	}
	return t.Row(0), nil
}

// Row returns the row at an index, from 0. An index that is not there panics, as on a
// slice.
func (t Table) Row(i int) Row { return Row{columns: t.Columns, values: t.Rows[i]} }

// A Row reads values by the names of their columns. The zero Row has none.
type Row struct {
	columns []string
	values  []Value
}

// Value returns a column's value, NULL or not.
func (r Row) Value(column string) (Value, error) {
	i := slices.Index(r.columns, column)
	if i < 0 || i >= len(r.values) {
		return Value{}, fmt.Errorf("column %q: there is none: the query selects %q", column, r.columns)
	}
	return r.values[i], nil
}

// Text returns a column's text. NULL is an error: it is not the empty text.
func (r Row) Text(column string) (string, error) {
	v, err := r.Value(column)
	if err == nil && v.Null {
		err = fmt.Errorf("column %q is NULL: use COALESCE, or read Value", column)
	}
	return v.Text, err
}

// Amount returns a column that holds a whole number of minor units. NULL, a sign and a
// fraction are errors, "100.00" too: in the query, multiply by the asset's units and
// cast to numeric(78,0).
func (r Row) Amount(column string) (countersign.Amount, error) {
	text, err := r.Text(column)
	if err != nil {
		return countersign.Amount{}, err
	}
	a, err := countersign.ParseAmount(text)
	if err != nil {
		return countersign.Amount{}, fmt.Errorf("column %q: %w: select minor units as a whole number", column, err)
	}
	return a, nil
}

// Bool returns a column that is true or false, which SQLite writes 1 and 0. Anything
// else is an error.
func (r Row) Bool(column string) (bool, error) {
	text, err := r.Text(column)
	if err != nil {
		return false, err
	}
	switch text {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("column %q: %.40q is neither true nor false", column, text)
}

// bounds are what an answer may have.
type bounds struct{ rows, bytes int }

// newTable begins an answer with its columns.
func newTable(columns []string) (Table, error) {
	if len(columns) == 0 {
		return Table{}, fmt.Errorf("%w: the statement gives no table: ask with SELECT", ErrRefused)
	}
	for i, c := range columns {
		if c == "" || c == "?column?" || !utf8.ValidString(c) || slices.Contains(columns[:i], c) {
			return Table{}, fmt.Errorf("%w: column %d is called %.60q: give each column a name of its own with AS", ErrRefused, i+1, c)
		}
	}
	return Table{Columns: columns, Rows: [][]Value{}}, nil
}

// add appends a row, or says that there would be too much.
func (t *Table) add(row []Value, b *bounds) error {
	if b.rows--; b.rows < 0 {
		return fmt.Errorf("%w: more than %d rows: ask for fewer, or raise max_rows", ErrTooMuch, len(t.Rows))
	}
	for _, v := range row {
		b.bytes -= len(v.Text)
	}
	if b.bytes < 0 {
		return fmt.Errorf("%w: too many bytes by row %d: ask for fewer columns or rows, or raise max_bytes", ErrTooMuch, len(t.Rows)+1)
	}
	t.Rows = append(t.Rows, row)
	return nil
}
