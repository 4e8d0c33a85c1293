// Package vectors reads the public test vectors that `make vectors` fetches through
// npm: they are not ours to ship.
package vectors

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Read reads one file of @ethersproject/testcases by its name without extension. The
// test is skipped where they have not been fetched, and fails there when
// COUNTERSIGN_TEST_NO_SKIP is set.
func Read(t *testing.T, name string, into any) {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	f, err := os.Open(filepath.Join(filepath.Dir(here), "../npm/node_modules/@ethersproject/testcases/testcases", name+".json.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
			t.Fatal("the public vectors are not there: run `make vectors`")
		}
		t.Skip("the public vectors are not there: run `make vectors`")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err == nil {
		err = json.NewDecoder(z).Decode(into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
