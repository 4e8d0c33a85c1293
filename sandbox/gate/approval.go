package gate

import (
	"errors"
	"fmt"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/policy"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
)

// The kind of a stored approval, and the parent of every one.
const (
	kindApproval = "approval"
	all          = "org"
)

// Timers is the kind of the objects of this package that wait for the clock:
// pending approvals, for their expiry.
const Timers = kindApproval

// The statuses of an approval. All but Pending are final.
const (
	Pending  = "Pending"
	Approved = "Approved"
	Denied   = "Denied"
	Expired  = "Expired"
)

// Approval is an approval as the API shows it. Its activity has its subject as it is now.
type Approval struct {
	ID                string       `json:"id"` // ap-…
	InitiatorID       string       `json:"initiatorId"`
	Activity          *Activity    `json:"activity,omitempty"`
	Status            string       `json:"status"`
	ExpirationDate    dfns.Time    `json:"expirationDate,omitzero"`
	DateCreated       dfns.Time    `json:"dateCreated"`
	DateUpdated       dfns.Time    `json:"dateUpdated"`
	DateResolved      dfns.Time    `json:"dateResolved,omitzero"`
	PolicyEvaluations []Evaluation `json:"policyEvaluations"`
	Decisions         []Decision   `json:"decisions"`
}

// Evaluation says that a policy was looked at, and what it found.
type Evaluation struct {
	PolicyID  string        `json:"policyId"`
	Triggered bool          `json:"triggered"`
	Reason    string        `json:"reason"`
	Context   *rule.Context `json:"context,omitempty"`
}

// Decision is one user's vote.
type Decision struct {
	UserID string    `json:"userId"`
	Date   dfns.Time `json:"date"`
	Reason *string   `json:"reason"` // null when none was given
	Value  string    `json:"value"`  // Approved or Denied
}

// record is an approval as it is stored, without its activity: the groups of all policies
// that asked for it as they were, and in which of them each vote counts.
type record struct {
	Approval
	Object    string // the kind of its subject
	RequestID string // the subject
	Groups    []policy.Group
	Counts    [][]int // for each decision, the indexes of the groups it counts in
}

// load completes a stored approval with its subject as it is now.
func (g *Gate) load(tx *store.Tx, r record) (Approval, error) {
	handler, known := g.Handlers[r.Object]
	if !known {
		return Approval{}, fmt.Errorf("approval %s is about a %s, which nobody handles", r.ID, r.Object)
	}
	activity, err := handler.Activity(tx, r.RequestID)
	r.Activity = &activity
	return r.Approval, err
}

// put stores r, due at its expiry while it is pending.
func (r record) put(tx *store.Tx) error {
	r.Activity = nil
	o := store.Object{Kind: kindApproval, ID: r.ID, Parent: all}
	if r.Status == Pending {
		o.Due = r.ExpirationDate.Time
	}
	return store.Put(tx, o, r)
}

func getRecord(tx *store.Tx, id string) (record, error) {
	r, err := store.Get[record](tx, kindApproval, id)
	if errors.Is(err, store.ErrNotFound) {
		return r, dfns.NotFound("approval", id)
	}
	return r, err
}

// Approval returns an approval; an unknown one is a 404.
func (g *Gate) Approval(id string) (Approval, error) {
	var approval Approval
	err := g.DB.View(func(tx *store.Tx) error {
		r, err := getRecord(tx, id)
		if err == nil {
			approval, err = g.load(tx, r)
		}
		return err
	})
	return approval, err
}

// Filter narrows a list; an empty member does not.
type Filter struct {
	Status      string
	InitiatorID string
	ApproverID  string // a user who may vote, or was allowed to
}

// Approvals returns a page of the approvals, oldest first.
func (g *Gate) Approvals(f Filter, page store.Page) ([]Approval, string, error) {
	approvals := []Approval{}
	var next string
	err := g.DB.View(func(tx *store.Tx) error {
		approver := identity.User{}
		if f.ApproverID != "" {
			var err error
			if approver, err = identity.Lookup(tx, f.ApproverID); err != nil {
				return err
			}
		}
		records, token, err := store.List(tx, kindApproval, all, page, func(r record) bool {
			return (f.Status == "" || r.Status == f.Status) &&
				(f.InitiatorID == "" || r.InitiatorID == f.InitiatorID) &&
				(f.ApproverID == "" || r.admits(approver))
		})
		next = token
		for _, r := range records {
			approval, err := g.load(tx, r)
			if err != nil {
				return err
			}
			approvals = append(approvals, approval)
		}
		return err
	})
	return approvals, next, err
}

// resolve ends a pending approval, and lets its subject's handler act on it.
func (g *Gate) resolve(tx *store.Tx, r *record, status, reason string, now time.Time) error {
	r.Status, r.DateUpdated, r.DateResolved = status, dfns.At(now), dfns.At(now)
	if err := r.put(tx); err != nil {
		return err
	}
	if status != Approved {
		if err := forget(tx, r.RequestID); err != nil {
			return err
		}
	}
	handler, known := g.Handlers[r.Object]
	if !known {
		return fmt.Errorf("resolving approval %s about a %s, which nobody handles", r.ID, r.Object)
	}
	if err := handler.Resolve(tx, r.RequestID, End{Status: status, Reason: reason, Now: now}); err != nil {
		return err
	}
	approval, err := g.load(tx, *r)
	if err != nil {
		return err
	}
	// DFNS's two descriptions of this event disagree; the data satisfies both.
	return g.emit(tx, "policy.approval.resolved", resolved{Approval: approval, ActivityID: r.RequestID})
}

type resolved struct {
	Approval   Approval `json:"approval"`
	ActivityID string   `json:"activityId"`
}
