package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/sources/database"
)

func TestConfigurationsThatCannotBeUsed(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(secret, []byte("postgres://u:hunter2@[bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		c    database.Config
		want string
	}{
		"nothing":            {database.Config{Name: "a"}, "dsn: empty"},
		"both":               {database.Config{Name: "a", DSN: "x", DSNFile: "y"}, "dsn_file: dsn is given too"},
		"no file":            {database.Config{Name: "a", DSNFile: secret + "x"}, "dsn_file: open"},
		"another database":   {database.Config{Name: "a", DSN: "mysql://u:hunter2@h/d"}, "dsn: mysql://"},
		"a mistyped address": {database.Config{Name: "a", DSNFile: secret}, "dsn_file: it cannot be read"},
		"no name":            {database.Config{DSN: "x"}, "name:"},
		"bounds":             {database.Config{Name: "a", DSN: "x", Timeout: -1, MaxRows: -1, MaxBytes: 1 << 40}, "max_bytes:"},
	} {
		if _, err := database.Open(tt.c); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want an error with %q and no password", name, err, tt.want)
		}
	}
	db := made(t, database.Config{DSN: filepath.Join(t.TempDir(), "missing.db")})
	if err := db.Ping(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	db = made(t, database.Config{DSN: "postgres://u:hunter2@127.0.0.1:1/d"})
	if err := db.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens: %v", err)
	}
}

// However a query is written, SQLite is asked one statement or none.
func FuzzStatements(f *testing.F) {
	for _, s := range []string{"SELECT 1 AS a", "SELECT 1 AS a; SELECT 2 AS a", "SELECT '--' AS a; -- x", "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "VALUES (1)", "SELECT 1 AS a; /*", "DELETE FROM t"} {
		f.Add(s)
	}
	w := sqlite(f, database.Config{Timeout: time.Second})
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = w.db.Query(t.Context(), s)
		w.unchanged(t)
	})
}
