package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"countersign/sandbox/store"
)

// TestMigratesTheTimeOfOneNetwork opens a database as it was when the sandbox
// had one network.
func TestMigratesTheTimeOfOneNetwork(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE blocks (number INTEGER PRIMARY KEY, rlp BLOB NOT NULL)`,
		`INSERT INTO blocks VALUES (1, x'01'), (2, x'02')`,
		`CREATE TABLE objects (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
			parent TEXT NOT NULL, due INTEGER, doc BLOB NOT NULL, UNIQUE (kind, id))`,
		`INSERT INTO objects (kind, id, parent, due, doc) VALUES ('job', 'tx-1', '', 0, '"todo"')`,
	} {
		if _, err := old.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second opening finds nothing to do
		db, err := store.Open(dir)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		err = db.View(func(tx *store.Tx) error {
			blocks, err := tx.Blocks("EthereumSepolia", 1, 10)
			if err != nil || len(blocks) != 2 || blocks[1][0] != 2 {
				t.Errorf("blocks %x (%v), want 01 and 02", blocks, err)
			}
			jobs, err := store.Due[string](tx, "job", "EthereumSepolia", time.Now(), 10)
			if err != nil || len(jobs) != 1 || jobs[0] != "todo" {
				t.Errorf("jobs %v (%v), want the one", jobs, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
