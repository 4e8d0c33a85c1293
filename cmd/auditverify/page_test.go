package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/audit/export/bundle"
	"countersign/audit/export/exporttest"
)

// A step is what somebody does on the page.
type step struct {
	Trust  string   `json:"trust"`
	Anchor string   `json:"anchor,omitempty"`
	Files  []string `json:"files,omitempty"`
	Folder string   `json:"folder,omitempty"`
	Drop   string   `json:"drop,omitempty"`
	Hashes bool     `json:"hashes,omitempty"`
	Scheme string   `json:"scheme,omitempty"`
	Width  int      `json:"width,omitempty"`
	Shot   string   `json:"shot,omitempty"`
}

// A said is what the page says then.
type said struct {
	Error    string
	Verdicts []struct {
		Title          string
		Focused        bool
		Shown, Unshown []string
		Faults         [][]string
		Figures        map[string]string
	}
}

// missing skips a test that cannot run here, or fails it where none may be skipped.
func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		tb.Fatalf("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: %s", what)
	}
	tb.Skip(what)
}

// browsed builds the page and does the steps on it, each on a page of its own.
func browsed(t *testing.T, steps []step) (results []said) {
	t.Helper()
	dir, browser := driver(t)
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "../../tools/auditor.sh", bin).CombinedOutput(); err != nil {
		t.Fatalf("tools/auditor.sh = %v: %s", err, out)
	}
	asked, err := json.Marshal(map[string]any{"page": filepath.Join(bin, "auditor-page", "index.html"), "chromium": browser, "steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "page.mjs")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(asked)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node page.mjs = %v: %s", err, errs.String())
	}
	var got struct {
		Results                 []said
		Requests, Errors, Tried []string
		Hits                    int
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for _, url := range got.Requests {
		if !strings.HasPrefix(url, "file://"+bin) && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s", url)
		}
	}
	if got.Hits != 0 || slices.ContainsFunc(got.Tried, func(s string) bool { return s != "refused" }) || len(got.Tried) != 3 {
		t.Errorf("what runs in the page reached the network: %v, %d requests arrived", got.Tried, got.Hits)
	}
	if len(got.Errors) > 0 {
		t.Errorf("the page has errors: %q", got.Errors)
	}
	if len(got.Results) != len(steps) {
		t.Fatalf("%d results of %d steps", len(got.Results), len(steps))
	}
	return got.Results
}

// driver is where the script lies that drives a browser, and the browser.
func driver(t *testing.T) (dir, browser string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "no node: install nodejs")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no chromium: install the Debian package chromium")
	}
	if dir, err = filepath.Abs("../../tests/verifyjs"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err != nil {
		missing(t, "no playwright-core: cd tests/verifyjs && npm ci")
	}
	return dir, browser
}

// tampered is the bundle with another row 42 of the CSV, and another byte of record 17.
func (d desk) tampered() string {
	d.Helper()
	dir := filepath.Join(d.TempDir(), "tampered")
	if err := os.CopyFS(dir, os.DirFS(d.bundle)); err != nil {
		d.Fatal(err)
	}
	csv := filepath.Join(dir, bundle.CSVFile)
	rows, err := os.ReadFile(csv)
	if err != nil {
		d.Fatal(err)
	}
	lines := strings.SplitAfter(string(rows), "\n")
	lines[43] = strings.Replace(lines[43], "treasury", "<b>other</b>", 1)
	d.write(csv, []byte(strings.Join(lines, "")))
	name := filepath.Join(dir, bundle.EntriesPath(0, 256))
	data, err := os.ReadFile(name)
	if err != nil {
		d.Fatal(err)
	}
	at := 0
	for range 17 {
		at += 2 + int(data[at])<<8 + int(data[at+1])
	}
	data[at+300] ^= 1
	d.write(name, data)
	return dir
}

func TestThePageSaysWhatTheProgramSays(t *testing.T) {
	d := newDesk(t)
	zip := filepath.Join(t.TempDir(), "bundle.zip")
	zipDir(t, d.bundle, zip)
	key, anchor := exporttest.VerifierKey(), string(d.log.Notes[20])
	shot := func(name string) string {
		if dir := os.Getenv("COUNTERSIGN_TEST_SHOTS"); dir != "" {
			return filepath.Join(dir, name)
		}
		return ""
	}
	tampered := d.tampered()
	got := browsed(t, []step{
		{Trust: key, Drop: zip, Anchor: anchor, Shot: shot("verified.png")},
		{Trust: string(d.log.Trust().Policy()), Folder: d.bundle},
		{Trust: key, Folder: tampered, Shot: shot("tampered.png")},
		{Trust: key, Files: []string{d.receipt(40), renamed(t, d.receipt(0)), renamed(t, d.receipt(2)), renamed(t, d.receipt(3)), renamed(t, d.receipt(1))}, Shot: shot("receipt.png"), Scheme: "dark"},
		{Trust: key, Files: []string{d.selection}, Shot: shot("selection.png"), Width: 420},
		{Trust: key, Drop: zip, Hashes: true},
		{Trust: "", Drop: zip},
		{Trust: "not a key", Drop: zip},
		{Trust: key, Files: []string{d.policy}},
		{Trust: key},
	})
	for i, want := range []string{"Verified", "Verified", "Not verified", "Verified", "Verified", "Verified"} {
		if len(got[i].Verdicts) != 1 || !strings.HasPrefix(got[i].Verdicts[0].Title, want) || !got[i].Verdicts[0].Focused || got[i].Error != "" {
			t.Fatalf("step %d: %+v, want %s", i, got[i], want)
		}
	}
	if v := got[0].Verdicts[0]; v.Figures["Records"] != "301" || v.Figures["Rows compared"] != "301" || !contains(v.Shown, "left out") || !contains(v.Shown, "extends what you knew") {
		t.Errorf("of a bundle it says %+v", v)
	}
	faults := map[string]bool{}
	for _, f := range got[2].Verdicts[0].Faults {
		faults[f[0]+" "+f[1]] = true
	}
	if !faults["42 view_differs"] || !faults["17 root_differs"] || len(got[2].Verdicts[0].Shown) != 0 {
		t.Errorf("of a tampered bundle it says %+v", got[2].Verdicts[0])
	}
	if v := got[3].Verdicts[0]; v.Figures["Record"] != "40" || !contains(v.Shown, "which is enrolled") || !contains(v.Unshown, "only a whole log or a range") {
		t.Errorf("of a receipt it says %+v", v)
	}
	if v := got[4].Verdicts[0]; v.Figures["Records"] != "2" || !contains(v.Unshown, "somebody picked these") {
		t.Errorf("of a selection it says %+v", v)
	}
	if !contains(got[5].Verdicts[0].Unshown, "only hashes were looked at") {
		t.Errorf("of hashes only it says %+v", got[5].Verdicts[0])
	}
	for i, want := range map[int]string{6: "Enter the log’s key", 7: "unusable trust policy", 8: "no zip, no folder and no receipt", 9: "Choose what to verify"} {
		if len(got[i].Verdicts) != 0 || !strings.Contains(got[i].Error, want) {
			t.Errorf("step %d: %+v, want %q", i, got[i], want)
		}
	}
}

func contains(sentences []string, part string) bool {
	return slices.ContainsFunc(sentences, func(s string) bool { return strings.Contains(s, part) })
}
