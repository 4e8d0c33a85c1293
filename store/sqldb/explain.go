package sqldb

import (
	"context"
	"fmt"
)

// Explain is how the database answers a SELECT, a step in each line, in its own words. With read
// PostgreSQL runs it, and says how many rows and pages it has read.
func (db *DB) Explain(ctx context.Context, read bool, query string, args ...any) (steps []string, err error) {
	explain, columns := "EXPLAIN QUERY PLAN ", 4
	switch {
	case db.Postgres && read:
		explain, columns = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) ", 1
	case db.Postgres:
		explain, columns = "EXPLAIN ", 1
	}
	rows, err := db.QueryContext(ctx, db.Text(explain+query), args...)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	defer rows.Close()
	row, into := make([]string, columns), make([]any, columns)
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
		steps = append(steps, row[columns-1])
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	return steps, nil
}
