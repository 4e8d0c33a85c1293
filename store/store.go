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
// The store is trusted to keep what it is given: it holds no key, so losing or
// altering its file cannot forge a decision, and [audit.Verify] shows the damage.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// ErrDSN means that a database address cannot be used.
var ErrDSN = errors.New("database address")

// A DB is an open database with the schema of this release.
type DB struct {
	sql      *sql.DB
	postgres bool
	// writer has room for the one appending transaction of this process. Who waits
	// here holds no connection and is not passed over; SQLite's own lock is polled,
	// and lets a busy process starve some of its callers.
	writer chan struct{}
	group  group
	// log signs what is appended; nil where nothing is.
	log *Log
	// kept is the end of the log after this process's last commit. The appending
	// transaction alone touches it.
	kept *tip

	mu       sync.Mutex
	refusal  error // why nothing is appended any more
	registry *registry
	anchored anchoring
	recent   recent        // what this process has appended lately
	seen     chan struct{} // closed at the next commit
}

// maxConns bounds what one process takes of PostgreSQL's connections, 100 in all by
// default: a worker may ask from a thousand activities at once.
const maxConns = 16

// Open opens the database at dsn and brings its schema up to date. A dsn that
// starts with postgres:// or postgresql:// is PostgreSQL (13 or newer); anything
// else is the path of a SQLite file, which is created when it is missing.
func Open(ctx context.Context, dsn string) (*DB, error) {
	db, err := connect(dsn, false)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("bring the schema of %s up to date: %w", redact(dsn), err)
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
		return nil, fmt.Errorf("%s holds no trail: %w", redact(dsn), err)
	}
	return db, rows.Close()
}

// now is the time of what no caller signs: checkpoints.
func (db *DB) now() time.Time { return time.Now() }

// Close releases the connections.
func (db *DB) Close() error { return db.sql.Close() }

func connect(dsn string, readOnly bool) (*DB, error) {
	if dsn == "" {
		return nil, fmt.Errorf("%w: empty, want a SQLite path or postgres://…", ErrDSN)
	}
	if !isPostgres(dsn) && strings.Contains(dsn, "://") {
		scheme, _, _ := strings.Cut(dsn, "://")
		return nil, fmt.Errorf("%w: %s://…, want a SQLite path or postgres://…", ErrDSN, scheme)
	}
	if isPostgres(dsn) {
		cfg, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrDSN, redact(dsn), err)
		}
		if readOnly {
			cfg.RuntimeParams["default_transaction_read_only"] = "on"
		}
		conn := stdlib.OpenDB(*cfg)
		conn.SetMaxOpenConns(maxConns)
		return &DB{sql: conn, postgres: true, writer: make(chan struct{}, 1)}, nil
	}
	if !readOnly {
		if err := os.MkdirAll(filepath.Dir(dsn), 0o700); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDSN, err)
		}
	}
	abs, err := filepath.Abs(dsn) // "//x", ":memory:" and "file:x" mean something else in a URI
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDSN, err)
	}
	conn, err := sql.Open("sqlite", sqliteURI(abs, readOnly))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDSN, dsn, err)
	}
	return &DB{sql: conn, writer: make(chan struct{}, 1)}, nil
}

// sqliteURI asks for a write-ahead log that is synced at every commit: an
// acknowledged record survives a power cut. Transactions take the write lock at
// once, because one that reads first and then writes can fail half-way.
func sqliteURI(path string, readOnly bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(10000)")
	q.Add("_pragma", "foreign_keys(1)")
	if readOnly {
		q.Set("mode", "ro")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(FULL)")
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func (db *DB) migrate(ctx context.Context) error {
	dialect, dir := goose.DialectSQLite3, "migrations/sqlite"
	var opts []goose.ProviderOption
	if db.postgres {
		dialect, dir = goose.DialectPostgres, "migrations/postgres"
		// Two processes may start at once; who is second looks again every second.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db.sql, files, opts...)
	if err != nil {
		return err
	}
	// On SQLite two processes may both find a migration missing; the write lock lets
	// one make it, and the other's fails whole. Looking again finds it made.
	for attempt := 1; ; attempt++ {
		_, err = provider.Up(ctx)
		if err == nil || db.postgres || attempt == 10 || ctx.Err() != nil {
			return err
		}
	}
}

// query rewrites ? to $1, $2 … where the database wants that.
func (db *DB) query(q string) string {
	if !db.postgres {
		return q
	}
	var b strings.Builder
	n := 0
	for _, c := range q {
		if c == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// redact takes what may be secret out of a DSN: the password and all parameters,
// and everything when it cannot be read.
func redact(dsn string) string {
	if !isPostgres(dsn) {
		return dsn
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	u.RawQuery = ""
	return u.Redacted()
}
