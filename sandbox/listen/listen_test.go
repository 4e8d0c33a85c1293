package listen_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"countersign/sandbox/listen"
	"countersign/sandbox/verbs"
)

// hooks is a platform with one webhook at most.
type hooks struct {
	left   []verbs.Webhook // listed the first time only, as if another had deleted them then
	made   chan string     // URLs
	failed error           // of Unsubscribe
}

func (h *hooks) Subscribe(_ context.Context, in verbs.Subscription) (verbs.Webhook, error) {
	h.made <- in.URL
	return verbs.Webhook{ID: "wh-1", URL: in.URL, Secret: "whs-1"}, nil
}

func (h *hooks) Webhooks(context.Context) ([]verbs.Webhook, error) {
	found := h.left
	h.left = nil
	return found, nil
}

func (h *hooks) Unsubscribe(ctx context.Context, _ string) error {
	return errors.Join(ctx.Err(), h.failed)
}

func TestWhatAnEventIsAbout(t *testing.T) {
	platform, shown := &hooks{made: make(chan string, 1)}, make(chan listen.Delivery, 1)
	l := listen.Listener{Hooks: platform, Started: func(verbs.Webhook) {}, Show: func(d listen.Delivery) error { shown <- d; return nil }}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	url := <-platform.made
	for _, tt := range []struct{ name, body, want string }{
		{"the one member", `{"data":{"transferRequest":{"id":"xfr-1","walletId":"wa-1"}}}`, "xfr-1"},
		{"the member, not the activity's ID beside it", `{"data":{"activityId":"tx-1","approval":{"id":"ap-1"}}}`, "ap-1"},
		{"what happened to a wallet has its ID", `{"data":{"blockchainEvent":{"walletId":"wa-1"},"wallet":{"id":"wa-1"}}}`, "wa-1"},
		{"a wallet alone", `{"data":{"wallet":{"id":"wa-1"}}}`, "wa-1"},
		{"members that are plain", `{"data":{"at":"now","webhookId":"wh-1"}}`, "wh-1"},
		{"no data", `{"kind":"ping"}`, ""},
		{"data that is none", `{"data":[1]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := http.Post(url, "application/json", strings.NewReader(tt.body))
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("POST: %v %v", resp, err)
			}
			_ = resp.Body.Close()
			if got := <-shown; got.Entity != tt.want || string(got.Body) != tt.body {
				t.Errorf("entity = %q, want %q, body %s", got.Entity, tt.want, got.Body)
			}
		})
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestAWebhookThatStaysIsTold(t *testing.T) {
	platform := &hooks{made: make(chan string, 1), failed: errors.New("no answer"),
		left: []verbs.Webhook{{ID: "wh-0", URL: "http://127.0.0.1:1/x", Description: "sandbox listen"}}}
	ctx, cancel := context.WithCancel(context.Background())
	l := listen.Listener{Hooks: platform, Started: func(verbs.Webhook) { cancel() },
		Swept: func(h verbs.Webhook) { t.Errorf("%s was deleted by another", h.ID) }}
	err := l.Run(ctx)
	if err == nil || !strings.Contains(err.Error(), "wh-1") || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("Run = %v", err)
	}
}
