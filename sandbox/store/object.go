package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/sandbox/dfns"
)

// Tx is one transaction. Its methods may be used only inside the function that
// received it.
type Tx struct {
	sql  *sql.Tx
	pool *pool
}

// An Object names a document: its kind, its ID (unique within the kind), the
// ID that lists it, and when it is due for work. The zero Due means never.
type Object struct {
	Kind, ID, Parent string
	Due              time.Time
}

// Put writes v under o, replacing the document, parent and due date of an
// object that exists but keeping its place in lists.
func Put(tx *Tx, o Object, v any) error {
	doc, err := dfns.Compact(v) // not json.Marshal, which would escape < > & in raw members
	if err != nil {
		return fmt.Errorf("encoding %s %s: %w", o.Kind, o.ID, err)
	}
	var due any
	if !o.Due.IsZero() {
		due = o.Due.UnixMilli()
	}
	_, err = tx.exec(`INSERT INTO objects (kind, id, parent, due, doc) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, due = excluded.due, doc = excluded.doc`,
		o.Kind, o.ID, o.Parent, due, doc)
	if err != nil {
		return fmt.Errorf("writing %s %s: %w", o.Kind, o.ID, err)
	}
	return nil
}

// Get reads the object of that kind and ID, or returns [ErrNotFound].
func Get[T any](tx *Tx, kind, id string) (T, error) {
	var v T
	var doc []byte
	err := tx.row(`SELECT doc FROM objects WHERE kind = ? AND id = ?`, kind, id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return v, fmt.Errorf("%s %s: %w", kind, id, ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(doc, &v)
	}
	if err != nil {
		return v, fmt.Errorf("reading %s %s: %w", kind, id, err)
	}
	return v, nil
}

// GetUnder is [Get] for an object that must be listed under parent.
func GetUnder[T any](tx *Tx, kind, parent, id string) (T, error) {
	var found string
	err := tx.row(`SELECT parent FROM objects WHERE kind = ? AND id = ?`, kind, id).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) || err == nil && found != parent {
		var none T
		return none, fmt.Errorf("%s %s: %w", kind, id, ErrNotFound)
	}
	if err != nil {
		var none T
		return none, fmt.Errorf("reading %s %s: %w", kind, id, err)
	}
	return Get[T](tx, kind, id)
}

// Delete removes the object, if it is there.
func Delete(tx *Tx, kind, id string) error {
	if _, err := tx.exec(`DELETE FROM objects WHERE kind = ? AND id = ?`, kind, id); err != nil {
		return fmt.Errorf("deleting %s %s: %w", kind, id, err)
	}
	return nil
}
