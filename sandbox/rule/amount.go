package rule

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"countersign/sandbox/dfns"
)

// maxTimeframe is the longest timeframe, in minutes: 30 days.
const maxTimeframe = 43200

type amountLimit struct {
	Limit    Decimal `json:"limit"`
	Currency string  `json:"currency"`
}

func (l *amountLimit) check() error { return checkCurrency(l.Currency) }

func checkCurrency(currency string) error {
	if currency != "USD" {
		return dfns.BadRequest("rule.configuration.currency must be USD, not %q", currency)
	}
	return nil
}

func (l *amountLimit) find(q Question) (Finding, error) {
	worth, why := q.worth(q.Movement)
	if why != "" {
		return triggers(why), nil
	}
	f := compare("the amount", worth, l.Limit)
	f.Context = contextOf(worth)
	return f, nil
}

// compare finds that what exceeds a limit, or that it does not.
func compare(what string, worth *big.Rat, limit Decimal) Finding {
	if worth.Cmp(limit.Rat()) > 0 {
		return triggers(fmt.Sprintf("%s of %s USD exceeds the limit of %s USD", what, exact(worth), limit))
	}
	return passes(fmt.Sprintf("%s of %s USD is within the limit of %s USD", what, exact(worth), limit))
}

func contextOf(worth *big.Rat) *Context {
	return &Context{TransactionAmount: Money{Value: exact(worth), Currency: "USD"}}
}

// worth is what m is worth in USD, or why that cannot be said.
func (q Question) worth(m Movement) (*big.Rat, string) {
	if why := m.unreadable(); why != "" {
		return nil, why
	}
	price, err := q.Facts.Price(m.Network, m.Asset)
	if err != nil {
		return nil, fmt.Sprintf("the amount has no market value: %v", err)
	}
	return value(m.Amount, price), ""
}

type nominalLimit struct {
	Assets []assetLimit `json:"assets"`
}

// assetLimit is a limit in minimum units of one asset.
type assetLimit struct {
	Network string `json:"network"`
	TID     string `json:"tid"` // as Movement.Asset
	Limit   string `json:"limit"`
}

var (
	tidForm     = regexp.MustCompile(`^[a-z0-9_]+:[^\s]([ ]?[^\s])*$`)
	hexTID      = regexp.MustCompile(`^[a-z0-9_]+:0[xX][0-9a-fA-F]+$`)
	integerForm = regexp.MustCompile(`^\d{1,78}$`)
)

func (l *nominalLimit) check() error {
	if len(l.Assets) < 1 || len(l.Assets) > 100 {
		return dfns.BadRequest("rule.configuration.assets must hold 1 to 100 assets, not %d", len(l.Assets))
	}
	seen := map[[2]string]bool{}
	for i, a := range l.Assets {
		at := fmt.Sprintf("rule.configuration.assets[%d]", i)
		name := [2]string{a.Network, a.TID}
		switch {
		case a.Network == "":
			return dfns.BadRequest("%s.network must name a network", at)
		case len(a.TID) > 200 || !tidForm.MatchString(a.TID):
			return dfns.BadRequest("%s.tid %q must be a token identifier such as native:eth", at, a.TID)
		case hexTID.MatchString(a.TID) && a.TID != strings.ToLower(a.TID):
			return dfns.BadRequest("%s.tid %q must have its address in lower case", at, a.TID)
		case !integerForm.MatchString(a.Limit):
			return dfns.BadRequest("%s.limit %q must be a decimal integer in minimum units, as a string", at, a.Limit)
		case seen[name]:
			return dfns.BadRequest("%s is there twice: %s on %s", at, a.TID, a.Network)
		}
		seen[name] = true
	}
	return nil
}

func (l *nominalLimit) find(q Question) (Finding, error) {
	if why := q.unreadable(); why != "" {
		return triggers(why), nil
	}
	for _, a := range l.Assets {
		if a.Network != q.Network || a.TID != q.Asset {
			continue
		}
		limit, _ := new(big.Int).SetString(a.Limit, 10) // checked
		if q.Amount.Cmp(limit) > 0 {
			return triggers(fmt.Sprintf("%s of %s exceed the limit of %s", q.Amount, a.TID, limit)), nil
		}
		return passes(fmt.Sprintf("%s of %s are within the limit of %s", q.Amount, a.TID, limit)), nil
	}
	return passes(q.Asset + " on " + q.Network + " has no limit"), nil
}

type amountVelocity struct {
	Limit     Decimal `json:"limit"`
	Currency  string  `json:"currency"`
	Timeframe int     `json:"timeframe"`
}

func (v *amountVelocity) check() error {
	if err := checkCurrency(v.Currency); err != nil {
		return err
	}
	return checkTimeframe(v.Timeframe)
}

func checkTimeframe(minutes int) error {
	if minutes < 1 || minutes > maxTimeframe {
		return dfns.BadRequest("rule.configuration.timeframe must be 1 to %d minutes, not %d", maxTimeframe, minutes)
	}
	return nil
}

// window returns what the wallet was asked to move in the last minutes. What is exactly
// that old is no longer in it.
func (q Question) window(minutes int) ([]Movement, error) {
	return q.Past(q.Now.Add(-time.Duration(minutes) * q.Minute))
}

func (v *amountVelocity) find(q Question) (Finding, error) {
	total, why := q.worth(q.Movement)
	if why != "" {
		return triggers(why), nil
	}
	context := contextOf(total)
	past, err := q.window(v.Timeframe)
	if err != nil {
		return Finding{}, err
	}
	for _, m := range past {
		worth, why := q.worth(m)
		if why != "" {
			return Finding{Triggered: true, Reason: "of an earlier activity: " + why, Context: context}, nil
		}
		total = new(big.Rat).Add(total, worth)
	}
	f := compare(fmt.Sprintf("the total of %d minutes", v.Timeframe), total, v.Limit)
	f.Context = context
	return f, nil
}

type countVelocity struct {
	Limit     Decimal `json:"limit"`
	Timeframe int     `json:"timeframe"`
}

func (v *countVelocity) check() error { return checkTimeframe(v.Timeframe) }

func (v *countVelocity) find(q Question) (Finding, error) {
	past, err := q.window(v.Timeframe)
	if err != nil {
		return Finding{}, err
	}
	count := len(past) + 1
	said := fmt.Sprintf("%d activities within %d minutes, with a limit of %s", count, v.Timeframe, v.Limit)
	if new(big.Rat).SetInt64(int64(count)).Cmp(v.Limit.Rat()) > 0 {
		return triggers(said), nil
	}
	return passes(said), nil
}
