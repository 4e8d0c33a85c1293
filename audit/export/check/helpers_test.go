package check_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

// files are an export in memory, that a test may damage.
type files fstest.MapFS

// exported is a bundle of a range in memory.
func exported(tb testing.TB, l *exporttest.Log, from, to int64) files {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "bundle")
	if _, err := export.Bundle(tb.Context(), l, export.Options{Dir: dir, From: from, To: to, Trust: l.Trust()}); err != nil {
		tb.Fatalf("Bundle = %v", err)
	}
	return load(tb, os.DirFS(dir))
}

func load(tb testing.TB, fsys fs.FS) files {
	tb.Helper()
	all := files{}
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		all[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// clone is a copy that may be damaged.
func (f files) clone() files { return maps.Clone(f) }

func (f files) text(name string) string { return string(f[name].Data) }

func (f files) set(name, text string) {
	f[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
}

// entries is the name of the bundle of entries with a record, and first its first index.
func (f files) entries(index int64) (name string, first int64) {
	n := index / 256
	for name := range f {
		if p := bundle.EntriesPath(n, 256); name == p || strings.HasPrefix(name, p+".p/") {
			return name, n * 256
		}
	}
	return "", 0
}

// lines are those of a file, each with its end.
func (f files) lines(name string) []string { return strings.SplitAfter(f.text(name), "\n") }

// verified is what a stranger finds.
func verified(tb testing.TB, fsys fs.FS, c check.Checks) check.Report {
	tb.Helper()
	o, err := check.Open(fsys)
	if err != nil {
		tb.Fatalf("Open = %v", err)
	}
	r, err := o.Verify(tb.Context(), trust(), c)
	if err != nil {
		tb.Fatalf("Verify = %v", err)
	}
	return r
}

func trust() verify.Trust { return verify.Trust{Log: []string{exporttest.VerifierKey()}} }

// finds reports whether a report names a fault.
func finds(r check.Report, code verify.FaultCode, index int64) bool {
	for _, f := range r.Faults {
		if f.Code == code && f.Index == index {
			return true
		}
	}
	return false
}
