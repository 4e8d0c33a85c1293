package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
)

// TestTesseraReadsWhatWeExport has the tree of whole logs read by Tessera's fsck library. It
// must agree with us on whole bundles, and on bundles whose tree, entries or checkpoint are
// damaged; the views it knows nothing of.
func TestTesseraReadsWhatWeExport(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "fsck")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir, build.Env = "../../../tools/fsck", append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		missing(t, "tools/fsck cannot be built, for lack of its modules: "+string(out))
	}
	l := exporttest.Filled(t, 700)
	whole := exported(t, l, 0, 0)
	small := exported(t, l, 0, 4)
	for _, d := range []struct {
		damage
		of  files
		bad bool
	}{
		{damage{name: "a whole log", do: func(files) {}}, whole, false},
		{damage{name: "a small log", do: func(files) {}}, small, false},
		{damage{name: "a byte of a record", do: flip(300)}, whole, true},
		{damage{name: "a byte of the last record", do: flip(l.Size() - 1)}, whole, true},
		{damage{name: "a hash in a tile", do: edit("tile/0/001", "", "x")}, whole, true},
		{damage{name: "a hash in the root's tile", do: func(f files) { b := []byte(f.text("tile/1/000.p/2")); b[3] ^= 1; f.set("tile/1/000.p/2", string(b)) }}, whole, true},
		{damage{name: "a bundle of entries is gone", do: drop("tile/entries/001")}, whole, true},
		{damage{name: "another checkpoint", do: edit("checkpoint", "\n70", "\n71")}, whole, true},
	} {
		t.Run(d.name, func(t *testing.T) {
			f := d.of.clone()
			d.do(f)
			dir := f.written(t)
			ours := verified(t, os.DirFS(dir), check.Checks{HashesOnly: true})
			out, err := exec.CommandContext(t.Context(), bin, dir, exporttest.VerifierKey()).Output()
			said := strings.TrimSpace(string(out))
			theirs := err == nil && strings.HasSuffix("\n"+said, "\nok")
			if theirs == d.bad || ours.OK() == d.bad {
				t.Errorf("Tessera says %q (%v), we find %+v", said, err, ours.Faults)
			}
		})
	}
}
