package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/activities/settlement"
	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/effect"
	"countersign/chain/follow"
	"countersign/chain/network"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/custody/dfns/request"
	"countersign/custody/dfns/signkey"
	"countersign/ledger/chart"
	"countersign/store"

	"github.com/ethereum/go-ethereum/common"
)

// money is what keeps the books of what is ours: of deposits, and of settlements. Without a
// maker nothing is submitted.
func (a *App) money(custodian *dfns.Custodian, trail *store.Trail) (*bookkeeping.Deposits, *settlement.Settlements, error) {
	chains, err := a.Chains()
	if err != nil {
		return nil, nil, err
	}
	names, err := a.Chart()
	if err != nil {
		return nil, nil, err
	}
	deposits := &bookkeeping.Deposits{Chain: chains, Custodian: holder.Holder{Custodian: *custodian}, Trail: trail, Books: trail.DB.Books(), Chart: names, Now: time.Now}
	settlements := &settlement.Settlements{
		Requests: request.Requests{Client: custodian.Client}, Custodian: custodian, Chain: chains,
		Wallets: bookkeeping.Register{Deposits: deposits}, Trail: trail, Chart: names, Now: time.Now,
	}
	maker, err := a.maker()
	if maker != nil {
		settlements.Maker = request.Requests{Client: maker}
	}
	return deposits, settlements, err
}

// Chart names accounts and assets as the configuration says.
func (a *App) Chart() (chart.Chart, error) {
	file := a.Config.Books.ChartFile
	if file == "" {
		return chart.Chart{}, nil
	}
	c, err := chart.Load(file)
	if err != nil {
		err = fmt.Errorf("COUNTERSIGN_CHART_FILE: %w", err)
	}
	return c, err
}

// Chains reads what transactions did and what addresses hold.
type Chains struct {
	Client *client.Client
}

// Chains reads the networks of the nodes file; without one it knows none.
func (a *App) Chains() (Chains, error) {
	networks := map[string]network.Network{}
	if file := a.Config.Rules.NodesFile; file != "" {
		var err error
		if networks, err = network.Load(file); err != nil {
			return Chains{}, fmt.Errorf("COUNTERSIGN_NODES_FILE: %w", err)
		}
	}
	c, err := client.New(networks, nil)
	if err != nil {
		return Chains{}, fmt.Errorf("COUNTERSIGN_NODES_FILE: %w", err)
	}
	return Chains{c}, nil
}

// Effect is [effect.Reader.Effect].
func (c Chains) Effect(ctx context.Context, network, txHash string, ours []string) (countersign.Effect, error) {
	return effect.Reader{Client: c.Client}.Effect(ctx, network, txHash, ours)
}

// Balances are what an address has at the newest final block: of the native asset, then of
// each contract, with what is wrong with those that do not answer as tokens do.
func (c Chains) Balances(ctx context.Context, network, address string, contracts []string) (b countersign.BlockRef, amounts []countersign.Amount, faults []string, err error) {
	chain, err := c.Client.Chain(network)
	if err != nil {
		return b, nil, nil, err
	}
	final, err := chain.Final(ctx)
	if err != nil {
		return b, nil, nil, fmt.Errorf("read the final block of %s: %w", network, err)
	}
	of := []balance.Of{{Holder: address}}
	for _, contract := range contracts {
		of = append(of, balance.Of{Asset: contract, Holder: address})
	}
	amounts, faults, err = at(ctx, chain, final.Hash, of)
	return balance.Ref(final), amounts, faults, err
}

// Final is the newest block of a network that is final.
func (c Chains) Final(ctx context.Context, network string) (countersign.BlockRef, error) {
	chain, err := c.Client.Chain(network)
	if err != nil {
		return countersign.BlockRef{}, err
	}
	b, err := chain.Final(ctx)
	return balance.Ref(b), err
}

// At is what holders have of an asset at a block; contract is empty for the native one.
func (c Chains) At(ctx context.Context, network string, block countersign.BlockRef, contract string, holders []string) ([]countersign.Amount, []string, error) {
	chain, err := c.Client.Chain(network)
	if err != nil {
		return nil, nil, err
	}
	of := make([]balance.Of, len(holders))
	for i, h := range holders {
		of[i] = balance.Of{Asset: contract, Holder: h}
	}
	return at(ctx, chain, follow.Hash(common.HexToHash(block.Hash)), of)
}

// at reads balances at a block.
func at(ctx context.Context, chain *client.Chain, block follow.Hash, of []balance.Of) ([]countersign.Amount, []string, error) {
	held, err := balance.At(ctx, chain, block, of)
	if err != nil {
		return nil, nil, err
	}
	amounts, faults := make([]countersign.Amount, len(held)), make([]string, len(held))
	for i, h := range held {
		amounts[i], faults[i] = h.Amount, h.Fault
	}
	return amounts, faults, nil
}

// maker is the account that asks the custodian; nil where none is configured.
func (a *App) maker() (*dfns.Client, error) {
	m := a.Config.Maker
	if m.MakerTokenFile == "" {
		return nil, nil
	}
	token, err := os.ReadFile(m.MakerTokenFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_MAKER_TOKEN_FILE: %w", err)
	}
	key, err := signkey.Load(m.MakerKeyFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_MAKER_KEY_FILE: %w", err)
	}
	return dfns.New(dfns.Config{
		BaseURL: a.Config.DFNS.BaseURL, AuthToken: strings.TrimSpace(string(token)), CredentialID: m.MakerCredentialID, Signer: key,
	})
}
