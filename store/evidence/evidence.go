// Package evidence keeps in SQL what services were asked and answered, each under its SHA-256.
// A record names it by that, so its bytes are as good as the record.
package evidence

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/store/sqldb"
)

// Keep is the statements that store evidence under its SHA-256. The same bytes are kept once.
func Keep(evidence [][]byte) (statements []sqldb.Statement) {
	for _, b := range evidence {
		sum := sha256.Sum256(b)
		statements = append(statements, sqldb.Statement{
			Text: "INSERT INTO evidence (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING",
			Args: []any{hex.EncodeToString(sum[:]), append([]byte{}, b...)}, // nil would be NULL
		})
	}
	return statements
}

// Read returns what a record names by its lower-case hex SHA-256, or
// [audit.ErrNoRecord]. Bytes that are not those any more are [audit.ErrForged].
func Read(ctx context.Context, db *sqldb.DB, digest string) (b []byte, err error) {
	err = db.QueryRowContext(ctx, db.Text("SELECT bytes FROM evidence WHERE sha256 = ?"), digest).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("evidence %.64s: %w", digest, audit.ErrNoRecord)
	}
	if err != nil {
		return nil, fmt.Errorf("evidence %.64s: %w", digest, err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("evidence %.64s: %w: its bytes have another digest", digest, audit.ErrForged)
	}
	return b, nil
}
