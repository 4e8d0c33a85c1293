package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign"
	plans "countersign/sweep"
)

const (
	// batch is how many balances are asked for at once: 100, as providers of nodes advise for
	// one JSON-RPC batch.
	batch = 100
	// blocks is how often the reading starts over at a newer block, because a node has lost the
	// one before: nodes that keep no old state have it for 128 blocks or so.
	blocks = 5
)

// snapshot is what a plan is made of.
func (p *Planner) snapshot(ctx context.Context, o plans.Order, c chosen) (plans.Snapshot, error) {
	s := plans.Snapshot{Treasury: c.treasury}
	if err := p.balances(ctx, o, c, &s); err != nil {
		return s, err
	}
	if err := p.free(ctx, o, &s); err != nil {
		return s, err
	}
	base, tip, err := p.Gas.Price(ctx, o.Network)
	if err != nil {
		return s, fmt.Errorf("read the price of gas: %w", err)
	}
	if s.Price, err = offer(base, tip); err != nil {
		return s, fmt.Errorf("the price of gas: %w", err)
	}
	return s, p.limits(ctx, o, &s)
}

// balances reads all balances at one final block. Where a node has lost it meanwhile, all are
// read again at a newer one: a plan is of one block or there is none.
func (p *Planner) balances(ctx context.Context, o plans.Order, c chosen, s *plans.Snapshot) (err error) {
	tried := ""
	for range blocks {
		block, e := p.Balances.Final(ctx, o.Network)
		if e != nil {
			return errors.Join(err, fmt.Errorf("read the final block: %w", e))
		}
		if block.Hash == tried { // asking the same again is for a retry, later
			return err
		}
		if err = p.at(ctx, o, block, c, s); err == nil || ctx.Err() != nil {
			return err
		}
		tried = block.Hash
		beat(ctx, fmt.Sprintf("block %d could not be read", block.Number))
	}
	return err
}

// at reads them at one block.
func (p *Planner) at(ctx context.Context, o plans.Order, block countersign.BlockRef, c chosen, s *plans.Snapshot) error {
	s.Block, s.Wallets, s.Station = block, make([]plans.Holding, 0, len(c.wallets)), nil
	for some := range slices.Chunk(c.wallets, batch) {
		read, err := p.some(ctx, o, block, some)
		if err != nil {
			return err
		}
		s.Wallets = append(s.Wallets, read...)
		beat(ctx, fmt.Sprintf("%d of %d wallets read at block %d", len(s.Wallets), len(c.wallets), block.Number))
	}
	if c.station != nil {
		amounts, _, err := p.ask(ctx, o.Network, block, "", []string{c.station.Address})
		if err != nil {
			return err
		}
		s.Station = &plans.Holding{Wallet: *c.station, Native: amounts[0], Tokens: make([]countersign.Amount, len(o.Assets))}
	}
	return nil
}

// some reads all assets of some wallets.
func (p *Planner) some(ctx context.Context, o plans.Order, block countersign.BlockRef, wallets []countersign.Wallet) ([]plans.Holding, error) {
	read := make([]plans.Holding, len(wallets))
	holders := make([]string, len(wallets))
	for i, w := range wallets {
		holders[i] = w.Address
		read[i] = plans.Holding{Wallet: w, Tokens: make([]countersign.Amount, len(o.Assets))}
	}
	native, _, err := p.ask(ctx, o.Network, block, "", holders)
	if err != nil {
		return nil, err
	}
	for i, n := range native {
		read[i].Native = n
	}
	for a, asset := range o.Assets {
		if asset.Contract == "" {
			continue
		}
		amounts, faults, err := p.ask(ctx, o.Network, block, asset.Contract, holders)
		if err != nil {
			return nil, err
		}
		for i := range wallets {
			if read[i].Tokens[a] = amounts[i]; faults[i] != "" {
				fault(&read[i], a, "the contract "+faults[i])
			}
		}
	}
	return read, nil
}

// ask asks once more where that failed: one answer that is late does not cost all the others.
func (p *Planner) ask(ctx context.Context, network string, block countersign.BlockRef, contract string, holders []string) ([]countersign.Amount, []string, error) {
	amounts, faults, err := p.Balances.At(ctx, network, block, contract, holders)
	if err != nil && ctx.Err() == nil {
		amounts, faults, err = p.Balances.At(ctx, network, block, contract, holders)
	}
	if err == nil && (len(amounts) != len(holders) || len(faults) != len(holders)) {
		err = fmt.Errorf("asked for %d balances, got %d", len(holders), len(amounts))
	}
	if err != nil {
		err = fmt.Errorf("read balances at block %d: %w", block.Number, err)
	}
	return amounts, faults, err
}

// fault says why an asset of a wallet is left where it is.
func fault(h *plans.Holding, asset int, why string) {
	if h.Fault == nil {
		h.Fault = map[int]string{}
	}
	if h.Fault[asset] == "" {
		h.Fault[asset] = why
	}
}
