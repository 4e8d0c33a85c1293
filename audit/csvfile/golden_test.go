package csvfile_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"countersign/audit"
	"countersign/audit/csvfile"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestRowsAreMadeAsTheirFormSays holds every cell of rows of all kinds. A verifier makes the rows of an
// export anew and compares them: where a cell says something else than yesterday, exports look forged.
func TestRowsAreMadeAsTheirFormSays(t *testing.T) {
	var entries []audit.Entry
	for i, r := range append(decisions(), others()...) {
		entries = append(entries, entry(t, int64(i), r.kind, r.body))
	}
	got := written(t, entries...)
	golden := filepath.Join("testdata", csvfile.Form+".golden")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("records make other rows than %s says: give csvfile.Form the next number, then go test ./audit/csvfile -update", golden)
	}
}
