// Command assemble puts the auditor's page together: one HTML file that holds its style,
// its script, its worker and its program, so that it opens from a disk and needs no server.
// Its content security policy names the hashes of what may run and allows no request.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	var a assembly
	flag.StringVar(&a.page, "page", "cmd/auditverify/web/page", "the `directory` of the page's parts")
	flag.StringVar(&a.wasm, "wasm", "", "the verifier, built for GOOS=js GOARCH=wasm")
	flag.StringVar(&a.exec, "exec", "", "Go's wasm_exec.js, of the same release")
	flag.StringVar(&a.build, "build", "", "what the page says it was built from")
	out := flag.String("out", "", "the `file` to write")
	flag.Parse()
	text, err := a.assemble()
	if err == nil {
		err = os.WriteFile(*out, text, 0o644) //nolint:gosec // it is for everybody
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "assemble:", err)
		os.Exit(1)
	}
}

// An assembly is where the parts are.
type assembly struct{ page, wasm, exec, build string }

// policy is what the browser holds the page to: nothing is loaded, and no request is made
// by whatever runs in it.
const policy = "default-src 'none'; script-src 'sha256-%s' 'wasm-unsafe-eval'; style-src 'sha256-%s'; worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"

func (a assembly) assemble() ([]byte, error) {
	var failed []error
	read := func(path string) string {
		text, err := os.ReadFile(path)
		failed = append(failed, err)
		return string(text)
	}
	part := func(name string) string { return read(filepath.Join(a.page, name)) }
	page, style, script := part("index.html"), part("style.css"), part("page.js")
	worker, program := read(a.exec)+"\n"+part("worker.js"), read(a.wasm)
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"style.css": style, "page.js": script, "worker": worker} {
		if strings.Contains(strings.ToLower(text), "</s") { // it would end the element it stands in
			return nil, fmt.Errorf("%s holds the end of an element", name)
		}
	}
	packed, err := pack(program)
	if err != nil {
		return nil, err
	}
	// In this order: no part is looked through for the places of others.
	var b bytes.Buffer
	for rest := page; ; {
		before, after, ok := strings.Cut(rest, "{{")
		b.WriteString(before)
		if !ok {
			return b.Bytes(), nil
		}
		name, end, _ := strings.Cut(after, "}}")
		with, known := map[string]string{
			"CSP": fmt.Sprintf(policy, digest(script), digest(style)), "STYLE": style, "SCRIPT": script, "WORKER": worker, "WASM": packed, "BUILD": a.build,
		}[name]
		if !known {
			return nil, fmt.Errorf("index.html wants {{%s}}, which is no part", name)
		}
		b.WriteString(with)
		rest = end
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// pack compresses without a time or a name: the same program gives the same page.
func pack(program string) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write([]byte(program))
	}
	if err == nil {
		err = z.Close()
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}
