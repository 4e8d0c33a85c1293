// Package database lets rules ask SQL databases, and change nothing in them.
//
// A [Database] is one PostgreSQL or SQLite database. A question is one statement with
// parameters, asked in a transaction that the database itself holds to be read-only,
// under a time limit that the database knows too, and bounded in rows and bytes: more
// than that is an error, never a shorter table.
//
// A [Table] holds text that is exact: whole and decimal numbers digit by digit, times in
// RFC 3339 and UTC, bytes in hex. What is not exact, or depends on the reader, is refused
// with the cast that makes it so: floating point, times without a zone, types that this
// package does not know.
//
// The role that a deployment gives should be one that may only read what rules need. On
// PostgreSQL a role that could reach past any transaction is refused: a superuser, and
// one that may run programs, use the server's files or end other sessions. Functions that
// the role may run are the deployment's own: one that calls another system has its
// effect, whatever this package does.
package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// The bounds of a database whose configuration does not say otherwise.
const (
	DefaultTimeout  = 2 * time.Second
	DefaultMaxRows  = 1000
	DefaultMaxBytes = 256 << 10
)

// mostBytes is the most that a table may be allowed to have.
const mostBytes = 16 << 20

// ErrRefused means that a question may not be asked, or that its answer is not exact.
// Asking again is refused again; the text says what to write instead.
var ErrRefused = errors.New("query refused")

// ErrTooMuch means that an answer has more rows or bytes than are allowed.
var ErrTooMuch = errors.New("answer too large")

// Config configures a database.
type Config struct {
	// Name is the database's in errors: "crm".
	Name string
	// DSN is postgres://… or postgresql://…, or the path of an existing SQLite file.
	DSN string
	// DSNFile is a file whose one line is the DSN: use it where that holds a password.
	// Give one of the two.
	DSNFile string
	// Timeout bounds a question, the connection included. Zero is [DefaultTimeout].
	Timeout time.Duration
	// MaxRows and MaxBytes bound an answer; bytes are those of names and values. Zero is
	// [DefaultMaxRows], [DefaultMaxBytes].
	MaxRows, MaxBytes int
}

// A Database is asked by rules. It is safe for concurrent use.
type Database struct {
	name    string
	timeout time.Duration
	bounds  bounds
	driver  driver
}

// A driver asks one kind of database.
type driver interface {
	query(ctx context.Context, query string, args []any, b bounds) (Table, error)
	close() error
}

// Open makes a database ready, or reports every mistake of the configuration by its
// field. It connects to nothing: a database that is down stops no program, only the
// decisions that need it. [Database.Ping] connects.
func Open(c Config) (*Database, error) {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(named.MatchString(c.Name), "name: %.80q: want 1 to 64 of a-z, 0-9, _ and -", c.Name)
	check(c.Timeout >= 0 && c.Timeout <= time.Minute, "timeout: %s: want up to a minute, or none", c.Timeout)
	check(c.MaxRows >= 0, "max_rows: %d: want a positive number, or none", c.MaxRows)
	check(c.MaxBytes >= 0 && c.MaxBytes <= mostBytes, "max_bytes: %d: want 1 to %d, or none", c.MaxBytes, mostBytes)
	d := &Database{name: c.Name, timeout: orDefault(c.Timeout, DefaultTimeout),
		bounds: bounds{rows: orDefault(c.MaxRows, DefaultMaxRows), bytes: orDefault(c.MaxBytes, DefaultMaxBytes)}}
	field, dsn, err := c.dsn()
	if err == nil && len(errs) == 0 {
		d.driver, err = connect(dsn, d.timeout, d.bounds)
	}
	check(err == nil, "%s: %w", field, err)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return d, nil
}

// named is what a database may be called.
var named = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func orDefault[N int | time.Duration](n, otherwise N) N {
	if n == 0 {
		return otherwise
	}
	return n
}

// dsn returns the address with the field that it is from.
func (c Config) dsn() (field, dsn string, err error) {
	switch {
	case c.DSN == "" && c.DSNFile == "":
		return "dsn", "", errors.New("empty: give postgres://…, a SQLite path, or dsn_file")
	case c.DSN != "" && c.DSNFile != "":
		return "dsn_file", "", errors.New("dsn is given too: give one of them")
	case c.DSN != "":
		return "dsn", c.DSN, nil
	}
	text, err := os.ReadFile(c.DSNFile)
	if err != nil {
		return "dsn_file", "", err
	}
	dsn = strings.TrimSpace(string(text))
	if dsn == "" || strings.ContainsAny(dsn, "\r\n") {
		return "dsn_file", "", fmt.Errorf("%s: want one line", c.DSNFile)
	}
	return "dsn_file", dsn, nil
}

func connect(dsn string, timeout time.Duration, b bounds) (driver, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(dsn, timeout, b)
	}
	if scheme, _, is := strings.Cut(dsn, "://"); is {
		return nil, fmt.Errorf("%.20s://…: want postgres://… or a SQLite path", scheme)
	}
	return openSQLite(dsn)
}

// Query asks one statement, with a value for each parameter: $1, $2 … on PostgreSQL, ?
// on SQLite. It is one that gives a table; on SQLite it begins with SELECT, WITH or
// VALUES. A value is nil, a string, a bool, an
// integer, a [time.Time], []byte, or writes itself as text, as countersign.Amount does;
// a float is refused.
//
// Never build the text of a query from what a request says: parameters are for that.
func (d *Database) Query(ctx context.Context, query string, args ...any) (Table, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	t, err := d.driver.query(ctx, query, args, d.bounds)
	if err != nil {
		return Table{}, d.failed(ctx, err)
	}
	return t, nil
}

// failed names the database. A deadline that has passed is the cause, whatever was
// noticed first.
func (d *Database) failed(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrTooMuch) {
		return fmt.Errorf("database %s: no answer in time (at most %s): %w", d.name, d.timeout, ended)
	}
	return fmt.Errorf("database %s: %w", d.name, err)
}

// Ping returns nil when the database answers, and would answer rules.
func (d *Database) Ping(ctx context.Context) error {
	_, err := d.Query(ctx, "SELECT 1 AS one")
	return err
}

// Close releases the connections.
func (d *Database) Close() error { return d.driver.close() }

// String names the database, and nothing of its address.
func (d *Database) String() string { return "database " + d.name }

// GoString is [Database.String], for %#v.
func (d *Database) GoString() string { return d.String() }
