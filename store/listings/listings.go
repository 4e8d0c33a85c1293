// Package listings keeps in SQL what was in a list when it was read last, so that the next
// reading can tell what has changed. What is told of a change is kept with it, in one
// transaction.
package listings

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"countersign/store/outbox"
	"countersign/store/sqldb"
)

// A Change is one entity of a list that is not as it was.
type Change struct {
	List, ID string
	// Before and After are the SHA-256 of its JSON, empty where it was not there.
	Before, After string
}

// Listings are those of a database.
type Listings struct{ DB *sqldb.DB }

// mark is the entity by which a list is known to have been read, also when it was empty. No
// entity has an empty ID.
const mark = ""

// Compare keeps a list as it is now, each entity's JSON by its ID, and puts a message of every
// change that tell has one for into the outbox, in the order of the IDs. The first reading of a
// list tells nothing: everything in it is new to us and old to the world.
func (l Listings) Compare(ctx context.Context, list string, entities map[string][]byte, now time.Time, tell func(c Change, number int) (outbox.Message, bool)) (changes []Change, err error) {
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("compare list %s: %w", list, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	before, err := l.read(ctx, tx, list)
	if err != nil {
		return nil, fmt.Errorf("compare list %s: %w", list, err)
	}
	_, known := before[mark]
	delete(before, mark)
	changes = differences(list, before, entities)
	if err := l.write(ctx, tx, changes, !known, list, now); err != nil {
		return nil, fmt.Errorf("compare list %s: %w", list, err)
	}
	if !known {
		changes = nil
	}
	var messages []outbox.Message
	for i, c := range changes {
		if m, ok := tell(c, i); ok {
			messages = append(messages, m)
		}
	}
	if err := outbox.Put(ctx, tx, l.DB, messages, now); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("compare list %s: %w", list, err)
	}
	return changes, nil
}

func (l Listings) read(ctx context.Context, tx *sql.Tx, list string) (map[string]string, error) {
	lock := ""
	if l.DB.Postgres { // SQLite's transactions take the write lock at once
		lock = " FOR UPDATE"
	}
	rows, err := tx.QueryContext(ctx, l.DB.Text("SELECT entity, sha256 FROM listings WHERE list = ?"+lock), list)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	before := map[string]string{}
	for rows.Next() {
		var id, digest string
		if err := rows.Scan(&id, &digest); err != nil {
			return nil, err
		}
		before[id] = digest
	}
	return before, rows.Err()
}

func differences(list string, before map[string]string, entities map[string][]byte) (changes []Change) {
	for _, id := range slices.Sorted(maps.Keys(entities)) {
		sum := sha256.Sum256(entities[id])
		if after := hex.EncodeToString(sum[:]); id != mark && before[id] != after {
			changes = append(changes, Change{list, id, before[id], after})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, there := entities[id]; !there {
			changes = append(changes, Change{list, id, before[id], ""})
		}
	}
	return changes
}

func (l Listings) write(ctx context.Context, tx *sql.Tx, changes []Change, first bool, list string, now time.Time) error {
	put := func(id, digest string) error {
		_, err := tx.ExecContext(ctx, l.DB.Text("INSERT INTO listings (list, entity, sha256, at) VALUES (?, ?, ?, ?) ON CONFLICT (list, entity) DO UPDATE SET sha256 = excluded.sha256, at = excluded.at"),
			list, id, digest, now.UnixMicro())
		return err
	}
	if first {
		if err := put(mark, ""); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.After != "" {
			if err := put(c.ID, c.After); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.ExecContext(ctx, l.DB.Text("DELETE FROM listings WHERE list = ? AND entity = ?"), list, c.ID); err != nil {
			return err
		}
	}
	return nil
}
