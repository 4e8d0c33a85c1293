package rules

import (
	"strings"
	"time"

	"countersign/budget"

	"countersign"
)

// The words of a rule are those of the vocabulary.
type (
	// Decision is a verdict with its grounds.
	Decision = countersign.Decision
	// Amount is a whole number of minor units.
	Amount = countersign.Amount
	// Budget is a pot with a limit per window of time.
	Budget = budget.Budget
	// Window says since when claims on a budget count.
	Window = budget.Window
	// Code is the ground of a decision in one stable word.
	Code = countersign.ReasonCode
)

// Grounds that rules give most often; the engine's own are in package
// countersign. A book may use any code that is lower case with underscores.
const (
	DenyListed          = countersign.DenyListed
	Sanctioned          = countersign.ScreeningHit
	OverCap             = countersign.OverCap
	UnlistedRecipient   = countersign.UnlistedRecipient
	EvidenceUnavailable = countersign.EvidenceUnavailable
)

// Rolling counts the last d. It has no seam at midnight.
func Rolling(d time.Duration) Window { return budget.Rolling(d) }

// Day counts the calendar day in a time zone.
func Day(zone *time.Location) Window { return budget.Day(zone) }

// Week counts the calendar week, which begins on Monday, in a time zone.
func Week(zone *time.Location) Window { return budget.Week(zone) }

// Month counts the calendar month in a time zone.
func Month(zone *time.Location) Window { return budget.Month(zone) }

// MaxReason is the longest reason in a decision, in characters: one sentence for
// people. The engine cuts what is longer.
const MaxReason = 500

// Approve says yes: every check passed. The budgets that the rule counted against
// are still to be reserved; when one does not fit, the decision becomes an
// abstention.
func Approve(reason string) Decision { return countersign.Approved(reason) }

// Reject says no, and at the custodian one no is final. It takes a named,
// unambiguous threat; whoever is merely unsure abstains.
func Reject(threat Code, reason string) Decision {
	return Decision{Verdict: countersign.Reject, Code: threat, Reason: reason}
}

// Abstain leaves the item to people.
func Abstain(code Code, format string, args ...any) Decision {
	return countersign.Abstained(code, format, args...)
}

// sound turns what a rule returned into what the engine stands for. A verdict
// that is missing, unknown or without a ground is an abstention.
func sound(d Decision) Decision {
	switch d.Verdict {
	case countersign.Approve:
		if d.Code != countersign.WithinPolicy {
			return unsound(d, "approved with a code other than within_policy")
		}
	case countersign.Reject:
		if !d.Code.Valid() || d.Code == countersign.WithinPolicy {
			return unsound(d, "rejected without naming the threat")
		}
	case countersign.Abstain:
		if !d.Code.Valid() {
			return unsound(d, "abstained with a code that is not lower case and underscores")
		}
	default:
		return unsound(d, "returned no verdict")
	}
	if d.Reason == "" {
		d.Reason = string(d.Code)
	}
	d.Reason = clip(d.Reason)
	return d
}

func unsound(d Decision, what string) Decision {
	return countersign.Abstained(countersign.NoVerdict, "the rule %s (verdict %.20q, code %.64q, reason %.200q)",
		what, d.Verdict, d.Code, d.Reason)
}

// clip keeps a reason to [MaxReason] characters of valid text.
func clip(reason string) string {
	r := []rune(strings.ToValidUTF8(reason, "\uFFFD"))
	if len(r) <= MaxReason {
		return string(r)
	}
	return string(r[:MaxReason-1]) + "…"
}
