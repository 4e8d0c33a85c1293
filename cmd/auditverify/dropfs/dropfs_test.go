package dropfs_test

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"countersign/cmd/auditverify/dropfs"

	"pgregory.net/rapid"
)

func file(text string) dropfs.File {
	return dropfs.File{ReaderAt: strings.NewReader(text), Size: int64(len(text))}
}

func TestDroppedFilesAreAFileSystem(t *testing.T) {
	f := dropfs.New(map[string]dropfs.File{
		"manifest.json": file("{}"), "tile/0/000": file("hash"), "tile/entries/000": file("entry"), "empty": file(""),
		"../outside": file("x"), "/rooted": file("x"), "": file("x"), "tile": file("a directory too"),
	})
	if err := fstest.TestFS(f, "manifest.json", "tile/0/000", "tile/entries/000", "empty"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"outside", "rooted", "../outside", "tile/1"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("Open(%q) opened something", name)
		}
	}
	if all, err := fs.ReadDir(f, "."); err != nil || len(all) != 3 {
		t.Errorf("ReadDir = %v, %v, want 3 names", all, err)
	}
}

func TestChunksAreTheBytes(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef!"), 700_000) // some 12 chunks
	r := dropfs.Chunked(bytes.NewReader(data), int64(len(data)))
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, int64(len(data))+10).Draw(t, "at")
		p := make([]byte, rapid.IntRange(0, 5<<18).Draw(t, "length"))
		n, err := r.ReadAt(p, at)
		want := min(max(int64(len(data))-at, 0), int64(len(p)))
		if int64(n) != want || (err == io.EOF) != (n < len(p)) || want > 0 && !bytes.Equal(p[:n], data[at:at+want]) {
			t.Fatalf("ReadAt %d bytes at %d = %d, %v, want %d", len(p), at, n, err, want)
		}
	})
	some := data[:1<<20+99] // across the end of a chunk; it is read byte by byte
	if err := iotest.TestReader(io.NewSectionReader(r, 0, int64(len(some))), some); err != nil {
		t.Error(err)
	}
}

func TestAFileThatIsShorterThanItSaysIsAnError(t *testing.T) {
	r := dropfs.Chunked(strings.NewReader("short"), 100)
	if n, err := r.ReadAt(make([]byte, 10), 0); err != io.ErrUnexpectedEOF {
		t.Errorf("ReadAt = %d, %v, want io.ErrUnexpectedEOF", n, err)
	}
}
