//go:build js && wasm

package main

import (
	"fmt"
	"io"
	"syscall/js"

	"countersign/cmd/auditverify/dropfs"
)

// A blob is a file of the page. A worker may read it at any place, at once.
type blob struct{ js.Value }

func newBlob(v js.Value) dropfs.File {
	return dropfs.File{ReaderAt: blob{v}, Size: int64(v.Get("size").Float())}
}

// ReadAt reads a piece.
func (b blob) ReadAt(p []byte, at int64) (n int, err error) {
	defer func() { // the file was changed or taken away since it was dropped
		if r := recover(); r != nil {
			n, err = 0, fmt.Errorf("the browser cannot read the file any more: %v", r)
		}
	}()
	piece := b.Call("slice", float64(at), float64(at+int64(len(p))))
	buffer := js.Global().Get("FileReaderSync").New().Call("readAsArrayBuffer", piece)
	n = js.CopyBytesToGo(p, js.Global().Get("Uint8Array").New(buffer))
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}
