package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/webhook"
)

func TestEvents(t *testing.T) {
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RequestURI(); got != "/webhooks/wh-1/events?deliveryFailed=true&kind=wallet.created&limit=200" {
			t.Errorf("asked %s", got)
		}
		_, _ = io.WriteString(w, `{"items":[{"id":"whe-1","kind":"wallet.created","date":"2026-01-02T03:04:05.678Z","status":"500","timestampSent":1767323045,
			"deliveryFailed":true,"deliveryAttempt":2,"retryOf":"whe-0","nextAttemptDate":"2026-01-02T03:16:05Z","data":{"tagsAdded":["a"]},"new":1},{"id":2},{"id":"whe-3","deliveryFailed":true,"retryOf":"whe-0","timestampSent":1767323045,"data":{"tagsAdded":["a"]},"new":1}]}`)
	}))
	t.Cleanup(p.Close)
	c, err := dfns.New(dfns.Config{BaseURL: p.URL, AuthToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range webhook.Events(t.Context(), c, "wh-1", webhook.Filter{Kind: "wallet.created", Failed: true}) {
		if err != nil {
			got = append(got, "unread") // and the walk goes on
			continue
		}
		if !e.DeliveryFailed || e.RetryOf != "whe-0" || e.TimestampSent != 1767323045 ||
			string(e.Data) != `{"tagsAdded":["a"]}` || !strings.Contains(string(e.Raw), `"new":1`) {
			t.Errorf("event = %+v, %v", e, err)
		}
		got = append(got, e.ID)
	}
	if strings.Join(got, " ") != "whe-1 unread whe-3" {
		t.Errorf("events = %q", got)
	}
	for _, err := range webhook.Events(t.Context(), c, "../wh", webhook.Filter{}) {
		if !errors.Is(err, countersign.ErrID) {
			t.Errorf("a webhook that is no ID = %v", err)
		}
	}
}
