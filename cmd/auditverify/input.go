package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"

	"countersign/cmd/auditverify/verdict"
)

// maxReceipt bounds what is read of a file that may be a receipt.
const maxReceipt = 256 << 10

// An input is one thing to verify.
type input struct {
	name    string
	fsys    fs.FS  // of an export
	closer  func() // of a zip
	receipt []byte
}

// open finds out what the paths are.
func open(paths []string) (exports []*input, receipts []verdict.NamedReceipt, err error) {
	for _, path := range paths {
		i, err := openOne(path)
		if err != nil {
			return exports, nil, err
		}
		if i.receipt != nil {
			receipts = append(receipts, verdict.NamedReceipt{Name: path, Text: i.receipt})
			continue
		}
		exports = append(exports, i)
	}
	return exports, receipts, nil
}

func openOne(path string) (*input, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return &input{name: path, fsys: os.DirFS(path)}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0)
	if bytes.HasPrefix(head[:n], []byte("PK")) {
		z, err := zip.NewReader(f, info.Size())
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s is no zip that can be read: %w", path, err)
		}
		return &input{name: path, fsys: z, closer: func() { f.Close() }}, nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxReceipt+1))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(text, []byte("c2sp.org/tlog-proof@")) {
		return nil, fmt.Errorf("%s is no directory, no zip and no receipt (.tlog-proof)", path)
	}
	return &input{name: path, receipt: text}, nil
}

func (i *input) close() {
	if i.closer != nil {
		i.closer()
	}
}
