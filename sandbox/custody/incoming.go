package custody

import (
	"math/big"
	"strings"

	"countersign/sandbox/gate"
	"countersign/sandbox/history"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
)

// Screen asks the policies on Wallets:IncomingTransaction about a deposit, in the
// transaction that tells of it. A deposit is on the chain already, so that a policy can do
// no more than announce that it triggered; it is told once, when the deposit is included.
func (c *Custody) Screen(tx *store.Tx, e history.Event) error {
	wallet, err := getWallet(tx, e.WalletID)
	if err != nil || wallet.Delegated() { // no policy governs an end user's wallet
		return err
	}
	ruling, err := c.Gate.Judge(tx, gate.Case{
		Kind: policy.Incoming, Subject: "blockchain-event", SubjectID: e.TxHash,
		Scope:    policy.Scope{WalletID: wallet.ID, WalletTags: wallet.Tags},
		Movement: c.deposited(e),
	})
	if err != nil {
		return err
	}
	return c.Gate.Record(tx, ruling, gate.Activity{Kind: policy.Incoming, Member: "blockchainEvent", Entity: e})
}

// deposited is what rules can read of a deposit: who sent how much of what. Providers
// screen the native asset and ERC-20 tokens, nothing else.
func (c *Custody) deposited(e history.Event) rule.Movement {
	on, _ := c.Networks.Find(e.Network) // no asset can be read on a network that no longer runs
	m := rule.Movement{Network: e.Network, Hex: on.Family == network.EVM, Party: e.From}
	m.Amount, _ = new(big.Int).SetString(e.Value, 10) // what the chain moved; none of an Erc721Transfer
	switch e.Kind {
	case "NativeTransfer":
		m.Asset = "native:" + strings.ToLower(on.Symbol)
	case "Erc20Transfer":
		m.Asset = "erc20:" + strings.ToLower(e.Contract)
	}
	return m
}
