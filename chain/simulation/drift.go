package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Drift compares a simulation with an earlier one of the same request. It is empty
// when the effects are the same, and otherwise says for people what is not: what
// reverts and why, every delta and every allowance of every account, where logs and
// balances disagree, what was unread, and which contract wrote which events (not in
// which order, how often, or with which data). The block, the gas and the method are
// no effects. A delta that a tolerance names may differ by as much as that gives.
func Drift(before, after Result, tolerances ...Tolerance) string {
	var drifts []string
	say := func(format string, args ...any) { drifts = append(drifts, fmt.Sprintf(format, args...)) }
	if len(before.Calls) == 0 || len(after.Calls) == 0 {
		say("nothing was simulated")
	}
	if before.Network != after.Network || before.ChainID != after.ChainID {
		say("it ran on chain %d of network %q, before on %d of %q", after.ChainID, after.Network, before.ChainID, before.Network)
	}
	if len(before.Calls) != len(after.Calls) {
		say("there are %d calls, before %d", len(after.Calls), len(before.Calls))
	}
	for i := range min(len(before.Calls), len(after.Calls)) {
		if was, is := before.Calls[i].outcome(), after.Calls[i].outcome(); was != is {
			say("call %d %s, before it %s", i+1, is, was)
		}
	}
	driftOfEffects(before, after, tolerances, say)
	was, is := before.traits(), after.traits()
	for _, trait := range slices.Sorted(maps.Keys(is)) {
		if !was[trait] {
			say("%s, which was not so", trait)
		}
	}
	for _, trait := range slices.Sorted(maps.Keys(was)) {
		if !is[trait] {
			say("no longer: %s", trait)
		}
	}
	return strings.Join(drifts, "; ")
}

func driftOfEffects(before, after Result, tolerances []Tolerance, say func(string, ...any)) {
	was := map[subject]effect{}
	for _, e := range before.effects() {
		was[e.subject] = e
	}
	for _, is := range after.effects() {
		old, known := was[is.subject]
		delete(was, is.subject)
		switch {
		case known && is.within(old, tolerances):
		case known:
			say("%s, before %s", is, old.value)
		case !is.within(effect{subject: is.subject}, tolerances) || is.spender != "":
			say("new: %s", is)
		}
	}
	for _, old := range before.effects() { // in order
		gone, left := was[old.subject]
		if left && (old.spender != "" || !(effect{subject: gone.subject}).within(gone, tolerances)) {
			say("no longer: %s", gone)
		}
	}
}

// outcome is what a call came to, without its gas.
func (c CallResult) outcome() string {
	if !c.Reverted {
		return "succeeds"
	}
	return strings.TrimSuffix(fmt.Sprintf("reverts: %s (%s)", c.Reason, c.Data), " (0x)")
}

// traits are what a result has or has not: events by contract, disagreements, unread
// parts.
func (r Result) traits() map[string]bool {
	traits := map[string]bool{}
	for _, c := range r.Calls {
		for _, l := range c.Logs {
			traits[l.Address+" writes event "+strings.Join(l.Topics[:min(1, len(l.Topics))], "")] = true
		}
	}
	for _, d := range r.Disagreements {
		traits[fmt.Sprintf("logs and balance of %s disagree for %s", d.Asset, d.Account)] = true
	}
	for _, u := range r.Unread {
		traits["unread: "+u] = true
	}
	return traits
}
