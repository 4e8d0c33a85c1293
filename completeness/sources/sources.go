// Package sources asks the custodian and our own watchers what happened in a window. Every item
// is made into the event that a webhook of it would have been and read by the ingress's own
// table, so that what is found late goes where it would have gone.
package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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

var errNobodys = errors.New("nothing in it says whose it is")

// event is what a webhook of an entity would have told. What has no subject fails: no workflow
// could answer it.
func event(source string, kind countersign.EventKind, date time.Time, member string, entity json.RawMessage) (item completeness.Item, err error) {
	data, err := json.Marshal(map[string]json.RawMessage{member: entity})
	if err != nil {
		return item, err
	}
	sum := sha256.Sum256(append([]byte(string(kind)+"\n"), data...))
	item, err = read(source, map[string]any{
		"id": "rec-" + hex.EncodeToString(sum[:16]), "kind": kind, "date": date.UTC().Format(time.RFC3339Nano),
		"timestampSent": max(date.Unix(), 1), "data": json.RawMessage(data),
	})
	if err == nil && item.Event.Subject == "" {
		err = errNobodys
	}
	return item, err
}

// read reads an envelope as the ingress would.
func read(source string, envelope any) (item completeness.Item, err error) {
	body, err := json.Marshal(envelope)
	if err != nil {
		return item, err
	}
	e, err := ingress.ParseEvent(body)
	if err != nil {
		return item, err
	}
	e.Source = source
	r := ingress.RouteOf(e)
	return completeness.Item{Workflow: r.WorkflowID(e), Event: e, Stray: r.Kind == ""}, nil
}

// unreadable is the item of what cannot be read: an entry of a list of things of a kind.
func unreadable(kind string, raw json.RawMessage, err error) completeness.Item {
	return completeness.Item{Unreadable: countersign.Unreadable(kind, raw, err)}
}

// within says how a window is asked for where a list takes no dates.
func within(w completeness.Window, member string) string {
	return fmt.Sprintf("%s <= %s < %s", w.From.Format(time.RFC3339), member, w.To.Format(time.RFC3339))
}

func inside(w completeness.Window, t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// A list is one of the custodian's, of things of a kind, each with a date in one member.
type list struct {
	path  string
	query url.Values
	kind  string // in a word, such as approval
	date  string
	// item makes an item of an entry; ok is false for one that is not asked for.
	item func(raw json.RawMessage, at time.Time) (it completeness.Item, ok bool, err error)
}

// walk makes items of a list's entries whose date is in the window. An entry whose date cannot be
// read may be of any window, and so is of this one; an entry that cannot be read at all is an item
// that says so, and the walk goes on.
func walk(ctx context.Context, l Lister, from list, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for raw, err := range l.List(ctx, from.path, from.query) {
			if err != nil {
				yield(completeness.Item{}, fmt.Errorf("GET %s: %w", from.path, err))
				return
			}
			at, dated := dateOf(raw, from.date)
			if dated && !inside(w, at) {
				continue
			}
			it, ok, err := from.item(raw, at)
			if err != nil {
				it, ok = unreadable(from.kind, raw, err), true
			}
			if ok && !yield(it, nil) {
				return
			}
		}
	}
}

// dateOf is the date of an entry, if it has one.
func dateOf(raw json.RawMessage, member string) (at time.Time, dated bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members[member], &at) != nil {
		return time.Time{}, false
	}
	return at, !at.IsZero()
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
		ours, all, err := ours(ctx, s.Lister)
		if err != nil {
			yield(completeness.Item{}, err)
			return
		}
		for _, id := range ours {
			for it, err := range walk(ctx, s.Lister, deliveries(id, told), w) {
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

// deliveries are what was sent to a webhook, or was to be.
func deliveries(webhookID string, item func(json.RawMessage, time.Time) (completeness.Item, bool, error)) list {
	return list{path: "/webhooks/" + webhookID + "/events", kind: "delivery", date: "date", item: item}
}

// told is what a delivery tells; a stray is recorded, too.
func told(raw json.RawMessage, _ time.Time) (completeness.Item, bool, error) {
	it, err := read(ingress.Source, raw)
	return it, true, err
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
		if a.Unreadable != nil {
			facts = append(facts, a)
			continue
		}
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

// ours are the webhooks that send to our ingress, and what of the list cannot be read and may be
// one of them.
func ours(ctx context.Context, l Lister) (ids []string, odd attempts, err error) {
	for raw, err := range l.List(ctx, "/webhooks", nil) {
		if err != nil {
			return nil, nil, fmt.Errorf("GET /webhooks: %w", err)
		}
		var hook struct{ ID, URL string }
		err = json.Unmarshal(raw, &hook)
		if u, bad := url.Parse(hook.URL); err == nil && (bad != nil || !strings.HasSuffix(u.Path, ingress.Path)) {
			continue
		}
		if err == nil {
			err = countersign.CheckID(hook.ID)
		}
		if err != nil {
			odd = append(odd, unreadable("webhook", raw, err))
			continue
		}
		ids = append(ids, hook.ID)
	}
	if len(ids) == 0 {
		return nil, nil, fmt.Errorf("GET /webhooks: none of them sends to %s: make one", ingress.Path)
	}
	return ids, odd, nil
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
	return walk(ctx, s.Lister, list{path: "/v2/policy-approvals", kind: "approval", date: "dateCreated", item: approval}, w)
}

// approval is what a webhook of an approval would have told.
func approval(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
	it, err := event(ingress.Source, countersign.ApprovalPending, at, "approval", raw)
	return it, true, err
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
	return walk(ctx, s.Lister, list{path: "/wallets/all/history", query: span(w), kind: "history", date: "timestamp", item: happening}, w)
}

// happening is what a webhook of what came in would have told.
func happening(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
	var line struct{ Direction string }
	if err := json.Unmarshal(raw, &line); err != nil || line.Direction == "Out" {
		return completeness.Item{}, false, err
	}
	if line.Direction != "In" {
		return completeness.Item{}, false, fmt.Errorf("direction %.20q is neither In nor Out", line.Direction)
	}
	it, err := event(ingress.Source, "wallet.blockchainevent.detected", at, "blockchainEvent", raw)
	return it, true, err
}
