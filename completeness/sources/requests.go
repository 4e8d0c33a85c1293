package sources

import (
	"context"
	"encoding/json"
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
// group of those.
func (s Requests) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		var group []string
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
			if !s.group(ctx, group, w, yield) {
				return
			}
			group = group[:0]
		}
		s.group(ctx, group, w, yield)
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

// group yields the requests of some wallets, and reports whether more is wanted. What comes before
// an error is yielded, too.
func (s Requests) group(ctx context.Context, wallets []string, w completeness.Window, yield func(completeness.Item, error) bool) bool {
	found, broken := make([][]completeness.Item, len(wallets)), make([]error, len(wallets))
	var all errgroup.Group
	all.SetLimit(walletsAtOnce)
	for i, id := range wallets {
		all.Go(func() error {
			for it, err := range requestsOf(ctx, s.Lister, id, w) {
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
			if !yield(it, nil) {
				return false
			}
		}
		if broken[i] != nil {
			yield(completeness.Item{}, broken[i])
			return false
		}
	}
	return yield(completeness.Item{}, nil)
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
