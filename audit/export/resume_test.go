package export_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
)

// contents are all files of a directory.
func contents(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func same(tb testing.TB, got, want map[string]string) {
	tb.Helper()
	for name := range want {
		if got[name] != want[name] {
			tb.Errorf("%s is another file", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			tb.Errorf("%s is one too many", name)
		}
	}
}

func TestBundlesOfOneRangeAreTheSameToTheByte(t *testing.T) {
	l := exporttest.Filled(t, 600)
	to := l.Sizes()[len(l.Sizes())-1]
	for _, from := range []int64{0, l.Sizes()[250]} {
		first := contents(t, exported(t, l, from, to))
		l.Fill(int(l.Size())+300, 7) // the log goes on
		same(t, contents(t, exported(t, l, from, to)), first)
	}
}

// stopping is a log that can be read a number of times only.
type stopping struct {
	*exporttest.Log
	reads int
}

var errStopped = errors.New("stopped")

func (s *stopping) Tile(ctx context.Context, level int, n int64, width int) ([]byte, error) {
	if s.reads--; s.reads < 0 {
		return nil, errStopped
	}
	return s.Log.Tile(ctx, level, n, width)
}

func (s *stopping) Checkpoint(ctx context.Context) ([]byte, error) {
	if s.reads--; s.reads < 0 {
		return nil, errStopped
	}
	return s.Log.Checkpoint(ctx)
}

func TestAnExportThatWasStoppedGoesOn(t *testing.T) {
	l := exporttest.Filled(t, 1000)
	for _, from := range []int64{0, l.Sizes()[300]} {
		want := contents(t, exported(t, l, from, l.Size()))
		for seed := range uint64(6) {
			t.Run(fmt.Sprintf("from %d, seed %d", from, seed), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				o := export.Options{Dir: filepath.Join(t.TempDir(), "bundle"), From: from, To: l.Size(), Trust: l.Trust()}
				for range 3 {
					if stopped(t, l, o, rnd) {
						spoil(t, o.Dir, rnd)
					}
				}
				if _, err := export.Bundle(t.Context(), l, o); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, o.Dir), want)
			})
		}
	}
}

// stopped begins an export and stops it somewhere, which is false where it had come to its
// end by then.
func stopped(t *testing.T, l *exporttest.Log, o export.Options, rnd *rand.Rand) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopAt := 1 + rnd.Int64N(2*l.Size())
	o.Progress = func(done, _ int64) {
		if done >= stopAt {
			cancel()
		}
	}
	if _, err := export.Bundle(ctx, &stopping{l, rnd.IntN(40)}, o); err == nil {
		return false
	}
	if _, err := check.Open(os.DirFS(o.Dir)); !errors.Is(err, bundle.ErrExport) {
		t.Fatalf("a stopped export opens: %v", err)
	}
	return true
}

// spoil damages a file of an unfinished export, as a full disk would.
func spoil(t *testing.T, dir string, rnd *rand.Rand) {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != bundle.ProgressFile {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		return
	}
	name := names[rnd.IntN(len(names))]
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFinishedExportIsNotWrittenAgain(t *testing.T) {
	l := exporttest.Filled(t, 600)
	dir := exported(t, l, 0, 0)
	before := contents(t, dir)
	l.Fill(700, 1) // To 0 is the checkpoint that was the newest when it was begun
	o := export.Options{Dir: dir, Trust: l.Trust()}
	if _, err := export.Bundle(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, dir), before)
	csv := filepath.Join(dir, bundle.CSVFile)
	if err := os.WriteFile(csv, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Bundle(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, dir), before)
}

func TestADirectoryIsForOneExport(t *testing.T) {
	l := exporttest.Filled(t, 60)
	dir := exported(t, l, 0, l.Sizes()[20])
	busy := t.TempDir()
	if err := os.WriteFile(filepath.Join(busy, "letter.txt"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]export.Options{
		"another end":           {Dir: dir, To: l.Sizes()[21], Trust: l.Trust()},
		"another beginning":     {Dir: dir, From: l.Sizes()[2], To: l.Sizes()[20], Trust: l.Trust()},
		"another product":       {Dir: dir, To: l.Sizes()[20], Trust: l.Trust(), Product: bundle.Product{Name: "x"}},
		"what is not an export": {Dir: busy, Trust: l.Trust()},
	} {
		if _, err := export.Bundle(t.Context(), l, o); !errors.Is(err, export.ErrOther) {
			t.Errorf("Bundle into a directory with %s = %v, want ErrOther", name, err)
		}
	}
	if r := verified(t, dir, check.Checks{}); !r.OK() {
		t.Errorf("the bundle that was there is damaged: %+v", r.Faults)
	}
	if text := contents(t, busy)["letter.txt"]; !strings.HasPrefix(text, "dear") {
		t.Errorf("the letter that was there is now %q", text)
	}
}
