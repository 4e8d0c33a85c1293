package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"countersign"

	"countersign/audit"
)

// ErrNotHalted means that there is nothing to resume.
var ErrNotHalted = errors.New("scope is not halted")

// A Halt is a scope in which no machine decides.
type Halt struct {
	// Scope is as in [countersign.HaltScope].
	Scope string `json:"scope"`
	// Key is that of the record that halted it.
	Key   string    `json:"record"`
	Since time.Time `json:"since"`
}

// Halt appends a record and halts a scope, in one transaction: whatever is decided
// after it knows. A scope that is halted already stays so, and its first record is
// returned.
func (t *Trail) Halt(ctx context.Context, d audit.Draft, scope string) (audit.Entry, error) {
	var standing string
	entry, err := t.append(ctx, d.Key, true, func(tx *sql.Tx) (audit.Draft, error) {
		err := tx.QueryRowContext(ctx, t.DB.query("SELECT record_key FROM halts WHERE scope = ?"), scope).Scan(&standing)
		if err == nil {
			return d, errHalted
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return d, err
		}
		_, err = tx.ExecContext(ctx, t.DB.query("INSERT INTO halts (scope, record_key, since) VALUES (?, ?, ?)"),
			scope, d.Key, t.Signer.Now().UnixMicro())
		return d, err
	})
	if errors.Is(err, errHalted) {
		return t.Find(ctx, standing)
	}
	return entry, err
}

// errHalted ends the transaction of a halt that stands already.
var errHalted = errors.New("halted already")

// Resume appends a record and ends a halt, in one transaction; [ErrNotHalted] when
// there is none.
func (t *Trail) Resume(ctx context.Context, d audit.Draft, scope string) (audit.Entry, error) {
	return t.append(ctx, d.Key, true, func(tx *sql.Tx) (audit.Draft, error) {
		res, err := tx.ExecContext(ctx, t.DB.query("DELETE FROM halts WHERE scope = ?"), scope)
		if err != nil {
			return d, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return d, errors.Join(fmt.Errorf("%w: %s", ErrNotHalted, scope), err)
		}
		return d, nil
	})
}

// Halts lists what is halted, by scope.
func (db *DB) Halts(ctx context.Context) (halts []Halt, err error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT scope, record_key, since FROM halts ORDER BY scope")
	if err != nil {
		return nil, fmt.Errorf("read halts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h Halt
		var since int64
		if err := rows.Scan(&h.Scope, &h.Key, &since); err != nil {
			return nil, fmt.Errorf("read halts: %w", err)
		}
		h.Since = time.UnixMicro(since).UTC()
		halts = append(halts, h)
	}
	return halts, rows.Err()
}

// Halted returns those of the scopes that are halted now.
func (t *Trail) Halted(ctx context.Context, scopes []string) ([]string, error) {
	return t.DB.halted(ctx, t.DB.sql, scopes)
}

type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (db *DB) halted(ctx context.Context, q rower, scopes []string) (halted []string, err error) {
	for _, scope := range scopes {
		var n int
		where := "scope = ?"
		if scope == "rule/"+countersign.AnyRule {
			where = "? = 'rule/*' AND scope LIKE 'rule/%'"
		}
		if err := q.QueryRowContext(ctx, db.query("SELECT COUNT(*) FROM halts WHERE "+where), scope).Scan(&n); err != nil {
			return nil, fmt.Errorf("read halts: %w", err)
		}
		if n > 0 {
			halted = append(halted, scope)
		}
	}
	return halted, nil
}

// keep stores evidence under its SHA-256. The same bytes are kept once.
func (db *DB) keep(ctx context.Context, tx *sql.Tx, evidence [][]byte) error {
	for _, b := range evidence {
		sum := sha256.Sum256(b)
		_, err := tx.ExecContext(ctx, db.query("INSERT INTO evidence (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING"),
			hex.EncodeToString(sum[:]), append([]byte{}, b...)) // nil would be NULL
		if err != nil {
			return fmt.Errorf("keep evidence: %w", err)
		}
	}
	return nil
}

// Evidence returns what a record names by its digest; see [DB.Evidence].
func (t *Trail) Evidence(ctx context.Context, digest string) ([]byte, error) {
	return t.DB.Evidence(ctx, digest)
}

// Evidence returns what a record names by its lower-case hex SHA-256, or
// [audit.ErrNoRecord]. Bytes that are not those any more are [audit.ErrForged].
func (db *DB) Evidence(ctx context.Context, digest string) (b []byte, err error) {
	err = db.sql.QueryRowContext(ctx, db.query("SELECT bytes FROM evidence WHERE sha256 = ?"), digest).Scan(&b)
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
