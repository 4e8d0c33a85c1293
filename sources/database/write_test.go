package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/sources/database"
)

func TestNothingIsWritten(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		for name, query := range map[string]string{
			"an insert":             "INSERT INTO customers VALUES (3, 'cy', 1, 1)",
			"an insert with answer": "INSERT INTO customers VALUES (3, 'cy', 1, 1) RETURNING id",
			"an update":             "UPDATE customers SET balance = 0 RETURNING id",
			"a delete":              "DELETE FROM customers RETURNING id",
			"a delete, commented":   "/* SELECT */ -- SELECT\n DELETE FROM customers RETURNING id",
			"a new table":           "CREATE TABLE loot (id integer)",
			"a table of a query":    "CREATE TABLE loot AS SELECT * FROM customers",
			"a temporary table":     "CREATE TEMPORARY TABLE loot (id integer)",
			"a new column":          "ALTER TABLE customers ADD COLUMN loot text",
			"a dropped table":       "DROP TABLE customers",
			"an index":              "CREATE INDEX loot ON customers (name)",
			"a commit":              "COMMIT",
			"a rollback":            "ROLLBACK",
			"another transaction":   "BEGIN",
			"a savepoint":           "SAVEPOINT a",
			"a clean-up":            "VACUUM",
			"two statements":        "SELECT 1 AS a; SELECT 2 AS a",
			"a second that writes":  "SELECT 1 AS a; DELETE FROM customers",
			"a second after COMMIT": "COMMIT; DELETE FROM customers",
			"nothing":               "",
			"a comment":             "-- SELECT 1",
			"a semicolon":           ";",
			"no statement":          "SELEKT 1",
		} {
			if table, err := w.db.Query(t.Context(), query); err == nil || !strings.Contains(err.Error(), "database crm: ") {
				t.Errorf("%s: %+v, %v, want an error of the database", name, table, err)
			}
		}
		w.unchanged(t)
	})
}

func TestWhatPostgreSQLOffers(t *testing.T) {
	w := postgres(t, database.Config{})
	outside := filepath.Join(t.TempDir(), "loot")
	do(t, w.owner, "CREATE PROCEDURE loot(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM customers; END $$")
	do(t, w.owner, "CREATE FUNCTION loot() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN DELETE FROM customers; RETURN 1; END $$")
	for name, query := range map[string]string{
		"a write in a CTE":          "WITH gone AS (DELETE FROM customers RETURNING id) SELECT id FROM gone",
		"a table of a query":        "SELECT id INTO loot FROM customers",
		"a lock on rows":            "SELECT id FROM customers FOR UPDATE",
		"a write that is explained": "EXPLAIN ANALYZE DELETE FROM customers",
		"COPY out":                  "COPY customers TO STDOUT",
		"COPY in":                   "COPY customers FROM STDIN",
		"COPY to a file":            "COPY customers TO '" + outside + "'",
		"COPY to a program":         "COPY customers TO PROGRAM 'touch " + outside + "'",
		"a setting":                 "SET default_transaction_read_only = off",
		"a setting by function":     "SELECT set_config('transaction_read_only', 'off', false) AS a",
		"the transaction":           "SET TRANSACTION READ WRITE",
		"the session":               "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
		"another role":              "SET ROLE countersign",
		"a block of code":           "DO $$ BEGIN DELETE FROM customers; END $$",
		"a function that writes":    "SELECT loot() AS a",
		"a procedure that writes":   "CALL loot(1)",
		"a lock on the table":       "LOCK TABLE customers",
		"a message":                 "NOTIFY a",
		"to be told":                "LISTEN a",
		"a statement to keep":       "PREPARE a AS SELECT 1",
		"a file of the server's":    "SELECT pg_read_file('/etc/passwd') AS a",
		"a large object":            "SELECT lo_create(0) AS a, lo_create(1) AS b, 1/0 AS c",
		"what depends on nobody":    "SELECT 1 AS a WHERE $1",
	} {
		if table, err := w.db.Query(t.Context(), query); err == nil {
			t.Errorf("%s: %+v", name, table)
		}
	}
	if _, err := os.Stat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
	w.unchanged(t)
}

// What a statement leaves behind does not outlive it.
func TestNothingIsLeftInASession(t *testing.T) {
	w := postgres(t, database.Config{})
	// Settings that can be made, but undo nothing: the next question finds them gone.
	for range 10 {
		w.asked(t, "SELECT set_config('default_transaction_read_only', 'off', false) AS a, set_config('TimeZone', 'Asia/Tokyo', false) AS b, "+
			"set_config('statement_timeout', '0', false) AS c, pg_advisory_lock(7)::text AS d, lo_create(0) AS e")
		w.unchanged(t)
		row, err := w.asked(t, "SELECT current_setting('default_transaction_read_only') AS a, current_setting('TimeZone') AS b, "+
			"current_setting('statement_timeout') AS c, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS d").One()
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range map[string]string{"a": "on", "b": "UTC", "c": "30001ms", "d": "0"} {
			if got, err := row.Text(column); got != want || err != nil {
				t.Errorf("%s = %q, %v, want %q", column, got, err, want)
			}
		}
	}
}

func TestWhatSQLiteOffers(t *testing.T) {
	w := sqlite(t, database.Config{})
	dir := t.TempDir()
	for name, query := range map[string]string{
		"a write in a WITH":       "WITH x AS (SELECT 1) DELETE FROM customers",
		"another file":            "ATTACH '" + filepath.Join(dir, "loot.db") + "' AS loot",
		"another file to write":   "ATTACH 'file:" + filepath.Join(dir, "loot.db") + "?mode=rwc' AS loot",
		"a copy":                  "VACUUM INTO '" + filepath.Join(dir, "loot.db") + "'",
		"a pragma":                "PRAGMA query_only = 0",
		"a pragma that answers":   "PRAGMA table_info(customers)",
		"a second, in disguise":   "SELECT ';' AS a /* ; */; -- ;\n PRAGMA query_only = 0",
		"a library":               "SELECT load_extension('/tmp/x.so') AS a",
		"a text in double quotes": `SELECT "nobody" AS a FROM customers`,
		"a numbered parameter":    "SELECT ?1 AS a",
		"a named parameter":       "SELECT :a AS a",
		"explained":               "EXPLAIN SELECT 1",
		"an open text":            "SELECT 'a",
		"an open comment":         "SELECT 1 AS a; /* DELETE FROM customers",
		"a zero byte":             "SELECT 1 AS a\x00; DELETE FROM customers",
	} {
		table, err := w.db.Query(t.Context(), query)
		if name == "an open comment" { // SQLite takes it for a comment to the end
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil {
			t.Errorf("%s: %+v", name, table)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("files were made: %v, %v", left, err)
	}
	w.unchanged(t)
	w.asked(t, "SELECT ';' AS a, \"id\" AS b, [id] AS c, `id` AS d, 'it''s ?' AS e, name ->> '$.a' AS f FROM customers WHERE id = ? -- ?;\n ; /* ; */ ", 9)
}

func TestATimeLimitHoldsAtTheDatabase(t *testing.T) {
	short := database.Config{Timeout: 200 * time.Millisecond}
	t.Run("PostgreSQL", func(t *testing.T) {
		w := postgres(t, database.Config{Timeout: time.Second})
		if _, err := w.db.Query(t.Context(), "SELECT pg_sleep(60)::text AS a"); err == nil {
			t.Fatal("it slept for a minute")
		}
		for { // until the server has ended it too
			var busy int
			if err := w.owner.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()").Scan(&busy); err != nil {
				t.Fatal(err)
			}
			if busy == 0 {
				break
			}
		}
	})
	t.Run("SQLite", func(t *testing.T) {
		w := sqlite(t, short)
		_, err := w.db.Query(t.Context(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS a FROM n")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "200ms") {
			t.Errorf("error %v, want context.DeadlineExceeded", err)
		}
		if _, err := w.db.Query(t.Context(), "SELECT 1 AS a"); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// A role that a read-only transaction does not bind is refused, before it asks anything.
func TestARoleMayOnlyRead(t *testing.T) {
	w := postgres(t, database.Config{})
	server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
	if err := made(t, database.Config{DSN: server}).Ping(t.Context()); !errors.Is(err, database.ErrRefused) {
		t.Errorf("a superuser: %v, want ErrRefused", err)
	}
	var role string
	if err := w.owner.QueryRow("SELECT current_database()").Scan(&role); err != nil {
		t.Fatal(err)
	}
	do(t, w.owner, "GRANT pg_execute_server_program TO "+role)
	if err := made(t, database.Config{DSN: w.dsn}).Ping(t.Context()); !errors.Is(err, database.ErrRefused) {
		t.Errorf("a role that runs programs: %v, want ErrRefused", err)
	}
	do(t, w.owner, "REVOKE pg_execute_server_program FROM "+role)
	if err := made(t, database.Config{DSN: w.dsn}).Ping(t.Context()); err != nil {
		t.Errorf("a role that reads: %v", err)
	}
}
