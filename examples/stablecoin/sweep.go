package stablecoin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/rules"
)

// Sweep is what the desk lets pass without people: the moves of a sweep. Whoever asks must be
// one of Makers, and the wallet that pays must carry a tag, by the custodian's word.
type Sweep struct {
	// Treasury is the address that wallets with Tag may give anything to.
	Treasury string `json:"treasury"`
	Tag      string `json:"tag"`
	// Makers are the custodian's IDs of who may ask.
	Makers []string `json:"makers"`
	// Wallets with GasTag may pay others for their gas, up to MaxGas wei at once and DailyGas
	// in 24 hours. All three or none.
	GasTag   string `json:"gas_tag"`
	MaxGas   string `json:"max_gas"`
	DailyGas string `json:"daily_gas"`

	treasury         string
	maxGas, dailyGas rules.Amount
}

// check reports every mistake by the name of its field.
func (s *Sweep) check() error {
	var errs []error
	var err error
	if s.treasury, err = rules.ParseAddress(s.Treasury); err != nil {
		errs = append(errs, fmt.Errorf("sweep.treasury: %w", err))
	}
	if s.Tag == "" || s.Tag == s.GasTag {
		errs = append(errs, fmt.Errorf("sweep.tag: %q is empty or the gas_tag too", s.Tag))
	}
	if len(s.Makers) == 0 || slices.Contains(s.Makers, "") {
		errs = append(errs, errors.New("sweep.makers: say who may ask"))
	}
	if s.GasTag == "" && s.MaxGas == "" && s.DailyGas == "" {
		return errors.Join(errs...)
	}
	if s.GasTag == "" {
		errs = append(errs, errors.New("sweep.gas_tag: is empty"))
	}
	if s.maxGas, err = moreThanZero(s.MaxGas); err != nil {
		errs = append(errs, fmt.Errorf("sweep.max_gas: %w", err))
	}
	if s.dailyGas, err = moreThanZero(s.DailyGas); err != nil {
		errs = append(errs, fmt.Errorf("sweep.daily_gas: %w", err))
	}
	return errors.Join(errs...)
}

// or is the rule of an asset that is swept: what is no move of a sweep is otherwise's.
func (s *Sweep) or(otherwise rules.Rule) rules.Rule {
	return func(ctx context.Context, r *rules.Request) rules.Decision {
		if !strings.EqualFold(r.Transfer.To, s.treasury) || !slices.Contains(s.Makers, r.Initiator()) || !r.KnowsWallet() {
			return otherwise(ctx, r)
		}
		if !slices.Contains(r.WalletDetails(ctx).Tags, s.Tag) {
			return otherwise(ctx, r)
		}
		return rules.Approve("sweep to the treasury")
	}
}

// gas is the rule of top-ups, in the native asset.
func (s *Sweep) gas(network string) rules.Rule {
	daily := rules.Budget{Name: "gas/" + network, Limit: s.dailyGas, Window: rules.Rolling(24 * time.Hour)}
	return func(ctx context.Context, r *rules.Request) rules.Decision {
		if s.GasTag == "" || !slices.Contains(s.Makers, r.Initiator()) || !r.KnowsWallet() ||
			!slices.Contains(r.WalletDetails(ctx).Tags, s.GasTag) {
			return rules.Abstain(rules.UnlistedRecipient, "recipient %s is not on the allowlist", r.Transfer.To)
		}
		r.Count(daily, r.Transfer.Amount)
		if r.Transfer.Amount.Cmp(s.maxGas) > 0 {
			return rules.Abstain(rules.OverCap, "%s wei for gas is over the cap of %s", r.Transfer.Amount, s.maxGas)
		}
		return rules.Approve("gas for a sweep")
	}
}
