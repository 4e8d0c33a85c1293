package stablecoin

import (
	"errors"
	"fmt"

	"countersign/rules"
)

// Config is the book's configuration file. All fields are required but the two
// lists, which may be empty.
type Config struct {
	// Network is the custodian's name of the chain, Token the contract.
	Network string `json:"network"`
	Token   string `json:"token"`
	// Symbol and Decimals are for people.
	Symbol   string `json:"symbol"`
	Decimals int    `json:"decimals"`
	// MaxPerMint caps one mint and DailyMint the last 24 hours, both in minor
	// units, as decimal strings.
	MaxPerMint rules.Amount `json:"max_per_mint"`
	DailyMint  rules.Amount `json:"daily_mint"`
	// Recipients may be minted to; DenyList must never be.
	Recipients []string `json:"recipients"`
	DenyList   []string `json:"deny_list"`

	token              string
	recipients, denied rules.Addresses
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
	if c.MaxPerMint.IsZero() || c.DailyMint.IsZero() {
		field("max_per_mint, daily_mint", errors.New("must be more than zero"))
	}
	var err error
	c.token, err = rules.ParseAddress(c.Token)
	field("token", err)
	c.recipients, err = rules.NewAddresses(c.Recipients...)
	field("recipients", err)
	c.denied, err = rules.NewAddresses(c.DenyList...)
	field("deny_list", err)
	for a := range c.denied {
		if c.recipients.Has(a) {
			field("recipients", fmt.Errorf("%s is on the deny-list too", a))
		}
	}
	return errors.Join(errs...)
}
