package sandbox_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"countersign/sandbox"
)

// headers makes a request of which only the status and headers count.
func (c client) headers(path string) (int, http.Header) {
	c.t.Helper()
	req, err := http.NewRequest("GET", c.base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header
}

func TestRateLimitIsTheOrganisations(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{RateLimit: 3})
	forged := w.admin
	forged.bearer = "x"
	for i, tt := range []struct {
		c         client
		status    int
		remaining string
	}{
		{w.admin, 200, "2"}, {w.bob, 200, "1"}, {forged, 401, "0"}, {w.admin, 429, "0"}, {w.bob, 429, "0"},
	} {
		status, h := tt.c.headers("/wallets")
		if status != tt.status || h.Get("X-RateLimit-Limit") != "3" || h.Get("X-RateLimit-Remaining") != tt.remaining {
			t.Errorf("request %d: %d %v", i, status, h)
		}
		reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
		if left := time.Until(time.Unix(reset, 0)); err != nil || left > time.Minute {
			t.Errorf("request %d: reset %q", i, h.Get("X-RateLimit-Reset"))
		}
		wait, err := strconv.Atoi(h.Get("Retry-After"))
		if limited := tt.status == 429; limited != (err == nil && wait >= 1 && wait <= 60) {
			t.Errorf("request %d: Retry-After %q", i, h.Get("Retry-After"))
		}
	}
	refused(t, w.admin.get("/wallets"), 429)
	if status, h := w.admin.headers("/healthz"); status != 200 || h.Get("X-RateLimit-Limit") != "" {
		t.Errorf("health: %d %v", status, h)
	}
	w.clock.Store(int64(time.Minute))
	if status, h := w.admin.headers("/wallets"); status != 200 || h.Get("X-RateLimit-Remaining") != "2" {
		t.Errorf("after a minute: %d %v", status, h)
	}
}

func TestWithoutALimitTheHeadersShowTheDefault(t *testing.T) {
	w := newWorld(t, 1)
	if status, h := w.admin.headers("/no-such-route"); status != 404 || h.Get("X-RateLimit-Limit") != "3000" || h.Get("Retry-After") != "" {
		t.Errorf("%d %v", status, h)
	}
}
