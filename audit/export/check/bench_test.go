package check_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit/export"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// A bigBundle is one to measure on: of as many records as COUNTERSIGN_BENCH_RECORDS says,
// 20,000 by default, in COUNTERSIGN_BENCH_DIR or a directory of its own. One that is there
// already is taken as it is. Of many records, believe only a run that has found it: who makes it
// holds all of them in memory, beyond the limit that [paired] sets.
func bigBundle(tb testing.TB) (dir string, records int64) {
	tb.Helper()
	n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_BENCH_RECORDS"))
	if err != nil {
		n = 20_000
	}
	root := os.Getenv("COUNTERSIGN_BENCH_DIR")
	if root == "" {
		root = tb.TempDir()
	}
	dir = filepath.Join(root, fmt.Sprint("bundle-", n))
	if o, err := check.Open(os.DirFS(dir)); err == nil {
		return dir, o.Manifest.Records
	}
	l := exporttest.New(tb)
	l.Fill(n, 100)
	m, err := export.Bundle(tb.Context(), l, export.Options{Dir: dir, Trust: l.Trust()})
	if err != nil {
		tb.Fatal(err)
	}
	return dir, m.Records
}

// BenchmarkHashesOnly reads a bundle and checks its tree and its checkpoints. Beside it, as
// the floor, every file of entries is read and hashed as a whole.
func BenchmarkHashesOnly(b *testing.B) {
	dir, records := bigBundle(b)
	paired(b, records, func() { verifyDir(b, dir, check.Checks{HashesOnly: true}) }, func() { hashFiles(b, filepath.Join(dir, "tile", "entries")) })
}

// BenchmarkRecords verifies the records of a bundle, and leaves its views out. Beside it, as
// the floor, every signature is checked by the bare library on all processors.
func BenchmarkRecords(b *testing.B) {
	dir, records := bigBundle(b)
	floor := signatures(b, dir, records)
	paired(b, records, func() { verifyDir(b, dir, check.Checks{NoViews: true}) }, floor)
}

// BenchmarkEverything verifies a bundle with its views; the floor is as for the records.
func BenchmarkEverything(b *testing.B) {
	dir, records := bigBundle(b)
	floor := signatures(b, dir, records)
	paired(b, records, func() { verifyDir(b, dir, check.Checks{}) }, floor)
}

// paired times two things in turn and reports how long the first takes for a million
// records, and how many times the second. Memory is collected as seldom as auditverify has it.
func paired(b *testing.B, records int64, full, bare func()) {
	b.Helper()
	defer check.Passing()()
	var fullTime, bareTime time.Duration
	n := int64(0)
	for b.Loop() {
		start := time.Now()
		full()
		middle := time.Now()
		bare()
		fullTime, bareTime, n = fullTime+middle.Sub(start), bareTime+time.Since(middle), n+records
	}
	b.ReportMetric(fullTime.Seconds()/float64(n)*1e6, "s/1M")
	b.ReportMetric(float64(fullTime)/float64(bareTime), "×floor")
}

func verifyDir(b *testing.B, dir string, c check.Checks) {
	b.Helper()
	o, err := check.Open(os.DirFS(dir))
	if err != nil {
		b.Fatal(err)
	}
	r, err := o.Verify(context.Background(), verify.Trust{Log: []string{exporttest.VerifierKey()}}, c)
	if err != nil || !r.OK() || !r.Complete {
		b.Fatalf("Verify = %+v, %v", r, err)
	}
}

func hashFiles(b *testing.B, dir string) {
	b.Helper()
	names := make(chan string)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for name := range names {
				data, err := os.ReadFile(name)
				if err != nil {
					b.Error(err)
				}
				_ = sha256.Sum256(data)
			}
		})
	}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names <- path
		}
		return err
	})
	close(names)
	wait.Wait()
	if err != nil {
		b.Fatal(err)
	}
}

// signatures checks as many signatures as there are records: those of the first ones, over
// and over, so that nothing but the check itself is timed.
func signatures(b *testing.B, dir string, records int64) func() {
	b.Helper()
	type one struct{ input, sig []byte }
	o, err := check.Open(os.DirFS(dir))
	if err != nil {
		b.Fatal(err)
	}
	s, err := o.Source()
	if err != nil {
		b.Fatal(err)
	}
	var all []one
	who := exporttest.Key("ana").Public().(ed25519.PublicKey)
	for e, err := range s.Entries {
		if err != nil {
			b.Fatal(err)
		}
		last := strings.LastIndexByte(e.JWS, '.')
		sig, err := base64.RawURLEncoding.DecodeString(e.JWS[last+1:])
		if err != nil {
			b.Fatal(err)
		}
		if ed25519.Verify(who, []byte(e.JWS[:last]), sig) {
			all = append(all, one{[]byte(e.JWS[:last]), sig})
		}
		if len(all) == tree.TileWidth {
			break
		}
	}
	return func() {
		var wait sync.WaitGroup
		workers := int64(runtime.GOMAXPROCS(0))
		for w := range workers {
			wait.Go(func() {
				for i := w; i < records; i += workers {
					if s := all[i%int64(len(all))]; !ed25519.Verify(who, s.input, s.sig) {
						b.Error("a good signature was refused")
					}
				}
			})
		}
		wait.Wait()
	}
}
