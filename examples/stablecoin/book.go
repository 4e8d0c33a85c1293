// Package stablecoin is a rule book to copy: the checker of a stablecoin's
// settlement desk. It approves mints of one token to listed recipients under a
// cap per mint and a daily budget, and plain transfers of the token under the
// same cap; it rejects only what goes to a deny-listed address; everything else is
// left to people.
package stablecoin

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"countersign"

	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/calldata/words"
	"countersign/chain/simulation"
	"countersign/rules"
	"countersign/rules/checks"
	"countersign/strictjson"
)

// The source is part of the book: its digest stands in every decision.
var (
	//go:embed book.go
	bookSource []byte
	//go:embed config.go
	configSource []byte
	//go:embed sweep.go
	sweepSource []byte
)

// token is what may be called. burn and transfer are pinned so that they are
// decoded and named, and left to people: no rule approves them.
var token = calldata.MustABI(
	"mint(address to,uint256 amount)",
	"burn(uint256 amount)",
	"transfer(address to,uint256 amount)",
)

// New returns the book for a configuration, a JSON object; see [Config].
func New(config []byte) (*rules.Book, error) {
	c, err := parse(config)
	if err != nil {
		return nil, fmt.Errorf("stablecoin book: %w", err)
	}
	d := desk{
		token:      simulation.ERC20(c.token),
		recipients: c.recipients, denied: c.denied, maxPerMint: c.maxPerMint,
		inWords: func(a rules.Amount) string { return a.Format(c.Decimals) + " " + c.Symbol },
		dailyMint: rules.Budget{
			Name:  "mint/" + c.Network + "/" + c.token,
			Limit: c.dailyMint, Window: rules.Rolling(24 * time.Hour),
		},
	}
	mint := rules.Rule(d.mint)
	if c.Simulate {
		mint = d.simulated(mint)
	}
	return &rules.Book{
		Name: "stablecoin", Version: "1",
		Contracts: []rules.Contract{{
			Network: c.Network, Address: c.token, Name: c.Symbol, ABI: token, Code: c.Code,
			Token:     &words.Token{Symbol: c.Symbol, Decimals: c.Decimals},
			Functions: map[string]rules.Rule{"mint(address,uint256)": mint},
			Risks:     map[string]risk.Set{"mint(address,uint256)": risk.Recipient}, // d.mint looks who it is
		}},
		Transfers: d.transfers(c),
		Source:    withConfig(config),
	}, nil
}

// transfers are the assets that may be moved plainly: the token, and for sweeps what pays for gas.
func (d desk) transfers(c Config) []rules.Asset {
	token := rules.Asset{
		Network: c.Network, Kind: "Erc20", Locator: c.token, Name: c.Symbol, Decimals: c.Decimals,
		Rule: checks.All("transfer within policy",
			checks.NotOn(d.denied, checks.Recipient),
			checks.OnlyTo(d.recipients, checks.Recipient),
			checks.AtMost(d.maxPerMint, checks.Transferred)),
	}
	if c.Sweep == nil {
		return []rules.Asset{token}
	}
	token.Rule = c.Sweep.or(token.Rule)
	return []rules.Asset{token, {
		Network: c.Network, Kind: "Native", Name: "gas", Decimals: 18, Rule: c.Sweep.or(c.Sweep.gas(c.Network)),
	}}
}

// desk is what the rules look things up in.
type desk struct {
	token              simulation.Asset
	recipients, denied rules.Addresses
	maxPerMint         rules.Amount
	dailyMint          rules.Budget
	inWords            func(rules.Amount) string // an amount for people
}

// mint is the settlement checker.
func (d desk) mint(_ context.Context, r *rules.Request) rules.Decision {
	to, amount := r.Call.Address("to"), r.Call.Amount("amount")
	r.Count(d.dailyMint, amount) // first: it counts whoever approves in the end

	if d.denied.Has(to) {
		return rules.Reject(rules.DenyListed, "recipient "+rules.Checksummed(to)+" is on the deny-list")
	}
	if !d.recipients.Has(to) {
		return rules.Abstain(rules.UnlistedRecipient, "recipient %s is not on the allowlist", rules.Checksummed(to))
	}
	if amount.Cmp(d.maxPerMint) > 0 {
		return rules.Abstain(rules.OverCap, "mint of %s is over the cap of %s", d.inWords(amount), d.inWords(d.maxPerMint))
	}
	return rules.Approve("mint within policy")
}

// simulated is a rule whose approval stands only when running the mint gives the
// recipient exactly what it says, and does nothing else.
func (d desk) simulated(rule rules.Rule) rules.Rule {
	moves := checks.Moves(func(_ context.Context, r *rules.Request) []simulation.Delta {
		return []simulation.Delta{simulation.In(r.Call.Address("to"), d.token, r.Call.Amount("amount"))}
	})
	return func(ctx context.Context, r *rules.Request) rules.Decision {
		said := rule(ctx, r)
		if said.Verdict != countersign.Approve {
			return said
		}
		if differs, ok := moves(ctx, r); !ok {
			return differs
		}
		return said
	}
}

// withConfig adds the configuration to the source: another cap is another book.
func withConfig(config []byte) map[string][]byte {
	return map[string][]byte{"book.go": bookSource, "config.go": configSource, "sweep.go": sweepSource, "config.json": config}
}

func parse(config []byte) (Config, error) {
	var c Config
	if err := strictjson.Exact(config, &c); err != nil { // a cap that stands there twice is two caps
		return c, fmt.Errorf("configuration: %w", err)
	}
	return c, c.check()
}
