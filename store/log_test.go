package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// trusted are the verifiers of the log of these tests.
func trusted(t *testing.T) note.Verifiers {
	t.Helper()
	return note.VerifierList(theLog(t).Keys[0].Verifier())
}

// filled appends n records, many in a commit.
func filled(t *testing.T, tr *store.Trail, prefix string, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := g; i < n; i += 8 {
				if _, err := tr.Append(t.Context(), draft(fmt.Sprint(prefix, i), "ap")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestEveryRecordHasAReceipt(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		filled(t, tr, "k", 600) // two full tiles, and a level above
		n := int64(0)
		for e, err := range tr.DB.Entries(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := tr.DB.Receipt(t.Context(), e.Index)
			if err != nil {
				t.Fatal(err)
			}
			if r, err = tree.ParseReceipt(r.Text()); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Check(trusted(t)); err != nil || r.Record != e.JWS || r.Index != e.Index {
				t.Fatalf("receipt of record %d: %v", e.Index, err)
			}
			n++
		}
		if _, err := tr.DB.Receipt(t.Context(), n); !errors.Is(err, audit.ErrNoRecord) {
			t.Errorf("a receipt of what is not there: %v", err)
		}
	})
}

// Every commit left a checkpoint, and each is a beginning of the next.
func TestCheckpointsAreOneChain(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		one, two := desk(t, dsn, "ana"), desk(t, dsn, "bo") // two processes
		var wg sync.WaitGroup
		for i, tr := range []*store.Trail{one, two} {
			wg.Go(func() { filled(t, tr, fmt.Sprint("k", i, "/"), 150) })
		}
		wg.Wait()
		if n := chained(t, one.DB); n < 10 {
			t.Errorf("%d checkpoints, want one for each commit", n)
		}
	})
}

// chained checks that all checkpoints are of one tree, and counts them.
func chained(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	var hashes tree.Tree
	var roots []tlog.Hash
	for e, err := range db.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		hashes.Append(tlog.RecordHash([]byte(e.JWS)))
		roots = append(roots, hashes.Root())
	}
	last := int64(0)
	for msg, err := range db.Checkpoints(t.Context(), 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		c, err := tree.OpenCheckpoint(msg, trusted(t))
		if err != nil {
			t.Fatal(err)
		}
		if c.Size <= last || c.Size > int64(len(roots)) || c.Root != roots[c.Size-1] {
			t.Fatalf("the checkpoint of %d records is not of this tree", c.Size)
		}
		last, n = c.Size, n+1
	}
	if last != int64(len(roots)) {
		t.Errorf("the newest checkpoint is of %d records, there are %d", last, len(roots))
	}
	return n
}

func TestWhatIsNotUnderTheLogKeyIsNotAppended(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "trail.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tr := trailOn(db, "us")
	if _, err := tr.Append(t.Context(), draft("k", "ap")); !errors.Is(err, store.ErrNoLog) {
		t.Errorf("append without a log key: %v", err)
	}
	if err := db.SignWith(t.Context(), theLog(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Append(t.Context(), draft("k", "ap")); !errors.Is(err, store.ErrNotEnrolled) {
		t.Errorf("append with a key that nobody has enrolled: %v", err)
	}
	if err := trailOn(db, "founder").Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tr.Found(t.Context()); !errors.Is(err, store.ErrNotEnrolled) {
		t.Errorf("a second founder: %v", err)
	}
	renamed := trailOn(db, "founder")
	renamed.Signer.Issuer = "another"
	if _, err := renamed.Append(t.Context(), draft("k", "ap")); !errors.Is(err, store.ErrNotEnrolled) {
		t.Errorf("append under another deployment's name: %v", err)
	}
}

// A record that somebody put into the database stands under no checkpoint, and stops
// everything.
func TestARecordThatNobodySignedForStopsTheLog(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		e, err := tr.Append(t.Context(), draft("k", "ap"))
		if err != nil {
			t.Fatal(err)
		}
		execute(t, dsn, fmt.Sprintf("INSERT INTO records (idx, record_key, type, subject, seq, at, jws, leaf_hash) VALUES (%d, 'forged', 't', 'x', 0, 0, '%s', '%s')",
			e.Index+1, e.JWS, e.LeafHash))
		for _, tr := range []*store.Trail{tr, trailOn(reopened(t, dsn), "us")} {
			if _, err := tr.Append(t.Context(), draft("more", "ap")); err == nil {
				t.Error("a record was appended behind a forged one")
			}
		}
		if err := tr.Barrier(t.Context(), audit.Entry{Index: e.Index + 1, JWS: e.JWS}); err == nil {
			t.Error("the barrier lets a record pass that is under no checkpoint")
		}
		if err := tr.Barrier(t.Context(), e); err != nil {
			t.Errorf("the barrier holds a good record: %v", err)
		}
		e.JWS += "x"
		if err := tr.Barrier(t.Context(), e); !errors.Is(err, audit.ErrForged) {
			t.Errorf("another record in the place: %v", err)
		}
	})
}

// reopened is another process on the same database.
func reopened(t *testing.T, dsn string, anchors ...store.Anchor) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.SignWith(t.Context(), theLog(t, anchors...)); err != nil {
		t.Fatal(err)
	}
	return db
}

// A hash that was changed in the database is not signed over again.
func TestAChangedHashIsNotSignedOver(t *testing.T) {
	for name, q := range map[string]string{
		"a leaf":  "UPDATE records SET leaf_hash = '%064d' WHERE idx = 300",
		"an edge": "UPDATE edges SET data = zeroblob(64) WHERE level = 1",
	} {
		t.Run(name, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "trail.db")
			tr := desk(t, dsn, "us")
			filled(t, tr, "k", 600-3)
			if err := tr.DB.Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, dsn, "DROP TRIGGER records_no_update")
			execute(t, dsn, strings.Replace(q, "%064d", strings.Repeat("0", 64), 1))
			if name == "a leaf" { // of a full tile: the tile is what counts, the verifier finds the column
				execute(t, dsn, strings.Replace(strings.Replace(q, "300", "599", 1), "%064d", strings.Repeat("0", 64), 1))
			}
			if _, err := trailOn(reopened(t, dsn), "us").Append(t.Context(), draft("more", "ap")); !errors.Is(err, audit.ErrForged) {
				t.Errorf("append: %v, want ErrForged", err)
			}
		})
	}
}

// A database that is exchanged under a running process is noticed by it.
func TestADatabaseThatGoesBackUnderAProcessIsRefused(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		filled(t, tr, "k", 20)
		for _, q := range []string{
			"DELETE FROM checkpoints WHERE size > 10", "DELETE FROM records WHERE idx >= 10", "DELETE FROM facets WHERE idx >= 10",
		} {
			executeFreely(t, dsn, q)
		}
		// Behind a checkpoint that was signed once the tree may end elsewhere: whoever
		// signs on would fork the log.
		if _, err := tr.Append(t.Context(), draft("more", "ap")); err == nil {
			t.Error("a shorter log was signed on")
		}
		if err := tr.DB.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// executeFreely runs a statement that the triggers refuse.
func executeFreely(t *testing.T, dsn, q string) {
	t.Helper()
	if isPostgres(dsn) {
		execute(t, dsn, "SET session_replication_role = replica; "+q)
		return
	}
	for _, trigger := range []string{"records_no_delete", "checkpoints_no_delete", "facets_no_delete", "evidence_no_update"} {
		execute(t, dsn, "DROP TRIGGER IF EXISTS "+trigger)
	}
	execute(t, dsn, q)
}

func TestWhatIsKeptIsNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		filled(t, tr, "k", 300)
		kept := draft("with evidence", "ap")
		kept.Lineage, kept.Evidence = "approval/ap", [][]byte{[]byte("an answer")}
		if _, err := tr.Append(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		raw := rawDB(t, dsnFor(dsn))
		statements := []string{
			"UPDATE tiles SET n = 9", "DELETE FROM tiles", "UPDATE checkpoints SET note = ''", "DELETE FROM checkpoints",
			"UPDATE facets SET value = 'x'", "DELETE FROM facets", "UPDATE spans SET n = 9", "DELETE FROM spans",
			"UPDATE evidence SET sha256 = 'x'", "DELETE FROM evidence",
		}
		if isPostgres(dsn) {
			statements = append(statements, "TRUNCATE tiles", "TRUNCATE checkpoints", "TRUNCATE facets", "TRUNCATE spans", "TRUNCATE evidence")
		} else {
			statements = append(statements, "INSERT OR REPLACE INTO tiles SELECT * FROM tiles", "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
				"INSERT OR REPLACE INTO spans SELECT * FROM spans", "INSERT OR REPLACE INTO evidence SELECT sha256, x'00' FROM evidence")
		}
		for _, q := range statements {
			if _, err := raw.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "never") {
				t.Errorf("%s: %v, want a refusal", q, err)
			}
		}
	})
}

// dsnFor is the address for the bare driver.
func dsnFor(dsn string) string {
	if isPostgres(dsn) {
		return dsn
	}
	return "file:" + dsn
}
