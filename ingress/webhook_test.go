package ingress_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/ingress"

	"go.temporal.io/api/serviceerror"
)

const secret = "whs-Fij3kMCRZLCAzOqnpLzVQUEKe9Rw5V8s"

// now is the time at which every test takes place.
var now = time.Unix(1767323045, 0)

// A site is an ingress before a fake Temporal.
type site struct {
	*testing.T
	temporal *temporal
	handler  http.Handler
	log      *bytes.Buffer
}

func newSite(t *testing.T, change ...func(*ingress.Config)) *site {
	t.Helper()
	s := &site{T: t, temporal: &temporal{}, log: &bytes.Buffer{}}
	d := &ingress.Dispatcher{Service: s.temporal}
	cfg := ingress.Config{
		Secrets: secrets(t, secret), Events: d, Ready: d.Ready,
		Now: func() time.Time { return now },
		Log: slog.New(slog.NewTextHandler(&lockedWriter{w: s.log}, nil)),
	}
	for _, f := range change {
		f(&cfg)
	}
	srv, err := ingress.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.handler = srv.Handler()
	return s
}

// post delivers body under the documented header, properly signed.
func (s *site) post(body string) *httptest.ResponseRecorder {
	return s.send(body, ingress.SignatureHeader, sign(secret, body))
}

// send delivers body with header name-value pairs.
func (s *site) send(body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, ingress.Path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func secrets(t *testing.T, lines ...string) []ingress.Secret {
	t.Helper()
	s, err := ingress.ParseSecrets(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// event is a delivery of kind with data, sent now.
func event(id, kind, data string) string {
	return fmt.Sprintf(`{"id":%q,"kind":%q,"date":"2026-01-02T03:04:05.678Z","deliveryAttempt":1,"timestampSent":%d,"data":%s}`,
		id, kind, now.Unix(), data)
}

var pending = event("whe-1", "policy.approval.pending", `{"approval":{"id":"ap-1"}}`)

func TestReceiveAnswers(t *testing.T) {
	stale := strings.Replace(pending, "1767323045", "1767322744", 1)
	for _, tt := range []struct {
		name   string
		body   string
		header []string
		status int
		public string
	}{
		{"signed", pending, []string{ingress.SignatureHeader, sign(secret, pending)}, 200, `{"status":"accepted"}`},
		{"signed under the page's header", pending, []string{ingress.SignatureHeaderAlias, sign(secret, pending)}, 200, "accepted"},
		{"one of two signatures holds", pending, []string{ingress.SignatureHeader, sign("another secret 1", pending), ingress.SignatureHeader, sign(secret, pending)}, 200, "accepted"},
		{"identity encoding", pending, []string{ingress.SignatureHeader, sign(secret, pending), "Content-Encoding", "identity"}, 200, "accepted"},
		{"unsigned", pending, nil, 401, `{"error":"bad signature"}`},
		{"empty signature", pending, []string{ingress.SignatureHeader, ""}, 401, "bad signature"},
		{"digits without a scheme", pending, []string{ingress.SignatureHeader, sign(secret, pending)[7:]}, 401, "bad signature"},
		{"another scheme", pending, []string{ingress.SignatureHeader, "sha512=" + sign(secret, pending)[7:]}, 401, "bad signature"},
		{"upper-case digits", pending, []string{ingress.SignatureHeader, "sha256=" + strings.ToUpper(sign(secret, pending)[7:])}, 401, "bad signature"},
		{"short signature", pending, []string{ingress.SignatureHeader, sign(secret, pending)[:69]}, 401, "bad signature"},
		{"long signature", pending, []string{ingress.SignatureHeader, sign(secret, pending) + "00"}, 401, "bad signature"},
		{"another secret", pending, []string{ingress.SignatureHeader, sign("whs-another", pending)}, 401, "bad signature"},
		{"forged and malformed is forged", `{`, []string{ingress.SignatureHeader, sign("whs-another", `{`)}, 401, "bad signature"},
		{"stale", stale, []string{ingress.SignatureHeader, sign(secret, stale)}, 401, `{"error":"stale"}`},
		{"signed but not JSON", `{"id":`, []string{ingress.SignatureHeader, sign(secret, `{"id":`)}, 400, `{"error":"not an event"}`},
		{"encoded", pending, []string{ingress.SignatureHeader, sign(secret, pending), "Content-Encoding", "gzip"}, 415, "content encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			w := s.send(tt.body, tt.header...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.public) {
				t.Errorf("answer = %d %s, want %d %s", w.Code, w.Body, tt.status, tt.public)
			}
			if got := len(s.temporal.run("approval/ap-1").signals); (got == 1) != (tt.status == 200) {
				t.Errorf("%d signals after status %d", got, w.Code)
			}
			if strings.Contains(s.log.String(), secret) || strings.Contains(w.Body.String(), secret) {
				t.Error("the secret was shown")
			}
		})
	}
}

func TestReceiveWhenTemporalIsAway(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fail  func(*temporal)
		level string
	}{
		{"unavailable", func(s *temporal) { s.down = serviceerror.NewUnavailable("connection refused") }, "WARN"},
		{"slow", func(s *temporal) { s.hang = true }, "WARN"},
		{"busy", func(s *temporal) { s.down = serviceerror.NewResourceExhausted(0, "rps") }, "WARN"},
		{"namespace unknown", func(s *temporal) { s.down = serviceerror.NewNamespaceNotFound("x") }, "ERROR"},
		{"request refused", func(s *temporal) { s.down = serviceerror.NewInvalidArgument("search attribute") }, "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, func(c *ingress.Config) {
				c.Events.(*ingress.Dispatcher).Timeout = 20 * time.Millisecond
			})
			tt.fail(s.temporal)
			w := s.post(pending)
			if w.Code != 503 || w.Header().Get("Retry-After") != "5" || strings.TrimSpace(w.Body.String()) != `{"error":"try again"}` {
				t.Errorf("answer = %d %v %s, want 503 with Retry-After: 5", w.Code, w.Header(), w.Body)
			}
			if !strings.Contains(s.log.String(), "level="+tt.level) || !strings.Contains(s.log.String(), "whe-1") {
				t.Errorf("log = %s, want level %s and the event", s.log, tt.level)
			}
			s.temporal.down, s.temporal.hang = nil, false
			if w := s.post(pending); w.Code != 200 || len(s.temporal.run("approval/ap-1").signals) != 1 {
				t.Errorf("the next attempt got %d, want 200 and one signal", w.Code)
			}
		})
	}
}

func TestReceiveBoundsTheBody(t *testing.T) {
	s := newSite(t)
	data := func(n int) string {
		empty := event("whe-1", "policy.approval.pending", `{"approval":{"id":"ap-1"},"x":""}`)
		return event("whe-1", "policy.approval.pending", `{"approval":{"id":"ap-1"},"x":"`+strings.Repeat("x", n-len(empty))+`"}`)
	}
	if w := s.post(data(ingress.MaxBody)); w.Code != 200 {
		t.Errorf("the longest body got %d %s, want 200", w.Code, w.Body)
	}
	if w := s.post(data(ingress.MaxBody + 1)); w.Code != 413 {
		t.Errorf("one byte more got %d %s, want 413", w.Code, w.Body)
	}
	// A stream without a length: no more than the limit may be read of it.
	endless := &counter{r: zeros{}}
	r := httptest.NewRequest(http.MethodPost, ingress.Path, endless)
	r.ContentLength = -1
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != 413 || endless.n > ingress.MaxBody+64<<10 {
		t.Errorf("an endless body got %d after %d bytes, want 413 near %d", w.Code, endless.n, ingress.MaxBody)
	}
}

func TestParallelCopiesAreOneSignal(t *testing.T) {
	s := newSite(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if w := s.post(pending); w.Code != 200 {
				t.Errorf("answer = %d %s, want 200", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if n := len(s.temporal.run("approval/ap-1").signals); n != 1 {
		t.Errorf("%d signals, want 1", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// Each sender has its path and its secrets; none speaks for another.
func TestOurOwnWatchersHaveAPathOfTheirOwn(t *testing.T) {
	const own = "own-secret-of-the-watchers"
	deposit := event("e-1", "chain.deposit.confirmed", `{"chainEvent":{"network":"Net","txHash":"0xab","walletId":"wa-1"}}`)
	for _, tt := range []struct {
		name, path, secret string
		status             int
		workflow           string
	}{
		{"ours", ingress.OwnPath, own, 200, "deposit/Net/0xab"},
		{"ours on the custodian's path", ingress.Path, own, 401, ""},
		{"the custodian's secret on our path", ingress.OwnPath, secret, 401, ""},
		{"the custodian's secret on its own path", ingress.Path, secret, 200, "event/e-1"}, // a stray
	} {
		s := newSite(t, func(c *ingress.Config) { c.Secrets = secrets(t, secret, own+" source=countersign") })
		r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(deposit))
		r.Header.Set(ingress.SignatureHeader, sign(tt.secret, deposit))
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.status)
		}
		if got := s.temporal.ids(); tt.workflow == "" && len(got) > 0 || tt.workflow != "" && (len(got) != 1 || got[0] != tt.workflow) {
			t.Errorf("%s: workflows %v, want %s", tt.name, got, tt.workflow)
		}
	}
}

func TestASecretSigns(t *testing.T) {
	s := secrets(t, secret+" source=countersign")
	if s[0].Sign([]byte(pending)) != sign(secret, pending) || s[0].Source != ingress.OwnSource {
		t.Errorf("%s signs %s", s[0], s[0].Sign([]byte(pending)))
	}
	if (ingress.Secret{}).Sign(nil) != "" {
		t.Error("the zero secret signs")
	}
	if _, err := ingress.ParseSecrets(strings.NewReader(secret + " source=mars")); err == nil || strings.Contains(err.Error(), "mars") {
		t.Errorf("an unknown source: %v", err)
	}
}
