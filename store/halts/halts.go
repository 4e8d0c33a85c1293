// Package halts keeps in SQL the scopes in which no machine decides, each with the record that
// halted it. What is decided in a transaction behind a halt knows of it.
//
// Nobody signs that table. What counts is a halt in it or in the signed records, so that a row
// that somebody has taken away lets no machine go on: see [Signed].
package halts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/store/sqldb"
)

// ErrNotHalted means that there is nothing to resume.
var ErrNotHalted = errors.New("scope is not halted (`countersign halts` lists what is)")

// A Halt is a scope in which no machine decides.
type Halt struct {
	// Scope is as in [countersign.HaltScope].
	Scope string `json:"scope"`
	// Key is that of the record that halted it.
	Key   string    `json:"record"`
	Since time.Time `json:"since"`
}

// Begin halts a scope by the record under a key. When it is halted already it stays so, and
// the key of the record that halted it is returned, else none.
func Begin(ctx context.Context, db *sqldb.DB, tx *sql.Tx, scope, key string, since time.Time) (standing string, err error) {
	err = tx.QueryRowContext(ctx, db.Text("SELECT record_key FROM halts WHERE scope = ?"), scope).Scan(&standing)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return standing, err
	}
	_, err = tx.ExecContext(ctx, db.Text("INSERT INTO halts (scope, record_key, since) VALUES (?, ?, ?)"), scope, key, since.UnixMicro())
	return "", err
}

// end takes a halt from the table; [ErrNotHalted] when there is none.
func end(ctx context.Context, db *sqldb.DB, tx *sql.Tx, scope string) error {
	res, err := tx.ExecContext(ctx, db.Text("DELETE FROM halts WHERE scope = ?"), scope)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("%w: %s", ErrNotHalted, scope), err)
	}
	return nil
}

// list returns what the table says is halted, by scope.
func list(ctx context.Context, db *sqldb.DB) (halts []Halt, err error) {
	rows, err := db.QueryContext(ctx, "SELECT scope, record_key, since FROM halts ORDER BY scope")
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
