package check_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
)

// FuzzExport reads what a stranger has written in place of one file of a bundle. Whatever it
// is, reading ends, and what is verified is what was exported.
func FuzzExport(f *testing.F) {
	l := exporttest.Filled(f, 20)
	whole := exported(f, l, 7, l.Size())
	names := slices.Sorted(maps.Keys(whole))
	for i, name := range names {
		f.Add(uint8(i), whole[name].Data) //nolint:gosec // a bundle has some twenty files
	}
	f.Add(uint8(0), bytes.Repeat([]byte("7\n"), 99))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		name := names[int(which)%len(names)]
		g := whole.clone()
		g.set(name, string(data))
		o, err := check.Open(fstest.MapFS(g))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := o.Verify(ctx, trust(), check.Checks{Workers: 2})
		if ctx.Err() != nil {
			t.Fatalf("reading another %s does not end", name)
		}
		if err == nil && r.OK() && !bytes.Equal(data, whole[name].Data) && name != bundle.ManifestFile {
			t.Errorf("another %s was not found: %+v", name, r)
		}
	})
}
