package simulation

import (
	"fmt"
	"strings"
)

// Only returns nil when no call reverts and the effects are exactly those expected.
//
// Compared are the deltas, and the allowances given, of the watched accounts (senders,
// and those that the request named) and of every account that an expectation names;
// what others gain or lose among themselves is not. Name a recipient, and nothing else
// may happen to it either.
//
// It also fails where nothing was simulated, where logs and balances of a compared
// account disagree and the expectation is not [Measured], and where anything was
// unread. An expectation that zero meets is met by no delta at all.
//
// The error wraps [ErrEffects] and says what was unexpected, what was missing and what
// had another size, for people.
func (r Result) Only(expected ...Delta) error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(r.Calls) == 0 {
		say("nothing was simulated")
	}
	for i, c := range r.Calls {
		if c.Reverted {
			say("call %d reverts: %s", i+1, c.Reason)
		}
	}
	compared, wanted := r.compared(expected, say)
	met := map[subject]bool{}
	for _, seen := range r.effects() {
		want, named := wanted[seen.subject]
		met[seen.subject] = true
		switch {
		case named && !want.admits(seen.value):
			say("%s, want %s", seen, want)
		case !named && compared[seen.account]:
			say("unexpected: %s", seen)
		}
	}
	for _, want := range expected {
		if want.err == nil && !met[want.subject] && !want.admitsNone() {
			say("missing: %s", want)
		}
	}
	for _, d := range r.Disagreements {
		if compared[d.Account] && !wanted[subject{account: d.Account, asset: d.Asset}].measured {
			say("the logs of %s change what %s has by %s, its balance changes by %s", d.Asset, d.Account, d.Logged, d.Actual)
		}
	}
	for _, u := range r.Unread {
		say("unread: %s", u)
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrEffects, strings.Join(wrong, "; "))
}

// compared are the accounts of which everything counts, and the expectations by what
// they are about.
func (r Result) compared(expected []Delta, say func(string, ...any)) (accounts map[string]bool, wanted map[subject]Delta) {
	accounts, wanted = map[string]bool{}, map[subject]Delta{}
	for _, account := range r.Watched {
		accounts[account] = true
	}
	for _, want := range expected {
		if want.err != nil {
			say("an expectation cannot be used: %v", want.err)
			continue
		}
		if _, twice := wanted[want.subject]; twice {
			say("expected twice: %s", want)
		}
		accounts[want.account], wanted[want.subject] = true, want
	}
	return accounts, wanted
}
