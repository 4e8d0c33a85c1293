// Package store keeps the trail and the budgets in SQL: SQLite by default,
// PostgreSQL by DSN.
//
// It promises one thing above all: a decision, the budget that it takes and the
// record that explains it are one transaction. Either all three are there after a
// crash or none is. Appending transactions run one at a time (SQLite's write lock,
// a locked row on PostgreSQL), so that records take their places without gaps and
// two requests cannot both take the last of a budget. The appends of one process that
// wait for their turn share one transaction and one commit, each with a savepoint of
// its own.
//
// What is kept, each in a package below this one: the records (find), the Merkle log over them
// (treelog), who may sign in it (keys), how far second places were told (barrier), claims on
// budgets (claims), the ledger (books), halts and evidence. Here they come together in one
// transaction.
//
// The store is trusted to keep what it is given: it holds no key, so losing or
// altering its file cannot forge a decision, and package audit/verify shows the damage.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"countersign/store/barrier"
	"countersign/store/halts"
	"countersign/store/keys"
	"countersign/store/sqldb"
	"countersign/store/treelog"
)

//go:embed migrations
var migrations embed.FS

// ErrDSN means that a database address cannot be used.
var ErrDSN = sqldb.ErrDSN

// A DB is an open database with the schema of this release.
type DB struct {
	treelog.Reader // of its log

	sql      *sqldb.DB
	postgres bool
	keys     keys.Keys
	halts    halts.Signed
	group    group
	// log signs what is appended, and barrier tells of it; nil where nothing is.
	log     *Log
	barrier *barrier.Barrier
	// kept is the end of the log after this process's last commit. The appending
	// transaction alone touches it.
	kept *tip

	mu      sync.Mutex
	refusal error         // why nothing is appended any more
	recent  recent        // what this process has appended lately
	seen    chan struct{} // closed at the next commit
}

// Open opens the database at dsn and brings its schema up to date. A dsn that
// starts with postgres:// or postgresql:// is PostgreSQL (13 or newer); anything
// else is the path of a SQLite file, which is created when it is missing. A role of PostgreSQL that
// may not change the schema opens one that is up to date, and fails with [sqldb.ErrMigration] else.
func Open(ctx context.Context, dsn string) (*DB, error) {
	db, err := connect(dsn, false)
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = db.sql.Migrate(ctx, files)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bring the schema of %s up to date: %w", sqldb.Redact(dsn), err), db.Close())
	}
	return db, nil
}

// OpenReader opens an existing database for reading; it changes no schema and
// creates no file.
func OpenReader(ctx context.Context, dsn string) (*DB, error) {
	db, err := connect(dsn, true)
	if err != nil {
		return nil, err
	}
	if !db.postgres { // mode=ro alone says "unable to open database file"
		if _, err := os.Stat(dsn); err != nil {
			db.Close()
			return nil, fmt.Errorf("%w: %w", ErrDSN, err)
		}
	}
	// Ours, and not another program's table of the same name.
	rows, err := db.sql.QueryContext(ctx, "SELECT idx, record_key, jws, leaf_hash FROM records LIMIT 1")
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s holds no trail: %w", sqldb.Redact(dsn), err)
	}
	return db, rows.Close()
}

// now is the time of what no caller signs: checkpoints.
func (db *DB) now() time.Time { return time.Now() }

// Close releases the connections.
func (db *DB) Close() error { return db.sql.Close() }

func connect(dsn string, readOnly bool) (*DB, error) {
	conn, err := sqldb.Open(dsn, readOnly)
	if err != nil {
		return nil, err
	}
	db := &DB{Reader: treelog.Reader{SQL: conn}, sql: conn, postgres: conn.Postgres, keys: keys.Keys{SQL: conn}}
	db.halts = halts.Signed{SQL: conn, Keys: &db.keys}
	return db, nil
}

func (db *DB) query(text string) string { return db.sql.Text(text) }
