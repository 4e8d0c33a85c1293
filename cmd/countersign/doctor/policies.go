package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/custody/dfns/org"
)

// active are the policies of some kind of activity that are in force.
func active(policies []org.Policy, kind string) (out []org.Policy) {
	for _, p := range policies {
		if p.Status == org.Active && p.ActivityKind == kind {
			out = append(out, p)
		}
	}
	return out
}

// asking are those of them that let nothing pass without an approval once triggered.
func asking(policies []org.Policy, kind string) []org.Policy {
	return slices.DeleteFunc(active(policies, kind), func(p org.Policy) bool { return !p.Asks() })
}

// everything reports that nothing of its kind gets around a policy.
func everything(p org.Policy) bool { return p.Asks() && p.Always() && p.Filters.None() }

func nameOf(p org.Policy) string { return fmt.Sprintf("%s %q", p.ID, p.Name) }

func names(policies []org.Policy) (out []string) {
	for _, p := range policies {
		out = append(out, nameOf(p))
	}
	return out
}

func signPolicy(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	ours := asking(p.policies.value, org.Sign)
	if len(ours) == 0 {
		return failed(names(active(p.policies.value, org.Sign)), "no active policy on Wallets:Sign asks for an approval")
	}
	return found(OK, names(ours), "active policies on Wallets:Sign that ask for an approval or block: %d", len(ours))
}

// coverage says which wallets no policy holds. Without the list of wallets it can still
// say yes, where one policy holds whatever wallets there are, and no, where there is none.
func coverage(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	ours := asking(p.policies.value, org.Sign)
	if i := slices.IndexFunc(ours, everything); i >= 0 {
		return fine("policy %s holds everything that any wallet signs", nameOf(ours[i]))
	}
	if p.wallets.err != nil && len(ours) > 0 {
		return p.wallets.unread()
	}
	var naked, partly, unsure []string
	for _, w := range p.wallets.value {
		if w.Archived() {
			continue
		}
		item := fmt.Sprintf("%s %q on %s", w.ID, w.Name, w.Network)
		switch held, why := hold(ours, w); held {
		case never:
			naked = append(naked, item+": covered by no policy with the action RequestApproval")
		case sometimes:
			partly = append(partly, item+": "+why)
		case perhaps:
			unsure = append(unsure, item+": "+why)
		}
	}
	items := slices.Concat(naked, partly, unsure)
	switch {
	case len(ours) == 0:
		return failed(items, "no wallet is covered: no active policy on Wallets:Sign asks for an approval")
	case len(naked) > 0:
		return failed(items, "wallets covered by no policy with the action RequestApproval: %d", len(naked))
	case len(partly) > 0:
		return warning(items, "wallets covered only by policies that let some requests pass: %d", len(partly))
	case len(unsure) > 0:
		return found(Unknown, items, "wallets covered only by policies with filters that cannot be read: %d", len(unsure))
	case len(p.wallets.value) == 0:
		return unknown("the platform names no wallet, and no policy covers whatever wallets there will be")
	}
	return warning(names(ours), "every wallet of today is covered, and a new one or one with other tags need not be: each policy has filters")
}

// How far a wallet is held by policies.
type holding int

const (
	never holding = iota
	perhaps
	sometimes
	always
)

// hold says how far policies that ask hold a wallet, and why not always.
func hold(policies []org.Policy, w org.Wallet) (h holding, why string) {
	for _, p := range policies {
		covers, sure := p.Covers(w)
		switch {
		case covers && p.Always():
			return always, ""
		case covers:
			h = max(h, sometimes)
			why = fmt.Sprintf("only when %s (%s) triggers", nameOf(p), p.Rule.Kind)
		case !sure && h < perhaps:
			h, why = perhaps, fmt.Sprintf("only if the filters of %s let it through", nameOf(p))
		}
	}
	return h, why
}

// actions finds policies that ask nobody. For incoming transactions there is no other
// action than NoAction (dfns.md §4.2).
func actions(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	var items []string
	for _, policy := range p.policies.value {
		if policy.Status == org.Active && policy.ActivityKind != org.IncomingTransfers && !policy.Asks() {
			items = append(items, fmt.Sprintf("%s on %s: %q", nameOf(policy), policy.ActivityKind, policy.Action.Kind))
		}
	}
	if len(items) > 0 {
		return warning(items, "active policies that neither ask for an approval nor block: %d", len(items))
	}
	return fine("every active policy asks for an approval or blocks")
}

func policyChange(_ context.Context, p *patient) finding { return guarded(p, org.PolicyChange) }

func permissionChange(_ context.Context, p *patient) finding {
	return guarded(p, org.PermissionGrant, org.PermissionChange)
}

// guarded asks that each kind of activity is held by a policy, whatever it is about.
func guarded(p *patient, kinds ...string) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	var open, partly []string
	for _, kind := range kinds {
		ours := asking(p.policies.value, kind)
		switch {
		case len(ours) == 0:
			open = append(open, kind)
		case !slices.ContainsFunc(ours, everything):
			partly = append(partly, kind+": only as far as the rule and the filters of "+strings.Join(names(ours), ", ")+" go")
		}
	}
	switch {
	case len(open) > 0:
		return failed(append(open, partly...), "no policy asks for an approval on %s", strings.Join(open, " and "))
	case len(partly) > 0:
		return warning(partly, "some changes need no approval")
	}
	return fine("every change on %s needs an approval", strings.Join(kinds, " and "))
}
