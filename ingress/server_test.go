package ingress_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ingress"

	"go.temporal.io/api/serviceerror"
)

func TestNewRefuses(t *testing.T) {
	_, err := ingress.New(ingress.Config{Tolerance: -1})
	if !errors.Is(err, ingress.ErrNoSecret) || !strings.Contains(err.Error(), "Events") || !strings.Contains(err.Error(), "Tolerance") {
		t.Errorf("New without anything = %v, want every mistake", err)
	}
}

func TestHealth(t *testing.T) {
	s := newSite(t)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	check := func(path string, code int, body string) {
		t.Helper()
		if c, b := get(path); c != code || b != body {
			t.Errorf("GET %s = %d %s, want %d %s", path, c, b, code, body)
		}
	}
	check("/healthz", 200, `{"status":"healthy"}`)
	check("/readyz", 200, `{"status":"ready"}`)
	s.temporal.down = serviceerror.NewUnavailable("connection refused to 10.0.0.7")
	check("/healthz", 200, `{"status":"healthy"}`)
	check("/readyz", 503, `{"error":"not ready"}`)
	check("/nothing", 404, `{"error":"Not Found"}`)
	check(ingress.Path, 405, `{"error":"Method Not Allowed"}`)
}

// A gate holds every event until it is opened.
type gate struct{ entered, open chan struct{} }

func (g gate) Dispatch(context.Context, countersign.Event) error {
	g.entered <- struct{}{}
	<-g.open
	return nil
}

func TestOnlySoManyInFlight(t *testing.T) {
	g := gate{make(chan struct{}), make(chan struct{})}
	s := newSite(t, func(c *ingress.Config) { c.Events, c.InFlight = g, 1 })
	first := make(chan int)
	go func() { first <- s.post(pending).Code }()
	<-g.entered
	if w := s.post(pending); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second of one = %d %v, want 503 with Retry-After", w.Code, w.Header())
	}
	close(g.open)
	if code := <-first; code != 200 {
		t.Errorf("the first = %d, want 200", code)
	}
}

type bomb struct{}

func (bomb) Dispatch(context.Context, countersign.Event) error { panic("boom") }

func TestPanicIsAnAnswer(t *testing.T) {
	s := newSite(t, func(c *ingress.Config) { c.Events = bomb{} })
	if w := s.post(pending); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("answer = %d %s, want 500 without the cause", w.Code, w.Body)
	}
	if !strings.Contains(s.log.String(), "boom") {
		t.Errorf("log = %s, want the cause", s.log)
	}
}

func TestServeCutsASlowBody(t *testing.T) {
	addr, _, _ := serve(t, func(c *ingress.Config) { c.ReadTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second)) // far beyond the server's patience
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", ingress.Path)
	// Nothing more is sent. The answer, or the end, must come from the server.
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil && resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("answer = %s, want 408 or none", resp.Status)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection stayed open: %v", err)
	}
}

func TestServeFinishesWhatItBegan(t *testing.T) {
	g := gate{make(chan struct{}), make(chan struct{})}
	addr, stop, stopped := serve(t, func(c *ingress.Config) { c.Events = g })
	answer := make(chan int)
	go func() {
		r, _ := http.NewRequest(http.MethodPost, "http://"+addr+ingress.Path, strings.NewReader(pending))
		r.Header.Set(ingress.SignatureHeader, sign(secret, pending))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			answer <- 0
			return
		}
		resp.Body.Close()
		answer <- resp.StatusCode
	}()
	<-g.entered
	stop()
	close(g.open)
	if code := <-answer; code != 200 {
		t.Errorf("the delivery under way got %d, want 200", code)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

// serve runs a server on a free port and returns its address, how to stop it and
// what it returned.
func serve(t *testing.T, change func(*ingress.Config)) (addr string, stop func(), stopped <-chan error) {
	t.Helper()
	cfg := ingress.Config{
		Secrets: secrets(t, secret), Events: &ingress.Dispatcher{Service: &temporal{}},
		Now: func() time.Time { return now },
	}
	change(&cfg)
	srv, err := ingress.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	t.Cleanup(cancel)
	return l.Addr().String(), cancel, done
}
