package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign"
	"countersign/completeness"
	"countersign/ingress"
	"countersign/workflows"
)

// A Pager is a [Lister] that also gives single pages.
type Pager interface {
	Lister
	Page(ctx context.Context, path string, query url.Values) (items []json.RawMessage, next string, err error)
}

// Recent are the sources for between the certificates: lists of the whole organisation where the
// custodian has one, and a few pages or wallets at a time where it has none.
type Recent struct {
	Pager Pager
	// Pages is how many pages of failed deliveries are read at a time.
	Pages int
}

// Waiting is the approvals that wait, with what each would send.
func (r Recent) Waiting() completeness.Source { return waiting{r.Pager} }

type waiting struct{ lister Lister }

// Name is waiting.
func (waiting) Name() string { return "waiting" }

// Query says which list is read.
func (waiting) Query(w completeness.Window) string {
	return "GET /v2/policy-approvals?status=Pending: dateCreated < " + w.To.Format(time.RFC3339)
}

// Items are the approvals, and the transfers and transactions that they hold.
func (s waiting) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	w.From = time.Time{} // one waits however old it is
	query := url.Values{"status": {"Pending"}}
	return func(yield func(completeness.Item, error) bool) {
		var held *completeness.Item
		from := list{path: "/v2/policy-approvals", query: query, kind: "approval", date: "dateCreated"}
		from.item = func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
			held = heldBy(raw, at)
			it, ok, err := approval(raw, at)
			it.Open = string(countersign.RequestPending)
			return it, ok, err
		}
		for it, err := range walk(ctx, s.lister, from, w) {
			if !yield(it, err) || err != nil || held != nil && !yield(*held, nil) {
				return
			}
		}
	}
}

// heldBy is the request of an approval. Of one that cannot be read there is none: its approval is
// left to people, and the lists by wallet have it, too.
func heldBy(approval json.RawMessage, at time.Time) *completeness.Item {
	var a struct{ Activity map[string]json.RawMessage }
	if json.Unmarshal(approval, &a) != nil {
		return nil
	}
	for _, r := range requested {
		if raw := a.Activity[r.member]; raw != nil {
			if it, err := request(r.kind, r.member, raw, at); !it.Stray && err == nil {
				return &it
			}
		}
	}
	return nil
}

// Failed is the deliveries to our ingress that have failed, a few pages of them from a cursor on;
// the empty cursor is the beginning. When its items have been read, next says where to go on, or
// nothing where that was all.
func (r Recent) Failed(cursor string) (s completeness.Source, next func() string) {
	f := &failed{pager: r.Pager, pages: r.Pages, cursor: cursor}
	return f, func() string { return f.next }
}

type failed struct {
	pager        Pager
	pages        int
	cursor, next string
}

// Name is deliveries.
func (*failed) Name() string { return "deliveries" }

// Query says which lists are read.
func (f *failed) Query(w completeness.Window) string {
	return fmt.Sprintf("GET /webhooks of %s, GET /webhooks/{id}/events?deliveryFailed=true, %d pages: %s", ingress.Path, f.pages, within(w, "date"))
}

// Items are the events, each once however often it was tried.
func (f *failed) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		all, err := f.read(ctx, w)
		if err != nil && f.cursor != "" { // a token does not last for ever
			f.cursor = ""
			all, err = f.read(ctx, w)
		}
		if err != nil {
			yield(completeness.Item{}, err)
			return
		}
		for _, it := range all.facts() {
			if !yield(it, nil) {
				return
			}
		}
	}
}

func (f *failed) read(ctx context.Context, w completeness.Window) (all attempts, err error) {
	hooks, all, err := ours(ctx, f.pager)
	if err != nil {
		return nil, err
	}
	slices.Sort(hooks)
	hook, token, _ := strings.Cut(f.cursor, " ")
	left := f.pages
	for _, id := range hooks {
		if id < hook {
			continue
		}
		if id != hook {
			token = ""
		}
		for {
			if left--; left < 0 {
				f.next = strings.TrimSpace(id + " " + token)
				return all, nil
			}
			from, query := deliveries(id, attempt), url.Values{"deliveryFailed": {"true"}}
			if token != "" {
				query.Set("paginationToken", token)
			}
			items, next, err := f.pager.Page(ctx, from.path, query)
			if err != nil {
				return nil, fmt.Errorf("GET %s: %w", from.path, err)
			}
			for it, err := range walk(ctx, given(items), from, w) {
				if err != nil {
					return nil, err
				}
				all = append(all, it)
			}
			if token = next; token == "" {
				break
			}
		}
	}
	f.next = ""
	return all, nil
}

// attempt is one that failed. The one after it may have arrived, and then its event is named
// after this one.
func attempt(raw json.RawMessage, _ time.Time) (completeness.Item, bool, error) {
	it, err := read(ingress.Source, raw)
	if err == nil && it.Workflow == workflows.EventID(it.Event.Root()) {
		it.Also = append(it.Also, workflows.EventID(it.Event.ID))
	}
	return it, true, err
}

// given is a list that was read already.
type given []json.RawMessage

// List is all of it.
func (g given) List(context.Context, string, url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, item := range g {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Moved is what came in on chains, by the custodian's word. When its items have been read, out
// says which wallets have sent something.
func (r Recent) Moved() (s completeness.Source, out func() []string) {
	o := &outward{Pager: r.Pager}
	return History{Lister: o}, func() []string {
		slices.Sort(o.wallets)
		return slices.Compact(o.wallets)
	}
}

// outward notes, as a list goes by, which wallets have sent something.
type outward struct {
	Pager
	wallets []string
}

// List is the list.
func (o *outward) List(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for raw, err := range o.Pager.List(ctx, path, query) {
			var line struct{ Direction, WalletID string }
			if err == nil && json.Unmarshal(raw, &line) == nil && line.Direction == "Out" && countersign.CheckID(line.WalletID) == nil {
				o.wallets = append(o.wallets, line.WalletID)
			}
			if !yield(raw, err) {
				return
			}
		}
	}
}

// Requests is what was asked of some wallets.
func (r Recent) Requests(walletIDs []string) completeness.Source { return some{r.Pager, walletIDs} }

type some struct {
	lister  Lister
	wallets []string
}

// Name is requests.
func (some) Name() string { return "requests" }

// Query says which lists are read.
func (s some) Query(w completeness.Window) string {
	return fmt.Sprintf("GET /wallets/{id}/transfers and /transactions of %d wallets: %s", len(s.wallets), within(w, "dateRequested"))
}

// Items are the requests of the window, as those of [Requests] are.
func (s some) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		all := asking{lister: s.lister, window: w, yield: yield}
		for group := range slices.Chunk(s.wallets, walletGroup) {
			if !all.group(ctx, group) {
				return
			}
		}
		if all.failed != nil {
			yield(completeness.Item{}, all.failed)
		}
	}
}

// Wallets are a page of wallets, at most n of them, from a cursor on; the empty cursor is the
// beginning, and an empty next is the end.
func (r Recent) Wallets(ctx context.Context, cursor string, n int) (page completeness.Wallets, err error) {
	query := url.Values{"limit": {strconv.Itoa(n)}}
	if cursor != "" {
		query.Set("paginationToken", cursor)
	}
	items, next, err := r.Pager.Page(ctx, "/wallets", query)
	if err != nil && cursor != "" { // a token does not last for ever
		return r.Wallets(ctx, "", n)
	}
	if err != nil {
		return page, fmt.Errorf("GET /wallets: %w", err)
	}
	page.Next = next
	for _, raw := range items {
		var w countersign.Wallet
		err := json.Unmarshal(raw, &w)
		if err == nil {
			err = countersign.CheckID(w.ID)
		}
		if err != nil {
			page.Unreadable = append(page.Unreadable, countersign.Unreadable("wallet", raw, err))
			continue
		}
		page.Wallets = append(page.Wallets, w)
	}
	return page, nil
}
