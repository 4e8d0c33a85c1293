package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// a stranger stands between the demo and the sandbox. The demo has the sandbox deliver to
// the port that it has chosen for its ingress before it listens there: the stranger reads
// that, and is there first.
type stranger struct {
	*testing.T
	env string // file with what the real `sandbox env` said last

	mu   sync.Mutex
	addr string // that was taken
}

func (s *stranger) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/webhooks" {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.take(body)
		}
		if err != nil {
			s.Errorf("taking the ingress's port: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	var real struct {
		URL string `json:"DFNS_BASE_URL"`
	}
	text, err := os.ReadFile(s.env)
	if err == nil {
		err = json.Unmarshal(text, &real)
	}
	to, err2 := url.Parse(real.URL)
	if err != nil || err2 != nil {
		s.Errorf("finding the sandbox: %v %v", err, err2)
		return
	}
	(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}).ServeHTTP(rw, r)
}

// take answers 200 to everybody where the webhook of the body would deliver.
func (s *stranger) take(body []byte) error {
	var hook struct{ URL string }
	if err := json.Unmarshal(body, &hook); err != nil {
		return err
	}
	to, err := url.Parse(hook.URL)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", to.Host)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go server.Serve(l) //nolint:errcheck // it ends when the test does
	s.Cleanup(func() { _ = server.Close() })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = to.Host
	return nil
}

// between is a `sandbox` that has the demo reach the API through the stranger.
const between = `#!/bin/sh
if [ "$1" != env ]; then exec '%[1]s' "$@"; fi
out=$('%[1]s' "$@") || exit
printf '%%s\n' "$out" >'%[2]s.new' && mv '%[2]s.new' '%[2]s'
printf '%%s\n' "$out" | sed 's|"DFNS_BASE_URL": *"[^"]*"|"DFNS_BASE_URL": "%[3]s"|'
`

// TestDemoEndsWhenAStrangerHasItsPort: a stranger who answers where the ingress should is
// not taken for it, and who reads the error learns that the port was taken.
func TestDemoEndsWhenAStrangerHasItsPort(t *testing.T) {
	countersign, temporal, sandbox := program(t, "countersign"), program(t, "temporal"), program(t, "sandbox")
	bin := t.TempDir()
	s := &stranger{T: t, env: filepath.Join(bin, "env.json")}
	proxy := httptest.NewServer(s)
	defer proxy.Close()
	copied, err := os.ReadFile(countersign) // the programs beside it are what it starts, and a link would be followed
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"countersign": copied, "sandbox": fmt.Appendf(nil, between, sandbox, s.env, proxy.URL)} {
		if err := os.WriteFile(filepath.Join(bin, name), text, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(temporal, filepath.Join(bin, "temporal")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COUNTERSIGN_TEST_BIN", bin)
	t.Setenv("TMPDIR", t.TempDir()) // a demo that fails keeps its state

	stdout, stderr, code := cli(t, "", "demo")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addr == "" || code != 1 || !strings.Contains(stderr, s.addr) || !strings.Contains(stderr, "address already in use") {
		t.Errorf("exit %d, %q; want 1 and that %q is already in use", code, stderr, s.addr)
	}
	if n := strings.Count(stdout, " → "); n > 1 || strings.Contains(stdout, "trail verified") {
		t.Errorf("the demo went on for %d scenarios:\n%s", n, stdout)
	}
}
