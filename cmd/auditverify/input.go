package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"

	"countersign/audit/export/check"
	"countersign/audit/verify"
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
	keys    [][]byte
}

// open finds out what the paths are. Of several receipts the first is verified, the others
// are those of keys.
func open(paths []string) (inputs []*input, err error) {
	var receipt *input
	for _, path := range paths {
		i, err := openOne(path)
		if err != nil {
			return inputs, err
		}
		if i.receipt != nil && receipt != nil {
			receipt.keys = append(receipt.keys, i.receipt)
			continue
		}
		if i.receipt != nil {
			receipt = i
		}
		inputs = append(inputs, i)
	}
	return inputs, nil
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

func (i *input) verdict(ctx context.Context, t verify.Trust, c check.Checks) (verdict.Verdict, error) {
	if i.receipt != nil {
		return verdict.OfReceipt(i.name, i.receipt, t, i.keys...)
	}
	return verdict.OfExport(ctx, i.name, i.fsys, t, c)
}
