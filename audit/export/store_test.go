package export_test

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/store"
)

// A storeLog is a store as a log to export.
type storeLog struct{ *store.DB }

// Records yields what q picks.
func (l storeLog) Records(ctx context.Context, q export.Query) iter.Seq2[audit.Entry, error] {
	return l.Select(ctx, store.Query{From: q.From, Before: q.Before, Limit: q.Limit, Type: q.Type, Since: q.Since, Until: q.Until})
}

// opened is a store whose log is signed by the key of [exporttest].
func opened(tb testing.TB, dsn string) *store.Trail {
	tb.Helper()
	db, err := store.Open(tb.Context(), dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	key, err := tree.NewKey(exporttest.Origin, exporttest.Key("log"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.SignWith(tb.Context(), &store.Log{Keys: []*tree.Key{key}}); err != nil {
		tb.Fatal(err)
	}
	tr := &store.Trail{DB: db, Signer: &audit.Signer{Key: exporttest.Key("ana"), Issuer: exporttest.Issuer, Subject: "ana", Now: func() time.Time { return exporttest.At(0) }}}
	if err := tr.Found(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return tr
}

// filled appends n records, many in a commit.
func filled(tb testing.TB, tr *store.Trail, prefix string, n int) {
	tb.Helper()
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			for i := g; i < n; i += 16 {
				if _, err := tr.Append(tb.Context(), audit.Draft{Key: fmt.Sprintf("event/%s-%d", prefix, i), Type: audit.EventStray, Body: audit.Notice{}}); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func TestAStoreIsExported(t *testing.T) {
	tr := opened(t, filepath.Join(t.TempDir(), "trail.db"))
	filled(t, tr, "a", 400)
	middle, err := tr.DB.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	filled(t, tr, "b", 300)
	log, trust := storeLog{tr.DB}, verify.Trust{Log: []string{exporttest.VerifierKey()}}
	for _, from := range []int64{0, middle} {
		dir := filepath.Join(t.TempDir(), "bundle")
		from, to, err := export.Align(t.Context(), log, from, 0)
		if err != nil {
			t.Fatal(err)
		}
		m, err := export.Bundle(t.Context(), log, export.Options{Dir: dir, From: from, To: to, Trust: trust})
		if err != nil {
			t.Fatal(err)
		}
		if r := verified(t, dir, check.Checks{}); !r.OK() || !r.Complete || r.Records != m.Records || r.Rows != m.Records {
			t.Errorf("bundle from %d = %+v", from, r)
		}
		filled(t, tr, fmt.Sprint("after-", from), 30) // the log goes on
	}
}

// childEnv makes the test binary export a database into a directory: "dsn\ndir\nto".
const childEnv = "COUNTERSIGN_TEST_EXPORT_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	ctx := context.Background()
	db, err := store.Open(ctx, os.Getenv(childEnv))
	if err == nil {
		_, err = export.Bundle(ctx, storeLog{db}, export.Options{
			Dir: os.Args[1], Trust: verify.Trust{Log: []string{exporttest.VerifierKey()}},
			Progress: func(done, total int64) { fmt.Println("progress", done, total) },
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestAKilledExportGoesOn(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "trail.db")
	tr := opened(t, dsn)
	filled(t, tr, "a", 1300)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	finished := false
	for kill := 1; kill < 20 && !finished; kill++ { // after one step more each time
		finished = killed(t, self, dsn, dir, kill)
		if _, err := check.Open(os.DirFS(dir)); (err == nil) != finished {
			// A kill that came too late to stop it is as good as none.
			if err != nil {
				t.Fatalf("after kill %d, finished %v: %v", kill, finished, err)
			}
			finished = true
		}
	}
	if !finished {
		t.Fatal("the export never came to its end")
	}
	size, err := tr.DB.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := verified(t, dir, check.Checks{}); !r.OK() || !r.Complete || r.Records != size {
		t.Errorf("the bundle after all the kills = %+v", r)
	}
	same(t, contents(t, dir), contents(t, exportedStore(t, tr)))
	if _, err := os.Stat(filepath.Join(dir, bundle.ProgressFile)); err == nil {
		t.Error("the note of its progress is still there")
	}
}

// killed exports in a process of its own, which is killed after so many steps, unless it had
// come to its end.
func killed(t *testing.T, self, dsn, dir string, after int) (finished bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self, dir)
	cmd.Env = append(cmd.Environ(), childEnv+"="+dsn)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for steps := 1; lines.Scan(); steps++ {
		if steps == after {
			_ = cmd.Process.Kill()
		}
	}
	return cmd.Wait() == nil
}

func exportedStore(tb testing.TB, tr *store.Trail) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "again")
	if _, err := export.Bundle(tb.Context(), storeLog{tr.DB}, export.Options{Dir: dir, Trust: verify.Trust{Log: []string{exporttest.VerifierKey()}}}); err != nil {
		tb.Fatal(err)
	}
	return dir
}
