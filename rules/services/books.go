package services

import (
	"context"
	"strings"

	"countersign"
	"countersign/budget"
)

// KnowsWallet says whether the wallet can be asked about.
func (d *Desk) KnowsWallet() bool {
	return d.approval.Activity.WalletID != "" && (d.services.Wallets != nil || d.tape != nil && d.tape.wallet)
}

// WalletDetails is the wallet that would pay or sign, as the custodian has it: its
// address, name and tags.
func (d *Desk) WalletDetails(ctx context.Context) countersign.Wallet {
	id := d.approval.Activity.WalletID
	question := struct {
		ID string `json:"id"`
	}{id}
	return ask(ctx, d, walletService, "custodian", question, func(ctx context.Context) (countersign.Wallet, error) {
		if d.services.Wallets == nil {
			return countersign.Wallet{}, errMissing
		}
		return d.services.Wallets.WalletByID(ctx, id)
	})
}

// Balance is what the wallet has of an asset, named as transfers name it: "Native" and
// "", "Erc20" and a contract. It is the custodian's word, as of now.
func (d *Desk) Balance(ctx context.Context, kind, locator string) countersign.Amount {
	id := d.approval.Activity.WalletID
	question := struct {
		ID string `json:"id"`
	}{id}
	holdings := ask(ctx, d, balanceService, "custodian", question, func(ctx context.Context) ([]countersign.Holding, error) {
		if d.services.Wallets == nil {
			return nil, errMissing
		}
		return d.services.Wallets.Holdings(ctx, id)
	})
	for _, h := range holdings {
		if h.Kind == kind && (h.Asset == locator || strings.HasPrefix(locator, "0x") && strings.EqualFold(h.Asset, locator)) {
			return h.Balance
		}
	}
	return countersign.Amount{}
}

// Taken is what a budget's window holds already: what was reserved for approvals and
// committed by them, this request not included. It explains and compares; whether a
// budget holds is decided with the reservation, after the rule.
func (d *Desk) Taken(ctx context.Context, b budget.Budget) countersign.Amount {
	since := b.Window.Since(d.now).UTC()
	question := struct {
		Budget string `json:"budget"`
		Window string `json:"window"`
	}{b.Name, b.Window.String()}
	return ask(ctx, d, ledgerService, "budgets", question, func(ctx context.Context) (countersign.Amount, error) {
		if d.services.Ledger == nil {
			return countersign.Amount{}, errMissing
		}
		return d.services.Ledger.Taken(ctx, b.Name, since)
	})
}
