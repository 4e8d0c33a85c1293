// Package store keeps the sandbox's state in one SQLite file: objects as JSON
// documents, a few named values, and the blocks of the chains.
//
// A change is a function run in one transaction ([DB.Update]); when Update
// returns nil the change is in the write-ahead log and survives kill -9. The
// package knows no domain: a kind is a name, a document is bytes.
package store

import (
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver, pure Go
)

// FileName is the name of the database inside a data directory.
const FileName = "sandbox.db"

// ErrNotFound means that no object has the asked kind and ID.
var ErrNotFound = errors.New("object not found")

// ErrNoDatabase means that the data directory was never served.
var ErrNoDatabase = errors.New("no sandbox database")

//go:embed schema.sql
var schema string

// DB is an open database. It is safe for concurrent use: one writer at a time,
// readers beside it.
type DB struct {
	write, read *pool

	mu    sync.Mutex
	wakes []*Wake
}

// Open opens, and if needed makes, the database in dir. The directory and file
// are readable by their owner only, because they hold private keys.
func Open(dir string) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making data directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("making database: %w", err)
	}
	write, err := dial(path, writable+"&_txlock=immediate", 1)
	if err != nil {
		return nil, err
	}
	if _, err := write.Exec(schema); err != nil {
		return nil, errors.Join(fmt.Errorf("making schema: %w", err), write.Close())
	}
	if err := migrate(&DB{write: &pool{DB: write}}); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := dial(path, writable+"&_pragma=query_only(1)", 4)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &DB{write: &pool{DB: write}, read: &pool{DB: read}}, nil
}

// OpenReadOnly opens the database in dir for reading, beside a server that may
// be running. It fails with [ErrNoDatabase] when there is none.
func OpenReadOnly(dir string) (*DB, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w in %s", ErrNoDatabase, dir)
	}
	// A reader must not touch the journal: it may come while the server makes the
	// database, and whoever is second to switch the journal is told that it is locked.
	read, err := dial(path, "mode=ro", 1)
	if err != nil {
		return nil, err
	}
	return &DB{read: &pool{DB: read}}, nil
}

// writable is how the server opens its database. WAL with synchronous=NORMAL loses
// nothing when the process is killed; only a power cut may take the last commits.
const writable = "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"

// dial opens path.
func dial(path, options string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&"+options)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns) // each has its statements prepared, and opening one costs more than a transaction
	return db, nil
}

// Close closes the database.
func (d *DB) Close() error {
	var err error
	if d.write != nil {
		err = d.write.Close()
	}
	return errors.Join(err, d.read.Close())
}

// Update runs f in one writing transaction and commits it when f returns nil.
// f must not call Update or View.
func (d *DB) Update(f func(*Tx) error) error {
	if err := inTx(d.write, f); err != nil {
		return err
	}
	d.Poke()
	return nil
}

// View runs f on one consistent snapshot. f must not write.
func (d *DB) View(f func(*Tx) error) error { return inTx(d.read, f) }

func inTx(db *pool, f func(*Tx) error) error {
	if err := db.prepare(); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return fmt.Errorf("beginning transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it reports only that
	if err := f(&Tx{sql: tx, pool: db}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}
