// Package vault is a rule book to copy: putting a stablecoin into an ERC-4626 vault
// and taking it out again. What the vault's code says it does is not enough here: each
// request is simulated, and approved only when it does exactly what is expected to the
// wallet's balances and allowances, and nothing else. Before the approval is posted it
// is simulated again.
package vault

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/calldata/words"
	"countersign/chain/codepin"
	"countersign/chain/simulation"
	"countersign/rules"
	"countersign/rules/services"
	"countersign/strictjson"
)

//go:embed book.go
var source []byte

// Config is the book's configuration, a JSON object.
type Config struct {
	Network string `json:"network"`
	// Asset is the token that goes in, Vault the ERC-4626 contract, whose shares are a
	// token at its own address.
	Asset         string `json:"asset"`
	AssetSymbol   string `json:"asset_symbol"`
	AssetDecimals int    `json:"asset_decimals"`
	Vault         string `json:"vault"`
	// AssetCode and VaultCode pin the code, as `countersign pin` prints it.
	AssetCode *codepin.Pin `json:"asset_code"`
	VaultCode *codepin.Pin `json:"vault_code"`
	// MaxPerTx and DailyCap are in the asset's smallest unit.
	MaxPerTx rules.Amount `json:"max_per_tx"`
	DailyCap rules.Amount `json:"daily_cap"`
	// MinShares are the fewest shares to be had for PerAssets of the asset, both in
	// smallest units, and the most to be given for them MaxShares: ERC-4626 itself has no
	// protection against a bad price.
	MinShares rules.Amount `json:"min_shares"`
	MaxShares rules.Amount `json:"max_shares"`
	PerAssets rules.Amount `json:"per_assets"`
}

// New returns the book for a configuration.
func New(config []byte) (*rules.Book, error) {
	var c Config
	err := strictjson.Exact(config, &c)
	if err == nil && (c.Network == "" || c.MaxPerTx.IsZero() || c.DailyCap.IsZero() || c.MinShares.IsZero() || c.PerAssets.IsZero() || c.MaxShares.Cmp(c.MinShares) < 0) {
		err = errors.New("network, max_per_tx, daily_cap, min_shares and per_assets are required, and max_shares is at least min_shares")
	}
	if err != nil {
		return nil, fmt.Errorf("vault book: %w", err)
	}
	v := desk{Config: c, asset: simulation.ERC20(c.Asset), shares: simulation.ERC20(c.Vault),
		moved: rules.Budget{Name: "vault/" + strings.ToLower(c.Vault), Limit: c.DailyCap, Window: rules.Rolling(24 * time.Hour)}}
	const approve, deposit, withdraw = "approve(address,uint256)", "deposit(uint256,address)", "withdraw(uint256,address,address)"
	return &rules.Book{
		Name: "vault", Version: "1", Source: map[string][]byte{"book.go": source, "config.json": config},
		Contracts: []rules.Contract{{
			Network: c.Network, Address: c.Asset, Name: c.AssetSymbol, Token: &words.Token{Symbol: c.AssetSymbol, Decimals: c.AssetDecimals},
			ABI: calldata.MustABI("approve(address spender,uint256 amount)"), Code: c.AssetCode,
			Functions: map[string]rules.Rule{approve: v.approve},
			Risks:     map[string]risk.Set{approve: risk.Allowance},
		}, {
			Network: c.Network, Address: c.Vault, Name: "Vault of " + c.AssetSymbol,
			ABI:       calldata.MustABI("deposit(uint256 assets,address receiver)", "withdraw(uint256 assets,address receiver,address owner)"),
			Code:      c.VaultCode,
			Functions: map[string]rules.Rule{deposit: v.deposit, withdraw: v.withdraw},
			Risks:     map[string]risk.Set{deposit: risk.Recipient, withdraw: risk.Recipient},
		}},
	}, nil
}

// desk is what the rules know.
type desk struct {
	Config
	asset, shares simulation.Asset
	moved         rules.Budget
}

// approve lets the vault take exactly what one deposit may be.
func (v desk) approve(ctx context.Context, r *rules.Request) rules.Decision {
	spender, amount := r.Call.Address("spender"), r.Call.Amount("amount")
	if !strings.EqualFold(spender, v.Vault) {
		return rules.Abstain(rules.UnlistedRecipient, "%s is not the vault", spender)
	}
	if amount.Cmp(v.MaxPerTx) > 0 {
		return rules.Abstain(rules.OverCap, "an allowance of %s is over the cap", amount)
	}
	wallet := r.WalletDetails(ctx).Address
	return v.does(r.Simulate(ctx), "the vault may take what one deposit may be",
		simulation.Allow(wallet, v.Vault, v.Asset, amount))
}

// deposit puts assets in, for shares of the wallet's own.
func (v desk) deposit(ctx context.Context, r *rules.Request) rules.Decision {
	assets := r.Call.Amount("assets")
	r.Count(v.moved, assets)
	wallet := r.WalletDetails(ctx).Address
	if d, ok := v.within(assets, wallet, r.Call.Address("receiver")); !ok {
		return d
	}
	least := v.sharesFor(assets, v.MinShares)
	return v.does(r.Simulate(ctx, v.accrual(wallet, least)), "deposit within policy",
		simulation.Out(wallet, v.asset, assets), simulation.AtLeast(simulation.In(wallet, v.shares, least)))
}

// withdraw takes assets out, for shares of the wallet's own, to the wallet itself.
func (v desk) withdraw(ctx context.Context, r *rules.Request) rules.Decision {
	assets := r.Call.Amount("assets")
	r.Count(v.moved, assets)
	wallet := r.WalletDetails(ctx).Address
	for _, party := range []string{r.Call.Address("receiver"), r.Call.Address("owner")} {
		if d, ok := v.within(assets, wallet, party); !ok {
			return d
		}
	}
	most := v.sharesFor(assets, v.MaxShares)
	return v.does(r.Simulate(ctx, v.accrual(wallet, most)), "withdrawal within policy",
		simulation.In(wallet, v.asset, assets), simulation.AtMost(simulation.Out(wallet, v.shares, most)))
}

// within is what both directions have in common.
func (v desk) within(assets rules.Amount, wallet, party string) (rules.Decision, bool) {
	switch {
	case !strings.EqualFold(party, wallet):
		return rules.Abstain(rules.UnlistedRecipient, "%s is not the wallet itself", party), false
	case assets.Cmp(v.MaxPerTx) > 0:
		return rules.Abstain(rules.OverCap, "%s is over the cap of %s", assets, v.MaxPerTx), false
	}
	return rules.Decision{}, true
}

// does approves when the request does exactly what is expected.
func (v desk) does(got simulation.Result, reason string, expected ...simulation.Delta) rules.Decision {
	for _, c := range got.Calls {
		if c.Reverted {
			return rules.Abstain(countersign.SimulationReverted, "it would fail: %s", c.Reason)
		}
	}
	if err := got.Only(expected...); err != nil {
		return rules.Abstain(countersign.SimulationDiffers, "%s", err)
	}
	return rules.Approve(reason)
}

// accrual is by how much the shares may differ when the request is simulated again: a
// vault earns between the two, a tenth of a per cent at the most.
func (v desk) accrual(wallet string, shares rules.Amount) services.Tolerance {
	by, err := countersign.AmountFromBig(new(big.Int).Div(shares.Big(), big.NewInt(1000)))
	if err != nil { // never: it is less than shares
		by = rules.Amount{}
	}
	return services.Tolerance{Account: wallet, Asset: v.shares, By: by}
}

// sharesFor is how many shares go with assets at a price of so many per PerAssets,
// rounded up. More than any amount is the most there can be.
func (v desk) sharesFor(assets, price rules.Amount) rules.Amount {
	n := new(big.Int).Mul(assets.Big(), price.Big())
	per := v.PerAssets.Big()
	n.Add(n, new(big.Int).Sub(per, big.NewInt(1))).Div(n, per)
	shares, err := countersign.AmountFromBig(n)
	if err != nil {
		shares, _ = countersign.AmountFromBig(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	}
	return shares
}
