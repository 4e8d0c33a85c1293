// Package settlement is the checker that most teams start with, to copy: mint only on
// contracts that are known, screen the recipient, cap one mint and a day's mints per
// wallet, reject a sanctioned recipient, and leave everything else to people.
package settlement

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"countersign"

	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"
	"countersign/screening"
	"countersign/strictjson"
)

//go:embed book.go
var source []byte

// abi is pinned to the contracts of the allowlist; bytes for any other are not read.
var abi = calldata.MustABI("mint(address recipient,uint256 amount)")

// Config is the book's configuration, a JSON object. Amounts are whole numbers of the
// token's smallest unit, as text.
type Config struct {
	Network string `json:"network"`
	// Contracts is the allowlist.
	Contracts []string `json:"contracts"`
	// MaxPerTx is the most that one mint may be, and DailyCap what all mints of one wallet
	// may be on one day in Zone ("Europe/Paris").
	MaxPerTx rules.Amount `json:"max_per_tx"`
	DailyCap rules.Amount `json:"daily_cap"`
	Zone     string       `json:"zone"`
}

// New returns the book for a configuration.
func New(config []byte) (*rules.Book, error) {
	var c Config
	err := strictjson.Exact(config, &c)
	var zone *time.Location
	if err == nil {
		zone, err = time.LoadLocation(c.Zone)
	}
	if err == nil && (c.Zone == "" || c.Network == "" || c.MaxPerTx.IsZero() || c.DailyCap.IsZero()) {
		err = errors.New("network, zone, max_per_tx and daily_cap are required")
	}
	if err != nil {
		return nil, fmt.Errorf("settlement book: %w", err)
	}
	check := checker{maxPerTx: c.MaxPerTx, minted: rules.Budget{Name: "minted", Limit: c.DailyCap, Window: rules.Day(zone)}}
	book := &rules.Book{Name: "settlement", Version: "1", Source: map[string][]byte{"book.go": source, "config.json": config}}
	for _, address := range c.Contracts {
		book.Contracts = append(book.Contracts, rules.Contract{
			Network: c.Network, Address: address, ABI: abi,
			Functions: map[string]rules.Rule{"mint(address,uint256)": check.onApprovalPending},
			Risks:     map[string]risk.Set{"mint(address,uint256)": risk.Recipient},
		})
	}
	return book, nil
}

// checker is what the rule knows.
type checker struct {
	maxPerTx rules.Amount
	minted   rules.Budget
}

// onApprovalPending decides a mint. The engine has read the approval afresh, found the
// contract on the allowlist and decoded the call by the ABI that is pinned to it; what
// fails that is with people already.
func (c checker) onApprovalPending(ctx context.Context, r *rules.Request) rules.Decision {
	recipient, amount := r.Call.Address("recipient"), r.Call.Amount("amount")
	today := c.minted.Per("wallet", r.Wallet())
	r.Count(today, amount) // reserved with the decision: two mints at once cannot share the rest of a day

	sanctionsHit := r.Screen(ctx, recipient).Verdict == screening.Hit
	dailyMinted := r.Taken(ctx, today)

	if sanctionsHit {
		return rules.Reject(rules.Sanctioned, "Sanctions match")
	}
	if amount.Cmp(c.maxPerTx) > 0 {
		return rules.Abstain(rules.OverCap, "over the cap per transaction") // escalate
	}
	if total, err := dailyMinted.Add(amount); err != nil || total.Cmp(today.Limit) > 0 {
		return rules.Abstain(countersign.OverBudget, "%s minted today, %s more is over the cap", dailyMinted, amount)
	}
	return rules.Approve("Mint within policy")
}
