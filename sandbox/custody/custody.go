// Package custody is the platform's heart: wallets, and the transfers and
// transactions asked of them.
//
// # Life of a request
//
// A caller asks for a transfer or a transaction, and package gate asks the
// policies. Without one that triggers the request is Executing at once; a Block
// makes it Rejected; a RequestApproval leaves it Pending under an approval, which
// ends with the request Executing, or Rejected. An executing request is one job in a queue, which
// package settle works off: Broadcasted, then Confirmed or Failed.
//
// A wallet that is delegated to an end user asks no policy: he alone asks for what it signs.
//
// Every step is one database transaction that also enqueues the webhook events
// which announce it.
package custody

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/gate"
	"countersign/sandbox/network"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/webhook"
)

// Kinds of stored objects. Requests are listed under their wallet.
const (
	kindWallet      = "wallet"
	kindTransfer    = terms.Transfer
	kindTransaction = terms.Transaction
	kindToken       = "network-token" // by network: the wallet that may mint

	all = "org" // the parent of what is listed for the whole organisation
)

// Custody holds the organisation's wallets.
type Custody struct {
	DB   *store.DB
	Now  func() time.Time
	Gate *gate.Gate

	Networks network.Set // where wallets may be
	Token    string      // the address of TestUSD on [network.Default]
	Faucet   string      // the address that funds wallets and deploys tokens
	Unfunded bool        // wallets that callers make start empty, as DFNS's do
}

// TokenOn returns the address of TestUSD on an EVM network. On the default
// network it is seeded; on any other it is what the faucet does first.
func (c *Custody) TokenOn(name string) string {
	if name == network.Default {
		return c.Token
	}
	return crypto.CreateAddress(common.HexToAddress(c.Faucet), 0).Hex()
}

func (c *Custody) emit(tx *store.Tx, kind string, data any) error {
	return webhook.Emit(tx, c.Now(), kind, data)
}
