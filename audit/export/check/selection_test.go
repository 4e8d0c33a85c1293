package check_test

import (
	"archive/zip"
	"bytes"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/verify"
)

func indexes(all ...int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for _, i := range all {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func selected(tb testing.TB, l *exporttest.Log, all ...int64) ([]byte, files) {
	tb.Helper()
	var b bytes.Buffer
	m, err := export.Selected(tb.Context(), l, export.Selection{Indexes: indexes(all...), Filter: "wallet `wa-1`\n# 2026", Trust: l.Trust()}, &b)
	if err != nil {
		tb.Fatalf("Selected = %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		tb.Fatal(err)
	}
	f := load(tb, z)
	if int64(len(f.receipts())) != m.Records {
		tb.Fatalf("%d receipts, the manifest says %d", len(f.receipts()), m.Records)
	}
	return b.Bytes(), f
}

func (f files) receipts() (names []string) {
	for name := range f {
		if strings.HasPrefix(name, "records/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestASelectionVerifiesAndSaysWhatItDoesNotShow(t *testing.T) {
	l := exporttest.Filled(t, 400)
	l.Add("ana", audit.Draft{Key: audit.KeyRecordKey(audit.KeyID(exporttest.Key("cy").Public()), audit.KeyRetired), Type: audit.KeyRetired,
		Body: func(index int64) any {
			return audit.KeyEnd{KeyID: audit.KeyID(exporttest.Key("cy").Public()), From: index + 1}
		}})
	l.Commit()
	raw, f := selected(t, l, 300, 4, 5, 6, 300, 9, 1_000_000, -3)
	r := verified(t, fstest.MapFS(f), check.Checks{})
	if !r.OK() || r.Complete || r.Kind != verify.Selected || r.Records != 5 || r.Rows != 5 || r.Unsigned != 0 || r.Decisions == 0 || r.Origin != exporttest.Origin {
		t.Errorf("selection = %+v", r)
	}
	if got := len(f.lines(bundle.CSVFile)) - 2; got != 5 {
		t.Errorf("the CSV has %d rows, want 5", got)
	}
	readme := f.text(bundle.ReadmeFile)
	if !strings.Contains(readme, "It does not show that nothing was left out") || !strings.Contains(readme, "`wallet 'wa-1' # 2026`") {
		t.Errorf("README = %s", readme)
	}
	if again, _ := selected(t, l, 9, 4, 5, 6, 300); !bytes.Equal(again, raw) {
		t.Error("the same records make another zip")
	}
	if r = verified(t, fstest.MapFS(f), check.Checks{HashesOnly: true}); !r.OK() || r.Unsigned != 5 {
		t.Errorf("hashes of a selection = %+v", r)
	}
}

func TestWhatWasDoneToASelectionIsFound(t *testing.T) {
	l := exporttest.Filled(t, 300)
	_, whole := selected(t, l, 4, 9, 200)
	for _, d := range []damage{
		{"a record", edit("records/9.tlog-proof", "extra ZXl", "extra ZXk"), verify.ReceiptBad, 9},
		{"a hash of a proof", line("records/9.tlog-proof", func(l []string) []string { l[4] = l[3]; return l }), verify.ReceiptBad, 9},
		{"a receipt is gone", drop("records/9.tlog-proof"), check.ManifestDiffers, 0},
		{"a row of a receipt that is gone", drop("records/9.tlog-proof"), check.ViewDiffers, 200},
		{"a receipt under another name", func(f files) {
			f["records/10.tlog-proof"] = f["records/9.tlog-proof"]
			delete(f, "records/9.tlog-proof")
		}, verify.ReceiptBad, 10},
		{"a receipt of a key", edit("keys/2.tlog-proof", "index 2", "index 1"), verify.ReceiptBad, 4},
		{"a row of the CSV", line(bundle.CSVFile, changed(2)), check.ViewDiffers, 9},
		{"the JWK set", edit(bundle.JWKSFile, `"ana"`, `"eve"`), check.ViewDiffers, 0},
		{"the README", edit(bundle.ReadmeFile, "does not show", "shows"), check.FileDiffers, 0},
	} {
		t.Run(d.name, func(t *testing.T) {
			f := whole.clone()
			d.do(f)
			if r := verified(t, fstest.MapFS(f), check.Checks{}); !finds(r, d.code, d.index) {
				t.Errorf("found %+v, want %s at %d", r.Faults, d.code, d.index)
			}
		})
	}
	f := whole.clone()
	for name := range whole {
		if strings.HasPrefix(name, "keys/") {
			delete(f, name)
		}
	}
	delete(f, bundle.JWKSFile)
	if r := verified(t, fstest.MapFS(f), check.Checks{}); r.Unsigned != 3 {
		t.Errorf("a selection without keys = %+v, want 3 records of nobody", r)
	}
}
