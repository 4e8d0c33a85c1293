package export_test

import (
	"os"
	"path/filepath"
	"testing"

	"countersign/audit/export"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

// exported is a bundle of a range in a directory of its own.
func exported(tb testing.TB, l *exporttest.Log, from, to int64) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "bundle")
	if _, err := export.Bundle(tb.Context(), l, export.Options{Dir: dir, From: from, To: to, Trust: l.Trust()}); err != nil {
		tb.Fatalf("Bundle = %v", err)
	}
	return dir
}

// verified is what a stranger finds in a directory.
func verified(tb testing.TB, dir string, c check.Checks) check.Report {
	tb.Helper()
	o, err := check.Open(os.DirFS(dir))
	if err != nil {
		tb.Fatalf("Open = %v", err)
	}
	r, err := o.Verify(tb.Context(), verify.Trust{Log: []string{exporttest.VerifierKey()}}, c)
	if err != nil {
		tb.Fatalf("Verify = %v", err)
	}
	return r
}

func TestABundleOfTheWholeLogVerifies(t *testing.T) {
	for _, n := range []int{4, 5, 256, 300, 700} {
		l := exporttest.Filled(t, n)
		r := verified(t, exported(t, l, 0, 0), check.Checks{})
		if !r.OK() || !r.Complete || r.Kind != verify.WholeLog || r.Records != l.Size() || r.Rows != l.Size() || r.Files == 0 {
			t.Errorf("bundle of %d records = %+v", l.Size(), r)
		}
		if r.Unproven != (verify.Unproven{}) || len(r.Uncompared) > 0 || r.Checkpoints != int64(len(l.Notes)) || r.Tiles == 0 {
			t.Errorf("bundle of %d records with %d checkpoints leaves %+v unproven: %+v", l.Size(), len(l.Notes), r.Unproven, r)
		}
	}
}

func TestABundleOfARangeVerifies(t *testing.T) {
	l := exporttest.Filled(t, 800)
	sizes := l.Sizes()
	for _, at := range [][2]int{{0, 3}, {3, 4}, {4, 40}, {40, len(sizes) - 1}, {200, 300}, {len(sizes) - 2, len(sizes) - 1}} {
		from, to := sizes[at[0]], sizes[at[1]]
		r := verified(t, exported(t, l, from, to), check.Checks{})
		if !r.OK() || !r.Complete || r.Kind != verify.Range || r.From != from || r.To != to || r.Records != to-from || r.Rows != to-from {
			t.Errorf("bundle from %d to %d = %+v", from, to, r)
		}
		if r.Unproven.Keys == 0 {
			t.Errorf("bundle from %d to %d says nothing of its keys: %+v", from, to, r)
		}
	}
}
