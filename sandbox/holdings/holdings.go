// Package holdings is what a wallet has on its chain now: the native asset, TestUSD, and
// every token that ever came in. Which tokens came in says the wallet's history; how much is
// left of them, the chain.
package holdings

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/evm"
	"countersign/sandbox/history"
	"countersign/sandbox/token"
)

// Asset is one balance of a wallet, as the API shows it.
type Asset struct {
	Kind     string `json:"kind"` // Native or Erc20
	Contract string `json:"contract,omitempty"`
	Symbol   string `json:"symbol,omitempty"`
	Decimals int    `json:"decimals"`
	Verified bool   `json:"verified"`
	Balance  string `json:"balance"` // minimum units, decimal

	Quotes Quotes `json:"quotes,omitempty"` // what the balance is worth; see [Worth]
}

// NFT is one token of an ERC-721 that a wallet owns, as the API shows it.
type NFT struct {
	Kind     string `json:"kind"` // Erc721
	Contract string `json:"contract"`
	TokenID  string `json:"tokenId"` // decimal
	Symbol   string `json:"symbol,omitempty"`
}

// Tokens returns the balances of the wanted tokens, in their order, and after them those of
// the other ERC-20s that came in by past and of which something is left. The wanted are
// there even when nothing is.
func Tokens(ctx context.Context, chain *evm.Chain, holder common.Address, past []history.Event, wanted ...Asset) ([]Asset, error) {
	found := slices.Clone(wanted)
	for _, e := range past {
		seen := func(a Asset) bool { return common.HexToAddress(a.Contract) == common.HexToAddress(e.Contract) }
		if e.Kind == "Erc20Transfer" && e.Direction == history.In && !slices.ContainsFunc(found, seen) {
			found = append(found, Asset{Kind: "Erc20", Contract: e.Contract, Symbol: e.Metadata.Asset.Symbol,
				Decimals: e.Metadata.Asset.Decimals, Verified: e.Metadata.Asset.Verified})
		}
	}
	var held []Asset
	for i, a := range found {
		contract := common.HexToAddress(a.Contract)
		out, err := chain.Client.CallContract(ctx, ethereum.CallMsg{To: &contract, Data: token.BalanceOf(holder)}, nil)
		if err != nil && i < len(wanted) {
			return nil, fmt.Errorf("reading balance of %s: %w", a.Contract, err)
		}
		if len(out) == 0 && i < len(wanted) {
			out = make([]byte, 32) // it is not deployed yet, so nobody has any
		}
		if err != nil || len(out) != 32 {
			continue // it said that it moved something, and does not say how much is there
		}
		units := new(big.Int).SetBytes(out)
		if a.Balance = units.String(); i < len(wanted) || units.Sign() > 0 {
			held = append(held, a)
		}
	}
	return held, nil
}

// ownerOf is the selector of ownerOf(uint256) (EIP-721).
var ownerOf = crypto.Keccak256([]byte("ownerOf(uint256)"))[:4]

// NFTs returns the ERC-721 tokens that came in by past and are still there.
func NFTs(ctx context.Context, chain *evm.Chain, holder common.Address, past []history.Event) ([]NFT, error) {
	found := []NFT{}
	for _, e := range past {
		n := NFT{Kind: "Erc721", Contract: e.Contract, TokenID: e.TokenID, Symbol: e.Metadata.Asset.Symbol}
		if e.Kind != "Erc721Transfer" || e.Direction != history.In || slices.Contains(found, n) {
			continue
		}
		id, ok := new(big.Int).SetString(e.TokenID, 10)
		if !ok {
			return nil, fmt.Errorf("reading history: %q is no token ID", e.TokenID)
		}
		contract := common.HexToAddress(e.Contract)
		out, err := chain.Client.CallContract(ctx, ethereum.CallMsg{To: &contract,
			Data: slices.Concat(ownerOf, common.LeftPadBytes(id.Bytes(), 32))}, nil)
		if err != nil || len(out) != 32 {
			continue // burned: there is no owner
		}
		if common.BytesToAddress(out) == holder {
			found = append(found, n)
		}
	}
	return found, nil
}
