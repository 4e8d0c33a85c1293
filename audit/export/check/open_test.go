package check_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

// zipped is a zip of files, within a directory when that is not empty.
func zipped(tb testing.TB, f files, dir string) fs.FS {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, file := range f {
		w, err := z.Create(dir + name)
		if err == nil {
			_, err = w.Write(file.Data)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestABundleIsReadFromAnythingThatHoldsFiles(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 300), 0, 0)
	inner := files{}
	for name, file := range f {
		inner["my bundle/"+name] = file
	}
	inner[".DS_Store"], inner["__MACOSX/x"] = &fstest.MapFile{}, &fstest.MapFile{}
	for name, fsys := range map[string]fs.FS{
		"a zip": zipped(t, f, ""), "a zip of a directory": zipped(t, f, "bundle-2026/"), "a directory in a directory": fstest.MapFS(inner),
	} {
		if r := verified(t, fsys, check.Checks{}); !r.OK() || r.Records != 301 || r.Rows != 301 {
			t.Errorf("%s = %+v", name, r)
		}
	}
}

func TestWhatIsNoExportIsRefused(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 60), 0, 0)
	manifest := f.text(bundle.ManifestFile)
	for name, text := range map[string]string{
		"no JSON": "x", "an unknown form": strings.Replace(manifest, "bundle-v1", "bundle-v2", 1),
		"an unknown member":     strings.Replace(manifest, "{", `{ "x": 1,`, 1),
		"other spaces":          strings.Replace(manifest, "  ", " ", 1),
		"a negative range":      strings.Replace(manifest, `"from": 0`, `"from": -1`, 1),
		"a file outside":        strings.Replace(manifest, `"policy"`, `"../policy"`, 1),
		"two manifests":         manifest + manifest,
		"a very long one":       manifest + strings.Repeat(" ", bundle.MaxManifest),
		"an absolute file":      strings.Replace(manifest, `"policy"`, `"/etc/passwd"`, 1),
		"a file twice":          strings.Replace(manifest, `"policy"`, `"checkpoint"`, 1),
		"a directory":           strings.Replace(manifest, `"policy"`, `"."`, 1),
		"no name":               strings.Replace(manifest, `"policy"`, `""`, 1),
		"a name of two lines":   strings.Replace(manifest, `"policy"`, `"x\n  Shown:"`, 1),
		"no index of an export": strings.Replace(manifest, `"checkpoints": `, `"export_index": -1, "checkpoints": `, 1),
		"a member in capital":   strings.Replace(manifest, `"form"`, `"Form"`, 1),
	} {
		g := f.clone()
		g.set(bundle.ManifestFile, text)
		if _, err := check.Open(fstest.MapFS(g)); !errors.Is(err, bundle.ErrExport) {
			t.Errorf("Open of a manifest with %s = %v, want ErrExport", name, err)
		}
	}
	for name, fsys := range map[string]fs.FS{"nothing": fstest.MapFS{}, "a stopped export": fstest.MapFS{bundle.ProgressFile: &fstest.MapFile{}, "checkpoint": &fstest.MapFile{}}} {
		if _, err := check.Open(fsys); !errors.Is(err, bundle.ErrExport) {
			t.Errorf("Open of %s = %v, want ErrExport", name, err)
		}
	}
}

func TestABundleIsComparedWithWhatIsKnown(t *testing.T) {
	l := exporttest.Filled(t, 300)
	f := fstest.MapFS(exported(t, l, 0, l.Sizes()[100]))
	last := l.Notes[len(l.Notes)-1]
	r := verified(t, f, check.Checks{Anchors: [][]byte{l.Notes[50], l.Notes[100]}})
	if !r.OK() {
		t.Errorf("with checkpoints of the log = %+v", r.Faults)
	}
	if r = verified(t, f, check.Checks{Anchors: [][]byte{last}}); !r.OK() || r.Unproven.Later != 1 {
		t.Errorf("with a later checkpoint = %+v, %+v; want it counted as not compared", r.Faults, r.Unproven)
	}
	cut := maps.Clone(f) // an export that is shorter than it says, and than what is known
	for name := range cut {
		if strings.HasPrefix(name, "tile/entries/") {
			delete(cut, name)
		}
	}
	if r = verified(t, cut, check.Checks{Anchors: [][]byte{l.Notes[50], last}}); !finds(r, verify.RolledBack, 0) || !finds(r, verify.Incomplete, 0) || r.Unproven.Later != 1 {
		t.Errorf("without its records = %+v, want rolled_back and incomplete", r.Faults)
	}
	other := exporttest.Filled(t, 300) // the same keys, other records
	if r = verified(t, f, check.Checks{Anchors: [][]byte{other.Notes[90]}}); r.OK() {
		t.Error("a fork of the log was not found")
	}
	o, err := check.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Verify(t.Context(), verify.Trust{}, check.Checks{}); !errors.Is(err, verify.ErrTrust) {
		t.Errorf("Verify trusting nobody = %v, want ErrTrust", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Verify(ctx, trust(), check.Checks{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v, want the context's error", err)
	}
}

func TestEventsOfAnotherProgramAreNotCompared(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 60), 0, 0)
	edit(bundle.ManifestFile, bundle.OCSFForm, "ocsf-9.9.9-v7")(f)
	f.set(bundle.OCSFFile, "something newer\n")
	r := verified(t, fstest.MapFS(f), check.Checks{})
	if !r.OK() || len(r.Uncompared) != 1 || r.Uncompared[0] != bundle.OCSFFile {
		t.Errorf("report = %+v, want the events uncompared", r)
	}
}

func TestRowsOfAnotherFormAreNotCompared(t *testing.T) {
	const earlier = "records-v1.csv"
	f := exported(t, exporttest.Filled(t, 60), 0, 0)
	f.set(earlier, string(f[bundle.CSVFile].Data))
	delete(f, bundle.CSVFile)
	edit(bundle.ManifestFile, bundle.CSVFile, earlier)(f)
	r := verified(t, fstest.MapFS(f), check.Checks{})
	if !r.OK() || len(r.Uncompared) != 1 || r.Uncompared[0] != earlier {
		t.Errorf("report = %+v, want the rows uncompared", r)
	}
	f.set(earlier, "something else\n")
	if r := verified(t, fstest.MapFS(f), check.Checks{}); r.OK() {
		t.Error("other rows than were exported are not found")
	}
}

func TestProgressEnds(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 2500), 0, 0)
	var done, total int64
	calls := 0
	verified(t, fstest.MapFS(f), check.Checks{Progress: func(d, n int64) {
		if d < done || d > n {
			t.Errorf("progress went from %d to %d of %d", done, d, n)
		}
		done, total = d, n
		calls++
	}})
	if done != total || calls < 3 {
		t.Errorf("progress ended at %d of %d after %d calls", done, total, calls)
	}
}
