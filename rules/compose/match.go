package compose

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign"
	"countersign/rules"
	"countersign/rules/services"
)

// A Match says which requests fall into a section. Every field that is set must hold;
// a field with several values holds when one of them does. The zero Match is all
// requests.
type Match struct {
	// Networks are the custodian's names, in any case.
	Networks []string
	// Wallets are IDs; WalletTags are tags, which the custodian is asked for.
	Wallets, WalletTags []string
	// Initiators are the custodian's IDs of who asks.
	Initiators []string
	// Policies are the custodian's IDs of the policies that hold the request.
	Policies []string
	// Contracts are addresses: the target of a call, or of every one of a batch.
	Contracts []string
	// Assets are what plain transfers move; only network, kind and locator count.
	Assets []rules.Asset
}

// String is the match for people and for digests.
func (m Match) String() string {
	var parts []string
	add := func(what string, values []string) {
		if len(values) > 0 {
			parts = append(parts, what+" "+strings.Join(values, "|"))
		}
	}
	add("network", m.Networks)
	add("wallet", m.Wallets)
	add("wallet tag", m.WalletTags)
	add("initiator", m.Initiators)
	add("policy", m.Policies)
	add("contract", m.Contracts)
	add("asset", m.assets())
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

func (m Match) assets() (names []string) {
	for _, a := range m.Assets {
		names = append(names, strings.ToLower(a.RuleName()))
	}
	return names
}

// Covers reports whether whatever falls into o falls into m.
func (m Match) Covers(o Match) bool {
	within := func(outer, inner []string) bool {
		if len(outer) == 0 {
			return true
		}
		for _, v := range inner {
			if !slices.ContainsFunc(outer, func(w string) bool { return strings.EqualFold(v, w) }) {
				return false
			}
		}
		return len(inner) > 0
	}
	return within(m.Networks, o.Networks) && within(m.Wallets, o.Wallets) && within(m.WalletTags, o.WalletTags) &&
		within(m.Initiators, o.Initiators) && within(m.Policies, o.Policies) && within(m.Contracts, o.Contracts) &&
		within(m.assets(), o.assets())
}

func (m Match) check() (errs []error) {
	for _, list := range [][]string{m.Networks, m.Wallets, m.WalletTags, m.Initiators, m.Policies} {
		if slices.Contains(list, "") {
			errs = append(errs, fmt.Errorf("when: an empty value in %q matches nothing", list))
		}
	}
	for _, c := range m.Contracts {
		if _, err := rules.ParseAddress(c); err != nil {
			errs = append(errs, fmt.Errorf("when: contracts: %w", err))
		}
	}
	for _, a := range m.Assets {
		if a.Network == "" || a.Kind == "" {
			errs = append(errs, fmt.Errorf("when: assets: network %q and kind %q: both are required", a.Network, a.Kind))
		}
	}
	return errs
}

// matches reports whether a request falls into the section. Tags are asked for last:
// that is a question to the custodian, and without an answer the decision is an
// abstention.
func (m Match) matches(ctx context.Context, a countersign.Approval, desk *services.Desk) bool {
	act := a.Activity
	same := func(list []string, value string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, value) })
	}
	exact := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	if !same(m.Networks, act.Network) || !exact(m.Wallets, act.WalletID) || !exact(m.Initiators, a.InitiatorID) {
		return false
	}
	if len(m.Policies) > 0 && !slices.ContainsFunc(a.Policies, func(p string) bool { return slices.Contains(m.Policies, p) }) {
		return false
	}
	if len(m.Contracts) > 0 && !m.ofContracts(act) || len(m.Assets) > 0 && !m.ofAssets(act) {
		return false
	}
	if len(m.WalletTags) == 0 {
		return true
	}
	tags := desk.WalletDetails(ctx).Tags
	return slices.ContainsFunc(m.WalletTags, func(tag string) bool { return slices.Contains(tags, tag) })
}

func (m Match) ofContracts(act countersign.Activity) bool {
	calls := slices.Clone(act.Operations)
	if act.Call != nil {
		calls = append(calls, *act.Call)
	}
	for _, c := range calls {
		if !slices.ContainsFunc(m.Contracts, func(want string) bool { return strings.EqualFold(want, c.To) }) {
			return false
		}
	}
	return len(calls) > 0
}

func (m Match) ofAssets(act countersign.Activity) bool {
	if act.Transfer == nil {
		return false
	}
	return slices.ContainsFunc(m.Assets, func(a rules.Asset) bool {
		return a.Is(act.Network, act.Transfer.Kind, act.Transfer.Asset)
	})
}
