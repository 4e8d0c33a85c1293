// Package checks has the conditions that most rules are made of. Each reads like the
// line of a policy:
//
//	checks.All("transfer within policy",
//		checks.Within(daily, checks.Transferred),
//		checks.Clear,
//		checks.OnlyTo(recipients, checks.Recipient),
//		checks.AtMost(maxPerTransfer, checks.Transferred))
package checks

import (
	"context"
	"fmt"

	"countersign/chain/simulation"
	"countersign/rules"
	"countersign/screening"

	"countersign"
)

// A Check is one condition of a rule: it returns false with a decision when the
// request must not be approved, and true to go on.
type Check func(ctx context.Context, r *rules.Request) (rules.Decision, bool)

// All approves with reason when every check passes, and otherwise returns what
// the first check that did not pass says. The order is the reader's.
func All(reason string, checks ...Check) rules.Rule {
	return func(ctx context.Context, r *rules.Request) rules.Decision {
		for _, check := range checks {
			d, ok := check(ctx, r)
			if !ok && d.Verdict == countersign.Approve { // it would skip the checks after it
				return rules.Abstain(countersign.NoVerdict, "a check stopped the rule with an approval: %.200q", d.Reason)
			}
			if !ok {
				return d
			}
		}
		return rules.Approve(reason)
	}
}

// A Party picks the address that a check is about.
type Party func(r *rules.Request) string

// Recipient is who receives a plain transfer.
func Recipient(r *rules.Request) string { return r.Transfer.To }

// Argument is an address argument of a call.
func Argument(name string) Party {
	return func(r *rules.Request) string { return r.Call.Address(name) }
}

// A Quantity picks the amount that a check is about.
type Quantity func(r *rules.Request) rules.Amount

// Transferred is the amount of a plain transfer.
func Transferred(r *rules.Request) rules.Amount { return r.Transfer.Amount }

// ArgumentAmount is an integer argument of a call.
func ArgumentAmount(name string) Quantity {
	return func(r *rules.Request) rules.Amount { return r.Call.Amount(name) }
}

// NotOn rejects when the party is on a deny-list: the one stock ground on which
// a machine may say no, because it is unambiguous.
func NotOn(list rules.Addresses, party Party) Check {
	return func(_ context.Context, r *rules.Request) (rules.Decision, bool) {
		if who := party(r); list.Has(who) {
			return rules.Reject(rules.DenyListed, "recipient "+rules.Checksummed(who)+" is on the deny-list"), false
		}
		return rules.Decision{}, true
	}
}

// OnlyTo abstains unless the party is on an allowlist.
func OnlyTo(list rules.Addresses, party Party) Check {
	return func(_ context.Context, r *rules.Request) (rules.Decision, bool) {
		if who := party(r); !list.Has(who) {
			return rules.Abstain(rules.UnlistedRecipient, "recipient %s is not on the allowlist", who), false
		}
		return rules.Decision{}, true
	}
}

// AtMost abstains when one request asks for more than limit.
func AtMost(limit rules.Amount, quantity Quantity) Check {
	return func(_ context.Context, r *rules.Request) (rules.Decision, bool) {
		if amount := quantity(r); amount.Cmp(limit) > 0 {
			return rules.Abstain(rules.OverCap, "amount %s is over the cap of %s per transaction", amount, limit), false
		}
		return rules.Decision{}, true
	}
}

// Within counts the quantity against a budget. It always passes: whether the
// budget holds is decided with the reservation, in one database transaction, so
// that two requests at once cannot both take the last of it. Put it first.
func Within(b rules.Budget, quantity Quantity) Check {
	return func(_ context.Context, r *rules.Request) (rules.Decision, bool) {
		r.Count(b, quantity(r))
		return rules.Decision{}, true
	}
}

// Clear screens every address in the request and rejects a sanctioned one. What is to
// be reviewed, or could not be asked, is left to people.
func Clear(ctx context.Context, r *rules.Request) (rules.Decision, bool) {
	switch report := r.ScreenEvery(ctx); report.Verdict {
	case screening.Clear:
		return rules.Decision{}, true
	case screening.Hit:
		for _, f := range report.Findings {
			if f.Verdict == screening.Hit {
				return rules.Reject(rules.Sanctioned, fmt.Sprintf("%s is listed by %s %s", f.Address, f.Source, f.Entry)), false
			}
		}
	case screening.Review:
		return rules.Abstain(countersign.ScreeningReview, "a source wants people to look at an address"), false
	}
	return rules.Abstain(countersign.ScreeningUnavailable, "nobody can say that every address is clear"), false
}

// Moves simulates the request and goes on only when it succeeds and does exactly what
// is expected: these balances change by this much, these allowances are given, and
// nothing else.
func Moves(expected func(ctx context.Context, r *rules.Request) []simulation.Delta) Check {
	return func(ctx context.Context, r *rules.Request) (rules.Decision, bool) {
		got := r.Simulate(ctx)
		for _, c := range got.Calls {
			if c.Reverted {
				return rules.Abstain(countersign.SimulationReverted, "it would fail: %s", c.Reason), false
			}
		}
		if err := got.Only(expected(ctx, r)...); err != nil {
			return rules.Abstain(countersign.SimulationDiffers, "%s", err), false
		}
		return rules.Decision{}, true
	}
}
