package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/custody/dfns/org"
)

// votes reports the right to decide approvals, by both of its names (dfns.md §7).
func votes(operation string) bool {
	return operation == "Policies:Approvals:Approve" || operation == "Policies:Evaluations:Vote"
}

func reads(operation string) bool { return strings.HasSuffix(operation, ":Read") }

// makers are rights to make something that do not end like one; the first two are of
// 2024 (dfns.md §7).
var makers = []string{"Wallets:TransferAsset", "Wallets:BroadcastTransaction", "Wallets:GenerateSignature", "Permissions:Assign"}

// makes reports a right to create wallets, what they sign, policies, permissions, users
// or service accounts.
func makes(operation string) bool {
	family, _, _ := strings.Cut(operation, ":")
	return slices.Contains(makers, operation) ||
		strings.HasSuffix(operation, ":Create") && slices.Contains([]string{"Wallets", "Keys", "Policies", "Permissions", "Auth"}, family)
}

// rights are the operations that an account and its tokens may use, sorted. The error
// says that the platform did not tell all of them.
func (p *patient) rights(a org.ServiceAccount) (operations []string, err error) {
	given := slices.Clone(a.User.Assignments)
	for _, t := range a.Tokens {
		given = append(given, t.Assignments...)
	}
	if len(given) == 0 && p.permissions.err != nil { // perhaps it has none, perhaps nobody told
		return nil, p.permissions.err
	}
	for _, g := range given {
		if g.Operations == nil {
			i := slices.IndexFunc(p.permissions.value, func(q org.Permission) bool { return q.ID == g.PermissionID })
			switch {
			case p.permissions.err != nil:
				return nil, p.permissions.err
			case i < 0:
				return nil, fmt.Errorf("permission %s %q is not in the list of permissions", g.PermissionID, g.Name)
			}
			g.Operations = p.permissions.value[i].Operations
		}
		operations = append(operations, g.Operations...)
	}
	slices.Sort(operations)
	return slices.Compact(operations), nil
}

// unrighted is the finding that an account's rights are not told.
func (p *patient) unrighted(err error) finding {
	if p.permissions.err != nil {
		return p.permissions.unread()
	}
	return unknown("the rights are not told in full: %s", err)
}

func ownRights(_ context.Context, p *patient) finding {
	if p.self.err != nil {
		return p.self.unread()
	}
	rights, err := p.rights(p.self.value)
	if err != nil {
		return p.unrighted(err)
	}
	tooMuch := slices.DeleteFunc(slices.Clone(rights), func(o string) bool { return reads(o) || votes(o) })
	switch {
	case !slices.ContainsFunc(rights, votes):
		return failed(tooMuch, "our service account may not decide approvals: it lacks Policies:Approvals:Approve (or Policies:Evaluations:Vote)")
	case slices.ContainsFunc(tooMuch, makes):
		return failed(tooMuch, "our service account may make what it then approves; rights beyond reading and deciding approvals: %d", len(tooMuch))
	case len(tooMuch) > 0:
		return warning(tooMuch, "rights of our service account beyond reading and deciding approvals: %d", len(tooMuch))
	}
	return found(OK, rights, "our service account may read and decide approvals, and nothing else")
}

// duties finds service accounts, ours among them, that may both make and approve.
func duties(_ context.Context, p *patient) finding {
	if p.accounts.err != nil {
		return p.accounts.unread()
	}
	var both []string
	var untold error
	for _, a := range p.accounts.value {
		if !a.User.Active {
			continue
		}
		rights, err := p.rights(a)
		if err != nil {
			untold = err
			continue
		}
		if i := slices.IndexFunc(rights, makes); i >= 0 && slices.ContainsFunc(rights, votes) {
			made := slices.DeleteFunc(rights, func(o string) bool { return !makes(o) })
			both = append(both, fmt.Sprintf("%s %q: decides approvals and has %s", a.User.ID, a.User.Name, strings.Join(made, ", ")))
		}
	}
	switch {
	case len(both) > 0:
		return failed(both, "service accounts that may both make and approve: %d", len(both))
	case untold != nil:
		return p.unrighted(untold)
	case len(p.accounts.value) == 0:
		return unknown("the platform names no service account, and we are one")
	}
	return fine("service accounts that may both make and approve: none of %d", len(p.accounts.value))
}

// delegated finds wallets that sign outside of the policies.
func delegated(_ context.Context, p *patient) finding {
	if p.wallets.err != nil {
		return p.wallets.unread()
	}
	var items, unsure []string
	for _, w := range p.wallets.value {
		item := fmt.Sprintf("%s %q on %s", w.ID, w.Name, w.Network)
		switch {
		case w.Archived():
		case w.SigningKey.DelegatedTo != "":
			items = append(items, item+": delegated to "+w.SigningKey.DelegatedTo)
		case w.Custodial == nil:
			unsure = append(unsure, item)
		case !*w.Custodial:
			items = append(items, item+": not custodial")
		}
	}
	switch {
	case len(items) > 0:
		return failed(items, "delegated wallets, which sign outside of the policy engine: %d", len(items))
	case len(unsure) > 0:
		return found(Unknown, unsure, "wallets of which the platform does not say whether they are custodial: %d", len(unsure))
	case len(p.wallets.value) == 0:
		return unknown("the platform names no wallet")
	}
	return fine("delegated wallets: none of %d", len(p.wallets.value))
}

// pendingKind is the event that wakes us (dfns.md §3.5).
const pendingKind = "policy.approval.pending"

func pendingWebhook(_ context.Context, p *patient) finding {
	if p.webhooks.err != nil {
		return p.webhooks.unread()
	}
	var items []string
	for _, w := range p.webhooks.value {
		switch {
		case w.Hears(pendingKind):
			return fine("webhook %s hears of pending approvals", w.ID)
		case w.Subscribed(pendingKind):
			items = append(items, fmt.Sprintf("%s is %s", w.ID, w.Status))
		}
	}
	if len(items) > 0 {
		return failed(items, "every webhook for %s is switched off", pendingKind)
	}
	return failed(nil, "no webhook hears of %s", pendingKind)
}
