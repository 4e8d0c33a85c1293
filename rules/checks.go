package rules

import (
	"context"

	"countersign"
)

// A Check is one condition of a rule: it returns false with a decision when the
// request must not be approved, and true to go on.
type Check func(ctx context.Context, r *Request) (Decision, bool)

// All approves with reason when every check passes, and otherwise returns what
// the first check that did not pass says. The order is the reader's.
func All(reason string, checks ...Check) Rule {
	return func(ctx context.Context, r *Request) Decision {
		for _, check := range checks {
			d, ok := check(ctx, r)
			if !ok && d.Verdict == countersign.Approve { // it would skip the checks after it
				return Abstain(countersign.NoVerdict, "a check stopped the rule with an approval: %.200q", d.Reason)
			}
			if !ok {
				return d
			}
		}
		return Approve(reason)
	}
}

// A Party picks the address that a check is about.
type Party func(r *Request) string

// Recipient is who receives a plain transfer.
func Recipient(r *Request) string { return r.Transfer.To }

// Argument is an address argument of a call.
func Argument(name string) Party { return func(r *Request) string { return r.Call.Address(name) } }

// A Quantity picks the amount that a check is about.
type Quantity func(r *Request) Amount

// Transferred is the amount of a plain transfer.
func Transferred(r *Request) Amount { return r.Transfer.Amount }

// ArgumentAmount is an integer argument of a call.
func ArgumentAmount(name string) Quantity {
	return func(r *Request) Amount { return r.Call.Amount(name) }
}

// NotOn rejects when the party is on a deny-list: the one stock ground on which
// a machine may say no, because it is unambiguous.
func NotOn(list Addresses, party Party) Check {
	return func(_ context.Context, r *Request) (Decision, bool) {
		if who := party(r); list.Has(who) {
			return Reject(DenyListed, "recipient "+Checksummed(who)+" is on the deny-list"), false
		}
		return Decision{}, true
	}
}

// OnlyTo abstains unless the party is on an allowlist.
func OnlyTo(list Addresses, party Party) Check {
	return func(_ context.Context, r *Request) (Decision, bool) {
		if who := party(r); !list.Has(who) {
			return Abstain(UnlistedRecipient, "recipient %s is not on the allowlist", who), false
		}
		return Decision{}, true
	}
}

// AtMost abstains when one request asks for more than limit.
func AtMost(limit Amount, quantity Quantity) Check {
	return func(_ context.Context, r *Request) (Decision, bool) {
		if amount := quantity(r); amount.Cmp(limit) > 0 {
			return Abstain(OverCap, "amount %s is over the cap of %s per transaction", amount, limit), false
		}
		return Decision{}, true
	}
}

// Within counts the quantity against a budget. It always passes: whether the
// budget holds is decided with the reservation, in one database transaction, so
// that two requests at once cannot both take the last of it. Put it first.
func Within(b Budget, quantity Quantity) Check {
	return func(_ context.Context, r *Request) (Decision, bool) {
		r.Count(b, quantity(r))
		return Decision{}, true
	}
}
