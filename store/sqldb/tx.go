package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite" // driver "sqlite"
)

// Exclusively runs f in a writing transaction that no other exclusive one of this process
// overlaps, and on SQLite none of any process. They take turns in the order of their calls.
func (db *DB) Exclusively(ctx context.Context, f func(*Tx) error) error {
	select {
	case db.writer <- struct{}{}:
		defer func() { <-db.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return db.write(ctx, f)
}

// Transact runs f in a writing transaction that others may overlap, where the database
// can do that.
func (db *DB) Transact(ctx context.Context, f func(*sql.Tx) error) error {
	plain := func(tx *Tx) error { return f(tx.Tx) }
	if !db.Postgres {
		return db.Exclusively(ctx, plain)
	}
	return db.write(ctx, plain)
}

// write runs f in a transaction and commits it. On PostgreSQL each statement of it sees what
// was committed before the statement began; on SQLite it holds the write lock from its
// beginning.
func (db *DB) write(ctx context.Context, f func(*Tx) error) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.conn.Close()
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	return tx.Commit()
}

// maxTries is how many connections are tried that turn out to be dead, as database/sql does
// where it picks them itself.
const maxTries = 3

func (db *DB) begin(ctx context.Context) (*Tx, error) {
	var opts *sql.TxOptions
	if db.Postgres { // whatever the server's default: behind a lock we must read the newest
		opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	for try := 1; ; try++ {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		tx, err := conn.BeginTx(ctx, opts)
		// A process that writes without pause can keep SQLite's lock from another for
		// longer than the busy timeout. Nothing has happened yet: wait on.
		for err != nil && busy(err) && ctx.Err() == nil {
			tx, err = conn.BeginTx(ctx, opts)
		}
		if err == nil {
			return &Tx{Tx: tx, db: db, conn: conn}, nil
		}
		conn.Close() //nolint:errcheck // nothing has happened on it
		if !errors.Is(err, driver.ErrBadConn) || try == maxTries {
			return nil, err
		}
	}
}

// Snapshot runs f on one state of the database, for reading.
func (db *DB) Snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	return f(tx)
}

// busy reports whether SQLite's write lock was not to be had in time (SQLITE_BUSY, 5,
// in the low byte of the code).
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == 5
}
