package main

import (
	"archive/zip"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
)

// zipDir makes a zip of a directory.
func zipDir(tb testing.TB, dir, name string) {
	tb.Helper()
	f, err := os.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
}

// renamed is a file under a name of its own: a page sees names and no directories.
func renamed(tb testing.TB, name string) string {
	tb.Helper()
	other := filepath.Join(filepath.Dir(name), rand.Text()+".tlog-proof")
	if err := os.Rename(name, other); err != nil {
		tb.Fatal(err)
	}
	return other
}
