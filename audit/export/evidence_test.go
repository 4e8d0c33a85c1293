package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/swept"
)

// A box is what is kept beside a log.
type box map[string][]byte

func (b box) keep(text []byte) string {
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	b[digest] = text
	return digest
}

func (b box) read(_ context.Context, digest string) ([]byte, error) {
	if text, ok := b[digest]; ok {
		return text, nil
	}
	return nil, audit.ErrNoRecord
}

// evident is a log whose last records name evidence: an alarm, and the plan of a sweep whose
// contents name two chunks.
func evident(t *testing.T) (*exporttest.Log, box) {
	t.Helper()
	l, b := exporttest.Filled(t, 300), box{}
	l.Add("ana", audit.Draft{Key: "alarm/1", Type: audit.AlarmRaised, Body: audit.Alarm{What: "x", Evidence: b.keep([]byte(`{"was":"read"}`))}})
	contents, err := json.Marshal(swept.Contents{Moves: []string{b.keep([]byte("[1]")), b.keep([]byte("[2]"))}})
	if err != nil {
		t.Fatal(err)
	}
	l.Add("bo", audit.Draft{Key: "sweep/1/planned", Type: swept.SweepPlanned, Body: swept.Planned{SweepID: "sweep/1", Contents: b.keep(contents)}})
	l.Commit()
	return l, b
}

func exportedWith(t *testing.T, l *exporttest.Log, b box, dir string, from int64) (bundle.Manifest, []string) {
	t.Helper()
	var lost []string
	m, err := export.Bundle(t.Context(), l, export.Options{Dir: dir, From: from, To: l.Size(), Trust: l.Trust(), Evidence: b.read, Lost: func(digest string, _ error) { lost = append(lost, digest) }})
	if err != nil {
		t.Fatal(err)
	}
	return m, lost
}

func TestABundleHasWhatRecordsName(t *testing.T) {
	l, b := evident(t)
	for _, from := range []int64{0, l.Sizes()[100]} {
		dir := filepath.Join(t.TempDir(), "bundle")
		if m, lost := exportedWith(t, l, b, dir, from); *m.Evidence != (bundle.Evidence{Named: 4, Files: 4}) || lost != nil {
			t.Fatalf("from %d: evidence %+v, lost %q", from, m.Evidence, lost)
		}
		for digest, text := range b {
			if got, err := os.ReadFile(filepath.Join(dir, "evidence", digest)); err != nil || !bytes.Equal(got, text) {
				t.Errorf("evidence %s = %q, %v", digest, got, err)
			}
		}
		if r := verified(t, dir, check.Checks{}); !r.OK() || *r.Evidence != (check.Evidence{Named: 4, Here: 4}) {
			t.Errorf("from %d: verified = %+v, %+v", from, r.Evidence, r.Faults)
		}
	}
	without := exported(t, l, 0, l.Size())
	if r := verified(t, without, check.Checks{}); !r.OK() || *r.Evidence != (check.Evidence{Named: 2}) {
		t.Errorf("without evidence: verified = %+v, %+v; want what is named and not there to be counted", r.Evidence, r.Faults)
	}
	if text, err := os.ReadFile(filepath.Join(without, bundle.ReadmeFile)); err != nil || !bytes.Contains(text, []byte("**is not in this export**")) {
		t.Errorf("the README does not say that evidence is not there: %v", err)
	}
}

func TestEvidenceThatIsNotWhatItWas(t *testing.T) {
	l, b := evident(t)
	alarm := b.keep([]byte(`{"was":"read"}`))
	for _, tt := range []struct {
		name   string
		change func(path string) error
		want   check.Evidence
		faults int64
	}{
		{"changed", func(path string) error { return os.WriteFile(path, []byte(`{"was":"reed"}`), 0o600) }, check.Evidence{Named: 4, Here: 3}, 1},
		{"gone", os.Remove, check.Evidence{Named: 4, Here: 3}, 0},
		{"one more", func(path string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(path), box{}.keep([]byte("made up"))), []byte("made up"), 0o600)
		}, check.Evidence{Named: 4, Here: 4, Unnamed: 1}, 0},
	} {
		dir := filepath.Join(t.TempDir(), "bundle")
		exportedWith(t, l, b, dir, 0)
		if err := tt.change(filepath.Join(dir, "evidence", alarm)); err != nil {
			t.Fatal(err)
		}
		r := verified(t, dir, check.Checks{})
		if *r.Evidence != tt.want || r.FaultCount != tt.faults {
			t.Errorf("%s: verified = %+v, %+v", tt.name, r.Evidence, r.Faults)
		}
		if tt.faults > 0 && (r.Faults[0].Code != check.FileDiffers || r.Faults[0].Index != l.Size()-2) {
			t.Errorf("%s: %+v, want it to name the record", tt.name, r.Faults)
		}
		was, err := export.Look(dir)
		if err != nil || !was.Finished || was.Whole {
			t.Errorf("%s: Look = %+v, %v", tt.name, was, err)
		}
		if m, _ := exportedWith(t, l, b, dir, 0); m.Evidence.Files != 4 { // again: it is mended
			t.Errorf("%s: exported again = %+v", tt.name, m.Evidence)
		}
	}
}

func TestEvidenceThatIsNotKeptAnyMoreIsSaid(t *testing.T) {
	l, b := evident(t)
	gone := b.keep([]byte("[1]"))
	delete(b, gone)
	forged := b.keep([]byte("[2]"))
	b[forged] = []byte("[3]")
	dir := filepath.Join(t.TempDir(), "bundle")
	m, lost := exportedWith(t, l, b, dir, 0)
	if *m.Evidence != (bundle.Evidence{Named: 4, Files: 2}) || !slices.Equal(lost, []string{gone, forged}) {
		t.Errorf("evidence %+v, lost %q", m.Evidence, lost)
	}
	if r := verified(t, dir, check.Checks{}); !r.OK() || *r.Evidence != (check.Evidence{Named: 4, Here: 2}) {
		t.Errorf("verified = %+v, %+v", r.Evidence, r.Faults)
	}
}

// What an earlier run has written is not read from the store again.
func TestEvidenceGoesOn(t *testing.T) {
	l, b := evident(t)
	dir := filepath.Join(t.TempDir(), "bundle")
	o := export.Options{Dir: dir, To: l.Size(), Trust: l.Trust()}
	reads, errAway := 0, errors.New("the store is away")
	o.Evidence = func(ctx context.Context, digest string) ([]byte, error) {
		if reads++; reads == 3 {
			return nil, errAway
		}
		return b.read(ctx, digest)
	}
	if _, err := export.Bundle(t.Context(), l, o); !errors.Is(err, errAway) {
		t.Fatalf("export = %v, want %v", err, errAway)
	}
	if m, err := export.Bundle(t.Context(), l, o); err != nil || m.Evidence.Files != 4 || reads != 5 {
		t.Errorf("going on = %+v, %v after %d reads, want 5", m.Evidence, err, reads)
	}
	o.Evidence = nil
	if _, err := export.Bundle(t.Context(), l, o); !errors.Is(err, export.ErrOther) {
		t.Errorf("the same without evidence = %v, want ErrOther", err)
	}
}

func TestASelectionHasWhatItsRecordsName(t *testing.T) {
	l, b := evident(t)
	var out bytes.Buffer
	m, err := export.Selected(t.Context(), l, export.Selection{Trust: l.Trust(), Evidence: b.read, Indexes: func(yield func(int64, error) bool) { yield(l.Size()-1, nil) }}, &out)
	if err != nil || *m.Evidence != (bundle.Evidence{Named: 3, Files: 3}) {
		t.Fatalf("selected = %+v, %v", m.Evidence, err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	o, err := check.Open(fs.FS(z))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := o.Verify(t.Context(), l.Trust(), check.Checks{}); err != nil || !r.OK() || *r.Evidence != (check.Evidence{Named: 3, Here: 3}) {
		t.Errorf("verified = %s, %v", fmt.Sprintf("%+v %+v", r.Evidence, r.Faults), err)
	}
}
