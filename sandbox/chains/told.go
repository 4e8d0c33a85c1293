package chains

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox/evm"
	"countersign/sandbox/history"
	"countersign/sandbox/network"
)

// told puts what a block did in the words of a wallet's history.
func told(n network.Network, transfers []evm.Transfer) []history.Transfer {
	var all []history.Transfer
	for _, t := range transfers {
		h := history.Transfer{Kind: "NativeTransfer", TxHash: t.Tx.Hex(), Index: t.Index,
			From: t.From.Hex(), To: t.To.Hex(), Fee: t.Fee.String(),
			Asset: history.Asset{Symbol: n.Symbol, Decimals: n.Decimals, Verified: true}}
		if t.Contract != (common.Address{}) {
			h.Kind, h.Contract = "Erc20Transfer", t.Contract.Hex()
			// DFNS vouches for assets that it knows; the sandbox for none but the native one.
			h.Asset = history.Asset{Symbol: t.Symbol, Decimals: t.Decimals}
		}
		h.Value = text(t.Amount)
		if t.TokenID != nil {
			h.Kind, h.TokenID = "Erc721Transfer", text(t.TokenID)
		}
		all = append(all, h)
	}
	return all
}

func text(n *big.Int) string {
	if n == nil {
		return ""
	}
	return n.String()
}
