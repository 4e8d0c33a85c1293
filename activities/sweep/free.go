package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit"
	"countersign/ledger"
	plans "countersign/sweep"
)

// unfinished is why a wallet waits for the next run.
const unfinished = "a settlement of this wallet has not ended: our books hold for it some of what is there"

// free lowers what wallets have by the chain's word to what is free in our own books, where
// those have begun: a move is refused that is not covered there.
//
// A wallet with a settlement that has not ended is left for the next run. What that moves is
// known, but not what it will cost, and a send of all that is left would then be short of it.
// Wallets that share an account of the chart wait for each other's: give each its own.
func (p *Planner) free(ctx context.Context, o plans.Order, s *plans.Snapshot) error {
	for i := range s.Wallets {
		h := &s.Wallets[i]
		held, err := p.lower(ctx, o, h)
		if err != nil {
			return err
		}
		for a := range o.Assets {
			if held {
				fault(h, a, unfinished)
			}
		}
		if i%batch == 0 {
			beat(ctx, fmt.Sprintf("%d of %d wallets held against our books", i, len(s.Wallets)))
		}
	}
	if s.Station == nil {
		return nil
	}
	// It pays many top-ups at once, and may have some under way: what they cost is little.
	_, err := p.lower(ctx, plans.Order{Network: o.Network}, s.Station)
	return err
}

// lower lowers one wallet's balances, and reports whether something is held of them.
func (p *Planner) lower(ctx context.Context, o plans.Order, h *plans.Holding) (held bool, err error) {
	_, err = p.Openings.Find(ctx, bookkeeping.OpeningKey(h.Wallet.Network, h.Wallet.ID))
	if errors.Is(err, audit.ErrNoRecord) { // its first settlement begins them
		return false, nil
	}
	if err != nil {
		return false, err
	}
	one := func(contract string, amount *countersign.Amount) error {
		key := ledger.Key{Account: p.Chart.Wallet(h.Wallet.Network, h.Wallet.ID), Asset: p.Chart.Asset(h.Wallet.Network, contract)}
		t, err := p.Books.Total(ctx, key, time.Time{})
		if err != nil {
			return err
		}
		held = held || !t.HeldOut.IsZero()
		free := t.Free()
		if free.Sign() < 0 {
			free.SetInt64(0)
		}
		if free.Cmp(amount.Big()) < 0 {
			*amount, err = countersign.AmountFromBig(free)
		}
		return err
	}
	if err := one("", &h.Native); err != nil {
		return false, err
	}
	for a, asset := range o.Assets {
		if asset.Contract == "" || h.Tokens[a].IsZero() {
			continue
		}
		if err := one(asset.Contract, &h.Tokens[a]); err != nil {
			return false, err
		}
	}
	return held, nil
}
