// Package webhook tells subscribers what happened, the way DFNS does: a signed
// POST per event and webhook, five attempts in a day, a new event for each.
//
// An event is enqueued ([Emit]) in the transaction that makes it true, one
// delivery for each enabled webhook that subscribed to its kind. The
// [Deliverer] sends what is due, so a crash delays a delivery and never loses
// one. It may repeat one: a delivery that was sent but not yet recorded is sent
// again, under the same ID.
package webhook

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Kinds of stored objects. Events and deliveries are listed under their webhook.
const (
	kindWebhook  = "webhook"
	kindEvent    = "event"
	kindDelivery = "delivery"

	all = "org" // the parent of every webhook
)

// Timers is the kind of the objects that wait for the clock: deliveries.
const Timers = kindDelivery

// maxWebhooks is DFNS's default limit per organisation.
const maxWebhooks = 5

// maxDescription is the longest description that DFNS takes.
const maxDescription = 256

// alphanumerics are the characters of a webhook secret.
const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Webhook is a subscription. Its secret is shown only when it is created.
type Webhook struct {
	ID          string    `json:"id"` // wh-…
	URL         string    `json:"url"`
	Events      []string  `json:"events"` // kinds, or "*" for all
	Status      string    `json:"status"` // Enabled or Disabled
	Description string    `json:"description,omitempty"`
	DateCreated dfns.Time `json:"dateCreated"`
	DateUpdated dfns.Time `json:"dateUpdated"`
	Secret      string    `json:"secret,omitempty"` // whs-…; the bytes as they are key the HMAC
}

// Fields is the body of POST and PUT /webhooks; nil fields are absent.
type Fields struct {
	URL         *string  `json:"url"`
	Events      []string `json:"events"`
	Status      *string  `json:"status"`
	Description *string  `json:"description"`
}

// Registry keeps the organisation's webhooks.
type Registry struct {
	DB  *store.DB
	Now func() time.Time

	// SeedNames adds what DFNS's page on workflows shows and its API lacks: plural kinds,
	// deliveryId, and another name of the signature's header.
	SeedNames bool
}

// Create makes a webhook and returns it with its secret.
func (r *Registry) Create(caller auth.Caller, in Fields) (Webhook, error) {
	if in.URL == nil || len(in.Events) == 0 {
		return Webhook{}, dfns.BadRequest("url and events are required")
	}
	now := dfns.At(r.Now())
	hook := Webhook{ID: dfns.NewID("wh"), Status: "Enabled", DateCreated: now,
		Secret: "whs-" + dfns.Random(alphanumerics, 32)}
	if err := hook.apply(in, now, r.SeedNames); err != nil {
		return Webhook{}, err
	}
	err := caller.Update(r.DB, func(tx *store.Tx) error {
		hooks, err := store.All[Webhook](tx, kindWebhook, all)
		if err != nil {
			return err
		}
		if len(hooks) >= maxWebhooks {
			return dfns.BadRequest("an organisation has at most %d webhooks", maxWebhooks)
		}
		return put(tx, hook)
	})
	return hook, err
}

// Update changes the fields that in has.
func (r *Registry) Update(caller auth.Caller, id string, in Fields) (Webhook, error) {
	var hook Webhook
	err := caller.Update(r.DB, func(tx *store.Tx) (err error) {
		if hook, err = get(tx, id); err != nil {
			return err
		}
		if err := hook.apply(in, dfns.At(r.Now()), r.SeedNames); err != nil {
			return err
		}
		return put(tx, hook)
	})
	hook.Secret = ""
	return hook, err
}

// Get returns a webhook without its secret.
func (r *Registry) Get(id string) (Webhook, error) {
	hook, err := r.secret(id)
	hook.Secret = ""
	return hook, err
}

func (r *Registry) secret(id string) (Webhook, error) {
	var hook Webhook
	err := r.DB.View(func(tx *store.Tx) (err error) {
		hook, err = get(tx, id)
		return err
	})
	return hook, err
}

// List returns a page of webhooks without their secrets.
func (r *Registry) List(page store.Page) ([]Webhook, string, error) {
	var hooks []Webhook
	var next string
	err := r.DB.View(func(tx *store.Tx) (err error) {
		hooks, next, err = store.List[Webhook](tx, kindWebhook, all, page, nil)
		return err
	})
	for i := range hooks {
		hooks[i].Secret = ""
	}
	return hooks, next, err
}

// Delete removes a webhook. Deliveries that wait for it are dropped when due.
func (r *Registry) Delete(caller auth.Caller, id string) error {
	return caller.Update(r.DB, func(tx *store.Tx) error {
		if _, err := get(tx, id); err != nil {
			return err
		}
		return store.Delete(tx, kindWebhook, id)
	})
}

// apply sets the fields that in has, or says which one is wrong.
func (w *Webhook) apply(in Fields, now dfns.Time, plural bool) error {
	if in.URL != nil {
		u, err := url.Parse(*in.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return dfns.BadRequest("url must be an absolute http or https URL")
		}
		w.URL = *in.URL
	}
	if in.Events != nil {
		if len(in.Events) == 0 {
			return dfns.BadRequest("events must name at least one kind")
		}
		for _, kind := range in.Events {
			if kind != "*" && !slices.Contains(Kinds, kind) && !(plural && slices.Contains(Kinds, singular(kind))) {
				return dfns.BadRequest("events: %q is not an event kind", kind)
			}
		}
		w.Events = in.Events
	}
	if in.Status != nil {
		if *in.Status != "Enabled" && *in.Status != "Disabled" {
			return dfns.BadRequest("status must be Enabled or Disabled")
		}
		w.Status = *in.Status
	}
	if in.Description != nil {
		if len(*in.Description) > maxDescription {
			return dfns.BadRequest("description is longer than %d characters", maxDescription)
		}
		w.Description = *in.Description
	}
	w.DateUpdated = now
	return nil
}

// wants returns the name by which w is subscribed to kind, or "".
func (w *Webhook) wants(kind string) string {
	if w.Status != "Enabled" {
		return ""
	}
	for _, name := range w.Events {
		if name == kind || name == "*" {
			return kind
		}
	}
	if i := slices.IndexFunc(w.Events, func(name string) bool { return singular(name) == kind }); i >= 0 {
		return w.Events[i]
	}
	return ""
}

// singular is the event kind that the plural one of DFNS's page stands for.
func singular(name string) string {
	if rest, ok := strings.CutPrefix(name, "wallets."); ok {
		return "wallet." + rest
	}
	return name
}

func get(tx *store.Tx, id string) (Webhook, error) {
	hook, err := store.Get[Webhook](tx, kindWebhook, id)
	if errors.Is(err, store.ErrNotFound) {
		return hook, dfns.NotFound("webhook", id)
	}
	return hook, err
}

func put(tx *store.Tx, hook Webhook) error {
	return store.Put(tx, store.Object{Kind: kindWebhook, ID: hook.ID, Parent: all}, hook)
}
