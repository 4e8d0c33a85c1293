package bookkeeping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
	"countersign/ledger/posting"
)

// OpeningKey is the record key of how a wallet's books begin.
func OpeningKey(network, walletID string) string { return "ledger/opened/" + network + "/" + walletID }

// OpenWalletsResult counts.
type OpenWalletsResult struct {
	// Wallets of the custodian, and those of them whose books begin now.
	Wallets int      `json:"wallets"`
	Opened  []string `json:"opened,omitempty"`
	// Failed are those that could not be opened, with why.
	Failed []string `json:"failed,omitempty"`
}

// maxNamed bounds the names in a result, which is kept in the workflow's history.
const maxNamed = 100

// OpenWallets begins the books of every wallet of the custodian that has none.
func (d *Deposits) OpenWallets(ctx context.Context) (res OpenWalletsResult, err error) {
	for w, err := range d.Custodian.Wallets(ctx) {
		if err != nil {
			res.failed("a wallet that cannot be read: " + err.Error())
			continue
		}
		if w.Address == "" {
			continue
		}
		res.Wallets++
		entry, fresh, err := d.open(ctx, w)
		switch {
		case ctx.Err() != nil:
			return res, ctx.Err()
		case err != nil:
			res.failed(w.ID + ": " + err.Error())
		case fresh && entry.Index >= 0 && len(res.Opened) < maxNamed:
			res.Opened = append(res.Opened, w.ID)
		}
	}
	return res, nil
}

func (r *OpenWalletsResult) failed(why string) {
	if len(r.Failed) < maxNamed {
		r.Failed = append(r.Failed, why)
	}
}

// OpenWalletInput names the wallet, as the custodian tells of it.
type OpenWalletInput struct {
	Wallet countersign.Wallet `json:"wallet"`
}

// OpenWalletResult is the record of how its books begin.
type OpenWalletResult struct {
	Index int64 `json:"index"`
}

// OpenWallet begins the books of one wallet, unless they have begun.
func (d *Deposits) OpenWallet(ctx context.Context, in OpenWalletInput) (OpenWalletResult, error) {
	entry, _, err := d.open(ctx, in.Wallet)
	return OpenWalletResult{Index: entry.Index}, wire.Error(err)
}

// opening returns how a wallet's books begin, and begins them if they have not.
func (d *Deposits) opening(ctx context.Context, w countersign.Wallet) (o booked.Opening, err error) {
	entry, _, err := d.open(ctx, w)
	if err == nil {
		err = entry.Decode(&o)
	}
	return o, err
}

func (d *Deposits) open(ctx context.Context, w countersign.Wallet) (entry audit.Entry, fresh bool, err error) {
	key := OpeningKey(w.Network, w.ID)
	entry, err = d.Trail.Find(ctx, key)
	if err == nil || !errors.Is(err, audit.ErrNoRecord) {
		return entry, false, err
	}
	body := booked.Opening{WalletID: w.ID, Network: w.Network, Address: w.Address, FollowedBy: booked.ByChain, Workflow: wire.Here(ctx)}
	if err := d.balances(ctx, w, &body); err != nil {
		return entry, false, fmt.Errorf("open the books of wallet %s: %w", w.ID, err)
	}
	draft := audit.Draft{Key: key, Type: booked.WalletOpened, Lineage: "ledger/" + w.Network + "/" + w.ID, Retold: true}
	step := ledger.Step{ID: "opening:" + w.Network + ":" + w.ID, State: ledger.Posted, Memo: "what the wallet had when its books began"}
	for _, b := range body.Balances {
		if !b.Amount.IsZero() {
			step.Postings = append(step.Postings, ledger.Posting{
				From: d.Chart.Opening(w.Network), To: d.Chart.Wallet(w.Network, w.ID), Asset: d.Chart.Asset(w.Network, b.Contract), Amount: b.Amount,
			})
		}
	}
	var booking ledger.Booking
	if len(step.Postings) > 0 {
		body.Entry, body.Step = step.ID, step.Digest()
		booking.Steps = append(booking.Steps, step)
	}
	draft.Body = body
	entry, err = d.Trail.Book(ctx, draft, booking)
	return entry, err == nil, err
}

// balances reads what a wallet has now: of the native asset, of what the chart names on its
// network, and of what the custodian sees there.
func (d *Deposits) balances(ctx context.Context, w countersign.Wallet, o *booked.Opening) error {
	began := d.Now().UTC().Truncate(time.Microsecond)
	held, err := d.Custodian.Holdings(ctx, w.ID)
	if err != nil {
		return err
	}
	named, contracts := d.contracts(w.Network, held)
	block, amounts, faults, err := d.Chain.Balances(ctx, w.Network, posting.Address(w.Address), contracts)
	if errors.Is(err, countersign.ErrNoNode) {
		o.FollowedBy = booked.ByCustodian
		o.Block.Time = began
		for _, h := range held {
			if countable(h.Kind) {
				o.Balances = append(o.Balances, booked.Balance{Contract: h.Asset, Asset: d.Chart.Asset(w.Network, h.Asset).String(), Amount: h.Balance})
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	if len(amounts) != 1+len(contracts) || len(faults) != len(amounts) {
		return fmt.Errorf("asked for %d balances, got %d", 1+len(contracts), len(amounts))
	}
	o.Block = block
	for i, contract := range append([]string{""}, contracts...) {
		if faults[i] != "" {
			if err := d.leaveOut(ctx, w.Network, contract, faults[i], named[contract], o); err != nil {
				return err
			}
			continue
		}
		o.Balances = append(o.Balances, booked.Balance{Contract: contract, Asset: d.Chart.Asset(w.Network, contract).String(), Amount: amounts[i]})
	}
	return nil
}

// contracts are the tokens of a network that the chart names, and those that a wallet has by the
// custodian's word, each once and in order.
func (d *Deposits) contracts(network string, held []countersign.Holding) (named map[string]bool, contracts []string) {
	named = map[string]bool{}
	for _, a := range d.Chart.Assets() {
		if a.Network == network && a.Contract != "" {
			named[posting.Address(a.Contract)] = true
			contracts = append(contracts, posting.Address(a.Contract))
		}
	}
	for _, h := range held {
		if h.Asset != "" && countable(h.Kind) {
			contracts = append(contracts, posting.Address(h.Asset))
		}
	}
	slices.Sort(contracts)
	return named, slices.Compact(contracts)
}

// leaveOut leaves a token out of an opening because its contract does not answer as a token does:
// anybody can send a wallet such things, and they must not keep its books from beginning. One that
// the chart names, or that was ever booked, is money of ours: then nothing begins before people
// have looked.
func (d *Deposits) leaveOut(ctx context.Context, network, contract, fault string, named bool, o *booked.Opening) error {
	if named {
		return fmt.Errorf("token %s, which the chart names: the contract %s: correct the chart, or look at the token", contract, fault)
	}
	ever, err := d.booked(ctx, network, contract)
	switch {
	case err != nil:
		return err
	case ever:
		return fmt.Errorf("token %s, which stands in the books as %s: the contract %s: look at the token", contract, d.Chart.Asset(network, contract), fault)
	}
	o.LeftOut = append(o.LeftOut, booked.LeftOut{Contract: contract, Fault: fault})
	return nil
}

// countable reports whether assets of a kind are amounts. Collectibles are pieces, which the
// custodian does not list among a wallet's assets.
func countable(kind string) bool {
	switch kind {
	case "Erc721", "Trc721", "Snip3", "Hip17":
		return false
	}
	return true
}
