package change

import (
	"encoding/json"
	"fmt"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/policy"
	"countersign/sandbox/store"
)

// GovernedPolicy is a policy with the change that is pending of it.
type GovernedPolicy struct {
	policy.Policy
	PendingChangeRequest *Request `json:"pendingChangeRequest,omitempty"`
}

// Policy returns a policy; an unknown one is a 404.
func (d *Desk) Policy(id string) (GovernedPolicy, error) {
	var found GovernedPolicy
	err := d.DB.View(func(tx *store.Tx) error {
		p, err := policy.Get(tx, id)
		if err == nil {
			found, err = governed(tx, p)
		}
		return err
	})
	return found, err
}

// ListPolicies returns a page of the policies, narrowed by status unless it is "".
func (d *Desk) ListPolicies(status string, page store.Page) ([]GovernedPolicy, string, error) {
	found := []GovernedPolicy{}
	var next string
	err := d.DB.View(func(tx *store.Tx) error {
		policies, token, err := policy.List(tx, status, page)
		next = token
		for _, p := range policies {
			g, err := governed(tx, p)
			if err != nil {
				return err
			}
			found = append(found, g)
		}
		return err
	})
	return found, next, err
}

func governed(tx *store.Tx, p policy.Policy) (GovernedPolicy, error) {
	pending, err := PendingOf(tx, p.ID)
	return GovernedPolicy{Policy: p, PendingChangeRequest: pending}, err
}

// UpdatePolicy replaces a policy's terms, or asks for it when a policy governs that: then
// it returns the change request. Approvals that are open keep the groups that they were
// opened with.
func (d *Desk) UpdatePolicy(caller auth.Caller, id string, terms policy.Terms) (policy.Policy, *Request, error) {
	return d.changePolicy(caller, id, func(tx *store.Tx, p policy.Policy) (policy.Policy, error) {
		return d.Policies.Replaced(tx, p, terms)
	})
}

// ArchivePolicy ends a policy, or asks for it as [Desk.UpdatePolicy] does.
func (d *Desk) ArchivePolicy(caller auth.Caller, id string) (policy.Policy, *Request, error) {
	return d.changePolicy(caller, id, func(_ *store.Tx, p policy.Policy) (policy.Policy, error) {
		return d.archived(p), nil
	})
}

func (d *Desk) archived(p policy.Policy) policy.Policy {
	p.Status, p.DateUpdated = policy.Archived, dfns.At(d.Now())
	return p
}

func (d *Desk) changePolicy(caller auth.Caller, id string,
	changed func(*store.Tx, policy.Policy) (policy.Policy, error),
) (policy.Policy, *Request, error) {
	var p policy.Policy
	var request *Request
	err := caller.Update(d.DB, func(tx *store.Tx) error {
		now, err := policy.GetActive(tx, id)
		if err != nil {
			return err
		}
		if p, err = changed(tx, now); err != nil {
			return err
		}
		request, err = d.Submit(tx, caller, Proposal{Kind: Policy, Operation: Update, EntityID: id,
			Scope: policy.Scope{PolicyID: id}, Body: p})
		if err != nil || request != nil {
			return err
		}
		return policy.Put(tx, p)
	})
	return p, request, err
}

// applyPolicy makes an approved change of a policy. It is impossible once the policy is
// archived or the new terms are no longer allowed.
func (d *Desk) applyPolicy(tx *store.Tx, r Request) error {
	var wanted policy.Policy
	if err := json.Unmarshal(r.Body, &wanted); err != nil {
		return fmt.Errorf("reading the body of %s: %w", r.ID, err)
	}
	p, err := policy.GetActive(tx, r.EntityID)
	if err != nil {
		return err
	}
	if wanted.Status == policy.Archived {
		return policy.Put(tx, d.archived(p))
	}
	if p, err = d.Policies.Replaced(tx, p, wanted.Terms()); err != nil {
		return err
	}
	return policy.Put(tx, p)
}
