package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/verify"
	"countersign/ledger"
	"countersign/store"
	"countersign/store/beside"
	"countersign/store/sqldb"
	"countersign/store/storetest"

	"github.com/jackc/pgx/v5/pgconn"
)

// roles are the addresses of one database as its owner, a writer and a reader.
type roles struct{ admin, owner, writer, reader string }

// as is the address with another user.
func as(t *testing.T, dsn, user string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("user", user)
	u.RawQuery = q.Encode()
	return u.String()
}

// apiLogin is the login of the API.
func apiLogin() string { return fmt.Sprintf("t%d_api", os.Getpid()) }

// withRoles makes a database that a role of its own has migrated, with the roles of the manual.
func withRoles(t *testing.T) roles {
	t.Helper()
	name := fmt.Sprintf("t%d", os.Getpid())
	t.Cleanup(func() { // behind the database
		server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
		if server == "" {
			return
		}
		raw := rawDB(t, server)
		for _, kind := range []string{"owner", "writer", "reader", "api"} {
			if _, err := raw.Exec("DROP ROLE IF EXISTS " + name + "_" + kind); err != nil {
				t.Error(err)
			}
		}
	})
	r := roles{admin: storetest.Postgres(t)}
	r.owner, r.writer, r.reader = as(t, r.admin, name+"_owner"), as(t, r.admin, name+"_writer"), as(t, r.admin, name+"_reader")
	execute(t, r.admin, "CREATE ROLE "+name+"_owner LOGIN; GRANT CREATE ON SCHEMA public TO "+name+"_owner")
	db, err := store.Open(t.Context(), r.owner)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	grants, err := os.ReadFile("../docs/postgres-roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again after each migration
		execute(t, r.admin, string(grants))
	}
	execute(t, r.admin, "CREATE ROLE "+name+"_writer LOGIN IN ROLE countersign_writer; CREATE ROLE "+name+"_reader LOGIN IN ROLE countersign_reader; CREATE ROLE "+apiLogin()+" LOGIN IN ROLE countersign_api")
	return r
}

// Whoever writes and whoever reads needs no more than the manual gives, and a writer can neither
// change nor remove what was written.
func TestRolesOfPostgreSQL(t *testing.T) {
	r := withRoles(t)
	tr := desk(t, r.writer, "ana") // opened, signed, founded and enrolled by a writer
	for i := range 3 {
		key := fmt.Sprint("decision/", i)
		if fits, err := decide(t.Context(), tr, key, claim(10, 100)); err != nil || !fits {
			t.Fatalf("decide: %v, %v", fits, err)
		}
		end := draft("end/"+key, key)
		end.Evidence = [][]byte{[]byte("an answer")}
		if _, err := tr.Close(t.Context(), end, key, i > 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := taken(t, tr, start.Add(-time.Hour)); got != "20" {
		t.Errorf("taken %s, want 20", got)
	}
	if _, err := book(t, tr, "k", ledger.Booking{Steps: []ledger.Step{moves("d1", ledger.Posted, "world", "hot", 1)}}); err != nil {
		t.Error(err)
	}
	filled(t, tr, "fill", 300) // a tile, and its span
	e, err := tr.Halt(t.Context(), audit.Draft{Key: "halt", Type: audit.ControlHalted, Body: audit.Control{Scope: "all", By: "ana"}}, "all")
	if err == nil {
		e, err = tr.Resume(t.Context(), audit.Draft{Key: "resume", Type: audit.ControlResumed, Body: audit.Control{Scope: "all", By: "ana"}}, "all")
	}
	if err == nil {
		err = tr.Barrier(t.Context(), e)
	}
	if err == nil {
		_, err = tr.DB.Receipt(t.Context(), e.Index)
	}
	if err != nil {
		t.Error(err)
	}
	if err := tr.DB.Advance(t.Context(), "siem", 0, 5); err != nil {
		t.Error(err)
	}
	readerReads(t, r.reader)
	for _, table := range []string{"records", "facets", "spans", "evidence", "tiles", "checkpoints", "ledger_steps", "ledger_totals"} {
		for _, q := range []string{
			"UPDATE %s SET " + column[table] + " = " + column[table], "DELETE FROM %s", "TRUNCATE %s", "DROP TABLE %s", "ALTER TABLE %s DISABLE TRIGGER ALL",
		} {
			denied(t, r.writer, fmt.Sprintf(q, table))
		}
	}
	for _, q := range []string{
		"UPDATE claims SET amount = 0", "DELETE FROM claims", "DELETE FROM budget_hours", "DROP TRIGGER records_final ON records",
		"SET session_replication_role = replica", "CREATE TABLE mine (x INT)", "UPDATE goose_db_version SET version_id = 1", "DROP FUNCTION records_are_final CASCADE",
	} {
		denied(t, r.writer, q)
	}
	denied(t, r.reader, "INSERT INTO halts (scope, record_key, since) VALUES ('all', 'x', 0)")
}

// column is one of a table.
var column = map[string]string{
	"records": "jws", "facets": "value", "spans": "last", "evidence": "bytes", "tiles": "data", "checkpoints": "note", "ledger_steps": "memo", "ledger_totals": "inflow",
}

// readerReads reads all of it, as audit verify and exports do.
func readerReads(t *testing.T, dsn string) {
	t.Helper()
	db, err := store.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	size, err := db.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, err := range db.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != size || size < 300 {
		t.Errorf("read %d records of %d", n, size)
	}
	if _, err := db.Tile(t.Context(), 0, 0, 256); err != nil {
		t.Error(err)
	}
	var report verify.Report
	if err := beside.Check(t.Context(), db.SQL(), size, &report); err != nil {
		t.Error(err)
	}
	// Of a table that a migration has added and the file does not know.
	raw := rawDB(t, dsn)
	for privilege, without := range map[string]string{"reader SELECT": "", "api SELECT": "", "writer INSERT": "append_lock goose_db_version"} {
		role, privilege, _ := strings.Cut(privilege, " ")
		var missing string
		err := raw.QueryRowContext(t.Context(), `SELECT COALESCE(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT has_table_privilege($1, oid, $2)`,
			"countersign_"+role, privilege).Scan(&missing)
		if err != nil || missing != without {
			t.Errorf("tables without %s for %ss: %q, %v; want %q: docs/postgres-roles.sql", privilege, role, missing, err, without)
		}
	}
}

// denied runs what a role must not do.
func denied(t *testing.T, dsn, q string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), q)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
		t.Errorf("%s: %v, want a refusal of the right to", q, err)
	}
}

// A writer that finds an older schema says who has to migrate.
func TestWhoMayNotMigrateSaysSo(t *testing.T) {
	r := withRoles(t)
	execute(t, r.admin, "DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
	db, err := store.Open(t.Context(), r.writer)
	if err == nil {
		db.Close()
	}
	if !errors.Is(err, sqldb.ErrMigration) || !strings.Contains(err.Error(), "countersign migrate") {
		t.Errorf("Open = %v, want that the owner has to migrate", err)
	}
}
