package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"countersign/sandbox/dfns"
)

// A Page asks for part of a list. The zero Page asks for all of it.
type Page struct {
	Limit int    // at most this many items; 0 means no limit
	Token string // where the last page ended; "" means the start
}

// All returns every object of the kind under parent, oldest first.
func All[T any](tx *Tx, kind, parent string) ([]T, error) {
	items, _, err := List[T](tx, kind, parent, Page{}, nil)
	return items, err
}

// List returns a page of the objects of a kind under parent that keep accepts
// (nil accepts all), oldest first, and the token of the next page, "" on the
// last. A token from elsewhere is a 400 [dfns.Error].
func List[T any](tx *Tx, kind, parent string, page Page, keep func(T) bool) ([]T, string, error) {
	after, err := readToken(page.Token)
	if err != nil {
		return nil, "", err
	}
	items, last, err := scan(tx, page.Limit, keep,
		`SELECT seq, doc FROM objects WHERE kind = ? AND parent = ? AND seq > ? ORDER BY seq`, kind, parent, after)
	if err != nil || last == 0 {
		return items, "", err
	}
	return items, nextToken(last), nil
}

// ListKind is [List] for the objects of a kind under every parent.
func ListKind[T any](tx *Tx, kind string, page Page, keep func(T) bool) ([]T, string, error) {
	after, err := readToken(page.Token)
	if err != nil {
		return nil, "", err
	}
	items, last, err := scan(tx, page.Limit, keep,
		`SELECT seq, doc FROM objects WHERE kind = ? AND seq > ? ORDER BY seq`, kind, after)
	if err != nil || last == 0 {
		return items, "", err
	}
	return items, nextToken(last), nil
}

func nextToken(last int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "after:%d", last))
}

func readToken(token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	digits, ours := strings.CutPrefix(string(text), "after:")
	after, perr := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ours || perr != nil {
		return 0, dfns.BadRequest("paginationToken is not one that this API gave")
	}
	return after, nil
}

// scan decodes rows of (seq, doc) until limit of them were kept. It returns the
// sequence number of the last one kept when more accepted ones follow, else 0.
func scan[T any](tx *Tx, limit int, keep func(T) bool, query string, args ...any) ([]T, int64, error) {
	look := tx.rows
	if keep != nil { // it may ask the database too
		look = tx.sql.Query
	}
	rows, err := look(query, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("listing: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	items, last := []T{}, int64(0)
	for rows.Next() {
		var seq int64
		var doc []byte
		var v T
		if err := rows.Scan(&seq, &doc); err != nil {
			return nil, 0, fmt.Errorf("listing: %w", err)
		}
		if err := json.Unmarshal(doc, &v); err != nil {
			return nil, 0, fmt.Errorf("listing: %w", err)
		}
		if keep != nil && !keep(v) {
			continue
		}
		if limit > 0 && len(items) == limit {
			return items, last, nil
		}
		items, last = append(items, v), seq
	}
	return items, 0, rows.Err()
}

// Latest returns the objects of a kind under parent, newest first, up to the first one that
// still refuses.
func Latest[T any](tx *Tx, kind, parent string, still func(T) bool) ([]T, error) {
	rows, err := tx.sql.Query(`SELECT doc FROM objects WHERE kind = ? AND parent = ? ORDER BY seq DESC`, kind, parent)
	if err != nil {
		return nil, fmt.Errorf("listing the latest: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	var found []T
	for rows.Next() {
		var doc []byte
		var v T
		if err := rows.Scan(&doc); err != nil {
			return nil, fmt.Errorf("listing the latest: %w", err)
		}
		if err := json.Unmarshal(doc, &v); err != nil {
			return nil, fmt.Errorf("listing the latest: %w", err)
		}
		if !still(v) {
			break
		}
		found = append(found, v)
	}
	return found, rows.Err()
}
