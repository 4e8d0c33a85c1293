package custody

import (
	"errors"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// The statuses of an approval. All but Pending (shared with requests) are final.
const (
	Approved = "Approved"
	Denied   = "Denied"
	Expired  = "Expired"
)

// Approval is an approval as the API shows it. Its activity is the request as
// it is now.
type Approval struct {
	ID                string       `json:"id"` // ap-…
	InitiatorID       string       `json:"initiatorId"`
	Activity          Activity     `json:"activity"`
	Status            string       `json:"status"`
	ExpirationDate    dfns.Time    `json:"expirationDate,omitzero"`
	DateCreated       dfns.Time    `json:"dateCreated"`
	DateUpdated       dfns.Time    `json:"dateUpdated"`
	DateResolved      dfns.Time    `json:"dateResolved,omitzero"`
	PolicyEvaluations []Evaluation `json:"policyEvaluations"`
	Decisions         []Decision   `json:"decisions"`
}

// Activity is what an approval is about; one of its requests is there.
type Activity struct {
	Kind               string   `json:"kind"` // Wallets:Sign
	TransferRequest    *Request `json:"transferRequest,omitempty"`
	TransactionRequest *Request `json:"transactionRequest,omitempty"`
}

func activityOf(object string, r Request) Activity {
	if object == kindTransfer {
		return Activity{Kind: "Wallets:Sign", TransferRequest: &r}
	}
	return Activity{Kind: "Wallets:Sign", TransactionRequest: &r}
}

// Evaluation says that a policy was looked at, and what it found.
type Evaluation struct {
	PolicyID  string `json:"policyId"`
	Triggered bool   `json:"triggered"`
	Reason    string `json:"reason"`
}

// Decision is one user's vote.
type Decision struct {
	UserID string    `json:"userId"`
	Date   dfns.Time `json:"date"`
	Reason *string   `json:"reason"` // null when none was given
	Value  string    `json:"value"`  // Approved or Denied
}

// record is an approval as it is stored: the groups of all triggered policies
// as they were, and in which of them each vote counts.
type record struct {
	Approval
	Object    string
	RequestID string
	Groups    []Group
	Counts    [][]int // for each decision, the indexes of the groups it counts in
}

// load completes a stored approval with its request as it is now.
func (r record) load(tx *store.Tx) (Approval, error) {
	request, err := store.Get[Request](tx, r.Object, r.RequestID)
	if err != nil {
		return Approval{}, err
	}
	r.Activity = activityOf(r.Object, request)
	return r.Approval, nil
}

// put stores r, due at its expiry while it is pending.
func (r record) put(tx *store.Tx) error {
	r.Activity = Activity{}
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
func (c *Custody) Approval(id string) (Approval, error) {
	var approval Approval
	err := c.DB.View(func(tx *store.Tx) error {
		r, err := getRecord(tx, id)
		if err == nil {
			approval, err = r.load(tx)
		}
		return err
	})
	return approval, err
}

// ApprovalFilter narrows a list; an empty member does not.
type ApprovalFilter struct {
	Status      string
	InitiatorID string
	ApproverID  string // a user who may vote, or was allowed to
}

// Approvals returns a page of the approvals, oldest first.
func (c *Custody) Approvals(f ApprovalFilter, page store.Page) ([]Approval, string, error) {
	approvals := []Approval{}
	var next string
	err := c.DB.View(func(tx *store.Tx) error {
		approver := auth.User{}
		if f.ApproverID != "" {
			var err error
			if approver, err = auth.Lookup(tx, f.ApproverID); err != nil {
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
			approval, err := r.load(tx)
			if err != nil {
				return err
			}
			approvals = append(approvals, approval)
		}
		return err
	})
	return approvals, next, err
}

// resolve ends a pending approval and lets its request execute, or rejects it.
func (c *Custody) resolve(tx *store.Tx, r *record, status, reason string, now time.Time) error {
	r.Status, r.DateUpdated, r.DateResolved = status, dfns.At(now), dfns.At(now)
	if err := r.put(tx); err != nil {
		return err
	}
	request, err := store.Get[Request](tx, r.Object, r.RequestID)
	if err != nil {
		return err
	}
	finish := c.execute
	if status != Approved {
		request.Reason, finish = reason, c.reject
	}
	if err := finish(tx, r.Object, &request, now); err != nil {
		return err
	}
	approval, err := r.load(tx)
	if err != nil {
		return err
	}
	// DFNS's two descriptions of this event disagree; the data satisfies both.
	return c.emit(tx, "policy.approval.resolved", resolved{Approval: approval, ActivityID: r.RequestID})
}

type resolved struct {
	Approval   Approval `json:"approval"`
	ActivityID string   `json:"activityId"`
}

func (c *Custody) reject(tx *store.Tx, object string, r *Request, now time.Time) error {
	r.Status, r.DatePolicyResolved = Rejected, dfns.At(now)
	return c.save(tx, object, *r)
}
