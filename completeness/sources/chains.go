package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"countersign/completeness"
	"countersign/ingress"
	"countersign/store/tracks"
)

// A Chains source is what our own watchers have seen become final.
type Chains struct {
	Tracks interface {
		Confirmed(ctx context.Context, rule string, from, to time.Time) iter.Seq2[tracks.Event, error]
	}
}

// Name is chains.
func (Chains) Name() string { return "chains" }

// Query says what is read: our own record of what the watchers found. The chain is not asked again.
func (Chains) Query(w completeness.Window) string {
	return "chain_events of our database, as the watchers have found them: rule deposit, state confirmed, " + within(w, "at")
}

// Items are the transactions that have brought something.
func (s Chains) Items(ctx context.Context, w completeness.Window) iter.Seq2[completeness.Item, error] {
	return func(yield func(completeness.Item, error) bool) {
		for e, err := range s.Tracks.Confirmed(ctx, "", w.From, w.To) {
			if err != nil {
				yield(completeness.Item{}, err)
				return
			}
			if word, _, _ := strings.Cut(e.Rule, "/"); word != "deposit" {
				continue
			}
			entity, err := json.Marshal(map[string]any{"network": e.Network, "txHash": e.Tx})
			if err != nil {
				yield(completeness.Item{}, err)
				return
			}
			it, ok, err := event(ingress.OwnSource, "chain.deposit.confirmed", e.At, "chainEvent", entity)
			if err == nil && !ok {
				err = fmt.Errorf("%s has an event without a transaction in block %d", e.Network, e.Number)
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}
