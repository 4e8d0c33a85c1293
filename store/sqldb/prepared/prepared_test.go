package prepared_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"countersign/store/sqldb/prepared"

	_ "modernc.org/sqlite"
)

// counting is SQLite's driver, and counts what is asked of its connections.
type counting struct {
	driver.Driver
	prepares, direct map[string]int
	open             int // statements
}

type countingConn struct {
	prepared.Conn
	of *counting
}

type countingStmt struct {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
	of *counting
}

func (d *counting) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return &countingConn{c.(prepared.Conn), d}, nil
}

func (c *countingConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.of.prepares[text]++
	s, err := c.Conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.of.open++
	return &countingStmt{s, s.(driver.StmtExecContext), s.(driver.StmtQueryContext), c.of}, nil
}

func (c *countingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.of.direct[text]++
	return c.Conn.ExecContext(ctx, text, args)
}

func (c *countingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.of.direct[text]++
	return c.Conn.QueryContext(ctx, text, args)
}

func (s *countingStmt) Close() error {
	s.of.open--
	return s.Stmt.Close()
}

// database is one on a single connection, with a table of three numbers.
func database(t *testing.T) (*sql.DB, *counting) {
	t.Helper()
	registered, err := sql.Open("sqlite", "")
	if err != nil {
		t.Fatal(err)
	}
	d := &counting{Driver: registered.Driver(), prepares: map[string]int{}, direct: map[string]int{}}
	db := sql.OpenDB(prepared.Connector(d, "file:"+filepath.Join(t.TempDir(), "x.db")))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), registered.Close()); err != nil || d.open != 0 {
			t.Errorf("closed: %v, %d statements are open", err, d.open)
		}
	})
	do(t, db, "CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
	for i := range 3 {
		do(t, db, "INSERT INTO numbers VALUES (?)", i)
	}
	return db, d
}

func do(t *testing.T, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM numbers").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAStatementIsParsedOnce(t *testing.T) {
	db, d := database(t)
	for range 5 {
		if n := count(t, db); n != 3 {
			t.Fatalf("%d numbers, want 3", n)
		}
	}
	if d.prepares["INSERT INTO numbers VALUES (?)"] != 1 || d.prepares["SELECT count(*) FROM numbers"] != 1 || d.direct["SELECT count(*) FROM numbers"] != 0 {
		t.Errorf("prepared %v, run otherwise %v", d.prepares, d.direct)
	}
	do(t, db, "PRAGMA user_version = 7")
	do(t, db, "INSERT INTO numbers VALUES (10); INSERT INTO numbers VALUES (11)")
	long := "SELECT n FROM numbers WHERE n IN (" + strings.Repeat("1,", 3000) + "1)"
	do(t, db, long)
	for _, text := range []string{"PRAGMA user_version = 7", "INSERT INTO numbers VALUES (10); INSERT INTO numbers VALUES (11)", long} {
		if d.prepares[text] != 0 || d.direct[text] != 1 {
			t.Errorf("%.50q was prepared", text)
		}
	}
	if n := count(t, db); n != 5 {
		t.Errorf("%d numbers, want 5", n)
	}
}

// While rows are read the same statement is asked again, each time with its own rows.
func TestAStatementInUse(t *testing.T) {
	db, d := database(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	const text = "SELECT n FROM numbers ORDER BY n"
	pairs := ""
	read := func(with func(n int)) {
		rows, err := tx.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			with(n)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	read(func(a int) { read(func(b int) { pairs += fmt.Sprint(a, b, " ") }) })
	if want := "0 0 0 1 0 2 1 0 1 1 1 2 2 0 2 1 2 2 "; pairs != want {
		t.Errorf("read %q, want %q", pairs, want)
	}
	if d.prepares[text] != 1 || d.direct[text] != 3 {
		t.Errorf("prepared %d times, run otherwise %d times, want 1 and 3", d.prepares[text], d.direct[text])
	}
	read(func(int) {}) // and is free again
	if d.direct[text] != 3 {
		t.Error("it is still in use")
	}
}

// What fails leaves nothing behind for the next run of the same statement.
func TestAStatementAfterAFailure(t *testing.T) {
	db, _ := database(t)
	const insert = "INSERT INTO numbers VALUES (?)"
	if _, err := db.ExecContext(t.Context(), insert, 1); err == nil {
		t.Error("a number is there twice")
	}
	do(t, db, insert, 3)
	if _, err := db.ExecContext(t.Context(), insert); err == nil {
		t.Error("a parameter is missing, and nobody minds")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.ExecContext(gone, insert, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	do(t, db, "ALTER TABLE numbers ADD COLUMN word TEXT")
	if _, err := db.ExecContext(t.Context(), insert, 4); err == nil {
		t.Error("a column is missing, and nobody minds")
	}
	do(t, db, "ALTER TABLE numbers DROP COLUMN word")
	do(t, db, insert, 4)
	if n := count(t, db); n != 5 {
		t.Errorf("%d numbers, want 5", n)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO nowhere VALUES (1)"); err == nil {
		t.Error("a table is missing, and nobody minds")
	}
}

func TestStatementsAreGivenUp(t *testing.T) {
	db, d := database(t)
	for i := range 1000 {
		do(t, db, fmt.Sprintf("UPDATE numbers SET n = n WHERE n = %d", i))
		if d.open > 200 {
			t.Fatalf("%d statements are open", d.open)
		}
	}
	if n := count(t, db); n != 3 {
		t.Errorf("%d numbers, want 3", n)
	}
}

// bare is a driver whose connections can do too little.
type bare struct{ driver.Conn }

func (bare) Open(string) (driver.Conn, error) { return bare{}, nil }
func (bare) Close() error                     { return nil }

func TestADriverThatCannot(t *testing.T) {
	db := sql.OpenDB(prepared.Connector(bare{}, ""))
	defer db.Close()
	if err := db.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "bare") {
		t.Errorf("Ping = %v", err)
	}
	if _, is := db.Driver().(bare); !is {
		t.Errorf("driver %T", db.Driver())
	}
}
