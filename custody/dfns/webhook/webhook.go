// Package webhook reads back at DFNS what it has sent, or has tried to send, to a webhook of ours.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"time"

	"countersign"
	"countersign/custody/dfns"
)

// An Event is an event that DFNS has sent or tried to send to one of our
// webhooks, and keeps for 31 days (dfns.md §3.7).
type Event struct {
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

// A Filter narrows a list; what is empty does not narrow.
type Filter struct {
	Kind string
	// Failed keeps only events whose last delivery failed.
	Failed bool
}

// Events walks the events of one webhook. One that cannot be decoded is an error, and the
// walk goes on; other errors end it.
func Events(ctx context.Context, c *dfns.Client, webhookID string, f Filter) iter.Seq2[Event, error] {
	if err := countersign.CheckID(webhookID); err != nil {
		return func(yield func(Event, error) bool) {
			yield(Event{}, fmt.Errorf("webhook: %w", err))
		}
	}
	query := url.Values{}
	if f.Kind != "" {
		query.Set("kind", f.Kind)
	}
	if f.Failed {
		query.Set("deliveryFailed", "true")
	}
	return func(yield func(Event, error) bool) {
		for raw, err := range c.List(ctx, "/webhooks/"+url.PathEscape(webhookID)+"/events", query) {
			e := Event{Raw: raw}
			if err == nil {
				if err = json.Unmarshal(raw, &e); err != nil {
					e, err = Event{}, fmt.Errorf("dfns: webhook event: %w", err)
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
