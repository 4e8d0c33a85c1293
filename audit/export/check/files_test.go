package check_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
)

// A zip of which one program unpacks what another does not is no export: the auditor would
// read other bytes than were verified.
func TestAZipThatIsUnpackedInMoreThanOneWayIsRefused(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 60), 0, 0)
	for _, name := range []string{bundle.CSVFile, bundle.ManifestFile, strings.ToUpper(bundle.CSVFile), "../evil", "/etc/evil", `..\evil`, "tile/../x", "a\nb"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		put := func(name string, data []byte) {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write(data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, file := range f {
			put(name, file.Data)
		}
		put(name, []byte("forged\r\n"))
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		opened := new(zip.ReadCloser)
		opened.File = r.File
		for _, fsys := range []fs.FS{r, opened} {
			if _, err := check.Open(fsys); !errors.Is(err, bundle.ErrExport) || !strings.Contains(err.Error(), "the zip ") {
				t.Errorf("Open of a zip with %q more = %v, want it refused", name, err)
			}
		}
	}
}

func TestAPipeOrADeviceIsNotRead(t *testing.T) {
	whole := exported(t, exporttest.Filled(t, 60), 0, 0)
	for _, name := range []string{bundle.ReadmeFile, bundle.CSVFile, bundle.CheckpointFile, bundle.ManifestFile} {
		for _, mode := range []fs.FileMode{fs.ModeNamedPipe, fs.ModeDevice | fs.ModeCharDevice, fs.ModeSocket} {
			f := whole.clone()
			f[name] = &fstest.MapFile{Data: whole[name].Data, Mode: mode | 0o644}
			o, err := check.Open(fstest.MapFS(f))
			if err == nil {
				_, err = o.Verify(t.Context(), trust(), check.Checks{})
			}
			if err == nil || !strings.Contains(err.Error(), name+": neither a file nor a directory") {
				t.Errorf("%s as a %v = %v, want it refused", name, mode, err)
			}
		}
	}
}

// What lies beside the files of an export was not looked at, and is named.
func TestFilesThatAreNoPartOfAnExportAreNamed(t *testing.T) {
	l := exporttest.Filled(t, 600)
	_, picked := selected(t, l, 7, 400)
	for name, whole := range map[string]files{"a whole log": exported(t, l, 0, 601), "a range": exported(t, l, 301, 601), "a selection": picked} {
		for _, c := range []check.Checks{{}, {HashesOnly: true}} {
			if r := verified(t, fstest.MapFS(whole), c); !r.OK() || r.ExtraCount != 0 || r.Extra != nil {
				t.Errorf("%s has extra files %q, faults %+v", name, r.Extra, r.Faults)
			}
		}
		f := whole.clone()
		want := []string{"records/07.tlog-proof", "records-v1.csv", "tile/0/000.p/9", "tile/entries/007", "totals.txt"}
		for _, name := range append(want, ".DS_Store", "__MACOSX/._x", "evidence/x") {
			f.set(name, "forged")
		}
		r := verified(t, fstest.MapFS(f), check.Checks{})
		if !r.OK() || r.ExtraCount != int64(len(want)) || !slices.Equal(r.Extra, want) {
			t.Errorf("%s with more in it has extra files %q (%d), faults %+v; want %q", name, r.Extra, r.ExtraCount, r.Faults, want)
		}
	}
}
