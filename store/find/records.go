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
			var e audit.Entry
			var key, kind string
			if err := rows.Scan(&e.Index, &key, &kind, &e.JWS, &e.LeafHash); err != nil {
				yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
				return
			}
			e.Record = Payload(e.JWS)
			e.Record.Key, e.Record.Type = key, audit.Type(kind)
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Entry{}, fmt.Errorf("read records: %w", err))
		}
	}
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
