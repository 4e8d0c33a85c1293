package find

import (
	"context"
	"database/sql"
	"strings"

	"countersign/audit"
	"countersign/store/sqldb"
)

// Put writes records that follow one another, each with its facets, all in one statement,
// and returns each JWS as the database has it.
func Put(ctx context.Context, db *sqldb.DB, tx *sql.Tx, records []audit.Entry, facets [][]audit.Facet) (stored []string, err error) {
	var args, found []any
	for i, e := range records {
		approval := ""
		for _, f := range facets[i] {
			if f.Name == audit.FacetApproval {
				approval = f.Value
				continue
			}
			found = append(found, f.Name, f.Value, e.Index)
		}
		args = append(args, e.Index, e.Record.Key, string(e.Record.Type), e.Record.Subject, e.Record.Seq,
			e.Record.At.UnixMicro(), e.JWS, e.LeafHash, approval)
	}
	if err := putFacets(ctx, db, tx, found); err != nil {
		return nil, err
	}
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
	rows, err := tx.QueryContext(ctx, db.Text("INSERT INTO records (idx, record_key, type, subject, seq, at, jws, leaf_hash, approval) VALUES "+
		row+strings.Repeat(", "+row, len(records)-1)+" RETURNING idx, jws"), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stored = make([]string, len(records))
	for rows.Next() {
		var index int64
		var jws string
		if err := rows.Scan(&index, &jws); err != nil {
			return nil, err
		}
		stored[index-records[0].Index] = jws
	}
	return stored, rows.Err()
}

// maxParameters is the most that one statement is given: PostgreSQL counts them in 16
// bits, SQLite takes 32,766.
const maxParameters = 30_000

// putFacets writes what records can be found by: name, value and index by turns.
func putFacets(ctx context.Context, db *sqldb.DB, tx *sql.Tx, args []any) error {
	const row = "(?, ?, ?)"
	for len(args) > 0 {
		n := min(len(args), maxParameters)
		if _, err := tx.ExecContext(ctx, db.Text("INSERT INTO facets (name, value, idx) VALUES "+row+strings.Repeat(", "+row, n/3-1)), args[:n]...); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}
