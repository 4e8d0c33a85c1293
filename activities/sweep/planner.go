package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/ledger"
	"countersign/ledger/chart"
	plans "countersign/sweep"

	"go.temporal.io/sdk/activity"
)

// A Planner makes plans and writes nothing.
type Planner struct {
	Wallets  Wallets
	Balances Balances
	Gas      Gas
	// Books and Openings say what is free in our own books; Chart names its accounts.
	Books    Books
	Openings Openings
	Chart    chart.Chart
}

// Wallets are the custodian's. One that cannot be read is an error, and the walk goes on.
type Wallets interface {
	Wallets(ctx context.Context) iter.Seq2[countersign.Wallet, error]
}

// Balances are what addresses hold by the word of a network's nodes. Both methods fail with
// [countersign.ErrNoNode] for a network without a node, and with [countersign.ErrUnsure].
type Balances interface {
	// Final is the newest block that is final.
	Final(ctx context.Context, network string) (countersign.BlockRef, error)
	// At is what holders have of an asset at a block, in the order asked. Contract is a token's,
	// or empty for the native asset. Where a contract does not answer as a token does, the fault
	// in that place says how, and is empty otherwise.
	At(ctx context.Context, network string, block countersign.BlockRef, contract string, holders []string) (amounts []countersign.Amount, faults []string, err error)
}

// Gas is what moving costs by the word of a network's nodes.
type Gas interface {
	// Price is the base fee of the newest block and what is to be paid beside it, in wei for a
	// unit of gas.
	Price(ctx context.Context, network string) (base, tip countersign.Amount, err error)
	// Estimate is how much gas a call takes. Where it would be reverted, fault says so.
	Estimate(ctx context.Context, network, from, to string, value countersign.Amount, data []byte) (units uint64, fault string, err error)
}

// Books are our own.
type Books interface {
	Total(ctx context.Context, k ledger.Key, at time.Time) (ledger.Total, error)
}

// Openings finds how the books of wallets begin.
type Openings interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
}

// Plan reads what the wallets of an order have, at one block, and plans what moves. It fails with
// [countersign.ErrInvalid] where the order does not fit the custodian's wallets.
func (p *Planner) Plan(ctx context.Context, run plans.Run) (plans.Plan, error) {
	if err := run.Order.Check(); err != nil {
		return plans.Plan{}, err
	}
	c, err := p.choose(ctx, run.Order)
	if err != nil {
		return plans.Plan{}, err
	}
	s, err := p.snapshot(ctx, run.Order, c)
	if errors.Is(err, countersign.ErrNoNode) {
		return deferred(run, c), nil
	}
	if err != nil {
		return plans.Plan{}, err
	}
	return plans.Make(run, s)
}

// deferred is the plan for a network that no node of ours follows.
func deferred(run plans.Run, c chosen) plans.Plan {
	p := plans.Plan{Run: run, Treasury: c.treasury.Address, Deferred: plans.NotFollowed}
	for _, w := range c.wallets {
		for _, a := range run.Order.Assets {
			p.Skips = append(p.Skips, plans.Skip{WalletID: w.ID, Contract: a.Contract, Reason: plans.NotFollowed})
		}
	}
	return p
}

// chosen are the wallets that an order is about.
type chosen struct {
	treasury countersign.Wallet
	station  *countersign.Wallet
	wallets  []countersign.Wallet // by ascending ID
}

// choose lists the custodian's wallets. One that cannot be read might be one of those that are
// to be swept: then there is no list.
func (p *Planner) choose(ctx context.Context, o plans.Order) (c chosen, err error) {
	var errs []error
	count := 0
	for w, err := range p.Wallets.Wallets(ctx) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if count++; count%1000 == 0 {
			beat(ctx, fmt.Sprintf("%d wallets listed", count))
		}
		if w.ID == o.Treasury {
			c.treasury = w
		}
		if o.TopUp != nil && w.ID == o.TopUp.Wallet {
			c.station = &w
		}
		if w.Network == o.Network && !w.Inactive && w.Address != "" && slices.Contains(w.Tags, o.Tag) {
			c.wallets = append(c.wallets, w)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("list wallets: %w", err)
	}
	slices.SortFunc(c.wallets, func(a, b countersign.Wallet) int { return cmp.Compare(a.ID, b.ID) })
	// A list that changes while it is walked may have a wallet on two pages.
	c.wallets = slices.CompactFunc(c.wallets, func(a, b countersign.Wallet) bool { return a.ID == b.ID })
	if err := usable("treasury", o.Treasury, o.Network, &c.treasury); err != nil {
		return c, err
	}
	if o.TopUp != nil {
		err = usable("top_up.wallet", o.TopUp.Wallet, o.Network, c.station)
	}
	return c, err
}

// usable refuses a wallet that an order names and that is not what it says.
func usable(field, id, network string, w *countersign.Wallet) error {
	switch {
	case w == nil || w.ID == "":
		return fmt.Errorf("%w: %s: the custodian has no wallet %s, or does not show it: correct the ID, or give Wallets:Read", countersign.ErrInvalid, field, id)
	case w.Network != network:
		return fmt.Errorf("%w: %s: wallet %s is on %s and not on %s", countersign.ErrInvalid, field, id, w.Network, network)
	case w.Inactive || w.Address == "":
		return fmt.Errorf("%w: %s: wallet %s is not active, or has no address: choose another", countersign.ErrInvalid, field, id)
	}
	return nil
}

// beat tells Temporal that the activity is alive.
func beat(ctx context.Context, done string) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, done)
	}
}
