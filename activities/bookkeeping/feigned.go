package bookkeeping

import (
	"context"
	"slices"
	"strings"

	"countersign/ledger"
	"countersign/ledger/posting"
)

// feigned reports whether all that a transaction says it did with ours is to take tokens that we
// never had, and all doubts are about those. Anybody can write such logs into a chain, and whoever
// fakes the history of an address does: people need not look.
func (r *reading) feigned(ctx context.Context) (bool, error) {
	var tokens []string
	for _, m := range r.effect.Moves {
		_, from := r.ours[posting.Address(m.From)]
		_, to := r.ours[posting.Address(m.To)]
		switch {
		case !from && !to:
			continue
		case to || m.Asset == "":
			return false, nil
		}
		tokens = append(tokens, posting.Address(m.Asset))
	}
	about := func(doubt string) bool {
		return slices.ContainsFunc(tokens, func(token string) bool { return strings.Contains(doubt, token) })
	}
	if len(tokens) == 0 || slices.ContainsFunc(r.effect.Doubts, func(doubt string) bool { return !about(doubt) }) {
		return false, nil
	}
	named, _ := r.d.contracts(r.in.Network, nil)
	for _, token := range tokens {
		if named[token] {
			return false, nil
		}
		ever, err := r.d.booked(ctx, r.in.Network, token)
		if err != nil || ever {
			return false, err
		}
	}
	return true, nil
}

// booked reports whether anything was ever booked in a token.
func (d *Deposits) booked(ctx context.Context, network, contract string) (bool, error) {
	keys, err := d.Books.Keys(ctx, "")
	if err != nil {
		return false, err
	}
	asset := d.Chart.Asset(network, contract)
	return slices.ContainsFunc(keys, func(k ledger.Key) bool { return k.Asset == asset }), nil
}
