package database_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/sources/database"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// A world is a database of each kind with the same table, and a hand of its owner's in
// it to see that nothing changes.
type world struct {
	db    *database.Database
	owner *sql.DB
	// mark is the nth parameter of a query.
	mark func(n int) string
	dsn  string
}

// each runs a test on SQLite and on PostgreSQL: the promises are the same.
func each(t *testing.T, test func(t *testing.T, w world)) {
	t.Run("SQLite", func(t *testing.T) { test(t, sqlite(t, database.Config{})) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgres(t, database.Config{})) })
}

const seed = `CREATE TABLE customers (id integer PRIMARY KEY, name text, balance numeric, tier integer);
	INSERT INTO customers VALUES (1, 'ana', 100, 1), (2, 'bo', 200, NULL)`

func sqlite(t testing.TB, c database.Config) world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crm.db")
	owner := open(t, "sqlite", path)
	do(t, owner, seed)
	c.DSN = path
	return world{made(t, c), owner, func(int) string { return "?" }, path}
}

var databases atomic.Int64

// postgres makes a database in the server that tools/with-postgres.sh has started, and a
// role that may read it.
func postgres(t testing.TB, c database.Config) world {
	t.Helper()
	server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
			t.Fatal("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: no PostgreSQL; run under tools/with-postgres.sh")
		}
		t.Skip("no PostgreSQL: run under tools/with-postgres.sh")
	}
	admin := open(t, "pgx", server)
	name := fmt.Sprintf("sources_%d_%d", os.Getpid(), databases.Add(1))
	do(t, admin, "CREATE DATABASE "+name)
	do(t, admin, "CREATE ROLE "+name+" LOGIN")
	t.Cleanup(func() {
		do(t, admin, "DROP DATABASE "+name+" WITH (FORCE)")
		do(t, admin, "DROP ROLE "+name)
	})
	owner := open(t, "pgx", at(t, server, name, ""))
	do(t, owner, seed)
	// Far more than it should have: the transaction is what is tested.
	do(t, owner, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+name)
	do(t, owner, "GRANT ALL ON SCHEMA public TO "+name)
	do(t, owner, "GRANT ALL ON DATABASE "+name+" TO "+name)
	c.DSN = at(t, server, name, name)
	return world{made(t, c), owner, func(n int) string { return fmt.Sprintf("$%d", n) }, c.DSN}
}

// at is the server's address with another database, and another user where one is given.
func at(t testing.TB, server, name, user string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	if user != "" {
		q := u.Query()
		q.Set("user", user)
		u.RawQuery, u.User = q.Encode(), nil
	}
	return u.String()
}

func made(t testing.TB, c database.Config) *database.Database {
	t.Helper()
	c.Name = "crm"
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second // a slow machine is no mistake
	}
	db, err := database.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func do(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// unchanged holds the table to be as it was.
func (w world) unchanged(t testing.TB) {
	t.Helper()
	var n, tables int
	if err := w.owner.QueryRow("SELECT sum(balance) + count(*) FROM customers WHERE name IN ('ana', 'bo')").Scan(&n); err != nil || n != 302 {
		t.Fatalf("the table has changed: %d, %v", n, err)
	}
	list := "SELECT count(*) FROM sqlite_master"
	if strings.HasPrefix(w.dsn, "postgres") {
		list = "SELECT count(*) + (SELECT count(*) FROM pg_largeobject_metadata) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
	}
	if err := w.owner.QueryRow(list).Scan(&tables); err != nil || tables != 1 {
		t.Fatalf("%d tables and objects, want 1: %v", tables, err)
	}
}

// asked fails the test when a question has no answer.
func (w world) asked(t *testing.T, query string, args ...any) database.Table {
	t.Helper()
	table, err := w.db.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return table
}
