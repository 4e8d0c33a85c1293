// Package chart names the accounts and the assets of the books: which account a wallet's
// assets stand in, and what a token is called and in how many decimals it is counted.
//
// A chart without a file names everything by itself, so that nothing that moves has no name:
// wallets by network and ID, tokens by network and contract, counted in their smallest unit.
// A file gives the names that people use. A name stands in the books for ever: change it only
// for what has not been booked yet.
package chart

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"countersign"
	"countersign/ledger"
	"countersign/strictjson"
)

// ErrChart means that a chart's file cannot be used.
var ErrChart = errors.New("not a chart of accounts")

// A Wallet gives a wallet its account.
type Wallet struct {
	// ID is the custodian's, Account where its assets stand, such as "treasury:hot:Ethereum".
	ID      string         `json:"id"`
	Account ledger.Account `json:"account"`
}

// An Asset gives what is on a network its name.
type Asset struct {
	Network string `json:"network"`
	// Contract is the token's address, 0x and 40 hex digits, or what locates the asset on
	// networks of another kind; empty for the native asset.
	Contract string `json:"contract,omitempty"`
	// Asset is its name and decimals, such as "USDC/6".
	Asset ledger.Asset `json:"asset"`
}

// A File is a chart as it is written.
type File struct {
	Wallets []Wallet `json:"wallets,omitempty"`
	Assets  []Asset  `json:"assets,omitempty"`
}

// A Chart names accounts and assets. The zero value names everything by itself.
type Chart struct {
	wallets map[string]ledger.Account
	assets  map[place]ledger.Asset
}

type place struct{ network, contract string }

// Load reads a chart's file, or fails with [ErrChart].
func Load(path string) (Chart, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Chart{}, err
	}
	var f File
	if err := strictjson.Exact(text, &f); err != nil {
		return Chart{}, fmt.Errorf("%w: %w", ErrChart, err)
	}
	return New(f)
}

// New checks a chart, and fails with [ErrChart]. A wallet has one account and an asset one
// name; two wallets may share an account, two assets no name, because two tokens of one
// symbol are not one asset.
func New(f File) (Chart, error) {
	c := Chart{wallets: map[string]ledger.Account{}, assets: map[place]ledger.Asset{}}
	for i, w := range f.Wallets {
		if err := c.wallet(w); err != nil {
			return Chart{}, fmt.Errorf("%w: wallets[%d]: %w", ErrChart, i, err)
		}
	}
	for i, a := range f.Assets {
		if err := c.asset(a); err != nil {
			return Chart{}, fmt.Errorf("%w: assets[%d]: %w", ErrChart, i, err)
		}
	}
	return c, nil
}

// kept are the accounts that stand for what is not ours, one below each per network.
var kept = []ledger.Account{"outside", "fees", "opening"}

func (c Chart) wallet(w Wallet) error {
	if err := countersign.CheckID(w.ID); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if _, err := ledger.ParseAccount(string(w.Account)); err != nil {
		return fmt.Errorf("account: %w", err)
	}
	if i := slices.IndexFunc(kept, func(k ledger.Account) bool { return w.Account.Under(k) }); i >= 0 {
		return fmt.Errorf("account: %s is below %s, which is for what is not ours: choose another", w.Account, kept[i])
	}
	if _, twice := c.wallets[w.ID]; twice {
		return fmt.Errorf("id: %s stands there twice: keep one", w.ID)
	}
	c.wallets[w.ID] = w.Account
	return nil
}

func (c Chart) asset(a Asset) error {
	if err := network(a.Network); err != nil {
		return err
	}
	if _, err := ledger.ParseAsset(a.Asset.String()); err != nil {
		return fmt.Errorf("asset: %w", err)
	}
	if len(a.Contract) > maxContract || strings.ContainsAny(a.Contract, " \t\r\n") {
		return fmt.Errorf("contract: %.80q is no address, want 0x and 40 hex digits, or nothing for the native asset", a.Contract)
	}
	at := placeOf(a.Network, a.Contract)
	if _, twice := c.assets[at]; twice {
		return fmt.Errorf("contract: %q of %s stands there twice: keep one", a.Contract, a.Network)
	}
	for other, name := range c.assets {
		if name.Code == a.Asset.Code {
			return fmt.Errorf("asset: %s is also the name of %q on %s: two assets need two names", name.Code, other.contract, other.network)
		}
	}
	c.assets[at] = a.Asset
	return nil
}

// maxContract bounds what locates an asset; DFNS's longest is a name of a coin's type on a
// Move network.
const maxContract = 256

// network refuses what cannot be a segment of an account.
func network(name string) error {
	if a, err := ledger.ParseAccount(name); err != nil || strings.Contains(string(a), ":") {
		return fmt.Errorf("network: %.60q, want one of the custodian's names such as Ethereum", name)
	}
	return nil
}

// placeOf writes an EVM address in one way. Others are compared as they are.
func placeOf(network, contract string) place {
	if len(contract) == 42 && strings.HasPrefix(contract, "0x") {
		contract = strings.ToLower(contract)
	}
	return place{network, contract}
}

// Wallet is the account of a wallet.
func (c Chart) Wallet(network, walletID string) ledger.Account {
	if a, ok := c.wallets[walletID]; ok {
		return a
	}
	return ledger.Account("wallets:" + network + ":" + strings.ReplaceAll(walletID, ":", "_"))
}

// Outside is the account of everybody else on a network, Fees of what was paid to have work
// done there, and Opening of what wallets had when their books began.
func (c Chart) Outside(network string) ledger.Account { return ledger.Account("outside:" + network) }

// Fees is described at [Chart.Outside].
func (c Chart) Fees(network string) ledger.Account { return ledger.Account("fees:" + network) }

// Opening is described at [Chart.Outside].
func (c Chart) Opening(network string) ledger.Account { return ledger.Account("opening:" + network) }

// Asset is the name of a network's asset, the native one where contract is empty. One that the
// file does not have is named after where it is and counted in its smallest unit, with no
// decimals: "Ethereum.0xa0b8…/0", "Ethereum/0"; longer locators are named by their digest.
func (c Chart) Asset(network, contract string) ledger.Asset {
	at := placeOf(network, contract)
	if a, ok := c.assets[at]; ok {
		return a
	}
	return ledger.Asset{Code: code(at)}
}

// Assets are those that the file names, in the order of their names.
func (c Chart) Assets() []Asset {
	var all []Asset
	for at, name := range c.assets {
		all = append(all, Asset{at.network, at.contract, name})
	}
	slices.SortFunc(all, func(a, b Asset) int { return strings.Compare(a.Asset.Code, b.Asset.Code) })
	return all
}

// Wallets are the IDs that the file has an account for, sorted.
func (c Chart) Wallets() []string { return slices.Sorted(maps.Keys(c.wallets)) }
