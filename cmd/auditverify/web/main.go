//go:build js && wasm

// Command web is the verifier behind the auditor's page: the same code as auditverify, as
// WebAssembly. It defines one function for the page's worker, countersignVerify, and makes
// no request: the page gives it files, and it reads them.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"syscall/js"

	"countersign/audit/export/check"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/cmd/auditverify/dropfs"
	"countersign/cmd/auditverify/verdict"
)

func main() {
	js.Global().Set("countersignVerify", js.FuncOf(verifyAll))
	select {} // as long as the worker lives
}

// verifyAll is called with what was dropped, { name, files: [{path, blob}], receipts:
// [{name, text}] }, with whom to believe, { policy, logKeys: [text], anchors: [text],
// hashesOnly }, and with two functions: one is told how far it has come, the other the
// answer, { verdicts } or { error }, as JSON.
func verifyAll(_ js.Value, args []js.Value) any {
	dropped, trusted, progress, answer := args[0], args[1], args[2], args[3]
	go func() {
		vs, err := verifyDropped(dropped, trusted, func(done, total int64) { progress.Invoke(float64(done), float64(total)) })
		out := map[string]any{"verdicts": vs}
		if err != nil {
			out = map[string]any{"error": err.Error()}
		}
		text, err := json.Marshal(out)
		if err != nil {
			text = []byte(`{"error":"the answer cannot be written"}`)
		}
		answer.Invoke(string(text))
	}()
	return nil
}

func verifyDropped(dropped, trusted js.Value, progress func(done, total int64)) (vs []verdict.Verdict, err error) {
	defer func() { // a page that stands still would be taken for one that still works
		if r := recover(); r != nil {
			err = fmt.Errorf("the verifier failed: %v", r)
		}
	}()
	t, err := trustOf(trusted)
	if err != nil {
		return nil, err
	}
	if list := dropped.Get("receipts"); list.Length() > 0 {
		var all []verdict.NamedReceipt
		for i := range list.Length() {
			all = append(all, verdict.NamedReceipt{Name: list.Index(i).Get("name").String(), Text: []byte(list.Index(i).Get("text").String())})
		}
		return verdict.OfReceipts(all, t)
	}
	fsys, err := fileSystem(dropped.Get("files"))
	if err != nil {
		return nil, err
	}
	c := check.Checks{Anchors: texts(trusted.Get("anchors")), Progress: progress, HashesOnly: trusted.Get("hashesOnly").Truthy()}
	for _, text := range c.Anchors {
		if _, err := tree.ReadCheckpoint(text); err != nil {
			return nil, fmt.Errorf("what was entered as a kept checkpoint is none: %w", err)
		}
	}
	v, err := verdict.OfExport(context.Background(), dropped.Get("name").String(), fsys, t, c)
	return []verdict.Verdict{v}, err
}

// trustOf is whom the auditor believes: a policy, log keys, or both.
func trustOf(trusted js.Value) (t verify.Trust, err error) {
	for _, key := range texts(trusted.Get("logKeys")) {
		t.Log = append(t.Log, string(key))
	}
	if text := trusted.Get("policy").String(); text != "" {
		p, err := verify.ParsePolicy([]byte(text))
		if err != nil {
			return t, err
		}
		p.Log = append(p.Log, t.Log...)
		t = p
	}
	if len(t.Log) == 0 {
		return t, errors.New("no key of the log: enter the key or drop the policy that you got from another source than this export")
	}
	_, err = verify.ParsePolicy(t.Policy())
	return t, err
}

func texts(list js.Value) (out [][]byte) {
	for i := range list.Length() {
		out = append(out, []byte(list.Index(i).String()))
	}
	return out
}

// fileSystem is what was dropped: one zip, or the files of a folder.
func fileSystem(list js.Value) (fs.FS, error) {
	files := map[string]dropfs.File{}
	var only dropfs.File
	for i := range list.Length() {
		only = newBlob(list.Index(i).Get("blob"))
		files[list.Index(i).Get("path").String()] = only
	}
	if len(files) != 1 {
		return dropfs.New(files), nil
	}
	head := make([]byte, 4)
	if n, _ := only.ReadAt(head, 0); !bytes.HasPrefix(head[:n], []byte("PK")) {
		return nil, errors.New("what was dropped is no zip, no folder and no receipt")
	}
	z, err := zip.NewReader(dropfs.Chunked(only, only.Size), only.Size)
	if err != nil {
		return nil, fmt.Errorf("the zip cannot be read: %w", err)
	}
	return z, nil
}
