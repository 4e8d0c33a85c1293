package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/store"
)

// stranger verifies the whole trail with one public key of the log.
func stranger(t *testing.T, db *store.DB, key *tree.Key) verify.Report {
	t.Helper()
	final, err := db.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Log(t.Context(), verify.Source{
		Entries: db.Entries(t.Context(), store.Filter{}), Final: final, Checkpoints: db.Checkpoints(t.Context(), 0, 1<<40),
	}, verify.Trust{Log: []string{key.VerifierKey()}})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func logKey(t *testing.T, name string) *tree.Key {
	t.Helper()
	k, err := tree.NewKey("trail.test", keyOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// stray is a record that says nothing that could be wrong.
func stray(key string) audit.Draft {
	return audit.Draft{Key: key, Type: audit.EventStray, Body: audit.Notice{}}
}

func strays(t *testing.T, tr *store.Trail, prefix string) {
	t.Helper()
	for i := range 10 {
		if _, err := tr.Append(t.Context(), stray(fmt.Sprint(prefix, i))); err != nil {
			t.Fatal(err)
		}
	}
}

func (o outcome) of(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, o.want) {
		t.Errorf("%s: %v, want %v", o.what, err, o.want)
	}
}

type outcome struct {
	what string
	want error
}

// A key is taken over by another in the open: both sign for a while, then the old one
// signs nothing more, and what it signed stands.
func TestASigningKeyIsTurned(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		old := desk(t, dsn, "us")
		next := trailOn(old.DB, "us")
		next.Signer.Key = keyOf("us, next")
		kid := audit.KeyID(old.Signer.Key.Public())
		app := func(tr *store.Trail, key string) error {
			_, err := tr.Append(t.Context(), stray(key))
			return err
		}
		outcome{"before", nil}.of(t, app(old, "k1"))
		outcome{"a key that nobody has enrolled", store.ErrNotEnrolled}.of(t, app(next, "k2"))
		_, err := next.Enrol(t.Context(), audit.RecordKey, "us", next.Signer.Key, "ops")
		outcome{"a key that enrols itself", store.ErrNotEnrolled}.of(t, err)
		for _, again := range []string{"the old key enrols it", "and again"} {
			_, err = old.Enrol(t.Context(), audit.RecordKey, "us", next.Signer.Key, "ops")
			outcome{again, nil}.of(t, err)
		}
		_, err = old.Enrol(t.Context(), audit.RecordKey, "you", next.Signer.Key, "ops")
		outcome{"for another account", audit.ErrOtherContent}.of(t, err)
		_, err = old.Enrol(t.Context(), audit.LogKey, "us", next.Signer.Key, "ops")
		outcome{"as a key of the log", audit.ErrOtherContent}.of(t, err)
		outcome{"the new key signs", nil}.of(t, app(next, "k3"))
		outcome{"and the old one too", nil}.of(t, app(old, "k4"))
		_, err = next.EndKey(t.Context(), kid, audit.KeyRetired, 0, "turned", "ops")
		outcome{"the new key retires the old", nil}.of(t, err)
		err = app(old, "k5")
		outcome{"which signs no more", store.ErrNotEnrolled}.of(t, err)
		if !strings.Contains(err.Error(), kid+" was retired and signs nothing from record ") {
			t.Errorf("the old key is refused with %q, want it to say that it was retired", err)
		}
		for _, key := range []string{"k1", "k3", "k4"} { // signed by either, believed by both
			_, err := next.Find(t.Context(), key)
			outcome{"record " + key, nil}.of(t, err)
		}
		if r := stranger(t, old.DB, logKey(t, "log")); !r.OK() || r.Unproven != (verify.Unproven{}) {
			t.Errorf("a stranger finds %+v, unproven %+v", r.Faults, r.Unproven)
		}
	})
}

// What would not count is refused before it stands on the trail for ever.
func TestARecordAboutAKeyThatWouldNotCountIsRefused(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		kid := audit.KeyID(keyOf("founder").Public())
		end := func(kid string, kind audit.Type, from int64) error {
			_, err := tr.EndKey(t.Context(), kid, kind, from, "test", "ops")
			return err
		}
		outcome{"an unknown key", audit.ErrRegistry}.of(t, end("nosuch", audit.KeyRetired, 0))
		outcome{"a revocation from behind the end", audit.ErrRegistry}.of(t, end(kid, audit.KeyRevoked, 99))
		outcome{"a retirement", nil}.of(t, end(kid, audit.KeyRetired, 0))
		outcome{"the same again", nil}.of(t, end(kid, audit.KeyRetired, 0))
		_, err := tr.EndKey(t.Context(), kid, audit.KeyRetired, 0, "another reason", "ops")
		outcome{"and for another reason", audit.ErrOtherContent}.of(t, err)
		if _, err := tr.Append(t.Context(), stray("k")); err != nil {
			t.Errorf("the log does not go on: %v", err)
		}
		if r := stranger(t, tr.DB, logKey(t, "log")); !r.OK() {
			t.Errorf("a stranger finds %+v", r.Faults)
		}
	})
}

// What a revoked key has signed is not acted on any more, and a stranger finds it.
func TestARevokedKeyIsNotBelieved(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		thief := trailOn(tr.DB, "us")
		thief.Signer.Key = keyOf("us, stolen")
		if _, err := tr.Enrol(t.Context(), audit.RecordKey, "us", thief.Signer.Key, "ops"); err != nil {
			t.Fatal(err)
		}
		e, err := thief.Append(t.Context(), stray("k"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.EndKey(t.Context(), audit.KeyID(thief.Signer.Key.Public()), audit.KeyRevoked, e.Index, "stolen", "ops"); err != nil {
			t.Fatal(err)
		}
		_, err = tr.Find(t.Context(), "k")
		outcome{"what the thief signed", audit.ErrForged}.of(t, err)
		r := stranger(t, tr.DB, logKey(t, "log"))
		if r.OK() || r.Faults[0].Code != verify.KeyRevoked {
			t.Errorf("a stranger finds %+v, want the thief's record", r.Faults)
		}
	})
}

// The log's key is turned: both sign every checkpoint for a while, then the new one alone.
// An auditor who has only the old key, and one who has only the new, verify it all.
func TestTheLogKeyIsTurned(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "trail.db")
	tr := desk(t, dsn, "us")
	strays(t, tr, "old")
	old, next := logKey(t, "log"), logKey(t, "next log")
	with := func(keys ...*tree.Key) *store.Trail {
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if err := db.SignWith(t.Context(), &store.Log{Keys: keys}); err != nil {
			t.Fatal(err)
		}
		tr := trailOn(db, "us")
		if err := tr.Found(t.Context()); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	both := with(old, next)
	strays(t, both, "both")
	for _, k := range []*tree.Key{old, next} {
		if r := stranger(t, both.DB, k); !r.OK() {
			t.Errorf("with one key of two: %+v", r.Faults)
		}
	}
	if _, err := both.EndKey(t.Context(), audit.KeyID(old.Public()), audit.KeyRetired, 0, "turned", "ops"); err != nil {
		t.Fatal(err)
	}
	alone := with(next)
	strays(t, alone, "alone")
	if r := stranger(t, alone.DB, next); !r.OK() {
		t.Errorf("with the new key: %+v", r.Faults)
	}
	if _, err := tr.Append(t.Context(), draft("late", "ap")); err == nil {
		t.Error("a process with the old log key alone goes on")
	}
}
