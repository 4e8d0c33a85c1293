package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"countersign"
	"countersign/completeness"
	"countersign/ingress"

	"golang.org/x/sync/errgroup"
)

// A Requests source is what was asked of the wallets: transfers and transactions. The custodian
// lists them by wallet, so it asks twice as many times as there are wallets.
type Requests struct{ Lister Lister }

// Name is requests.
func (Requests) Name() string { return "requests" }

// Query says which lists are read.
func (Requests) Query(w completeness.Window) string {
	return "GET /wallets, GET /wallets/{id}/transfers and /transactions: " + within(w, "dateRequested")
}

// requested are the two kinds, with the member that a webhook has each in.
var requested = []struct {
	path, word, member string
	kind               countersign.EventKind
}{
	{"transfers", "transfer", "transferRequest", "wallet.transfer.requested"},
	{"transactions", "transaction", "transactionRequest", "wallet.transaction.requested"},
}

// Wallets are asked for in groups, each by a few at once: of ten thousand, one after the other
// would take an hour.
const (
	walletsAtOnce = 8
	walletGroup   = 8 * walletsAtOnce
)

// Items are the requests of the window, in the order of the wallets, with a sign of life after each
// group of those. A few wallets that cannot be asked keep none of the others from being asked: their
// errors come at the end.
func (s Requests) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		var group []string
		all := asking{lister: s.Lister, window: w, yield: yield}
		for raw, err := range s.Lister.List(ctx, "/wallets", nil) {
			if err != nil {
				yield(completeness.Item{}, fmt.Errorf("GET /wallets: %w", err))
				return
			}
			id, odd := walletOf(raw)
			if odd != nil && !yield(*odd, nil) {
				return
			}
			if odd != nil {
				continue
			}
			if group = append(group, id); len(group) < walletGroup {
				continue
			}
			if !all.group(ctx, group) {
				return
			}
			group = group[:0]
		}
		if all.group(ctx, group) && all.failed != nil {
			yield(completeness.Item{}, all.failed)
		}
	}
}

// walletOf is the ID of a wallet in a list, or the item that says that it has none.
func walletOf(raw json.RawMessage) (id string, odd *completeness.Item) {
	it := unreadable("wallet", raw, errNobodys)
	if it.Unreadable.ID == "" {
		return "", &it
	}
	return it.Unreadable.ID, nil
}

// maxFailed is after how many wallets that cannot be asked no more are: then it is not they that
// are at fault.
const maxFailed = 10

// asking is one walk through wallets.
type asking struct {
	lister Lister
	window completeness.Window
	yield  func(completeness.Item, error) bool
	failed error // of wallets, each by itself
	fails  int
}

// group yields the requests of some wallets, and reports whether more is wanted. What a wallet has
// told before it failed is yielded, too.
func (a *asking) group(ctx context.Context, wallets []string) bool {
	found, broken := make([][]completeness.Item, len(wallets)), make([]error, len(wallets))
	var all errgroup.Group
	all.SetLimit(walletsAtOnce)
	for i, id := range wallets {
		all.Go(func() error {
			for it, err := range requestsOf(ctx, a.lister, id, a.window) {
				if err != nil {
					broken[i] = err
					return nil
				}
				found[i] = append(found[i], it)
			}
			return nil
		})
	}
	_ = all.Wait() // each wallet has its own error
	for i, items := range found {
		for _, it := range items {
			if !a.yield(it, nil) {
				return false
			}
		}
		if broken[i] == nil {
			continue
		}
		a.failed = errors.Join(a.failed, broken[i])
		if a.fails++; a.fails == maxFailed || ctx.Err() != nil {
			a.yield(completeness.Item{}, a.failed)
			return false
		}
	}
	return a.yield(completeness.Item{}, nil)
}

// requestsOf are the requests of one wallet in a window.
func requestsOf(ctx context.Context, l Lister, walletID string, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for _, r := range requested {
			from := list{path: "/wallets/" + walletID + "/" + r.path, kind: r.word, date: "dateRequested"}
			from.item = func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
				it, err := request(r.kind, r.member, raw, at)
				return it, true, err
			}
			for it, err := range walk(ctx, l, from, w) {
				if !yield(it, err) || err != nil {
					return
				}
			}
		}
	}
}

// request is what a webhook of a request would have told, with where it stands.
func request(kind countersign.EventKind, member string, raw json.RawMessage, at time.Time) (completeness.Item, error) {
	it, err := event(ingress.Source, kind, at, member, raw)
	var entity struct{ Status string }
	if err == nil {
		err = json.Unmarshal(raw, &entity)
	}
	switch status := countersign.RequestStatus(strings.ToLower(entity.Status)); status {
	case countersign.RequestPending, countersign.RequestExecuting, countersign.RequestBroadcast:
		it.Open = string(status)
	}
	return it, err
}
