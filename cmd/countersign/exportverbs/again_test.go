package exportverbs_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/verify"
)

func TestTheRecordOfAnExportSaysWhatWasAskedFor(t *testing.T) {
	d := newDesk(t)
	today := time.Now().UTC()
	from, to := today.Format("2006-01-02T00:00:00Z"), today.AddDate(0, 0, 1).Format("2006-01-02T00:00:00Z")
	want := "type key.enrolled, signed at or after " + from + ", signed before " + to
	path := filepath.Join(t.TempDir(), "keys.zip")
	out, _, err := d.run(t, "export", "--type", "key.enrolled", "--from", today.Format(time.DateOnly), "--to", today.Format(time.DateOnly), path)
	if err != nil || !strings.Contains(out, "("+want+")") || !strings.HasPrefix(out, "exported 2 records") {
		t.Fatalf("export = %q, %v; want two records of today", out, err)
	}
	if made := d.exports(t); len(made) != 1 || made[0].Filter != want || made[0].Form != "selection" {
		t.Errorf("on the trail is %+v, want the filter %q", made, want)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(bundle.ReadmeFile)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("the README does not say %q, %v", want, err)
	}
}

func TestWordsThatNoRecordHoldsAreRefused(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct{ flag, value, says string }{
		{"--decision", "approved", "approve, reject, abstain"}, {"--type", "decision.intnt", "decision.intent"},
	} {
		path := filepath.Join(t.TempDir(), "x.zip")
		_, _, err := d.run(t, "export", tt.flag, tt.value, path)
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s %s = %v, want a wrong command line that names %s", tt.flag, tt.value, err, tt.says)
		}
	}
	if _, _, err := d.run(t, "export", "--from", "2026-05-02", "--to", "2026-05-01", filepath.Join(t.TempDir(), "x")); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "--to 2026-05-01 lies before --from 2026-05-02") {
		t.Errorf("days that are turned around = %v, want a wrong command line", err)
	}
	if made := d.exports(t); len(made) != 0 {
		t.Errorf("they are on the trail: %+v", made)
	}
	out, errs, err := d.run(t, "export", "--wallet", "nope", filepath.Join(t.TempDir(), "x.zip"))
	if err != nil || !strings.HasPrefix(errs, "WARNING: no record is wallet nope") || !strings.HasPrefix(out, "exported 0 records") {
		t.Errorf("an export of nothing = %q, %q, %v; want a warning", out, errs, err)
	}
}

func TestAReceiptIsARecord(t *testing.T) {
	d := newDesk(t)
	out, _, err := d.run(t, "receipt", "1")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := verify.Receipt([]byte(out), d.trust); err != nil || p.Index != 1 {
		t.Errorf("the receipt = %+v, %v", p, err)
	}
	if made := d.exports(t); len(made) != 1 || made[0].Form != "receipt" || made[0].From != 1 || made[0].To != 2 || made[0].By == "" {
		t.Errorf("on the trail is %+v, want the receipt of record 1", made)
	}
	if out, _, err := d.run(t, "receipt", "999"); !errors.Is(err, audit.ErrNoRecord) || out != "" || len(d.exports(t)) != 1 {
		t.Errorf("the receipt of no record = %q, %v, %+v", out, err, d.exports(t))
	}
}

// A commit of several records has one checkpoint: the first of a log is over both of its keys.
func TestTheReceiptOfARecordWithinACommit(t *testing.T) {
	d := newUnfounded(t).found(t)
	for index, text := range []string{"0", "1"} {
		out, _, err := d.run(t, "receipt", text)
		if err != nil {
			t.Fatalf("receipt %s: %v", text, err)
		}
		p, err := verify.Receipt([]byte(out), d.trust)
		if err != nil || p.Index != int64(index) || !strings.Contains(out, "\ntrail.test\n2\n") {
			t.Errorf("receipt %s = record %d, %v, in\n%s\nwant it under the two records of the first commit", text, p.Index, err, out)
		}
	}
}

// An export of a directory that holds one already says what is there, writes nothing that it
// need not, and never without a record.
func TestAnExportIntoADirectoryThatHasOne(t *testing.T) {
	d := newDesk(t)
	dir := filepath.Join(t.TempDir(), "bundle")
	today := time.Now().UTC().Format(time.DateOnly)
	if err := d.export(t, "--to", today, dir); err != nil {
		t.Fatal(err)
	}
	before := len(d.exports(t))
	for _, args := range [][]string{{"export", dir}, {"export", "--to", today, dir}} {
		if out, _, err := d.run(t, args...); err != nil || !strings.Contains(out, "is already the export of records 0 to ") || !strings.Contains(out, "nothing was written") {
			t.Errorf("%q again = %q, %v", args, out, err)
		}
	}
	for _, args := range [][]string{{"--to", "2099-01-01"}, {"--from", today, "--to", today}} {
		err := d.export(t, append(args, dir)...)
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "is the export of records 0 to ") {
			t.Errorf("%q = %v, want it refused", args, err)
		}
	}
	if made := d.exports(t); len(made) != before {
		t.Errorf("%d exports are on the trail, want %d: nothing was exported", len(made), before)
	}
}

func TestACopyOfAManifestIsNoExportOfItsOwn(t *testing.T) {
	d := newDesk(t)
	whole := filepath.Join(t.TempDir(), "whole")
	if err := d.export(t, whole); err != nil {
		t.Fatal(err)
	}
	part := t.TempDir()
	for _, name := range []string{bundle.ManifestFile, bundle.CheckpointFile, bundle.PolicyFile} {
		text, err := os.ReadFile(filepath.Join(whole, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(part, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, _, err := d.run(t, "export", part)
	if err != nil || !strings.Contains(out, "exported once more") {
		t.Fatalf("export = %q, %v", out, err)
	}
	made := d.exports(t)
	if len(made) != 2 || made[1].Form != "bundle" || made[1].From != 0 || made[1].To < made[0].To {
		t.Errorf("on the trail is %+v, want the second copy too", made)
	}
	opened, err := check.Open(os.DirFS(part))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := opened.Verify(t.Context(), d.trust, check.Checks{}); err != nil || !r.OK() || opened.Manifest.Export < made[1].To {
		t.Errorf("the copy = %+v of record %d, %v", r, opened.Manifest.Export, err)
	}
}

// An export that was stopped goes on under the record that it has, with its own end.
func TestAnExportThatWasStoppedHasOneRecord(t *testing.T) {
	d := newDesk(t)
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := d.export(t, dir); err != nil {
		t.Fatal(err)
	}
	before := d.exports(t)
	stop(t, dir)
	if err := d.export(t, "--to", "2099-01-01", dir); !errors.Is(err, errUsage) {
		t.Errorf("going on to another day = %v, want it refused", err)
	}
	out, _, err := d.run(t, "export", dir)
	if err != nil || !strings.HasPrefix(out, "going on with the export of records 0 to ") {
		t.Errorf("going on = %q, %v", out, err)
	}
	if made := d.exports(t); len(made) != len(before) {
		t.Errorf("on the trail is %+v, want one record", made)
	}
	stop(t, dir)
	progress := filepath.Join(dir, bundle.ProgressFile)
	text, err := os.ReadFile(progress)
	if err == nil { // a record that is another's
		err = os.WriteFile(progress, []byte(strings.Replace(string(text), `"export_index":2`, `"export_index":1`, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, _, err := d.run(t, "export", dir); err != nil || len(d.exports(t)) != len(before)+1 {
		t.Errorf("going on without a record = %q, %v, on the trail is %+v; want a record more", out, err, d.exports(t))
	}
}

// stop makes a finished export one that was stopped before its last step.
func stop(t *testing.T, dir string) {
	t.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	progress, err := json.Marshal(map[string]any{
		"bundle": json.RawMessage(read(bundle.ManifestFile)), "checkpoint": read(bundle.CheckpointFile), "from": nil, "policy": read(bundle.PolicyFile),
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, bundle.ProgressFile), progress, 0o600)
	}
	if err == nil {
		err = os.Remove(filepath.Join(dir, bundle.ManifestFile))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnExportWithEvidence(t *testing.T) {
	d := newDesk(t)
	text := []byte("what was read")
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	if _, err := d.open(t).Append(t.Context(), audit.Draft{Key: "alarm/1", Type: audit.AlarmRaised, Evidence: [][]byte{text}, Body: audit.Alarm{What: "x", Evidence: digest}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{filepath.Join(t.TempDir(), "bundle")}, {filepath.Join(t.TempDir(), "x.zip"), "--type", "alarm.raised"}} {
		out, errs, err := d.run(t, append([]string{"export", "--with-evidence"}, args...)...)
		if err != nil || errs != "" || !strings.Contains(out, "with 1 of the 1 pieces of evidence") {
			t.Fatalf("export %q = %q, %q, %v", args, out, errs, err)
		}
		if got, err := fs.ReadFile(files(t, args[0]), bundle.EvidencePath(digest)); err != nil || string(got) != string(text) {
			t.Errorf("%q has the evidence %q, %v", args, got, err)
		}
		made := d.exports(t)
		if last := made[len(made)-1]; !strings.HasSuffix(last.Filter, "with evidence") {
			t.Errorf("on the trail is %+v, want it to say that evidence went too", last)
		}
	}
	without := filepath.Join(t.TempDir(), "without")
	if err := d.export(t, without); err != nil {
		t.Fatal(err)
	}
	if err := d.export(t, "--with-evidence", without); !errors.Is(err, errUsage) {
		t.Errorf("evidence into a bundle without = %v, want it refused", err)
	}
}
