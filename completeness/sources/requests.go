package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"countersign"
	"countersign/completeness"
	"countersign/ingress"
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
	path, member string
	kind         countersign.EventKind
}{
	{"transfers", "transferRequest", "wallet.transfer.requested"},
	{"transactions", "transactionRequest", "wallet.transaction.requested"},
}

// Items are the requests of the window.
func (s Requests) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for raw, err := range s.Lister.List(ctx, "/wallets", nil) {
			var wallet struct{ ID string }
			if err == nil {
				err = json.Unmarshal(raw, &wallet)
			}
			if err == nil {
				err = countersign.CheckID(wallet.ID)
			}
			if err != nil {
				yield(completeness.Item{}, fmt.Errorf("GET /wallets: %w", err))
				return
			}
			for _, r := range requested {
				path := "/wallets/" + wallet.ID + "/" + r.path
				for it, err := range walk(ctx, s.Lister, path, nil, w, "dateRequested", func(raw json.RawMessage, at time.Time) (completeness.Item, bool, error) {
					return event(ingress.Source, r.kind, at, r.member, raw)
				}) {
					if !yield(it, err) || err != nil {
						return
					}
				}
			}
		}
	}
}
