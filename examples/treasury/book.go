// Package treasury is a rule book to copy: plain transfers on many chains, between a
// treasury's own accounts and to its counterparties. It is three books put together:
// hot wallets move small amounts to known counterparties, treasury wallets move any
// amount to accounts of our own, and everything else is for people.
package treasury

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/rules"
	"countersign/rules/checks"
	"countersign/rules/compose"
	"countersign/strictjson"
)

//go:embed book.go
var source []byte

// Config is the book's configuration, a JSON object.
type Config struct {
	Assets []Asset `json:"assets"`
	// Own are our accounts, Counterparties those that hot wallets may pay, each by
	// network.
	Own            map[string][]Account `json:"own"`
	Counterparties map[string][]Account `json:"counterparties"`
}

// An Asset is what may be moved. Amounts are whole numbers of its smallest unit.
type Asset struct {
	Network string `json:"network"`
	// Kind and Locator are the custodian's: "Native" and "", "Erc20" and a contract.
	Kind     string `json:"kind"`
	Locator  string `json:"locator"`
	Name     string `json:"name"`
	Decimals int    `json:"decimals"`
	// HotCap is the most that a hot wallet sends at once, HotDaily in 24 hours to one
	// counterparty.
	HotCap   rules.Amount `json:"hot_cap"`
	HotDaily rules.Amount `json:"hot_daily"`
}

// An Account receives. Where the chain wants a memo or destination tag to tell the
// customers of one address apart, it is part of the account.
type Account struct {
	Address string `json:"address"`
	Memo    string `json:"memo"`
}

// New returns the composite for a configuration.
func New(config []byte) (*compose.Composite, error) {
	var c Config
	if err := strictjson.Exact(config, &c); err != nil {
		return nil, fmt.Errorf("treasury book: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("treasury book: %w", err)
	}
	files := map[string][]byte{"book.go": source, "config.json": config}
	hot := &rules.Book{Name: "hot", Version: "1", Source: files}
	own := &rules.Book{Name: "own", Version: "1", Source: files}
	for _, a := range c.Assets {
		asset := rules.Asset{Network: a.Network, Kind: a.Kind, Locator: a.Locator, Name: a.Name, Decimals: a.Decimals}
		asset.Rule = hotRule(a, c.Counterparties[a.Network])
		hot.Transfers = append(hot.Transfers, asset)
		asset.Rule = checks.All("between our own accounts", to(c.Own[a.Network]))
		own.Transfers = append(own.Transfers, asset)
	}
	return compose.FirstMatch("treasury", "1",
		compose.Section{Name: "hot", When: compose.Match{WalletTags: []string{"hot"}}, Book: hot},
		compose.Section{Name: "treasury", When: compose.Match{WalletTags: []string{"treasury"}}, Book: own}), nil
}

// hotRule is what a hot wallet may do with an asset.
func hotRule(a Asset, counterparties []Account) rules.Rule {
	daily := rules.Budget{Name: "hot/" + a.Network + "/" + a.Name, Limit: a.HotDaily, Window: rules.Rolling(24 * time.Hour)}
	return checks.All("small and to a known counterparty",
		func(_ context.Context, r *rules.Request) (rules.Decision, bool) { // first: it counts whoever approves
			r.Count(daily.Per("to", r.Transfer.To), r.Transfer.Amount)
			return rules.Decision{}, true
		},
		to(counterparties),
		checks.AtMost(a.HotCap, checks.Transferred))
}

// to lets pass what goes to one of the accounts, memo included: on some chains money
// with another memo is somebody else's.
func to(accounts []Account) checks.Check {
	return func(_ context.Context, r *rules.Request) (rules.Decision, bool) {
		known := slices.ContainsFunc(accounts, func(a Account) bool {
			return same(a.Address, r.Transfer.To) && a.Memo == r.Transfer.Memo
		})
		if !known {
			return rules.Abstain(rules.UnlistedRecipient, "%s with memo %q is not on the list", r.Transfer.To, r.Transfer.Memo), false
		}
		return rules.Decision{}, true
	}
}

// same compares EVM addresses in any case and all others exactly.
func same(a, b string) bool {
	return a == b || strings.HasPrefix(a, "0x") && strings.EqualFold(a, b)
}

// check reports every mistake by the name of its field.
func (c Config) check() error {
	var errs []error
	for i, a := range c.Assets {
		if a.Network == "" || a.Name == "" || a.HotCap.IsZero() || a.HotDaily.Cmp(a.HotCap) < 0 {
			errs = append(errs, fmt.Errorf("assets[%d]: network, name and hot_cap are required, and hot_daily is at least hot_cap", i))
		}
	}
	for _, list := range []map[string][]Account{c.Own, c.Counterparties} {
		for network, accounts := range list {
			for i, a := range accounts {
				if _, err := rules.ParseAddress(a.Address); a.Address == "" || strings.HasPrefix(a.Address, "0x") && err != nil {
					errs = append(errs, fmt.Errorf("%s[%d]: address %q is empty or mistyped", network, i, a.Address))
				}
			}
		}
	}
	if len(c.Assets) == 0 {
		errs = append(errs, errors.New("assets: none"))
	}
	return errors.Join(errs...)
}
