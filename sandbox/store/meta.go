package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// SetMeta writes a named value.
func (t *Tx) SetMeta(key, value string) error {
	_, err := t.sql.Exec(`INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}

// Meta reads a named value; one that was never set is "".
func (t *Tx) Meta(key string) (string, error) {
	var value string
	err := t.sql.QueryRow(`SELECT value FROM meta WHERE key = ?`, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading %s: %w", key, err)
	}
	return value, nil
}

// AppendBlock writes the block of that number, in its consensus encoding.
func (t *Tx) AppendBlock(number uint64, rlp []byte) error {
	if _, err := t.sql.Exec(`INSERT INTO blocks (number, rlp) VALUES (?, ?)`, int64(number), rlp); err != nil {
		return fmt.Errorf("writing block %d: %w", number, err)
	}
	return nil
}

// Blocks returns up to limit blocks from number on, in order.
func (t *Tx) Blocks(number uint64, limit int) ([][]byte, error) {
	rows, err := t.sql.Query(`SELECT rlp FROM blocks WHERE number >= ? ORDER BY number LIMIT ?`, int64(number), limit)
	if err != nil {
		return nil, fmt.Errorf("reading blocks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	var out [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("reading blocks: %w", err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}
