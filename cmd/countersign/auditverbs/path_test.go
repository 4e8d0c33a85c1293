package auditverbs_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/audit/export"
	"countersign/audit/export/exporttest"
)

// An export is told of as auditverify tells of it: with what it does not show.
func TestAnExportIsChecked(t *testing.T) {
	d := newDesk(t)
	l := exporttest.Filled(t, 120)
	from, to := l.Sizes()[30], l.Sizes()[60]
	dir := filepath.Join(t.TempDir(), "bundle")
	if _, err := export.Bundle(t.Context(), l, export.Options{Dir: dir, From: from, To: to, Trust: l.Trust()}); err != nil {
		t.Fatal(err)
	}
	kept := func(at int) string {
		path := filepath.Join(t.TempDir(), "checkpoint")
		if err := os.WriteFile(path, l.Notes[at], 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := []string{"verify", dir, "--log-key", exporttest.VerifierKey()}
	for _, tt := range []struct {
		name string
		args []string
		says []string
	}{
		{"a range", nil, []string{"verified: ", "shown: between record", "not shown: anything before record", "not shown: that 3 keys, ", "not shown: that the log has not shown other records"}},
		{"with one that it extends", []string{"--anchor", kept(50)}, []string{"shown: the log extends what you knew of it (checkpoints: 1)"}},
		{"with one from before it", []string{"--anchor", kept(5)}, []string{"not shown: that the range extends 1 of the checkpoints", "not shown: that the log has not shown other records"}},
		{"with a later one", []string{"--anchor", kept(len(l.Notes) - 1)}, []string{"not shown: that the export is a beginning of what 1 of the checkpoints", "not shown: that the log has not shown other records"}},
	} {
		got, err := d.run(t, false, append(args, tt.args...)...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, want := range tt.says {
			if !strings.Contains(got, "\n"+want) && !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s, want it to say %q", tt.name, got, want)
			}
		}
	}
	checkOthers(t, d, l, args)
}

// checkOthers checks the bundle of args as JSON, and against another history.
func checkOthers(t *testing.T, d *desk, l *exporttest.Log, args []string) {
	t.Helper()
	var report struct {
		Kind     string
		OK       bool
		Shown    []string
		NotShown []string `json:"not_shown"`
	}
	if got, err := d.run(t, true, args...); err != nil || json.Unmarshal([]byte(got), &report) != nil || report.Kind != "range" || !report.OK || len(report.Shown) == 0 || len(report.NotShown) == 0 {
		t.Errorf("as JSON = %s, %v", got, err)
	}
	other := exporttest.New(t)
	fork := filepath.Join(t.TempDir(), "fork")
	other.Fill(200, 3)
	inside := slices.IndexFunc(other.Sizes(), func(size int64) bool { return size > l.Sizes()[30] && size <= l.Sizes()[60] })
	if err := os.WriteFile(fork, other.Notes[inside], 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.run(t, false, append(args, "--anchor", fork)...); !errors.Is(err, errRefused) {
		t.Errorf("with a checkpoint of another history = %s, %v", got, err)
	}
}

// A live log that is shorter than a checkpoint which was kept was rolled back.
func TestALogIsComparedWithWhatWasKept(t *testing.T) {
	d := newDesk(t)
	before, err := d.db.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.run(t, false, "verify", "--log-key", d.key, "--anchor", path); err != nil {
		t.Errorf("with its own checkpoint = %s, %v", got, err)
	}
	younger := newDesk(t)
	younger.more(t, 5)
	later, err := younger.db.Checkpoint(t.Context())
	if err == nil {
		err = os.WriteFile(path, later, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.run(t, false, "verify", "--log-key", d.key, "--anchor", path); !errors.Is(err, errRefused) || !strings.Contains(got, "rolled_back") {
		t.Errorf("with a later checkpoint = %s, %v; want rolled_back", got, err)
	}
}
