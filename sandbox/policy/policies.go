package policy

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// kind is the kind of a stored policy, and all the parent of every one.
const (
	kind = "policy"
	all  = "org"
)

// Book is the organisation's policies.
type Book struct {
	DB    *store.DB
	Now   func() time.Time
	Known Known
}

// Create makes an active policy. It governs every later activity.
func (b *Book) Create(caller auth.Caller, terms Terms) (Policy, error) {
	now := dfns.At(b.Now())
	policy := Policy{ID: dfns.NewID("plc"), Status: Active, DateCreated: now}
	err := caller.Update(b.DB, func(tx *store.Tx) (err error) {
		if policy, err = b.Replaced(tx, policy, terms); err != nil {
			return err
		}
		return Put(tx, policy)
	})
	return policy, err
}

// Replaced returns p as it would be under other terms; it fails with a 400 or 501 when
// they are not possible.
func (b *Book) Replaced(tx *store.Tx, p Policy, terms Terms) (Policy, error) {
	if err := terms.validate(tx, b.Known); err != nil {
		return p, err
	}
	p.Name, p.ActivityKind, p.Rule, p.Action, p.Filters = terms.Name, terms.ActivityKind, terms.Rule, terms.Action, terms.Filters
	p.DateUpdated = dfns.At(b.Now())
	return p, nil
}

// Terms returns the terms of p.
func (p Policy) Terms() Terms {
	return Terms{Name: p.Name, ActivityKind: p.ActivityKind, Rule: p.Rule, Action: p.Action, Filters: p.Filters}
}

// Put writes a policy.
func Put(tx *store.Tx, p Policy) error {
	return store.Put(tx, store.Object{Kind: kind, ID: p.ID, Parent: all}, p)
}

// Get returns a policy; an unknown one is a 404.
func Get(tx *store.Tx, id string) (Policy, error) {
	policy, err := store.Get[Policy](tx, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return policy, dfns.NotFound("policy", id)
	}
	return policy, err
}

// GetActive is [Get] for a policy that is to be changed: an archived one is a 422.
func GetActive(tx *store.Tx, id string) (Policy, error) {
	policy, err := Get(tx, id)
	if err == nil && policy.Status != Active {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "policy %s is archived", id)
	}
	return policy, err
}

// Governing returns the active policies on an activity that match its scope.
func Governing(tx *store.Tx, activityKind string, s Scope) ([]Policy, error) {
	policies, _, err := store.List(tx, kind, all, store.Page{}, func(p Policy) bool {
		return p.Status == Active && p.ActivityKind == activityKind && p.Filters.matches(s)
	})
	return policies, err
}

// List returns a page of the policies, narrowed by status unless it is "".
func List(tx *store.Tx, status string, page store.Page) ([]Policy, string, error) {
	return store.List(tx, kind, all, page, func(p Policy) bool { return status == "" || p.Status == status })
}
