package doctor

import (
	"context"
	"fmt"
	"slices"

	"countersign/custody/dfns/org"
)

// A seat is a group of approvers with the policy that it belongs to.
type seat struct {
	policy org.Policy
	group  org.Group
}

func (s seat) String() string {
	return fmt.Sprintf("policy %s, group %q", nameOf(s.policy), s.group.Name)
}

// seats are the groups of every active policy that asks for approvals.
func seats(policies []org.Policy) (out []seat) {
	for _, p := range policies {
		if p.Status != org.Active || p.Action.Kind != org.RequestApproval {
			continue
		}
		for _, g := range p.Action.Groups {
			out = append(out, seat{p, g})
		}
	}
	return out
}

// bad lists the seats of which something is wrong.
func (p *patient) bad(wrong func(org.Group) bool) (items []string) {
	for _, s := range seats(p.policies.value) {
		if wrong(s.group) {
			items = append(items, s.String())
		}
	}
	return items
}

func initiator(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	if items := p.bad(func(g org.Group) bool { return g.InitiatorCanApprove }); len(items) > 0 {
		return failed(items, "groups of approvers in which the initiator may approve: %d", len(items))
	}
	return fine("in no group of approvers may the initiator approve")
}

func quorum(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	items := p.bad(func(g org.Group) bool { return g.Quorum < 1 })
	for _, policy := range p.policies.value {
		if policy.Status == org.Active && policy.Action.Kind == org.RequestApproval && len(policy.Action.Groups) == 0 {
			items = append(items, "policy "+nameOf(policy)+" has no group")
		}
	}
	if len(items) > 0 {
		return failed(items, "groups of approvers that need nobody's approval: %d", len(items))
	}
	return fine("every group of approvers has a quorum of 1 or more")
}

// member asks whether our service account may vote at all on what wallets sign.
func member(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	var votes, shut, unsure []string
	for _, s := range seats(active(p.policies.value, org.Sign)) {
		switch {
		case s.group.Approvers.Unread:
			unsure = append(unsure, s.String())
		case !s.group.Lists(p.us):
		case !s.group.ServiceAccountsCanApprove:
			shut = append(shut, s.String())
		default:
			votes = append(votes, s.String())
		}
	}
	switch {
	case len(votes) > 0:
		return found(OK, votes, "groups in which our service account may vote: %d", len(votes))
	case len(unsure) > 0:
		return found(Unknown, unsure, "our service account is in no group that can be read")
	case len(shut) > 0:
		return failed(shut, "our service account is listed, and service accounts may not approve there: it can never vote")
	}
	return failed(nil, "our service account is in no group of approvers on Wallets:Sign: it can never vote")
}

// peopleVote finds policies whose approvals are given by programs alone: our account
// reaching a quorum by itself is the plainest case. Groups of other policies on the same
// activity count where those trigger on everything, because all of them must agree.
func peopleVote(_ context.Context, p *patient) finding {
	if p.policies.err != nil {
		return p.policies.unread()
	}
	all := seats(p.policies.value)
	var alone, unsure []string
	for _, policy := range p.policies.value {
		if policy.Status != org.Active || policy.Action.Kind != org.RequestApproval {
			continue
		}
		voices, together := silent, 0
		for _, s := range all {
			same := s.policy.ID == policy.ID
			if same || s.policy.ActivityKind == policy.ActivityKind && everything(s.policy) {
				voices, together = max(voices, p.voice(s.group)), together+1
			}
		}
		switch {
		case together == 0: // a policy without groups is the quorum's business
		case voices == silent:
			alone = append(alone, "policy "+nameOf(policy)+on(policy, p.us))
		case voices == maybe:
			unsure = append(unsure, "policy "+nameOf(policy))
		}
	}
	switch {
	case len(alone) > 0:
		return failed(append(alone, unsure...), "policies that service accounts decide alone: %d", len(alone))
	case len(unsure) > 0:
		f := p.accounts.unread()
		if p.accounts.err == nil {
			f = unknown("the approvers are given in a form that is not known")
		}
		f.items = unsure
		return f
	}
	return fine("people may vote on everything that needs an approval")
}

// on says what our own account can do by itself under a policy.
func on(p org.Policy, us string) string {
	if len(p.Action.Groups) == 0 {
		return ""
	}
	for _, g := range p.Action.Groups {
		if !g.Lists(us) || !g.ServiceAccountsCanApprove || g.Quorum > 1 {
			return ""
		}
	}
	return ": our service account approves it by itself"
}

// Whether people are among the approvers.
type voice int

const (
	silent voice = iota
	maybe
	heard
)

func (p *patient) voice(g org.Group) voice {
	switch {
	case g.Approvers.Unread:
		return maybe
	case g.Anybody():
		return heard
	}
	best := silent
	for _, id := range g.Approvers.UserID.In {
		switch {
		case id == p.us || p.isProgram(id):
		case p.accounts.err != nil:
			best = max(best, maybe)
		default:
			best = heard
		}
	}
	return best
}

func (p *patient) isProgram(id string) bool {
	return slices.ContainsFunc(p.accounts.value, func(a org.ServiceAccount) bool { return a.User.ID == id })
}
