package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/api"
	"countersign/store"
)

// serving is a server on a port of this machine, and what ends it.
func serving(t *testing.T, d *desk) (url string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.server.Serve(ctx, l) }()
	return "http://" + l.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

func (d *desk) dial(t *testing.T, url, token string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.tokens[token])
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// Stopping answers who waits for records at once, and lets nobody wait for a minute.
func TestStoppingAnswersLongPolls(t *testing.T) {
	looked := make(chan struct{}, 8)
	d := newDesk(t, func(c *api.Config) { c.Log = &watched{Log: c.Log, waiting: looked} })
	url, stop := serving(t, d)
	answers := make(chan string, 1)
	go func() {
		resp := d.dial(t, url+"/v1/records?after_seq=1000&wait=60s", "all")
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		answers <- fmt.Sprint(resp.StatusCode, string(body), err)
	}()
	<-looked
	if err := stop(); err != nil {
		t.Errorf("Serve = %v", err)
	}
	if got := <-answers; got != `200{"items":[],"next":1000,"more":false}<nil>` {
		t.Errorf("the one who waited got %s", got)
	}
}

// watched tells who begins to wait, and fails at a wanted place.
type watched struct {
	api.Log
	waiting chan struct{}
	failAt  int64 // of records read one after another
	away    bool
}

func (w *watched) WaitFor(ctx context.Context, index int64) error {
	if w.waiting != nil {
		w.waiting <- struct{}{}
	}
	return w.Log.WaitFor(ctx, index)
}

func (w *watched) Size(ctx context.Context) (int64, error) {
	if w.away {
		return 0, errAway
	}
	return w.Log.Size(ctx)
}

func (w *watched) Select(ctx context.Context, q store.Query) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for e, err := range w.Log.Select(ctx, q) {
			if w.failAt > 0 && e.Index >= w.failAt {
				err = errAway
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// An export that breaks off is cut, so that no part of it is taken for the whole.
func TestABrokenExportIsCut(t *testing.T) {
	d := newDesk(t, func(c *api.Config) { c.Log = &watched{Log: c.Log, failAt: 300} })
	d.many(400, one)
	url, stop := serving(t, d)
	for _, media := range []string{"text/csv", "application/x-ndjson"} {
		resp := d.dial(t, url+"/v1/decisions", "all", "Accept", media)
		n := 0
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			n++
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || lines.Err() == nil || n < 100 || n > 301 {
			t.Errorf("%s: %d, %d lines, then %v; want an error after a part", media, resp.StatusCode, n, lines.Err())
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A client that reads nothing is cut off when a part of its answer takes too long, and
// its place is free again.
func TestAClientThatReadsNothingIsCutOff(t *testing.T) {
	d := newDesk(t, func(c *api.Config) { c.WriteTimeout, c.Streams = 300*time.Millisecond, 1 })
	d.signIn("all", "exporter")
	// Some 17 MB, more than sockets hold.
	d.many(160, one, func(in *audit.Intent) { in.Words = []string{strings.Repeat("w", 45_000)} })
	url, stop := serving(t, d)
	resp := d.dial(t, url+"/v1/records", "all", "Accept", "application/x-ndjson")
	defer resp.Body.Close()
	for deadline := time.Now().Add(time.Minute); ; {
		free := d.dial(t, url+"/v1/decisions?wallet=wa-2", "exporter", "Accept", "text/csv")
		free.Body.Close()
		if free.StatusCode == http.StatusOK {
			break
		}
		if free.StatusCode != http.StatusServiceUnavailable || time.Now().After(deadline) {
			t.Fatalf("another export = %d", free.StatusCode)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("the client that read nothing got all of it in the end, %d bytes", n)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// An answer that takes longer than others may is not cut while it gets on.
func TestALongPollOutlivesTheWriteTimeout(t *testing.T) {
	looked := make(chan struct{}, 64)
	d := newDesk(t, func(c *api.Config) {
		c.WriteTimeout = 50 * time.Millisecond
		c.Log = &watched{Log: c.Log, waiting: looked}
	})
	d.signIn("all")
	url, stop := serving(t, d)
	answers := make(chan *http.Response, 1)
	go func() {
		answers <- d.dial(t, fmt.Sprintf("%s/v1/decisions?after_seq=%d&wait=60s", url, d.size()-1), "all")
	}()
	<-looked
	time.Sleep(200 * time.Millisecond) // past the timeout: that is what it must outlive
	d.decided(0, "wa-1")
	resp := <-answers
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(body), `"approvalId":"ap-0"`) {
		t.Errorf("%s, %v", body, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	log := &watched{}
	d := newDesk(t, func(c *api.Config) { log.Log, c.Log = c.Log, log })
	for _, tt := range []struct {
		away           bool
		healthz, ready int
	}{{false, 200, 200}, {true, 200, 503}} {
		log.away = tt.away
		if got := d.get("", "/healthz"); got.Code != tt.healthz {
			t.Errorf("healthz = %d, want %d", got.Code, tt.healthz)
		}
		if got := d.get("", "/readyz"); got.Code != tt.ready {
			t.Errorf("readyz with the log away %v = %d, want %d", tt.away, got.Code, tt.ready)
		}
	}
}

func TestTooManyWaits(t *testing.T) {
	looked := make(chan struct{}, 8)
	d := newDesk(t, func(c *api.Config) { c.Waits, c.Log = 1, &watched{Log: c.Log, waiting: looked} })
	d.signIn("all")
	done := make(chan int, 1)
	target := fmt.Sprintf("/v1/decisions?after_seq=%d&wait=60s", d.size()-1)
	go func() { done <- d.get("all", target).Code }()
	<-looked
	if got := d.get("all", target); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
		t.Errorf("one more = %d", got.Code)
	}
	d.decided(0, "wa-1")
	if got := <-done; got != http.StatusOK {
		t.Errorf("the one who waits = %d", got)
	}
}

func TestListenAndServe(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d := newDesk(t, func(c *api.Config) { c.Listen = taken.Addr().String() })
	if err := d.server.ListenAndServe(t.Context()); err == nil || !strings.Contains(err.Error(), "listening for readers") {
		t.Errorf("on a port that is taken: %v", err)
	}
	d = newDesk(t, func(c *api.Config) { c.Listen = "127.0.0.1:0" })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.server.ListenAndServe(ctx) }()
	cancel()
	// It stops before or after it listens: either way it ends, and blames nothing else.
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("ListenAndServe = %v", err)
	}
}
