package sink_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"countersign/audit/sink"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"
)

// TestAnswers has what each receiver can say to a batch, and what we make of it.
func TestAnswers(t *testing.T) {
	const pb, js = "application/x-protobuf", "application/json; charset=utf-8"
	rejecting, err := proto.Marshal(&collogs.ExportLogsServiceResponse{PartialSuccess: &collogs.ExportLogsPartialSuccess{RejectedLogRecords: 2}})
	if err != nil {
		t.Fatal(err)
	}
	warning, err := proto.Marshal(&collogs.ExportLogsServiceResponse{PartialSuccess: &collogs.ExportLogsPartialSuccess{ErrorMessage: "slow down"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kind, name string
		status     int
		media      string
		body       string
		want       string // acknowledged, refused, busy or failed
	}{
		{"otlp", "empty", 200, pb, "", "acknowledged"},
		{"otlp", "empty, no content", 204, "", "", "acknowledged"},
		{"otlp", "JSON", 200, js, `{"partialSuccess":{}}`, "acknowledged"},
		{"otlp", "a warning, none rejected", 200, pb, string(warning), "acknowledged"},
		{"otlp", "some rejected", 200, pb, string(rejecting), "refused"},
		{"otlp", "some rejected, in JSON", 200, js, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}`, "refused"},
		{"otlp", "a page of some proxy", 200, "text/html", "<html>welcome</html>", "failed"},
		{"otlp", "broken protobuf", 200, pb, "\xff\xff", "failed"},
		{"otlp", "broken JSON", 200, js, "{", "failed"},
		{"otlp", "bad request", 400, pb, "", "refused"},
		{"otlp", "too large", 413, "", "", "refused"},
		{"otlp", "unauthorised", 401, "", "", "busy"},
		{"otlp", "not there", 404, "", "", "busy"},
		{"otlp", "too many", 429, "", "", "busy"},
		{"otlp", "unavailable", 503, "", "", "busy"},
		{"otlp", "somewhere else", 307, "", "", "busy"},

		{"hec", "success", 200, js, `{"text":"Success","code":0}`, "acknowledged"},
		{"hec", "busy with 200", 200, js, `{"text":"busy","code":9}`, "busy"},
		{"hec", "busy", 503, js, `{"text":"Server is busy","code":9}`, "busy"},
		{"hec", "wrong token", 403, js, `{"text":"Invalid token","code":4}`, "busy"},
		{"hec", "wrong index", 400, js, `{"text":"Incorrect index","code":7,"invalid-event-number":1}`, "refused"},
		{"hec", "no code", 200, js, `{}`, "failed"},
		{"hec", "a page of some proxy", 200, "text/html", "<html>", "failed"},
		{"hec", "empty", 200, js, "", "failed"},

		{"webhook", "taken", 200, "", "", "acknowledged"},
		{"webhook", "accepted", 202, "text/plain", "thanks", "acknowledged"},
		{"webhook", "too large", 413, "", "", "refused"},
		{"webhook", "not understood", 422, "", "", "refused"},
		{"webhook", "gone", 410, "", "", "busy"},
		{"webhook", "error", 500, "", "", "busy"},
		{"webhook", "somewhere else", 301, "", "", "busy"},
	} {
		t.Run(tt.kind+" "+tt.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Content-Type", tt.media)
				if tt.media == "" {
					w.Header()["Content-Type"] = nil
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				if tt.status != http.StatusNoContent {
					_, _ = w.Write([]byte(tt.body))
				}
			}))
			defer server.Close()
			err := newReceiver(tt.kind).sender(t, server.URL).Send(t.Context(), eventsOf(t, 0, 3))
			if got := meaning(err); got != tt.want {
				t.Errorf("%d %q is %s (%v), want %s", tt.status, tt.body, got, err, tt.want)
			}
			if asked != 1 {
				t.Errorf("asked %d times, want once: a sender leaves retries to the runner", asked)
			}
			if err != nil && (strings.Contains(err.Error(), splunkToken) || strings.Contains(err.Error(), "bearer-1") || strings.Contains(err.Error(), hookURI)) {
				t.Errorf("error tells a secret: %v", err)
			}
		})
	}
}

func meaning(err error) string {
	var refusal *sink.Refusal
	var busy *sink.Busy
	switch {
	case err == nil:
		return "acknowledged"
	case errors.As(err, &refusal):
		return "refused"
	case errors.As(err, &busy):
		return "busy"
	}
	return "failed"
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		header      string
		least, most time.Duration
	}{
		{"", 0, 0},
		{"17", 17 * time.Second, 17 * time.Second},
		{"-3", 0, 0},
		{"soon", 0, 0},
		{time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 50 * time.Minute, time.Hour},
		{time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, 0},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.header)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		err := newReceiver("webhook").sender(t, server.URL).Send(t.Context(), eventsOf(t, 0, 1))
		server.Close()
		var busy *sink.Busy
		if !errors.As(err, &busy) || busy.After < tt.least || busy.After > tt.most {
			t.Errorf("Retry-After %q: %v with %+v, want %s to %s", tt.header, err, busy, tt.least, tt.most)
		}
	}
}

// TestHonoursRetryAfter lets the receiver ask for a second once, and demands that nobody
// came back before it was over by the receiver's own clock.
func TestHonoursRetryAfter(t *testing.T) {
	var early, first time.Time
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch requests++; requests {
		case 1:
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			early = time.Now()
		}
	}))
	defer server.Close()
	c := cursors()
	until(t, runner(logOf(1), c, newReceiver("webhook").sender(t, server.URL)), "record arrives", func() bool {
		next, _ := c.Cursor(t.Context(), "webhook")
		return next == 1
	})
	if early.Sub(first) < time.Second {
		t.Errorf("came back after %s, was asked for a second", early.Sub(first))
	}
}

// TestFaultPairs loses the effect, and loses the answer, of a batch of each kind: both
// must end with everything there.
func TestFaultPairs(t *testing.T) {
	for _, kind := range []string{"otlp", "hec", "webhook"} {
		for _, m := range []mode{effectLost, answerLost, err500, partial} {
			t.Run(fmt.Sprintf("%s %s", kind, m), func(t *testing.T) {
				rec := newReceiver(kind)
				base := rec.serve(t)
				rec.set(m)
				c := cursors()
				r := runner(logOf(30), c, rec.sender(t, base))
				healed := false
				until(t, r, "everything arrives", func() bool {
					if !healed && rec.asked() >= 3 {
						if next, _ := c.Cursor(t.Context(), kind); next != 0 {
							t.Errorf("cursor at %d without an acknowledgement", next)
						}
						healed = true
						rec.set(fine)
					}
					next, _ := c.Cursor(t.Context(), kind)
					return next == 30
				})
				rec.complete(t, 30)
				if m == answerLost && rec.seen[0] < 2 {
					t.Error("a batch whose answer was lost was not sent again")
				}
				rec.check(t)
			})
		}
	}
}
