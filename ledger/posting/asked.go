package posting

import (
	"fmt"

	"countersign"
	"countersign/ledger"
	"countersign/ledger/chart"
)

// Asked are the postings of what a wallet is asked to send, to be held until it has happened:
// the amount of a transfer, the native value of a call. What a call moves beside its value,
// and the fee, are known afterwards only. No postings means that there is nothing to hold: a
// call without value, or a transfer within one account.
func Asked(c chart.Chart, ours Wallets, network, walletID string, t *countersign.Transfer, call *countersign.Call) ([]ledger.Posting, error) {
	b := booking{chart: c, ours: ours, network: network, block: never}
	from := side{account: c.Wallet(network, walletID), ours: true}
	switch {
	case t != nil:
		if err := b.add(from, b.account(t.To), c.Asset(network, t.Asset), t.Amount); err != nil {
			return nil, fmt.Errorf("transfer of wallet %s: %w", walletID, err)
		}
	case call != nil && call.To != "": // what it creates has no address yet
		if err := b.add(from, b.account(call.To), c.Asset(network, ""), call.Value); err != nil {
			return nil, fmt.Errorf("call of wallet %s: %w", walletID, err)
		}
	case call != nil:
		if err := b.add(from, side{account: c.Outside(network)}, c.Asset(network, ""), call.Value); err != nil {
			return nil, fmt.Errorf("creation by wallet %s: %w", walletID, err)
		}
	}
	return b.postings, nil
}

// never is a block behind every opening.
const never = ^uint64(0)
