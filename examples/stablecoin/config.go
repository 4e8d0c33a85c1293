package stablecoin

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"countersign"
	"countersign/chain/codepin"
	"countersign/rules"
)

// Config is the book's configuration file. All fields are required but Code
// and the two lists, which may be empty.
type Config struct {
	// Network is the custodian's name of the chain, Token the contract.
	Network string `json:"network"`
	Token   string `json:"token"`
	// Symbol and Decimals are for people; Decimals is at most 255, as on the chain.
	Symbol   string `json:"symbol"`
	Decimals int    `json:"decimals"`
	// Code pins the token's code, as `countersign pin` prints it; see [codepin.Pin].
	// Optional.
	Code *codepin.Pin `json:"code"`
	// Simulate wants each mint simulated before it is approved. It needs a node for the
	// network. Optional.
	Simulate bool `json:"simulate"`
	// MaxPerMint caps one mint and DailyMint the last 24 hours, both in minor
	// units, as decimal strings.
	MaxPerMint string `json:"max_per_mint"`
	DailyMint  string `json:"daily_mint"`
	// Recipients may be minted to; DenyList must never be.
	Recipients []string `json:"recipients"`
	DenyList   []string `json:"deny_list"`
	// Sweep lets the moves of a sweep pass. Optional.
	Sweep *Sweep `json:"sweep"`

	token                 string
	maxPerMint, dailyMint rules.Amount
	recipients, denied    rules.Addresses
}

// check reports every mistake by the name of its field.
func (c *Config) check() error {
	var errs []error
	field := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if c.Network == "" {
		field("network", errors.New("is empty"))
	}
	if c.Symbol == "" {
		field("symbol", errors.New("is empty"))
	}
	if c.Decimals < 0 || c.Decimals > 255 {
		field("decimals", fmt.Errorf("%d is not between 0 and 255", c.Decimals))
	}
	var err error
	c.maxPerMint, err = moreThanZero(c.MaxPerMint)
	field("max_per_mint", err)
	c.dailyMint, err = moreThanZero(c.DailyMint)
	field("daily_mint", err)
	c.token, err = rules.ParseAddress(c.Token)
	field("token", err)
	c.recipients, err = rules.NewAddresses(c.Recipients...)
	field("recipients", err)
	c.denied, err = rules.NewAddresses(c.DenyList...)
	field("deny_list", err)
	for _, a := range slices.Sorted(maps.Keys(c.denied)) {
		if c.recipients.Has(a) {
			field("recipients", fmt.Errorf("%s is on the deny-list too", a))
		}
	}
	if c.Sweep != nil {
		errs = append(errs, c.Sweep.check())
		if c.denied.Has(c.Sweep.treasury) {
			field("sweep.treasury", fmt.Errorf("%s is on the deny-list", c.Sweep.treasury))
		}
	}
	return errors.Join(errs...)
}

func moreThanZero(s string) (rules.Amount, error) {
	a, err := countersign.ParseAmount(s)
	if err == nil && a.IsZero() {
		err = errors.New("must be more than zero")
	}
	return a, err
}
