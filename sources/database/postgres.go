package database

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is a pool of connections to PostgreSQL, 13 or newer.
type postgres struct{ pool *pgxpool.Pool }

// maxConns bounds what rules take of a database's connections.
const maxConns = 4

// openPostgres prepares connections whose sessions are read-only and say everything in
// one form, whatever the server and the address say. It connects to nothing.
func openPostgres(dsn string, timeout time.Duration, b bounds) (driver, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil { // its text repeats the address
		return nil, errors.New("it cannot be read as a PostgreSQL address: want postgres://user:password@host/database?sslmode=verify-full")
	}
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = maxConns, 0, 0
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.ConnConfig.MaxProtocolMessageBodyLen = b.bytes + 64<<10 // a row, or an error's words
	ms := strconv.FormatInt(timeout.Milliseconds()+1, 10)
	for name, value := range map[string]string{
		"default_transaction_read_only":       "on",
		"statement_timeout":                   ms,
		"lock_timeout":                        ms,
		"idle_in_transaction_session_timeout": ms,
		"application_name":                    "countersign",
		"client_encoding":                     "UTF8",
		"DateStyle":                           "ISO, YMD",
		"TimeZone":                            "UTC",
		"bytea_output":                        "hex",
	} {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	cfg.AfterConnect = mayOnlyRead
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg) // dials nothing: MinConns is 0
	if err != nil {
		return nil, errors.New("it cannot be used as a PostgreSQL address")
	}
	return &postgres{pool: pool}, nil
}

// mayOnlyRead refuses roles for which a read-only transaction is no bound. The names are
// those of PostgreSQL's documentation, "Predefined Roles".
func mayOnlyRead(ctx context.Context, c *pgx.Conn) error {
	const question = `SELECT r.rolsuper OR EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE p.rolname IN
		('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend')
		AND pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER')) FROM pg_catalog.pg_roles r WHERE r.rolname = session_user`
	var mighty bool
	if err := c.QueryRow(ctx, question).Scan(&mighty); err != nil {
		return fmt.Errorf("ask what the role may do: %w", err)
	}
	if mighty {
		return fmt.Errorf("%w: the role may do more than read, whatever the transaction: give one that may only SELECT", ErrRefused)
	}
	return nil
}

func (p *postgres) close() error {
	p.pool.Close()
	return nil
}

func (p *postgres) query(ctx context.Context, query string, args []any, b bounds) (Table, error) {
	values, oids, err := postgresArgs(args)
	if err != nil {
		return Table{}, err
	}
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return Table{}, fmt.Errorf("connect: %w", plain(err))
	}
	defer c.Release()
	conn := c.Conn().PgConn()
	t, err := inTransaction(ctx, conn, query, values, oids, b)
	// Whatever the statement left in the session goes with it: settings, locks. Where that
	// cannot be done the connection is closed, and the pool makes another.
	if err == nil {
		err = conn.Exec(ctx, "DISCARD ALL").Close()
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return Table{}, plain(err)
	}
	return t, nil
}

// inTransaction asks within a transaction that is read-only and rolled back.
func inTransaction(ctx context.Context, conn *pgconn.PgConn, query string, values [][]byte, oids []uint32, b bounds) (Table, error) {
	// The SELECT takes the snapshot, after which no transaction can be made to write.
	if err := conn.Exec(ctx, "BEGIN READ ONLY; SELECT").Close(); err != nil {
		return Table{}, err
	}
	// Parsed and described, not run: the server takes one statement, and one that gives no
	// table, as SET and COPY, is refused before it has any effect.
	prepared, err := conn.Prepare(ctx, "", query, oids)
	if err != nil {
		return Table{}, err
	}
	if len(prepared.ParamOIDs) != len(values) {
		return Table{}, fmt.Errorf("%w: %d parameters, and %d values for them", ErrRefused, len(prepared.ParamOIDs), len(values))
	}
	t, err := columnsOf(prepared.Fields)
	if err != nil {
		return Table{}, err
	}
	if err := read(conn.ExecPrepared(ctx, "", values, nil, nil), prepared.Fields, &t, b); err != nil {
		return Table{}, err
	}
	return t, conn.Exec(ctx, "ROLLBACK").Close()
}

func read(rows *pgconn.ResultReader, fields []pgconn.FieldDescription, t *Table, b bounds) error {
	for rows.NextRow() {
		row := make([]Value, len(fields))
		for i, text := range rows.Values() {
			var err error
			if row[i], err = postgresValue(fields[i], text); err != nil {
				return err
			}
		}
		if err := t.add(row, &b); err != nil {
			return err
		}
	}
	_, err := rows.Close()
	return err
}

// plain keeps of an error what an operator needs, and nothing of the address.
func plain(err error) error {
	var said *pgconn.PgError
	var connecting *pgconn.ConnectError
	var long *pgproto3.ExceededMaxBodyLenErr
	switch {
	case errors.Is(err, ErrRefused), errors.Is(err, ErrTooMuch):
		return err
	case errors.As(err, &said):
		return fmt.Errorf("PostgreSQL %s: %.300s", said.Code, said.Message)
	case errors.As(err, &long):
		return fmt.Errorf("%w: a row of %d bytes: ask for fewer columns, or raise max_bytes", ErrTooMuch, long.ActualBodyLen)
	case errors.As(err, &connecting): // its own text repeats the user and the database
		err = connecting.Unwrap()
	}
	return fmt.Errorf("%.300s", strings.ReplaceAll(err.Error(), "\n", " "))
}
