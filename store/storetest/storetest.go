// Package storetest makes databases and trails for tests, so that each package that writes to a
// real trail tests with the same one.
package storetest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"
)

var databases atomic.Int64

// Postgres makes an empty database in the server that tools/with-postgres.sh has started, and
// returns its address. Without a server the test is skipped, or fails where
// COUNTERSIGN_TEST_NO_SKIP is set.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
			t.Fatal("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: no PostgreSQL; run under tools/with-postgres.sh")
		}
		t.Skip("no PostgreSQL: run under tools/with-postgres.sh")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), databases.Add(1)) // packages are tested at the same time
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Key is a key of that name, the same in every run.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a seed for tests: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Trail founds a trail in a fresh SQLite database, signed by us-1 at one time for ever.
func Trail(t testing.TB, now time.Time) *store.Trail {
	t.Helper()
	return TrailOn(t, filepath.Join(t.TempDir(), "trail.db"), now)
}

// TrailOn is [Trail] in a database that is given.
func TrailOn(t testing.TB, dsn string, now time.Time) *store.Trail {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	log, err := tree.NewKey("trail.test", Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SignWith(t.Context(), &store.Log{Keys: []*tree.Key{log}}); err != nil {
		t.Fatal(err)
	}
	trail := &store.Trail{DB: db, Signer: &audit.Signer{Key: Key("us"), Issuer: "test", Subject: "us-1", Now: func() time.Time { return now }}}
	if err := trail.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trail
}
