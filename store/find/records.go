package find

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"countersign/audit"
	"countersign/store/sqldb"
)

// A Querier is a database or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// columns are what [Records] reads, in their order.
const columns = "idx, record_key, type, jws, leaf_hash"

// Records runs one SELECT of [columns]. A stored JWS that cannot even be read
// comes out with what its columns say, so that a verifier can report it.
func Records(ctx context.Context, q Querier, text string, args ...any) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		rows, err := q.QueryContext(ctx, text, args...)
		if err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scanned(rows.Scan)
			if err != nil {
				yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
		}
	}
}

func scanned(scan func(...any) error) (e audit.Entry, err error) {
	var key, kind string
	if err := scan(&e.Index, &key, &kind, &e.JWS, &e.LeafHash); err != nil {
		return audit.Entry{}, err
	}
	e.Record = Payload(e.JWS)
	e.Record.Key, e.Record.Type = key, audit.Type(kind)
	return e, nil
}

// Standing is the statement that finds what some keys have already, into found.
func Standing(db *sqldb.DB, keys []string, found map[string]audit.Entry) sqldb.Statement {
	s := sqldb.Statement{Row: func(scan func(...any) error) error {
		e, err := scanned(scan)
		if err != nil {
			return fmt.Errorf("read records: %w", err)
		}
		found[e.Record.Key] = e
		return nil
	}}
	if db.Postgres { // however many keys: one text, that need not be parsed again
		s.Text, s.Args = "SELECT "+columns+" FROM records WHERE record_key = ANY(?)", []any{keys}
		return s
	}
	s.Text = "SELECT " + columns + " FROM records WHERE record_key IN (?" + strings.Repeat(", ?", len(keys)-1) + ")"
	for _, k := range keys {
		s.Args = append(s.Args, k)
	}
	return s
}

// Where yields the records that a condition picks: what follows FROM, with ? for each of the
// arguments.
func Where(ctx context.Context, db *sqldb.DB, q Querier, cond string, args ...any) iter.Seq2[audit.Entry, error] {
	return Records(ctx, q, db.Text("SELECT "+columns+" FROM records "+cond), args...)
}

// Bytes runs one SELECT of one value, and returns nil when there is no row.
func Bytes(ctx context.Context, q Querier, text string, args ...any) (data []byte, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&data)
	}
	return data, errors.Join(err, rows.Err())
}

// Payload reads a record without trusting it.
func Payload(jws string) (rec audit.Record) {
	parts := strings.Split(jws, ".")
	if len(parts) == 3 {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(raw, &rec) // unreadable stays empty: the verifier says why
		}
	}
	return rec
}
