package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/store"
)

func TestAPathIsTakenAsItIs(t *testing.T) {
	for _, name := range []string{
		"trail.db", "a b.db", "what?.db", "no#1.db", "100%.db", "a%20b.db", "a+b&mode=ro.db", "é😀.db", ":memory:", "file:x.db", "new/dir/trail.db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			wd, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			for i, dsn := range []string{name, "./" + name, filepath.Join(wd, name), "/" + filepath.Join(wd, name)} {
				tr := desk(t, dsn, "us")
				if _, err := tr.Append(t.Context(), draft(fmt.Sprint("k", i), "ap")); err != nil {
					t.Fatalf("%s: %v", dsn, err)
				}
				if n := verified(t, tr); n != int64(i+1) {
					t.Errorf("%s: %d records, want %d: it is another file", dsn, n, i+1)
				}
				reader, err := store.OpenReader(t.Context(), dsn)
				if err != nil {
					t.Fatalf("OpenReader(%s) = %v", dsn, err)
				}
				reader.Close()
			}
			if _, err := os.Stat(name); err != nil {
				t.Errorf("no file of that name: %v", err)
			}
		})
	}
}

func TestAddressesThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	foreign, other, plain := filepath.Join(dir, "foreign.db"), filepath.Join(dir, "other.db"), filepath.Join(dir, "plain")
	for _, path := range []string{foreign, plain} {
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, other, "CREATE TABLE records (mine TEXT)", "INSERT INTO records VALUES ('x')")
	for _, tt := range []struct {
		name, dsn, want string
	}{
		{"empty", "", "empty"},
		{"a directory", dir, dir},
		{"a file that is no database", foreign, "not a database"},
		{"another program's database", other, "records already exists"},
		{"below a file", filepath.Join(plain, "trail.db"), "not a directory"},
		{"a server of another kind", "mysql://me:hunter2@db/trail", "want a SQLite path or postgres://"},
		{"a misspelled scheme", "postgress://me:hunter2@db/trail", "want a SQLite path or postgres://"},
		{"a scheme in capitals", "POSTGRES://me:hunter2@db/trail", "want a SQLite path or postgres://"},
		{"nobody listens", "postgres://me:hunter2@127.0.0.1:1/none", "postgres://me:xxxxx@127.0.0.1:1/none"},
		{"password among the parameters", "postgres://127.0.0.1:1/none?user=me&password=hunter2", "127.0.0.1:1/none"},
		{"sslpassword among the parameters", "postgres://127.0.0.1:1/none?user=me&sslpassword=hunter2", "127.0.0.1:1/none"},
		{"a password that is no URL", "postgres://me:%zz-hunter2@127.0.0.1:1/none", "postgres://"},
		{"a port that is no number", "postgres://me:hunter2@127.0.0.1:port/none", "postgres://"},
		{"no port, password behind", "postgres://127.0.0.1:port/none?user=me&password=hunter2", "postgres://"},
		{"an unknown option, password behind", "postgres://127.0.0.1:1/none?sslmode=perhaps&password=hunter2", "sslmode"},
		{"an unknown option", "postgres://me:hunter2@127.0.0.1:1/none?sslmode=perhaps", "sslmode"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for verb, open := range map[string]func() (*store.DB, error){
				"Open":       func() (*store.DB, error) { return store.Open(t.Context(), tt.dsn) },
				"OpenReader": func() (*store.DB, error) { return store.OpenReader(t.Context(), tt.dsn) },
			} {
				_, err := open()
				if err == nil {
					t.Errorf("%s opened it", verb)
					continue
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s tells the password: %v", verb, err)
				}
				if verb == "Open" && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Open = %v, want %q", err, tt.want)
				}
			}
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestAReaderChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		if _, err := store.OpenReader(t.Context(), dsn); err == nil {
			t.Error("OpenReader found a trail where none is")
		}
		if !isPostgres(dsn) {
			if left, err := os.ReadDir(filepath.Dir(dsn)); err != nil || len(left) > 0 {
				t.Errorf("OpenReader left %v, %v", left, err)
			}
			execute(t, dsn, "CREATE TABLE other (x TEXT)")
		}
		// There now, and nobody has brought its schema up to date.
		if _, err := store.OpenReader(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "no trail") {
			t.Errorf("OpenReader of an empty database = %v, want that it holds no trail", err)
		}
		tr := desk(t, dsn, "us")
		if _, err := tr.Append(t.Context(), draft("k", "ap")); err != nil {
			t.Fatal(err)
		}
		reader, err := store.OpenReader(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if e, err := reader.Find(t.Context(), "k"); err != nil || e.Record.Key != "k" {
			t.Errorf("reader finds %v, %v", e.Record, err)
		}
		if _, err := trailOn(reader, "us").Append(t.Context(), draft("more", "ap")); err == nil {
			t.Error("a reader has written")
		}
		if n := verified(t, tr); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}

func TestReopeningKeepsEverything(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		var want []audit.Entry
		for i := range 3 {
			tr := desk(t, dsn, "us")
			for j := range 3 {
				key := fmt.Sprintf("k/%d/%d", i, j)
				if fits, err := decide(t.Context(), tr, key, claim(1, 100)); err != nil || !fits {
					t.Fatalf("decide %s: fits %t, %v", key, fits, err)
				}
				e, err := tr.Find(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, e)
			}
			if err := tr.DB.Close(); err != nil {
				t.Fatal(err)
			}
		}
		tr := desk(t, dsn, "us")
		for e, err := range tr.DB.Entries(t.Context(), store.Filter{From: 3}) {
			if err != nil || e.JWS != want[e.Index-3].JWS || e.LeafHash != want[e.Index-3].LeafHash {
				t.Errorf("record %d = %+v, %v, want %+v", e.Index, e, err, want[e.Index-3])
			}
		}
		if n, sum := verified(t, tr), taken(t, tr, start); n != 9 || sum != "9" {
			t.Errorf("%d records, %s taken; want 9 and 9", n, sum)
		}
	})
}

func TestManyProcessesStartOnANewDatabase(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		if isPostgres(dsn) {
			race(t, dsn)
			return
		}
		for range 10 { // the window is narrow
			race(t, filepath.Join(t.TempDir(), "trail.db"))
		}
	})
}

func appendOne(t *testing.T, db *store.DB, i int) error {
	if err := db.SignWith(t.Context(), theLog(t)); err != nil {
		return err
	}
	tr := trailOn(db, "founder")
	if err := tr.Found(t.Context()); err != nil {
		return err
	}
	_, err := tr.Append(t.Context(), draft(fmt.Sprint("k", i), "ap"))
	return err
}

// race opens one new database eight times at once and appends through each.
func race(t *testing.T, dsn string) {
	t.Helper()
	const starts = 8
	errs := make(chan error, starts)
	gate := make(chan struct{})
	for i := range starts {
		go func() {
			<-gate
			db, err := store.Open(t.Context(), dsn)
			if err == nil {
				err = errors.Join(appendOne(t, db, i), db.Close())
			}
			errs <- err
		}()
	}
	close(gate)
	for range starts {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := verified(t, desk(t, dsn, "us")); n != starts {
		t.Errorf("%d records, want %d", n, starts)
	}
}

func isPostgres(dsn string) bool { return strings.HasPrefix(dsn, "postgres") }

// execute runs statements behind the store's back.
func execute(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	raw := rawDB(t, dsn)
	for _, q := range statements {
		if _, err := raw.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func rawDB(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if isPostgres(dsn) {
		driver = "pgx"
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}
