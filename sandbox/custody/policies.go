package custody

import (
	"errors"
	"net/http"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// CreatePolicy makes an active policy. It governs every later request.
func (c *Custody) CreatePolicy(caller auth.Caller, in NewPolicy) (Policy, error) {
	now := dfns.At(c.Now())
	policy := Policy{ID: dfns.NewID("plc"), Status: "Active", DateCreated: now}
	err := caller.Update(c.DB, func(tx *store.Tx) error { return policy.replace(tx, in, now) })
	return policy, err
}

// UpdatePolicy replaces a policy. Approvals that are open keep the groups that
// they were opened with. DFNS would gate this by a policy on Policies:Modify,
// which the sandbox refuses to create, so it takes effect at once.
func (c *Custody) UpdatePolicy(caller auth.Caller, id string, in NewPolicy) (Policy, error) {
	return c.changePolicy(caller, id, func(tx *store.Tx, policy *Policy) error {
		return policy.replace(tx, in, dfns.At(c.Now()))
	})
}

// ArchivePolicy ends a policy.
func (c *Custody) ArchivePolicy(caller auth.Caller, id string) (Policy, error) {
	return c.changePolicy(caller, id, func(tx *store.Tx, policy *Policy) error {
		policy.Status, policy.DateUpdated = "Archived", dfns.At(c.Now())
		return putPolicy(tx, *policy)
	})
}

func (c *Custody) changePolicy(caller auth.Caller, id string, change func(*store.Tx, *Policy) error) (Policy, error) {
	var policy Policy
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		if policy, err = getPolicy(tx, id); err != nil {
			return err
		}
		if policy.Status != "Active" {
			return dfns.Errorf(http.StatusUnprocessableEntity, "policy %s is archived", id)
		}
		return change(tx, &policy)
	})
	return policy, err
}

func (p *Policy) replace(tx *store.Tx, in NewPolicy, now dfns.Time) error {
	if err := in.validate(tx); err != nil {
		return err
	}
	p.Name, p.ActivityKind, p.Rule, p.Action, p.Filters = in.Name, in.ActivityKind, in.Rule, in.Action, in.Filters
	p.DateUpdated = now
	return putPolicy(tx, *p)
}

func putPolicy(tx *store.Tx, p Policy) error {
	return store.Put(tx, store.Object{Kind: kindPolicy, ID: p.ID, Parent: all}, p)
}

func getPolicy(tx *store.Tx, id string) (Policy, error) {
	policy, err := store.Get[Policy](tx, kindPolicy, id)
	if errors.Is(err, store.ErrNotFound) {
		return policy, dfns.NotFound("policy", id)
	}
	return policy, err
}

// Policy returns a policy; an unknown one is a 404.
func (c *Custody) Policy(id string) (Policy, error) {
	var policy Policy
	err := c.DB.View(func(tx *store.Tx) (err error) {
		policy, err = getPolicy(tx, id)
		return err
	})
	return policy, err
}

// Policies returns a page of the policies, narrowed by status unless it is "".
func (c *Custody) Policies(status string, page store.Page) ([]Policy, string, error) {
	var found []Policy
	var next string
	err := c.DB.View(func(tx *store.Tx) (err error) {
		found, next, err = store.List(tx, kindPolicy, all, page, func(p Policy) bool {
			return status == "" || p.Status == status
		})
		return err
	})
	return found, next, err
}
