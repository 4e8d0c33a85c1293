package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"countersign/audit"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
)

// missing skips a test that cannot run here, or fails it where none may be skipped.
func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		tb.Fatalf("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: %s", what)
	}
	tb.Skip(what)
}

// written is a bundle on the disk.
func (f files) written(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "bundle")
	if err := os.CopyFS(dir, fstest.MapFS(f)); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// TestOthersVerifyWhatWeExport has bundles verified by a program of a hundred lines that
// shares no code with us: jose for the signatures, node:crypto for the rest. It must agree
// with us on whole bundles and on damaged ones.
func TestOthersVerifyWhatWeExport(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "no node: install nodejs")
	}
	scripts, err := filepath.Abs("../../../tests/verifyjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(scripts, "node_modules", "jose")); err != nil {
		missing(t, "no jose: cd tests/verifyjs && npm ci")
	}
	l := exporttest.Filled(t, 700)
	l.Enrol("ana", audit.RecordKey, "dee", "dee") // on P-256
	l.Add("dee", audit.Draft{Key: "event/by-dee", Type: audit.EventStray, Body: audit.Notice{}})
	l.Commit()
	for _, tt := range []struct {
		name     string
		from, to int64
		do       func(files)
		fault    int64 // -1 for none
	}{
		{"a whole log", 0, 0, func(files) {}, -1},
		{"a range", 301, 601, func(files) {}, -1},
		{"a changed record", 0, 0, flip(300), 300},
		{"a changed record on P-256", 0, 0, flip(l.Size() - 1), l.Size() - 1},
		{"a changed record of a range", 301, 601, flip(512), 512},
		{"a missing bundle of entries", 0, 0, drop("tile/entries/001"), 256},
		{"another checkpoint", 301, 601, edit("checkpoint", "601", "600"), 600},
		{"another frontier", 301, 601, line("frontier", func(l []string) []string { l[0], l[1] = l[1], l[0]; return l }), 301},
		{"another key", 0, 0, edit("jwks.json", `"countersign_subject": "bo"`, `"countersign_subject": "eve"`), 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := exported(t, l, tt.from, tt.to)
			tt.do(f)
			dir := f.written(t)
			ours := verified(t, os.DirFS(dir), check.Checks{})
			cmd := exec.CommandContext(t.Context(), node, "verify.mjs", dir, exporttest.VerifierKey())
			cmd.Dir = scripts
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			failed := cmd.Run()
			var theirs struct {
				Records, Signatures int64
				Root                string
				Faults              []struct {
					Index int64
					What  string
				}
			}
			if err := json.Unmarshal(out.Bytes(), &theirs); err != nil {
				t.Fatalf("node verify.mjs = %v, %s %s", failed, out.String(), errs.String())
			}
			if (failed == nil) != ours.OK() || (len(theirs.Faults) == 0) != (tt.fault < 0) {
				t.Fatalf("they find %+v (%v), we %+v", theirs, failed, ours.Faults)
			}
			if tt.fault < 0 && (theirs.Records != ours.Records || theirs.Signatures != ours.Records || theirs.Root != ours.Root) {
				t.Errorf("they read %+v, we %d records, root %s", theirs, ours.Records, ours.Root)
			}
			found := tt.fault < 0
			for _, one := range theirs.Faults {
				found = found || one.Index == tt.fault
			}
			if !found {
				t.Errorf("they find %+v, want a fault at %d", theirs.Faults, tt.fault)
			}
		})
	}
}
