// Package posting turns what a transaction did on its chain into postings of the books: whose
// an address is says which account a move leaves and enters.
//
// What is between two addresses of one account, or of nobody of ours, is no posting. Moves of
// one asset between the same two accounts are one posting with their sum, in the order in
// which the first of them happened. The package is pure, and deposits, settlements and the
// certificate use it alike, so that one transaction is booked in one way whoever books it.
package posting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign"
	"countersign/ledger"
	"countersign/ledger/chart"
)

// ErrEffect means that an effect cannot be booked: it is of no block, or says two things.
var ErrEffect = errors.New("not an effect that can be booked")

// MaxPostings is how many postings a step may have, as package ledger bounds them.
const MaxPostings = 100

// A Wallet is one of ours, as its books know it.
type Wallet struct {
	ID string
	// Opening is the number of the block at which its books begin: what happened up to that
	// block is in the opening already. Zero is for a wallet without an opening, whose books
	// begin with the first thing that is booked.
	Opening uint64
}

// Wallets are ours on one network, by address: 0x and 40 lower-case hex digits on EVM chains,
// on others as the network writes them.
type Wallets map[string]Wallet

// Add puts a wallet under its address; one without an address cannot have moved anything.
func (w Wallets) Add(address string, wallet Wallet) {
	if address != "" {
		w[Address(address)] = wallet
	}
}

// Of is the wallet of an address.
func (w Wallets) Of(address string) (Wallet, bool) {
	wallet, ok := w[Address(address)]
	return wallet, ok
}

// Addresses are the keys, sorted, for whoever reads effects.
func (w Wallets) Addresses() []string { return slices.Sorted(maps.Keys(w)) }

// Address writes an EVM address in one way; its case is a checksum only. Others are as they
// are.
func Address(a string) string {
	if len(a) == 42 && strings.HasPrefix(a, "0x") {
		return strings.ToLower(a)
	}
	return a
}

// Of are the postings of an effect: its moves, and the fee where a wallet of ours has paid it.
// A transaction that was reverted has moved its fee alone. No postings and no error means that
// nothing of ours has moved, or nothing that is not in an opening. It fails with [ErrEffect]
// for what stands in no block, or has more postings than a step may have, and with
// [countersign.ErrAmount] for sums beyond 256 bits.
func Of(c chart.Chart, ours Wallets, e countersign.Effect) ([]ledger.Posting, error) {
	if e.Inclusion != countersign.Included && e.Inclusion != countersign.Final {
		return nil, fmt.Errorf("%w: transaction %s on %s is %s", ErrEffect, e.TxHash, e.Network, e.Inclusion)
	}
	b := booking{chart: c, ours: ours, network: e.Network, block: e.Block.Number}
	if !e.Succeeded && len(e.Moves) > 0 {
		return nil, fmt.Errorf("%w: transaction %s on %s was reverted and has %d moves", ErrEffect, e.TxHash, e.Network, len(e.Moves))
	}
	for i, m := range e.Moves {
		if err := b.add(b.account(m.From), b.account(m.To), c.Asset(e.Network, m.Asset), m.Amount); err != nil {
			return nil, fmt.Errorf("move %d of transaction %s: %w", i, e.TxHash, err)
		}
	}
	if payer := b.account(e.From); payer.ours {
		if err := b.add(payer, side{account: c.Fees(e.Network)}, c.Asset(e.Network, ""), e.Fee); err != nil {
			return nil, fmt.Errorf("fee of transaction %s: %w", e.TxHash, err)
		}
	}
	if len(b.postings) > MaxPostings {
		return nil, fmt.Errorf("%w: transaction %s on %s makes %d postings, at most %d", ErrEffect, e.TxHash, e.Network, len(b.postings), MaxPostings)
	}
	return b.postings, nil
}

// A booking is postings on their way.
type booking struct {
	chart    chart.Chart
	ours     Wallets
	network  string
	block    uint64
	postings []ledger.Posting
}

// A side is one end of a move. It is ours where a wallet of ours has it that is past its
// opening.
type side struct {
	account ledger.Account
	ours    bool
}

func (b *booking) account(address string) side {
	w, ok := b.ours.Of(address)
	switch {
	case !ok:
		return side{account: b.chart.Outside(b.network)}
	case b.block <= w.Opening: // the opening has it: the other side's counterpart is there
		return side{account: b.chart.Opening(b.network)}
	}
	return side{account: b.chart.Wallet(b.network, w.ID), ours: true}
}

func (b *booking) add(from, to side, asset ledger.Asset, amount countersign.Amount) error {
	if !from.ours && !to.ours || from.account == to.account || amount.IsZero() {
		return nil
	}
	for i, p := range b.postings {
		if p.From == from.account && p.To == to.account && p.Asset == asset {
			sum, err := p.Amount.Add(amount)
			b.postings[i].Amount = sum
			return err
		}
	}
	b.postings = append(b.postings, ledger.Posting{From: from.account, To: to.account, Asset: asset, Amount: amount})
	return nil
}
