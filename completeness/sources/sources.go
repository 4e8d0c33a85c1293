// Package sources asks the custodian and our own watchers what happened in a window. Every item
// is made into the event that a webhook of it would have been and read by the ingress's own
// table, so that what is found late goes where it would have gone.
package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"countersign"
	"countersign/completeness"
	"countersign/ingress"
)

// A Lister gives the custodian's lists, item by item and verbatim. dfns.Client is the real one.
type Lister interface {
	List(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error]
}

// event is what a webhook of an entity would have told. What has no subject is nobody's, and ok
// is false.
func event(source string, kind countersign.EventKind, date time.Time, member string, entity json.RawMessage) (item completeness.Item, ok bool, err error) {
	data, err := json.Marshal(map[string]json.RawMessage{member: entity})
	if err != nil {
		return item, false, err
	}
	sum := sha256.Sum256(append([]byte(string(kind)+"\n"), data...))
	return read(source, map[string]any{
		"id": "rec-" + hex.EncodeToString(sum[:16]), "kind": kind, "date": date.UTC().Format(time.RFC3339Nano),
		"timestampSent": max(date.Unix(), 1), "data": json.RawMessage(data),
	})
}

// read reads an envelope as the ingress would.
func read(source string, envelope any) (item completeness.Item, ok bool, err error) {
	body, err := json.Marshal(envelope)
	if err != nil {
		return item, false, err
	}
	e, err := ingress.ParseEvent(body)
	if err != nil {
		return item, false, err
	}
	e.Source = source
	r := ingress.RouteOf(e)
	return completeness.Item{Workflow: r.WorkflowID(e), Event: e, Stray: r.Kind == ""}, e.Subject != "", nil
}

// within says how a window is asked for where a list takes no dates.
func within(w completeness.Window, member string) string {
	return fmt.Sprintf("%s <= %s < %s", w.From.Format(time.RFC3339), member, w.To.Format(time.RFC3339))
}

func inside(w completeness.Window, t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// walk makes items of a list's entries whose date, a member, is in the window.
func walk(ctx context.Context, l Lister, path string, query url.Values, w completeness.Window, date string,
	item func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error),
) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for raw, err := range l.List(ctx, path, query) {
			var members map[string]json.RawMessage
			if err == nil {
				err = json.Unmarshal(raw, &members)
			}
			var at time.Time
			if err == nil {
				err = json.Unmarshal(members[date], &at)
			}
			if err != nil {
				yield(completeness.Item{}, fmt.Errorf("GET %s: %w", path, err))
				return
			}
			if !inside(w, at) {
				continue
			}
			it, ok, err := item(raw, at)
			if err != nil {
				yield(completeness.Item{}, fmt.Errorf("GET %s: %w", path, err))
				return
			}
			if ok && !yield(it, nil) {
				return
			}
		}
	}
}

// A Webhooks source is what the custodian has sent or tried to send to our ingress.
type Webhooks struct{ Lister Lister }

// Name is webhooks.
func (Webhooks) Name() string { return "webhooks" }

// Query says which lists are read.
func (Webhooks) Query(w completeness.Window) string {
	return "GET /webhooks of " + ingress.Path + ", GET /webhooks/{id}/events: " + within(w, "date")
}

// Items are its events, each once however often it was tried.
func (s Webhooks) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		ours, err := ours(ctx, s.Lister)
		if err != nil {
			yield(completeness.Item{}, err)
			return
		}
		var all attempts
		for _, id := range ours {
			path := "/webhooks/" + id + "/events"
			for it, err := range walk(ctx, s.Lister, path, nil, w, "date", func(raw json.RawMessage, _ time.Time) (completeness.Item, bool, error) {
				it, _, err := read(ingress.Source, raw)
				return it, true, err // a stray is recorded, too
			}) {
				if err != nil {
					yield(completeness.Item{}, err)
					return
				}
				all = append(all, it)
			}
		}
		for _, it := range all.facts() {
			if !yield(it, nil) {
				return
			}
		}
	}
}

// attempts are events as the custodian keeps them, one for each attempt.
type attempts []completeness.Item

// facts are they by the first attempt of each. The date of a fact is that of all its attempts,
// so a window has all of them.
func (all attempts) facts() (facts []completeness.Item) {
	before := map[string]string{} // of an attempt's ID: the one that it repeats
	for _, a := range all {
		before[a.Event.ID] = a.Event.RetryOf
	}
	first := func(id string) string {
		for range len(all) { // a list that leads in a circle ends here
			earlier, there := before[id]
			if !there || earlier == "" {
				break
			}
			id = earlier
		}
		return id
	}
	at := map[string]int{}
	for _, a := range all {
		root := first(a.Event.ID)
		i, there := at[root]
		if !there {
			at[root] = len(facts)
			facts = append(facts, a)
			continue
		}
		facts[i].Also = append(append(facts[i].Also, a.Workflow), a.Also...)
	}
	return facts
}

// ours are the webhooks that send to our ingress.
func ours(ctx context.Context, l Lister) (ids []string, err error) {
	for raw, err := range l.List(ctx, "/webhooks", nil) {
		var hook struct{ ID, URL string }
		if err == nil {
			err = json.Unmarshal(raw, &hook)
		}
		if err != nil {
			return nil, fmt.Errorf("GET /webhooks: %w", err)
		}
		if err := countersign.CheckID(hook.ID); err != nil {
			return nil, fmt.Errorf("GET /webhooks: id: %w", err)
		}
		if u, err := url.Parse(hook.URL); err == nil && strings.HasSuffix(u.Path, ingress.Path) {
			ids = append(ids, hook.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("GET /webhooks: none of them sends to %s: make one", ingress.Path)
	}
	return ids, nil
}

// An Approvals source is the custodian's list of approvals.
type Approvals struct{ Lister Lister }

// Name is approvals.
func (Approvals) Name() string { return "approvals" }

// Query says which list is read.
func (Approvals) Query(w completeness.Window) string {
	return "GET /v2/policy-approvals: " + within(w, "dateCreated")
}

// Items are the approvals that were asked for in the window.
func (s Approvals) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return walk(ctx, s.Lister, "/v2/policy-approvals", nil, w, "dateCreated", func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
		return event(ingress.Source, countersign.ApprovalPending, at, "approval", raw)
	})
}

// A History source is what went into the wallets on chains, by the custodian's word.
type History struct{ Lister Lister }

// Name is deposits.
func (History) Name() string { return "deposits" }

// Query says which list is read.
func (History) Query(w completeness.Window) string {
	return "GET /wallets/all/history?" + span(w).Encode() + ": direction In, " + within(w, "timestamp")
}

func span(w completeness.Window) url.Values {
	return url.Values{"startTime": {w.From.UTC().Format(time.RFC3339)}, "endTime": {w.To.UTC().Format(time.RFC3339)}}
}

// Items are the transactions that have brought something.
func (s History) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return walk(ctx, s.Lister, "/wallets/all/history", span(w), w, "timestamp", func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
		var line struct{ Direction string }
		if err := json.Unmarshal(raw, &line); err != nil || line.Direction != "In" {
			return completeness.Item{}, false, err
		}
		return event(ingress.Source, "wallet.blockchainevent.detected", at, "blockchainEvent", raw)
	})
}
