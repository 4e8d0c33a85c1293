package dfns

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"time"

	"countersign"
)

// A WebhookEvent is an event that DFNS has sent or tried to send to one of our
// webhooks, and keeps for 31 days (dfns.md §3.7).
type WebhookEvent struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	Date time.Time `json:"date"`
	// Status is the HTTP status of our answer or DFNS's code for having none.
	Status string `json:"status"`
	Error  string `json:"error"`
	// TimestampSent is when it was sent, in unix seconds.
	TimestampSent int64 `json:"timestampSent"`
	// DeliveryFailed with a zero NextAttemptDate means failed for good.
	DeliveryFailed  bool            `json:"deliveryFailed"`
	DeliveryAttempt int             `json:"deliveryAttempt"`
	RetryOf         string          `json:"retryOf"`
	NextAttemptDate time.Time       `json:"nextAttemptDate"`
	Data            json.RawMessage `json:"data"`
	Raw             json.RawMessage `json:"-"`
}

// A WebhookEventFilter narrows a list; what is empty does not narrow.
type WebhookEventFilter struct {
	Kind string
	// Failed keeps only events whose last delivery failed.
	Failed bool
}

// WebhookEvents walks the events of one webhook. One that cannot be decoded is an
// error, and the walk goes on; other errors end it.
func (c *Client) WebhookEvents(ctx context.Context, webhookID string, f WebhookEventFilter) iter.Seq2[WebhookEvent, error] {
	if err := countersign.CheckID(webhookID); err != nil {
		return func(yield func(WebhookEvent, error) bool) {
			yield(WebhookEvent{}, fmt.Errorf("webhook: %w", err))
		}
	}
	q := query("kind", f.Kind)
	if f.Failed {
		q.Set("deliveryFailed", "true")
	}
	return list(ctx, c, "/webhooks/"+url.PathEscape(webhookID)+"/events", q, func(raw json.RawMessage) (WebhookEvent, error) {
		e := WebhookEvent{Raw: raw}
		if err := json.Unmarshal(raw, &e); err != nil {
			return WebhookEvent{}, fmt.Errorf("dfns: webhook event: %w", err)
		}
		return e, nil
	})
}
