package sweep

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/eip55"
	"countersign/strictjson"
)

// An Order is what to sweep, where to, and within which bounds. It is the input of the schedule
// that starts the sweep, and stands whole in the record of each plan.
type Order struct {
	// Sweep names it, for ever: 1 to 32 lower-case letters, digits and hyphens.
	Sweep string `json:"sweep"`
	// Network and Tag choose the wallets: all that are on it, active, and carry the tag.
	Network string `json:"network"`
	Tag     string `json:"tag"`
	// Treasury is the ID of the wallet that gets everything. It is on the same network, and
	// is never swept itself.
	Treasury string  `json:"treasury"`
	Assets   []Asset `json:"assets"`
	// MaxGasPrice is what a unit of gas may cost, in wei. While it costs more, nothing moves.
	MaxGasPrice countersign.Amount `json:"max_gas_price"`
	// TopUp gives gas to wallets that have tokens and cannot pay for moving them. Nil leaves
	// those tokens where they are.
	TopUp *TopUp `json:"top_up,omitempty"`
	// Approval has nothing move before a person has approved the plan as a whole.
	Approval bool `json:"approval,omitempty"`
	// Concurrency is how many moves are under way at once, 1 to [MaxConcurrency]; zero is
	// [DefaultConcurrency].
	Concurrency int `json:"concurrency,omitempty"`
	// ReportAfter is when the report is made even if moves have not ended, and how long an
	// approval is waited for; zero is [DefaultReportAfter].
	ReportAfter Duration `json:"report_after,omitzero"`
}

// An Asset is one that is swept.
type Asset struct {
	// Contract is a token's, 0x and 40 lower-case hex digits ([Order.Normal] takes the
	// checksummed form too); empty is the native asset.
	Contract string `json:"contract,omitempty"`
	// Floor stays in each wallet. Less than Dust above it is not moved. Both are in the
	// asset's smallest unit. What is below the floor of the native asset pays for no gas
	// either, and a wallet that is topped up is given its floor too.
	Floor countersign.Amount `json:"floor,omitzero"`
	Dust  countersign.Amount `json:"dust,omitzero"`
	// MaxFeeBPS is what a move may cost at most, in hundredths of a percent of what it moves;
	// zero is no bound. For a token it needs Worth.
	MaxFeeBPS int64 `json:"max_fee_bps,omitempty"`
	// Worth is what a token is taken to be worth when the fee is held against it.
	Worth *Worth `json:"worth,omitempty"`
}

// Worth says that Amount of a token, in its smallest unit, is worth Wei of the native asset.
type Worth struct {
	Amount countersign.Amount `json:"amount"`
	Wei    countersign.Amount `json:"wei"`
}

// A TopUp pays for gas.
type TopUp struct {
	// Wallet is the ID of the wallet that pays, on the same network. It is never swept, and
	// keeps Floor, in wei.
	Wallet string             `json:"wallet"`
	Floor  countersign.Amount `json:"floor,omitzero"`
}

// What an order may say, and what it means where it does not.
const (
	MaxConcurrency     = 200
	DefaultConcurrency = 25
	DefaultReportAfter = Duration(20 * time.Hour)
	maxAssets          = 20
)

var (
	nameForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	contractForm = regexp.MustCompile(`^0x[0-9a-f]{40}$`)
)

// Parse reads an order and checks it. Members that it does not know are refused, and JSON that
// two readers could read differently: what a person approves is what is planned.
func Parse(raw []byte) (Order, error) {
	var o Order
	if err := strictjson.Exact(raw, &o); err != nil {
		return o, fmt.Errorf("%w: sweep's input: %w", countersign.ErrInvalid, err)
	}
	o = o.Normal()
	return o, o.Check()
}

// Normal is the order with its contracts in lower case. One in mixed case that fails its
// checksum (EIP-55) was mistyped, and stays as it is, for [Order.Check] to refuse.
func (o Order) Normal() Order {
	o.Assets = slices.Clone(o.Assets)
	for i, a := range o.Assets {
		if _, err := eip55.Parse(a.Contract); err == nil {
			o.Assets[i].Contract = strings.ToLower(a.Contract)
		}
	}
	return o
}

// Window is at most how many moves of the order are under way at once.
func (o Order) Window() int {
	if o.Concurrency == 0 {
		return DefaultConcurrency
	}
	return o.Concurrency
}

// Patience is how long the order is waited for before its report is made.
func (o Order) Patience() time.Duration {
	if o.ReportAfter == 0 {
		return time.Duration(DefaultReportAfter)
	}
	return time.Duration(o.ReportAfter)
}

// Duration is a time.Duration that reads and writes "20h" or "90m".
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Check fails with [countersign.ErrInvalid] or [countersign.ErrID], and names the field.
func (o Order) Check() error {
	if !nameForm.MatchString(o.Sweep) {
		return fmt.Errorf("%w: sweep: %q, want 1 to 32 lower-case letters, digits and hyphens", countersign.ErrInvalid, o.Sweep)
	}
	for _, f := range []struct{ name, id string }{{"network", o.Network}, {"tag", o.Tag}, {"treasury", o.Treasury}} {
		if err := countersign.CheckID(f.id); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	switch {
	case len(o.Assets) == 0 || len(o.Assets) > maxAssets:
		return fmt.Errorf("%w: assets: %d of them, want 1 to %d", countersign.ErrInvalid, len(o.Assets), maxAssets)
	case o.MaxGasPrice.IsZero():
		return fmt.Errorf("%w: max_gas_price: it is 0: give what a unit of gas may cost, in wei", countersign.ErrInvalid)
	case o.Concurrency < 0 || o.Concurrency > MaxConcurrency:
		return fmt.Errorf("%w: concurrency: %d, want 1 to %d", countersign.ErrInvalid, o.Concurrency, MaxConcurrency)
	case o.ReportAfter != 0 && o.ReportAfter < Duration(time.Minute):
		return fmt.Errorf("%w: report_after: %s, want a minute or more, such as 20h", countersign.ErrInvalid, time.Duration(o.ReportAfter))
	}
	return errors.Join(o.checkTopUp(), o.checkAssets())
}

func (o Order) checkTopUp() error {
	if o.TopUp == nil {
		return nil
	}
	if err := countersign.CheckID(o.TopUp.Wallet); err != nil {
		return fmt.Errorf("top_up.wallet: %w", err)
	}
	if o.TopUp.Wallet == o.Treasury {
		return fmt.Errorf("%w: top_up.wallet: it is the treasury: give gas from another wallet, or money would go in a circle", countersign.ErrInvalid)
	}
	return nil
}

func (o Order) checkAssets() error {
	seen := map[string]bool{}
	for i, a := range o.Assets {
		switch {
		case a.Contract != "" && !contractForm.MatchString(a.Contract):
			return fmt.Errorf("%w: assets[%d].contract: %.60q, want an address with its checksum or in lower case, or nothing for the native asset", countersign.ErrInvalid, i, a.Contract)
		case seen[a.Contract]:
			return fmt.Errorf("%w: assets[%d].contract: %q is there twice", countersign.ErrInvalid, i, a.Contract)
		case a.MaxFeeBPS < 0 || a.MaxFeeBPS > 10_000:
			return fmt.Errorf("%w: assets[%d].max_fee_bps: %d, want 1 to 10000 (all of it), or nothing", countersign.ErrInvalid, i, a.MaxFeeBPS)
		case a.Contract != "" && a.MaxFeeBPS > 0 && a.Worth == nil:
			return fmt.Errorf("%w: assets[%d].worth: a bound on a token's fee needs what the token is worth in wei", countersign.ErrInvalid, i)
		case a.Worth != nil && (a.Contract == "" || a.Worth.Amount.IsZero() || a.Worth.Wei.IsZero()):
			return fmt.Errorf("%w: assets[%d].worth: it is of tokens only, and neither amount nor wei is 0", countersign.ErrInvalid, i)
		}
		seen[a.Contract] = true
	}
	return nil
}
