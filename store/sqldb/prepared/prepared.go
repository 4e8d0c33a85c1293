// Package prepared keeps the statements of a database's connections prepared, for a driver that
// parses a statement each time that it is run. SQLite takes longer to parse a short statement
// than to run it.
//
// It stands between database/sql and the driver, so that whoever runs a statement need not know
// of it: the same text on the same connection is parsed once.
package prepared

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

const (
	// maxStatements are kept by one connection. When there are more, all are given up that
	// are not in use.
	maxStatements = 200
	// maxText is how long a statement may be that is kept, in bytes: long ones are seldom the
	// same twice.
	maxText = 4096
)

// Connector connects to a database by a driver, and keeps statements prepared. The driver's
// connections must do all that [Conn] says.
func Connector(d driver.Driver, name string) driver.Connector { return connector{d, name} }

// Conn is what a connection of the driver must do.
type Conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type connector struct {
	driver driver.Driver
	name   string
}

// Driver is the one that connects.
func (c connector) Driver() driver.Driver { return c.driver }

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	opened, err := c.driver.Open(c.name)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T cannot keep statements", opened), opened.Close())
	}
	return &conn{Conn: inner, kept: map[string]*statement{}}, nil
}

// conn is a connection. database/sql lets nobody else use it meanwhile, nor its rows.
type conn struct {
	Conn
	kept map[string]*statement
}

// statement is one that is kept. While rows of it are read it cannot be run again.
type statement struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	busy  bool
}

// ExecContext runs a statement that returns no rows.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.Conn.ExecContext(ctx, text, args)
	}
	return s.exec.ExecContext(ctx, args)
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.Conn.QueryContext(ctx, text, args)
	}
	rows, err := s.query.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &result{rows, s}, nil
}

// result are the rows of a kept statement, which is free again when they are closed.
type result struct {
	driver.Rows
	of *statement
}

// Close ends the rows.
func (r *result) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	return err
}

// statement is the prepared one of a text, nil where it is not to be kept or is in use.
func (c *conn) statement(ctx context.Context, text string) (*statement, error) {
	if s := c.kept[text]; s != nil {
		if s.busy {
			return nil, nil //nolint:nilnil // as documented
		}
		return s, nil
	}
	if len(text) > maxText || !keepable(text) {
		return nil, nil //nolint:nilnil // as documented
	}
	if len(c.kept) >= maxStatements {
		if err := c.giveUp(func(s *statement) bool { return !s.busy }); err != nil {
			return nil, err
		}
	}
	p, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: p}
	var execs, queries bool
	s.exec, execs = p.(driver.StmtExecContext)
	s.query, queries = p.(driver.StmtQueryContext)
	if !execs || !queries {
		return nil, p.Close() // it is run by the connection itself
	}
	c.kept[text] = s
	return s, nil
}

// keepable reports whether a text reads or writes rows and is one statement: what changes the
// schema or a transaction is run once.
func keepable(text string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch strings.ToUpper(verb) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(text, ";")
	}
	return false
}

// giveUp closes the kept statements that a condition picks.
func (c *conn) giveUp(which func(*statement) bool) (err error) {
	for text, s := range c.kept {
		if which(s) {
			delete(c.kept, text)
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// Close closes the statements and the connection.
func (c *conn) Close() error {
	return errors.Join(c.giveUp(func(*statement) bool { return true }), c.Conn.Close())
}
