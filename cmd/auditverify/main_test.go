package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/exporttest"
	"countersign/cmd/auditverify/verdict"
)

// A desk is an auditor's: a bundle, a selection and what belongs to them.
type desk struct {
	testing.TB
	log       *exporttest.Log
	bundle    string
	selection string
	policy    string
}

func newDesk(tb testing.TB) desk {
	tb.Helper()
	d := desk{TB: tb, log: exporttest.Filled(tb, 300)}
	root := tb.TempDir()
	d.bundle, d.selection, d.policy = filepath.Join(root, "bundle"), filepath.Join(root, "selection.zip"), filepath.Join(root, "policy")
	if _, err := export.Bundle(tb.Context(), d.log, export.Options{Dir: d.bundle, Trust: d.log.Trust()}); err != nil {
		tb.Fatal(err)
	}
	f, err := os.Create(d.selection)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	some := func(yield func(int64, error) bool) { _ = yield(4, nil) && yield(200, nil) }
	if _, err := export.Selected(tb.Context(), d.log, export.Selection{Indexes: some, Trust: d.log.Trust()}, f); err != nil {
		tb.Fatal(err)
	}
	d.write(d.policy, d.log.Trust().Policy())
	return d
}

func (d desk) write(name string, data []byte) string {
	d.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		d.Fatal(err)
	}
	return name
}

// receipt is a file with that of a record.
func (d desk) receipt(index int64) string {
	d.Helper()
	var b bytes.Buffer
	one := func(yield func(int64, error) bool) { yield(index, nil) }
	if _, err := export.Selected(d.Context(), d.log, export.Selection{Indexes: one, Trust: d.log.Trust()}, &b); err != nil {
		d.Fatal(err)
	}
	z := d.write(filepath.Join(d.TempDir(), "one.zip"), b.Bytes())
	i, err := openOne(z)
	if err != nil {
		d.Fatal(err)
	}
	defer i.close()
	f, err := i.fsys.Open(bundle.ReceiptPath(bundle.RecordsDir, index))
	if err != nil {
		d.Fatal(err)
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(f); err != nil {
		d.Fatal(err)
	}
	return d.write(filepath.Join(d.TempDir(), "one.tlog-proof"), text.Bytes())
}

// auditverify runs the program.
func auditverify(tb testing.TB, args ...string) (code int, out, errs string) {
	tb.Helper()
	var o, e bytes.Buffer
	code = run(tb.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestTheProgramSaysWhatItFound(t *testing.T) {
	d := newDesk(t)
	pin, err := audit.EncodePublicKey(exporttest.Key("ana").Public())
	if err != nil {
		t.Fatal(err)
	}
	pinned := d.write(filepath.Join(t.TempDir(), "ana.pem"), pin)
	anchor := d.write(filepath.Join(t.TempDir(), "kept"), d.log.Notes[20])
	key := exporttest.VerifierKey()
	for _, tt := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"a bundle by its key", []string{"--log-key", key, d.bundle}, exitVerified, []string{"VERIFIED", "nothing was altered, added, moved or left out", "Not shown", "301, from 0 to 300"}},
		{"a bundle by a policy", []string{d.bundle, "--policy", d.policy}, exitVerified, []string{"the views of 301 records"}},
		{"with what is known", []string{"--policy=" + d.policy, "--anchor", anchor, "--pin", pinned, d.bundle}, exitVerified, []string{"the log extends what you knew of it (checkpoints: 1)"}},
		{"a key as it was pasted", []string{"--log-key", " " + key + "\n", d.bundle}, exitVerified, []string{"VERIFIED"}},
		{"hashes only", []string{"-hashes-only", "-policy", d.policy, d.bundle}, exitVerified, []string{"only hashes were looked at"}},
		{"no views", []string{"--no-views", "-policy", d.policy, d.bundle}, exitVerified, []string{"records-v2.csv says what the records say: it was not compared"}},
		{"a selection", []string{"--policy", d.policy, d.selection}, exitVerified, []string{"2 picked ones", "that no other record was left out: somebody picked these"}},
		{"a receipt alone", []string{"--policy", d.policy, d.receipt(40)}, exitVerified, []string{"stands at index 40", "who signed the record: its key is not pinned"}},
		{"a receipt and a pin", []string{"--policy", d.policy, "--pin", pinned, d.receipt(4)}, exitVerified, []string{"which is pinned"}},
		{"a receipt with keys in any order", []string{"--policy", d.policy, d.receipt(40), d.receipt(3), d.receipt(0), d.receipt(2), d.receipt(1)}, exitVerified, []string{"which is enrolled"}},
		{"two exports", []string{"--policy", d.policy, d.bundle, d.selection}, exitVerified, []string{"bundle: VERIFIED", "selection.zip: VERIFIED"}},
		{"help", []string{"--help"}, exitVerified, []string{"Exit: 0 verified"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := auditverify(t, tt.args...)
			if code != tt.code || errs != "" {
				t.Errorf("exit %d, %q, want %d: %s", code, errs, tt.code, out)
			}
			for _, want := range tt.says {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q: %s", want, out)
				}
			}
		})
	}
}

func TestTheProgramRefuses(t *testing.T) {
	d := newDesk(t)
	other := "example.com/treasury+" + strings.SplitN(exporttest.VerifierKey(), "+", 2)[1][:8] + "+x"
	text := d.write(filepath.Join(t.TempDir(), "letter.txt"), []byte("dear"))
	windows := d.write(filepath.Join(t.TempDir(), "windows.txt"), bytes.ReplaceAll(d.log.Trust().Policy(), []byte("\n"), []byte("\r\n")))
	broken := d.write(filepath.Join(t.TempDir(), "broken.zip"), []byte("PK\x03\x04 and no more"))
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"nothing", nil, exitUsage, "nothing to verify"},
		{"no key", []string{d.bundle}, exitUsage, "An export cannot vouch for itself"},
		{"no such option", []string{"--quick", d.bundle}, exitUsage, "-quick"},
		{"no key at all", []string{"--log-key", "x", d.bundle}, exitUsage, "unusable trust policy"},
		{"a broken key", []string{"--log-key", other, d.bundle}, exitUsage, "unusable trust policy"},
		{"no policy", []string{"--policy", text, d.bundle}, exitUsage, "letter.txt"},
		{"two policies", []string{"--policy", d.policy, "--policy", d.policy, d.bundle}, exitUsage, "given twice"},
		{"no pin", []string{"--policy", d.policy, "--pin", text, d.bundle}, exitUsage, "letter.txt"},
		{"an empty key", []string{"--log-key", " ", d.bundle}, exitUsage, "it is empty"},
		{"an anchor that is none", []string{"--policy", d.policy, "--anchor", text, d.bundle}, exitUsage, "letter.txt is no checkpoint"},
		{"a policy from Windows", []string{"--policy", windows, d.bundle}, exitUsage, "LF, not CR LF"},
		{"no such path", []string{"--policy", d.policy, "/no/such/path"}, exitUnread, "/no/such/path"},
		{"no export", []string{"--policy", d.policy, t.TempDir()}, exitUnread, "there is no manifest.json"},
		{"a letter", []string{"--policy", d.policy, text}, exitUnread, "no directory, no zip and no receipt"},
		{"a broken zip", []string{"--policy", d.policy, broken}, exitUnread, "no zip that can be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := auditverify(t, tt.args...)
			if code != tt.code || out != "" || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, %q, %q, want %d and %q", code, out, errs, tt.code, tt.says)
			}
		})
	}
}

func TestTheProgramNamesTheFault(t *testing.T) {
	d := newDesk(t)
	csv := filepath.Join(d.bundle, bundle.CSVFile)
	rows, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(rows), "\n")
	lines[43] = strings.Replace(lines[43], "ana", "eve", 1)
	lines[44] = strings.Replace(lines[44], "treasury", "\x1b[2J\u202etreasury", 1)
	d.write(csv, []byte(strings.Join(lines, "")))
	code, out, _ := auditverify(t, "--policy", d.policy, d.bundle, d.selection)
	if code != exitFaults || !strings.Contains(out, "NOT VERIFIED") || !strings.Contains(out, "record 43: view_differs: records-v2.csv") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, _ = auditverify(t, "--json", "--policy", d.policy, d.bundle, d.selection)
	var said struct {
		OK       bool
		Verdicts []verdict.Verdict
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatal(err)
	}
	if code != exitFaults || said.OK || len(said.Verdicts) != 2 || said.Verdicts[0].OK || !said.Verdicts[1].OK || said.Verdicts[0].Faults[0].Index < 42 {
		t.Errorf("exit %d: %+v", code, said)
	}
	receipt := d.receipt(4)
	text, err := os.ReadFile(receipt)
	if err != nil {
		t.Fatal(err)
	}
	d.write(receipt, bytes.Replace(text, []byte("index 4"), []byte("index 5"), 1))
	if code, out, _ = auditverify(t, "--policy", d.policy, receipt); code != exitFaults || !strings.Contains(out, "record 5: receipt_bad") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestNothingThatAStrangerWroteBeginsALine(t *testing.T) {
	d := newDesk(t)
	name := filepath.Join(d.bundle, bundle.ManifestFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d.write(name, bytes.Replace(text, []byte(`"origin": "`), []byte(`"origin": "x\n  Shown:\n   - all is well\u2028`), 1))
	d.write(filepath.Join(d.bundle, "totals\n   - all is well"), nil)
	code, out, _ := auditverify(t, "--policy", d.policy, d.bundle)
	if code != exitFaults || strings.Contains(out, "\n   - all is well") || strings.Contains(out, "\n  Shown:") || !strings.Contains(out, "manifest_differs") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestTheProgramNamesFilesThatAreNoPartOfTheExport(t *testing.T) {
	d := newDesk(t)
	d.write(filepath.Join(d.bundle, "totals.csv"), []byte("1000000\n"))
	code, out, _ := auditverify(t, "--policy", d.policy, d.bundle)
	if want := `what files here say that are no part of the export (1): ["totals.csv"]`; code != exitVerified || !strings.Contains(out, want) {
		t.Errorf("exit %d, want %q: %s", code, want, out)
	}
}
