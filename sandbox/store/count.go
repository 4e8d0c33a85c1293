package store

import "fmt"

// Counts returns how many objects there are of each kind.
func Counts(tx *Tx) (map[string]int, error) {
	rows, err := tx.sql.Query(`SELECT kind, COUNT(*) FROM objects GROUP BY kind`)
	if err != nil {
		return nil, fmt.Errorf("counting: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	counts := map[string]int{}
	for rows.Next() {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("counting: %w", err)
		}
		counts[kind] = n
	}
	return counts, rows.Err()
}
