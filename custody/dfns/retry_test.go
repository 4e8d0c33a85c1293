package dfns_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"countersign/custody/dfns"
)

// A clock that only counts how long it was told to sleep.
type clock struct{ slept []time.Duration }

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.slept = append(c.slept, d)
	return nil
}

// script answers a path with one status after another, then lets the platform
// answer. Status 0 breaks the line; header is sent along.
func script(p *platform, method, path string, header map[string]string, statuses ...int) {
	p.before = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path || r.Method != method || len(statuses) == 0 {
			return
		}
		status := statuses[0]
		statuses = statuses[1:]
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		for k, v := range header {
			w.Header().Set(k, v)
		}
		refuse(w, status, "scripted")
	}
}

const decisions = "/v2/policy-approvals/ap-1/decisions"

func TestRetries(t *testing.T) {
	for _, tt := range []struct {
		name         string
		method, path string // what is broken
		call         string // what is called
		header       map[string]string
		statuses     []int
		ok           bool
		calls        int // how often the broken path was called
	}{
		{"read, busy", "GET", "/wallets", "GET /wallets", nil, []int{429, 502, 503, 504}, true, 5},
		{"read, line breaks", "GET", "/wallets", "GET /wallets", nil, []int{0, 0}, true, 3},
		{"read, busy for ever", "GET", "/wallets", "GET /wallets", nil, []int{503, 503, 503, 503, 503, 503}, false, 5},
		{"read, server at fault", "GET", "/wallets", "GET /wallets", nil, []int{500}, false, 1},
		{"read, told to come back next week", "GET", "/wallets", "GET /wallets", map[string]string{"Retry-After": "604800"}, []int{429}, false, 1},
		{"challenge, busy", "POST", "/auth/action/init", "POST " + decisions, nil, []int{503}, true, 2},
		{"exchange, answer lost", "POST", "/auth/action", "POST " + decisions, nil, []int{0}, true, 2},
		{"vote, rate limited", "POST", decisions, "POST " + decisions, nil, []int{429}, true, 2},
		{"vote, answer lost", "POST", decisions, "POST " + decisions, nil, []int{0}, false, 1},
		{"vote, gateway gave up", "POST", decisions, "POST " + decisions, nil, []int{504}, false, 1},
		{"vote, server busy", "POST", decisions, "POST " + decisions, nil, []int{503}, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) { reply(w, `{}`) })
			script(p, tt.method, tt.path, tt.header, tt.statuses...)
			method, path := tt.call[:len(tt.call)-len(pathIn(tt.call))-1], pathIn(tt.call)
			err := p.client(key).Do(t.Context(), method, path, nil, nil)
			if (err == nil) != tt.ok {
				t.Errorf("Do = %v, want ok=%t", err, tt.ok)
			}
			n := 0
			for _, c := range p.asked() {
				if c == tt.method+" "+tt.path {
					n++
				}
			}
			if n != tt.calls {
				t.Errorf("called %d times, want %d: %q", n, tt.calls, p.asked())
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		header string
		want   time.Duration
	}{
		{"7", 7 * time.Second},
		{"Fri, 02 Jan 2026 03:04:35 GMT", 30 * time.Second},
	} {
		c := &clock{}
		p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) { reply(w, `{}`) })
		script(p, "GET", "/wallets", map[string]string{"Retry-After": tt.header}, 429)
		client := p.client(key, func(cfg *dfns.Config) { cfg.Sleep, cfg.Now = c.sleep, func() time.Time { return now } })
		if err := client.Do(t.Context(), "GET", "/wallets", nil, nil); err != nil || !slices.Equal(c.slept, []time.Duration{tt.want}) {
			t.Errorf("Retry-After %s: %v after sleeping %v, want %v", tt.header, err, c.slept, tt.want)
		}
	}
}

func TestRetryWaitsLongerEachTime(t *testing.T) {
	c := &clock{}
	p := newPlatform(t, key.Public(), nil)
	script(p, "GET", "/wallets", nil, 503, 503, 503, 503, 503)
	_ = p.client(key, func(cfg *dfns.Config) { cfg.Sleep = c.sleep }).Do(t.Context(), "GET", "/wallets", nil, nil)
	if len(c.slept) != 4 {
		t.Fatalf("slept %v, want four times", c.slept)
	}
	for n, d := range c.slept {
		if top := 250 * time.Millisecond << n; d < top/2 || d > top {
			t.Errorf("wait %d = %s, want between %s and %s", n+1, d, top/2, top)
		}
	}
}

// What would come after the deadline is not waited for: the caller hears at once
// why the server refused.
func TestRetryWithinTheDeadline(t *testing.T) {
	c := &clock{}
	p := newPlatform(t, key.Public(), nil)
	script(p, "GET", "/wallets", map[string]string{"Retry-After": "50"}, 429)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := p.client(key, func(cfg *dfns.Config) { cfg.Sleep = c.sleep }).Do(ctx, "GET", "/wallets", nil, nil)
	var e *dfns.Error
	if !errors.As(err, &e) || e.Status != 429 || len(c.slept) != 0 {
		t.Errorf("Do = %v after sleeping %v, want the 429 at once", err, c.slept)
	}
}

func TestTimeout(t *testing.T) {
	hold := make(chan struct{})
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) { <-hold })
	t.Cleanup(func() { close(hold) })
	ctx, cancel := context.WithCancel(t.Context())
	client := p.client(key, func(cfg *dfns.Config) {
		cfg.Timeout = 10 * time.Millisecond
		cfg.Sleep = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	})
	if err := client.Do(ctx, "GET", "/wallets", nil, nil); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, context.Canceled) {
		t.Errorf("Do = %v, want the timeout and what ended the retries", err)
	}
}

func TestNoServerIsRetried(t *testing.T) {
	p := newPlatform(t, key.Public(), nil)
	c := &clock{}
	client := p.client(key, func(cfg *dfns.Config) { cfg.Sleep = c.sleep })
	p.Close()
	if err := client.Do(t.Context(), "POST", decisions, nil, nil); err == nil || len(c.slept) != 4 {
		t.Errorf("Do = %v after %d waits, want an error after 4", err, len(c.slept))
	}
}

func pathIn(call string) string { return call[slices.Index([]byte(call), '/'):] }
