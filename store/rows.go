package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"countersign/audit"
)

// entries runs one SELECT over records. A stored JWS that cannot even be read
// comes out with what its columns say, so that a verifier can report it.
func (db *DB) entries(ctx context.Context, q querier, where string, args ...any) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		rows, err := q.QueryContext(ctx, db.query("SELECT idx, record_key, type, jws, leaf_hash FROM records "+where), args...)
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
			e.Record = payload(e.JWS)
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

// payload reads a record without trusting it.
func payload(jws string) (rec audit.Record) {
	parts := strings.Split(jws, ".")
	if len(parts) == 3 {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(raw, &rec) // unreadable stays empty: the verifier says why
		}
	}
	return rec
}
