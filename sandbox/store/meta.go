package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// SetMeta writes a named value.
func (t *Tx) SetMeta(key, value string) error {
	_, err := t.exec(`INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}

// Meta reads a named value; one that was never set is "".
func (t *Tx) Meta(key string) (string, error) {
	var value string
	err := t.row(`SELECT value FROM meta WHERE key = ?`, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading %s: %w", key, err)
	}
	return value, nil
}
