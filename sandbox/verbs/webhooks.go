package verbs

import (
	"context"
	"net/http"
	"net/url"
)

// Webhook is what is read of one. Secret is there only when it has just been made.
type Webhook struct {
	ID, URL, Description, Secret string
}

// Subscription is the body by which a webhook is made. Events are kinds, or "*" for all.
type Subscription struct {
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Description string   `json:"description,omitempty"`
}

// Subscribe makes a webhook, and returns it with its secret.
func (p Person) Subscribe(ctx context.Context, in Subscription) (Webhook, error) {
	var made Webhook
	err := p.call(ctx, http.MethodPost, "/webhooks", in, &made)
	return made, err
}

// Webhooks returns those of the organisation, oldest first, without their secrets.
func (p Person) Webhooks(ctx context.Context) ([]Webhook, error) {
	return all[Webhook](ctx, p, "/webhooks", url.Values{})
}

// Unsubscribe deletes a webhook. Deliveries that wait for it are dropped.
func (p Person) Unsubscribe(ctx context.Context, id string) error {
	return p.call(ctx, http.MethodDelete, "/webhooks/"+url.PathEscape(id), nil, nil)
}
