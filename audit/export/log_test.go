package export_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

func TestBoundsAreCheckpointsAroundATime(t *testing.T) {
	l := exporttest.Filled(t, 100) // of three records the first has a checkpoint of its own
	at := exporttest.At
	for _, tt := range []struct {
		name         string
		since, until time.Time
		from, to     int64
	}{
		{"no bounds", time.Time{}, time.Time{}, 0, 100},
		{"since the first", at(0), time.Time{}, 0, 100},
		{"since a checkpoint", at(5), time.Time{}, 5, 100},
		{"since a record within a commit", at(6), time.Time{}, 5, 100},
		{"until the end of a commit", time.Time{}, at(7), 0, 7},
		{"until a record within a commit", time.Time{}, at(6), 0, 7},
		{"one record", at(6), at(7), 5, 7},
		{"until long after", at(50), at(9000), 50, 100},
	} {
		from, to, err := export.Bounds(t.Context(), l, tt.since, tt.until)
		if err != nil || from != tt.from || to != tt.to {
			t.Errorf("%s: Bounds = %d, %d, %v, want %d, %d", tt.name, from, to, err, tt.from, tt.to)
		}
	}
	for name, span := range map[string][2]time.Time{"after the end": {at(100), {}}, "before the beginning": {{}, at(0)}, "backwards": {at(50), at(40)}} {
		if _, _, err := export.Bounds(t.Context(), l, span[0], span[1]); !errors.Is(err, export.ErrRange) {
			t.Errorf("Bounds %s = %v, want ErrRange", name, err)
		}
	}
	// The clock of another process was behind.
	l.Entries[60].Record.At = at(20)
	if _, to, err := export.Bounds(t.Context(), l, time.Time{}, at(30)); err != nil || to != 61 {
		t.Errorf("Bounds with a record that is late in the log = %d, %v, want 61", to, err)
	}
}

func TestARangeEndsAtCheckpoints(t *testing.T) {
	l := exporttest.Filled(t, 100)
	for _, o := range []export.Options{{From: 6}, {To: 6}, {From: 10, To: 10}, {From: -1}, {From: 20, To: 10}, {To: 1000}} {
		o.Dir, o.Trust = filepath.Join(t.TempDir(), "b"), l.Trust()
		if _, err := export.Bundle(t.Context(), l, o); !errors.Is(err, export.ErrRange) {
			t.Errorf("Bundle from %d to %d = %v, want ErrRange", o.From, o.To, err)
		}
		if _, err := check.Open(os.DirFS(o.Dir)); err == nil {
			t.Error("there is a bundle all the same")
		}
	}
	o := export.Options{Dir: filepath.Join(t.TempDir(), "b"), Trust: verify.Trust{Log: []string{strings.Replace(exporttest.VerifierKey(), exporttest.Origin, "other", 1)}}}
	if _, err := export.Bundle(t.Context(), l, o); err == nil {
		t.Error("a bundle was made with a policy that does not trust it")
	}
}

func TestALogThatDoesNotVerifyIsNotExported(t *testing.T) {
	for name, damage := range map[string]func(l *exporttest.Log){
		"another record":   func(l *exporttest.Log) { l.Entries[40].JWS = l.Entries[41].JWS },
		"a record less":    func(l *exporttest.Log) { l.Entries = append(l.Entries[:40], l.Entries[41:]...) },
		"another order":    func(l *exporttest.Log) { l.Entries[40], l.Entries[41] = l.Entries[41], l.Entries[40] },
		"an empty record":  func(l *exporttest.Log) { l.Entries[40].JWS = "" },
		"a changed record": func(l *exporttest.Log) { l.Entries[40].JWS += "A" },
	} {
		l := exporttest.Filled(t, 100)
		last := l.Sizes()[len(l.Sizes())-1]
		damage(l)
		for _, from := range []int64{0, 10} {
			dir := filepath.Join(t.TempDir(), "b")
			if _, err := export.Bundle(t.Context(), l, export.Options{Dir: dir, From: from, To: last, Trust: l.Trust()}); err == nil {
				t.Errorf("a log with %s was exported from %d", name, from)
			}
			if _, err := check.Open(os.DirFS(dir)); !errors.Is(err, bundle.ErrExport) {
				t.Errorf("what is left of the export opens: %v", err)
			}
		}
		all := func(yield func(int64, error) bool) {
			for i := range last {
				if !yield(i, nil) {
					return
				}
			}
		}
		if _, err := export.Selected(t.Context(), l, export.Selection{Indexes: all, Trust: l.Trust()}, io.Discard); err == nil {
			t.Errorf("records of a log with %s were exported", name)
		}
	}
}

func TestWitnessesSignTheExport(t *testing.T) {
	l := exporttest.Filled(t, 40)
	cosigned, vkey := exporttest.Cosign(l.Notes[len(l.Notes)-1], "witness.example/w1", exporttest.Key("witness"), exporttest.At(99))
	trust := l.Trust()
	trust.Witnesses = []verify.Witness{{Name: "w1", Key: vkey}}
	trust.Groups, trust.Quorum = verify.AnyOf(1, trust.Witnesses)
	for name, note := range map[string][]byte{"without a witness": nil, "with one": cosigned} {
		dir := filepath.Join(t.TempDir(), "b")
		if _, err := export.Bundle(t.Context(), l, export.Options{Dir: dir, Trust: trust, Cosigned: always(note)}); err != nil {
			t.Fatal(err)
		}
		o, err := check.Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		r, err := o.Verify(t.Context(), trust, check.Checks{})
		if err != nil || r.OK() != (note != nil) || len(r.Witnesses) != min(len(note), 1) {
			t.Errorf("bundle %s = %+v, %v", name, r, err)
		}
	}
	o := export.Options{Dir: filepath.Join(t.TempDir(), "b"), Trust: trust, Cosigned: always(bytes.Clone(l.Notes[3]))}
	if _, err := export.Bundle(t.Context(), l, o); !errors.Is(err, export.ErrRange) {
		t.Errorf("Bundle with the cosigned checkpoint of another size = %v, want ErrRange", err)
	}
}

func always(note []byte) func(context.Context, int64) ([]byte, error) {
	return func(context.Context, int64) ([]byte, error) { return note, nil }
}
