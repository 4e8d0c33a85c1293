// Package sqldb opens the databases that a store can stand on, SQLite and PostgreSQL, and
// hides how they differ in addresses, migrations, transactions and placeholders.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"countersign/store/sqldb/prepared"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// ErrDSN means that a database address cannot be used.
var ErrDSN = errors.New("database address")

// ErrMigration means that the schema is of an older release, and that this role may not change it.
var ErrMigration = errors.New("the schema is not that of this release, and this role may not change it: have its owner run countersign migrate")

// insufficientPrivilege is PostgreSQL's code for it.
const insufficientPrivilege = "42501"

// maxConns bounds what one process takes of PostgreSQL's connections, 100 in all by
// default: a worker may ask from a thousand activities at once.
const maxConns = 16

// idleFor is how long a connection is kept that nobody uses. Opening one costs more than most
// transactions, and database/sql keeps two at most unless it is told otherwise.
const idleFor = 5 * time.Minute

// keepOpen has connections wait for their next use.
func keepOpen(db *sql.DB) {
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(idleFor)
}

// A DB is an open database.
type DB struct {
	*sql.DB
	Postgres bool // else it is SQLite
	// writer has room for the one exclusive transaction of this process. Who waits
	// here holds no connection and is not passed over; SQLite's own lock is polled,
	// and lets a busy process starve some of its callers.
	writer chan struct{}
}

// Open connects to a dsn: postgres:// or postgresql:// is PostgreSQL, anything else the path of
// a SQLite file. With readOnly nothing can be changed through it.
func Open(dsn string, readOnly bool) (*DB, error) {
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
			return nil, fmt.Errorf("%w: %s: %w", ErrDSN, Redact(dsn), err)
		}
		if readOnly {
			cfg.RuntimeParams["default_transaction_read_only"] = "on"
		}
		conn := stdlib.OpenDB(*cfg)
		conn.SetMaxOpenConns(maxConns)
		keepOpen(conn)
		return &DB{DB: conn, Postgres: true, writer: make(chan struct{}, 1)}, nil
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
	registered, err := sql.Open("sqlite", "") // to ask for the driver, which has our functions; nothing is opened yet
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDSN, dsn, err)
	}
	defer registered.Close()
	conn := sql.OpenDB(prepared.Connector(registered.Driver(), sqliteURI(abs, readOnly)))
	keepOpen(conn)
	return &DB{DB: conn, writer: make(chan struct{}, 1)}, nil
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

// Migrate brings the schema up to date with the files of one of the directories sqlite and
// postgres.
func (db *DB) Migrate(ctx context.Context, migrations fs.FS) error {
	dialect, dir := goose.DialectSQLite3, "sqlite"
	var opts []goose.ProviderOption
	if db.Postgres {
		dialect, dir = goose.DialectPostgres, "postgres"
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
	provider, err := goose.NewProvider(dialect, db.DB, files, opts...)
	if err != nil {
		return err
	}
	// On SQLite two processes may both find a migration missing; the write lock lets
	// one make it, and the other's fails whole. Looking again finds it made.
	for attempt := 1; ; attempt++ {
		_, err = provider.Up(ctx)
		if refused := new(pgconn.PgError); errors.As(err, &refused) && refused.Code == insufficientPrivilege {
			return fmt.Errorf("%w: %w", ErrMigration, err)
		}
		if err == nil || db.Postgres || attempt == 10 || ctx.Err() != nil {
			return err
		}
	}
}

// Text rewrites ? to $1, $2 … where the database wants that.
func (db *DB) Text(q string) string {
	if !db.Postgres {
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

// Redact takes what may be secret out of a DSN: the password and all parameters,
// and everything when it cannot be read.
func Redact(dsn string) string {
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
