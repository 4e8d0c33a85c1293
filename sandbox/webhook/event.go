package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Kinds are the event kinds that a webhook may subscribe to: the enum of
// @dfns/sdk 0.8.21 and the additions of OpenAPI 2.0.155. The sandbox sends the
// ones of policies, wallets, transfers and transactions.
var Kinds = []string{
	"policy.triggered", "policy.approval.pending", "policy.approval.resolved",
	"key.created", "key.deleted", "key.delegated", "key.exported",
	"wallet.blockchainevent.detected",
	"wallet.created", "wallet.activated", "wallet.delegated", "wallet.exported",
	"wallet.signature.failed", "wallet.signature.rejected", "wallet.signature.requested", "wallet.signature.signed",
	"wallet.transaction.broadcasted", "wallet.transaction.confirmed", "wallet.transaction.failed",
	"wallet.transaction.rejected", "wallet.transaction.requested",
	"wallet.transfer.broadcasted", "wallet.transfer.confirmed", "wallet.transfer.failed",
	"wallet.transfer.rejected", "wallet.transfer.requested",
	"wallet.offer.received", "wallet.offer.accepted", "wallet.offer.rejected", "wallet.offer.withdrawn",
	"wallet.tags.modified", "payout.action.required",
	"wallet.blockchain_event.transfer.included", "wallet.blockchain_event.misc.confirmed",
	"vault.created", "vault.updated", "vault.tags.modified", "vault.event.created",
	"address_watch.blockchain_event.transfer.confirmed", "address_watch.blockchain_event.misc.confirmed",
}

// Event is one attempt to deliver, as GET /webhooks/:id/events shows it.
type Event struct {
	ID              string          `json:"id"` // whe-…, new for every attempt
	Kind            string          `json:"kind"`
	Date            dfns.Time       `json:"date"` // when it happened
	Data            json.RawMessage `json:"data"`
	Status          string          `json:"status"` // the receiver's HTTP status, or an error code
	Error           string          `json:"error,omitempty"`
	TimestampSent   int64           `json:"timestampSent"` // Unix seconds
	DeliveryFailed  bool            `json:"deliveryFailed"`
	DeliveryAttempt int             `json:"deliveryAttempt"`          // from 1
	RetryOf         string          `json:"retryOf,omitempty"`        // the attempt before this one
	NextAttemptDate dfns.Time       `json:"nextAttemptDate,omitzero"` // absent when there is none
}

// delivery is an attempt that has yet to be made.
type delivery struct {
	ID        string
	WebhookID string
	Kind      string
	Date      dfns.Time
	Data      json.RawMessage
	Attempt   int
	RetryOf   string
	Origin    string    // the first attempt
	First     time.Time // when the first attempt was made; zero before it
	Due       time.Time
	Spared    bool // a fault put it off once, none meets it again

	turn int // when it was claimed, among all deliveries
}

// Emit enqueues an event in tx for every webhook that wants it.
func Emit(tx *store.Tx, now time.Time, kind string, data any) error {
	hooks, err := store.All[Webhook](tx, kindWebhook, all)
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		name := hook.wants(kind)
		if name == "" {
			continue
		}
		text, err := dfns.Compact(data)
		if err != nil {
			return fmt.Errorf("emitting %s: %w", kind, err)
		}
		d := delivery{ID: dfns.NewID("whe"), WebhookID: hook.ID, Kind: name, Date: dfns.At(now),
			Data: text, Attempt: 1, Due: now}
		d.Origin = d.ID
		if err := enqueue(tx, d); err != nil {
			return err
		}
	}
	return nil
}

func enqueue(tx *store.Tx, d delivery) error {
	return store.Put(tx, store.Object{Kind: kindDelivery, ID: d.ID, Parent: d.WebhookID, Due: d.Due}, d)
}

// Events returns a page of a webhook's attempts, oldest first. An empty kind or
// nil failed does not filter.
func (r *Registry) Events(id, kind string, failed *bool, page store.Page) ([]Event, string, error) {
	var events []Event
	var next string
	err := r.DB.View(func(tx *store.Tx) (err error) {
		if _, err := get(tx, id); err != nil {
			return err
		}
		events, next, err = store.List(tx, kindEvent, id, page, func(e Event) bool {
			return (kind == "" || e.Kind == kind) && (failed == nil || e.DeliveryFailed == *failed)
		})
		return err
	})
	return events, next, err
}

// Event returns one attempt of a webhook.
func (r *Registry) Event(id, event string) (Event, error) {
	var found Event
	err := r.DB.View(func(tx *store.Tx) error {
		if _, err := get(tx, id); err != nil {
			return err
		}
		var err error
		found, err = store.GetUnder[Event](tx, kindEvent, id, event)
		if errors.Is(err, store.ErrNotFound) {
			return dfns.NotFound("webhook event", event)
		}
		return err
	})
	return found, err
}
