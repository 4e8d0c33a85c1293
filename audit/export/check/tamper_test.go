package check_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

// A damage is one thing done to a bundle from 0 to 601, or to one of the records from 301
// on, and what must be found.
type damage struct {
	name  string
	do    func(f files)
	code  verify.FaultCode
	index int64
}

// flip changes one byte of a record.
func flip(index int64) func(files) {
	return func(f files) {
		name, first := f.entries(index)
		data := []byte(f.text(name))
		at := 0
		for i := first; i < index; i++ {
			at += 2 + int(data[at])<<8 + int(data[at+1])
		}
		data[at+200] ^= 1
		f.set(name, string(data))
	}
}

func drop(name string) func(files) { return func(f files) { delete(f, name) } }

// edit replaces a part of a file, which must be there.
func edit(name, old, new string) func(files) {
	return func(f files) {
		before, after, ok := strings.Cut(f.text(name), old)
		if !ok {
			panic(name + " holds no " + old)
		}
		f.set(name, before+new+after)
	}
}

// line does something to the lines of a file.
func line(name string, do func(lines []string) []string) func(files) {
	return func(f files) { f.set(name, strings.Join(do(f.lines(name)), "")) }
}

func tail(name string, n int) func(files) {
	return func(f files) { f.set(name, f.text(name)[:len(f.text(name))-n]) }
}

func add(name, text string) func(files) { return func(f files) { f.set(name, f.text(name)+text) } }

func changed(at int) func([]string) []string {
	return func(l []string) []string { l[at] = strings.Replace(l[at], "treasury", "treasurx", 1); return l }
}

var damages = []damage{
	{"a byte of a record", flip(17), verify.RootDiffers, 17},
	{"a bundle of entries is gone", drop("tile/entries/001"), verify.Incomplete, 256},
	{"the last bundle of entries is gone", drop("tile/entries/002.p/89"), verify.Incomplete, 512},
	{"a bundle of entries ends early", tail("tile/entries/001", 9), check.EntriesBroken, 511},
	{"a bundle of entries goes on", add("tile/entries/001", "xx"), check.EntriesBroken, 512},
	{"a hash in a tile", edit("tile/0/001", "", "x"), verify.TileDiffers, 256},
	{"a tile is gone", drop("tile/0/001"), verify.TileMissing, 256},
	{"the checkpoint is gone", drop("checkpoint"), verify.NoCheckpoint, 601},
	{"the checkpoint is another text", edit("checkpoint", "601", "600"), verify.CheckpointUnsigned, 512},
	{"a stored checkpoint", edit("checkpoints", "\n301\n", "\n302\n"), verify.CheckpointUnsigned, 299},
	{"the checkpoints end early", tail("checkpoints", 9), check.FileDiffers, 0},
	{"the checkpoints are gone", drop("checkpoints"), check.FileMissing, 0},
	{"a row of the CSV", line(bundle.CSVFile, changed(43)), check.ViewDiffers, 42},
	{"the last row of the CSV", line(bundle.CSVFile, changed(601)), check.ViewDiffers, 600},
	{"the header of the CSV", line(bundle.CSVFile, func(l []string) []string { l[0] = "x" + l[0]; return l }), check.ViewDiffers, 0},
	{"a row of the CSV is gone", line(bundle.CSVFile, func(l []string) []string { return append(l[:43], l[44:]...) }), check.ViewDiffers, 42},
	{"a row of the CSV twice", line(bundle.CSVFile, func(l []string) []string { return append(l[:43:43], l[42:]...) }), check.ViewDiffers, 42},
	{"the CSV ends early", tail(bundle.CSVFile, 20), check.ViewDiffers, 600},
	{"the CSV goes on", add(bundle.CSVFile, "601,x\r\n"), check.ViewDiffers, 601},
	{"the CSV is gone", drop(bundle.CSVFile), check.FileMissing, 0},
	{"an OCSF event", line(bundle.OCSFFile, changed(300)), check.ViewDiffers, 300},
	{"the OCSF events end early", tail(bundle.OCSFFile, 1), check.ViewDiffers, 600},
	{"the OCSF events go on", add(bundle.OCSFFile, "{}\n"), check.ViewDiffers, 601},
	{"a key of the JWK set", edit(bundle.JWKSFile, `"ana"`, `"eve"`), check.ViewDiffers, 0},
	{"the JWK set is gone", drop(bundle.JWKSFile), check.FileMissing, 0},
	{"the policy", edit(bundle.PolicyFile, "quorum", "# quorum"), check.FileDiffers, 0},
	{"the README", edit(bundle.ReadmeFile, "does not show", "shows"), check.FileDiffers, 0},
	{"the README is gone", drop(bundle.ReadmeFile), check.FileMissing, 0},
	{"the manifest's range", edit(bundle.ManifestFile, `"to": 601`, `"to": 602`), check.ManifestDiffers, 0},
	{"the manifest's checkpoints", edit(bundle.ManifestFile, `"checkpoints": `, `"checkpoints": 1`), check.ManifestDiffers, 0},
	{"the manifest's root", edit(bundle.ManifestFile, `"root": "`, `"root": "A`), check.ManifestDiffers, 0},
	{"the manifest's origin", edit(bundle.ManifestFile, exporttest.Origin, "example.com/other"), check.ManifestDiffers, 0},
	{"the manifest's product", edit(bundle.ManifestFile, `"vendor": "countersign"`, `"vendor": "acme"`), check.ViewDiffers, 0},
	{"the manifest does not name a file", func(f files) {
		l := f.text(bundle.ManifestFile)
		at := strings.Index(l, "    {\n      \"name\": \"policy\"")
		end := at + strings.Index(l[at:], "},\n") + 3
		f.set(bundle.ManifestFile, l[:at]+l[end:])
	}, check.FileMissing, 0},
}

var rangeDamages = []damage{
	{"a byte of a record", flip(400), verify.RootDiffers, 400},
	{"a byte of a record in front", flip(270), verify.FrontierDiffers, 256},
	{"a bundle of entries is gone", drop("tile/entries/001"), verify.Incomplete, 301},
	{"the frontier", edit(bundle.FrontierFile, "", "x"), verify.FrontierDiffers, 301},
	{"a hash of the frontier is gone", line(bundle.FrontierFile, func(l []string) []string { return l[1:] }), verify.FrontierDiffers, 301},
	{"the frontier is gone", drop(bundle.FrontierFile), check.FileMissing, 301},
	{"the first checkpoint is gone", drop(bundle.FromFile), verify.CheckpointUnsigned, 0},
	{"the first checkpoint is another text", edit(bundle.FromFile, "301", "300"), verify.CheckpointUnsigned, 0},
	{"a receipt of a key", edit("keys/2.tlog-proof", "index 2", "index 3"), verify.ReceiptBad, 3},
	{"a receipt of a key is gone", drop("keys/3.tlog-proof"), check.FileMissing, 301},
	{"a row of the CSV", line(bundle.CSVFile, changed(5)), check.ViewDiffers, 305},
	{"a range is called a whole log", func(f files) { edit(bundle.ManifestFile, `"from": 301`, `"from": 0`)(f); delete(f, bundle.FromFile) }, verify.Incomplete, 0},
}

func TestWhatWasDoneToABundleIsFound(t *testing.T) {
	l := exporttest.Filled(t, 600)
	for _, part := range []struct {
		from    int64
		damages []damage
	}{{0, damages}, {301, rangeDamages}} {
		whole := exported(t, l, part.from, 601)
		if r := verified(t, fstest.MapFS(whole), check.Checks{}); !r.OK() {
			t.Fatalf("the bundle from %d is not whole: %+v", part.from, r.Faults)
		}
		for _, d := range part.damages {
			t.Run(fmt.Sprintf("from %d: %s", part.from, d.name), func(t *testing.T) {
				f := whole.clone()
				d.do(f)
				r := verified(t, fstest.MapFS(f), check.Checks{})
				if !finds(r, d.code, d.index) {
					t.Errorf("found %d faults %+v, want %s at %d", r.FaultCount, r.Faults[:min(len(r.Faults), 5)], d.code, d.index)
				}
			})
		}
	}
}

func TestHashesOnlyFindsWhatIsInTheTree(t *testing.T) {
	l := exporttest.Filled(t, 600)
	whole := exported(t, l, 0, 601)
	if r := verified(t, fstest.MapFS(whole), check.Checks{HashesOnly: true}); !r.OK() || !r.Complete || r.Rows != 0 || len(r.Uncompared) == 0 {
		t.Errorf("hashes of a whole bundle = %+v", r)
	}
	for i := int64(0); i < 601; i += 37 {
		f := whole.clone()
		flip(i)(f)
		if r := verified(t, fstest.MapFS(f), check.Checks{HashesOnly: true}); r.OK() || r.Complete {
			t.Errorf("hashes of a bundle with another record %d = %+v", i, r)
		}
	}
}

func TestManyDifferencesEndTheComparison(t *testing.T) {
	f := exported(t, exporttest.Filled(t, 600), 0, 601)
	f.set(bundle.CSVFile, strings.Repeat("x\n", 1000))
	f.set(bundle.OCSFFile, strings.Repeat("y", 3<<20)) // one line, and no end of it
	r := verified(t, fstest.MapFS(f), check.Checks{})
	if r.FaultCount < 101 || r.FaultCount > 110 || len(r.Faults) != int(r.FaultCount) {
		t.Errorf("%d faults, want about a hundred of the CSV and one or two of the events", r.FaultCount)
	}
}
