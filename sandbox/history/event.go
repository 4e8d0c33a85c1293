// Package history is what the chains did to the wallets: each transfer into or
// out of one, as DFNS's wallet history and its blockchain events show it.
//
// A transfer is Included with its block and Confirmed when the block is final;
// until then a reorganisation may retract it. Every step is made in the
// transaction that keeps the block, so nothing is lost or told twice, whenever
// the process dies. Deposits are announced: wallet.blockchainevent.detected in
// both phases, wallet.blockchain_event.transfer.included in the first. DFNS has
// no event for a retraction: the item is gone, and told again when it is back.
//
// What is seen of an EVM chain is the value of transactions and the Transfer
// events of tokens. Value that a contract passes on inside a transaction is not
// seen: it shows in balances only.
package history

import (
	"countersign/sandbox/dfns"
)

// The directions and statuses of an [Event].
const (
	In        = "In"
	Out       = "Out"
	Included  = "Included"
	Confirmed = "Confirmed"
)

// Asset describes the asset of a transfer, or of its fee.
type Asset struct {
	Symbol   string `json:"symbol,omitempty"`
	Decimals int    `json:"decimals"`
	Verified bool   `json:"verified"`
}

// Transfer is a movement of value that a block holds.
type Transfer struct {
	Kind     string // NativeTransfer, Erc20Transfer or Erc721Transfer
	TxHash   string
	Index    string // of the log in its block; "" for a native transfer
	Contract string // "" for a native transfer
	From, To string // addresses as the network writes them
	Value    string // minimum units, decimal; "" for Erc721Transfer
	TokenID  string // decimal; only for Erc721Transfer
	Memo     string
	Fee      string // what the sender paid, in minimum units of the native asset
	Asset    Asset
}

// Event is a transfer as one wallet sees it.
type Event struct {
	WalletID    string    `json:"walletId"`
	Direction   string    `json:"direction"`
	Network     string    `json:"network"`
	BlockNumber uint64    `json:"blockNumber"`
	TxHash      string    `json:"txHash"`
	Index       string    `json:"index,omitempty"`
	Timestamp   dfns.Time `json:"timestamp"` // of the block
	Status      string    `json:"status"`
	Metadata    Metadata  `json:"metadata"`
	Kind        string    `json:"kind"`
	Contract    string    `json:"contract,omitempty"`
	From        string    `json:"from,omitempty"`
	To          string    `json:"to,omitempty"`
	Value       string    `json:"value,omitempty"`
	TokenID     string    `json:"tokenId,omitempty"`
	Fee         string    `json:"fee,omitempty"` // on the way out only
	Memo        string    `json:"memo,omitempty"`
	Symbol      string    `json:"symbol,omitempty"` // deprecated by DFNS, and required
	Decimals    int       `json:"decimals"`         // likewise
	Verified    bool      `json:"verified"`         // likewise
}

// Metadata describes the assets of an [Event].
type Metadata struct {
	Asset Asset  `json:"asset"`
	Fee   *Asset `json:"fee,omitempty"`
}

// id names e for ever: DFNS's events have no identifier of their own.
func (e Event) id() string {
	return e.Network + "/" + e.TxHash + "/" + e.Index + "/" + e.Direction + "/" + e.WalletID
}
