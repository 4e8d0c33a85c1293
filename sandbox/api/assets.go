package api

import (
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/history"
	"countersign/sandbox/holdings"
	"countersign/sandbox/network"
	"countersign/sandbox/stellar"
	"countersign/sandbox/store"
	"countersign/sandbox/token"
)

// walletOn returns the wallet of the path, and its network.
func (a *API) walletOn(c call) (custody.Wallet, network.Network, error) {
	wallet, err := a.Custody.Wallet(c.Param("walletId"))
	if err != nil {
		return wallet, network.Network{}, err
	}
	on, err := a.Custody.Networks.Find(wallet.Network)
	return wallet, on, err
}

// onChain returns the chain of a wallet, and what came in to it there.
func (a *API) onChain(wallet custody.Wallet) (*evm.Chain, []history.Event, error) {
	chain, err := a.Chains.Chain(wallet.Network)
	if err != nil {
		return nil, nil, err
	}
	var past []history.Event
	err = a.Custody.DB.View(func(tx *store.Tx) (err error) {
		past, _, err = history.List(tx, wallet.ID, history.Filter{Direction: history.In}, store.Page{})
		return err
	})
	return chain, past, err
}

// assets answers with the balances that the chain has now: its native asset, TUSD, and
// every other ERC-20 that came in and is left.
func (a *API) assets(c call) error {
	if err := oneOf(c, "netWorth", "true"); err != nil {
		return err
	}
	wallet, native, err := a.walletOn(c)
	if err != nil {
		return err
	}
	if native.Family == network.Stellar {
		return a.lumens(c, wallet, native)
	}
	chain, past, err := a.onChain(wallet)
	if err != nil {
		return err
	}
	ctx, holder := c.Request().Context(), common.HexToAddress(wallet.Address)
	wei, err := chain.Client.BalanceAt(ctx, holder, nil)
	if err != nil {
		return err
	}
	tokens, err := holdings.Tokens(ctx, chain, holder, past, holdings.Asset{Kind: "Erc20",
		Contract: a.Custody.TokenOn(wallet.Network), Symbol: token.Symbol, Decimals: token.Decimals, Verified: true})
	if err != nil {
		return err
	}
	assets := append([]holdings.Asset{{Kind: "Native", Symbol: native.Symbol, Decimals: native.Decimals, Verified: true,
		Balance: wei.String()}}, tokens...)
	return a.showAssets(c, wallet, assets)
}

// showAssets answers with the assets of a wallet and, when it is asked for, what they are
// worth by the price file. An asset without a price there is a 501.
func (a *API) showAssets(c call, wallet custody.Wallet, assets []holdings.Asset) error {
	answer := map[string]any{"walletId": wallet.ID, "network": wallet.Network, "assets": assets}
	if c.QueryParam("netWorth") == "true" {
		worth, err := holdings.Worth(wallet.Network, assets, a.Gate.Facts)
		if err != nil {
			return dfns.NotImplemented("netWorth: %v", err)
		}
		answer["netWorth"] = worth
	}
	return reply(c, answer, nil)
}

// lumens answers with the balance that the simulated ledger has.
func (a *API) lumens(c call, wallet custody.Wallet, native network.Network) error {
	var balance int64
	err := a.Custody.DB.View(func(tx *store.Tx) (err error) {
		balance, err = stellar.Balance(tx, wallet.Network, wallet.Address)
		return err
	})
	if err != nil {
		return err
	}
	return a.showAssets(c, wallet, []holdings.Asset{
		{Kind: "Native", Symbol: native.Symbol, Decimals: native.Decimals, Verified: true, Balance: strconv.FormatInt(balance, 10)},
	})
}

// nfts answers with the ERC-721 tokens that came in and are left. The simulated ledger has
// none.
func (a *API) nfts(c call) error {
	wallet, on, err := a.walletOn(c)
	if err != nil {
		return err
	}
	found := []holdings.NFT{}
	if on.Family == network.EVM {
		chain, past, err := a.onChain(wallet)
		if err != nil {
			return err
		}
		if found, err = holdings.NFTs(c.Request().Context(), chain, common.HexToAddress(wallet.Address), past); err != nil {
			return err
		}
	}
	return reply(c, map[string]any{"walletId": wallet.ID, "network": wallet.Network, "nfts": found}, nil)
}
