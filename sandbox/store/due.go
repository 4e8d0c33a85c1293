package store

import (
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Due returns up to limit objects of the kind that are due at now, the longest
// due first and otherwise oldest first. A non-empty parent narrows it.
func Due[T any](tx *Tx, kind, parent string, now time.Time, limit int) ([]T, error) {
	query := `SELECT seq, doc FROM objects WHERE kind = ? AND due <= ? ORDER BY due, seq LIMIT ?`
	args := []any{kind, now.UnixMilli(), limit}
	if parent != "" {
		query = `SELECT seq, doc FROM objects WHERE kind = ? AND due <= ? AND parent = ? ORDER BY due, seq LIMIT ?`
		args = []any{kind, now.UnixMilli(), parent, limit}
	}
	found, _, err := scan[T](tx, limit, nil, query, args...)
	return found, err
}

// Parents returns the parents that have objects of the kind due at now.
func Parents(tx *Tx, kind string, now time.Time) ([]string, error) {
	return texts(tx, "parents of due "+kind, `SELECT DISTINCT parent FROM objects WHERE kind = ? AND due <= ?`, kind, now.UnixMilli())
}

// Occupied returns those of the parents that list an object of the kind.
func Occupied(tx *Tx, kind string, parents []string) ([]string, error) {
	var query strings.Builder
	args := []any{kind}
	for i, parent := range parents {
		if i > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, "SELECT ?%d WHERE EXISTS (SELECT 1 FROM objects WHERE kind = ?1 AND parent = ?%d)", i+2, i+2)
		args = append(args, parent)
	}
	return texts(tx, "the occupied parents of "+kind, query.String(), args...)
}

// texts reads rows of one text.
func texts(tx *Tx, what, query string, args ...any) ([]string, error) {
	rows, err := tx.rows(query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		found = append(found, text)
	}
	return found, rows.Err()
}

// NextDue returns when the next object of the kind becomes due after now, or
// the zero time when none does.
func NextDue(tx *Tx, kind string, now time.Time) (time.Time, error) {
	var ms sql.NullInt64
	err := tx.row(`SELECT min(due) FROM objects WHERE kind = ? AND due > ?`, kind, now.UnixMilli()).Scan(&ms)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading next due %s: %w", kind, err)
	}
	if !ms.Valid {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms.Int64), nil
}

// Waiting tells whether an object of the kind is due at now.
func Waiting(tx *Tx, kind string, now time.Time) (bool, error) {
	var found bool
	err := tx.row(`SELECT EXISTS (SELECT 1 FROM objects WHERE kind = ? AND due <= ?)`,
		kind, now.UnixMilli()).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("looking for due %s: %w", kind, err)
	}
	return found, nil
}
