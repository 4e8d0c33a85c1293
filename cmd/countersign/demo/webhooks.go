package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"

	"countersign"
	"countersign/custody/dfns/webhook"
	"countersign/ingress"
	"countersign/workflows"
)

// sameWebhook delivers the platform's own event five more times: three times the
// same bytes, as a network that loses answers would, and twice as the platform's
// own retries, each with a new ID and the one before in retryOf.
func sameWebhook(ctx context.Context, w *World) (string, error) {
	r, err := w.submit(ctx, "0x2222222222222222222222222222222222222222", mintTo("0x3333333333333333333333333333333333333333", units(10)))
	if err != nil {
		return "", err
	}
	if err := w.abstained(ctx, r, countersign.UnknownContract); err != nil {
		return "", err
	}
	event, err := w.event(ctx, r)
	if err != nil {
		return "", err
	}
	for i := range 5 {
		if i >= 3 {
			event.RetryOf, event.ID = event.ID, fmt.Sprintf("%s%d", event.ID[:len(event.ID)-1], i)
			event.DeliveryAttempt++
		}
		if err := w.deliver(ctx, event); err != nil {
			return "", fmt.Errorf("delivery %d: %w", i+1, err)
		}
	}
	s, err := w.status(ctx, r)
	if err != nil {
		return "", err
	}
	// Temporal drops a Request that it has seen, the workflow what passes: a signal
	// that Temporal has acknowledged is in the history that answers this query.
	if s.Heard-s.Duplicates != 1 {
		return "", fmt.Errorf("the workflow took %d deliveries for news, want 1", s.Heard-s.Duplicates)
	}
	return fmt.Sprintf("%s, five answers of 200, %d dropped by the workflow, the rest by Temporal", r.Approval, s.Duplicates),
		w.abstained(ctx, r, countersign.UnknownContract)
}

func (w *World) status(ctx context.Context, r Request) (s workflows.ApprovalStatus, err error) {
	v, err := w.Temporal.QueryWorkflow(ctx, workflows.ApprovalID(r.Approval), "", workflows.StatusQuery)
	if err != nil {
		return s, fmt.Errorf("status of %s: %w", r.Approval, err)
	}
	return s, v.Get(&s)
}

// event waits for the platform's own record of the first delivery.
func (w *World) event(ctx context.Context, r Request) (webhook.Event, error) {
	return eventually(ctx, "webhook event of "+r.Approval, func(ctx context.Context) (webhook.Event, error) {
		for e, err := range w.events(ctx, r) {
			return e, err
		}
		return webhook.Event{}, fmt.Errorf("%w: no event names %s", errNotYet, r.Approval)
	})
}

// events are the platform's records of what it sent about a pending approval.
func (w *World) events(ctx context.Context, r Request) iter.Seq2[webhook.Event, error] {
	return func(yield func(webhook.Event, error) bool) {
		filter := webhook.Filter{Kind: string(countersign.ApprovalPending)}
		for e, err := range webhook.Events(ctx, w.admin, w.Stack.Accounts.Webhook.ID, filter) {
			if (err != nil || bytes.Contains(e.Data, []byte(`"`+r.Approval+`"`))) && !yield(e, err) {
				return
			}
		}
	}
}

// deliver signs and sends an event as the platform does (dfns.md §3.2, §3.3).
func (w *World) deliver(ctx context.Context, e webhook.Event) error {
	envelope := map[string]any{
		"id": e.ID, "kind": e.Kind, "date": e.Date, "timestampSent": time.Now().Unix(),
		"deliveryAttempt": e.DeliveryAttempt, "data": e.Data,
	}
	if e.RetryOf != "" {
		envelope["retryOf"] = e.RetryOf
	}
	body, err := json.Marshal(envelope)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(w.secret))
	mac.Write(body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(ingress.SignatureHeader, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ingress answered %s, want 200", res.Status)
	}
	return nil
}

// noWebhook switches the webhook off while the maker asks, and on again once the
// decision is there.
func noWebhook(ctx context.Context, w *World) (detail string, err error) {
	path := "/webhooks/" + w.Stack.Accounts.Webhook.ID
	if err := w.admin.Do(ctx, http.MethodPut, path, map[string]any{"status": "Disabled"}, nil); err != nil {
		return "", fmt.Errorf("disable the webhook: %w", err)
	}
	defer func() {
		enable := w.admin.Do(ctx, http.MethodPut, path, map[string]any{"status": "Enabled"}, nil)
		if err == nil && enable != nil {
			err = fmt.Errorf("enable the webhook: %w", enable)
		}
	}()
	r, err := w.submit(ctx, w.Stack.Platform.Token, mintTo("0x4444444444444444444444444444444444444444", units(10)))
	if err != nil {
		return "", err
	}
	if err := w.abstained(ctx, r, countersign.UnlistedRecipient); err != nil {
		return "", err
	}
	in, err := w.decision(ctx, r)
	if err != nil {
		return "", err
	}
	if in.Trigger != nil {
		return "", fmt.Errorf("the decision was triggered by webhook %s, want by reconciliation", in.Trigger.EventID)
	}
	return r.Approval + ", found by reconciliation", nil
}

// DeliverUnknownKind sends a signed event of a kind that has no row in the route
// table, as a newer platform would.
func (w *World) DeliverUnknownKind(ctx context.Context) error {
	return w.deliver(ctx, webhook.Event{
		ID: "whe-00000-00000-unknownkind00000", Kind: "moon.landed", Date: time.Now().UTC(), DeliveryAttempt: 1,
		Data: json.RawMessage(`{"moon":{"id":"moon-1"}}`),
	})
}
