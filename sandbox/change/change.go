// Package change holds change requests: changes of policies, permissions and assignments
// that a policy of the organisation's governs.
//
// Whoever would change such a thing submits the change first ([Desk.Submit]). When no
// policy triggers, it is made at once and nothing is kept. Otherwise a change request is
// kept, under an approval of its own; once that is approved the change is made in the same
// transaction, or the request is Failed because it has become impossible. A denial or a
// timeout leaves it Rejected. A thing has one pending change at most.
package change

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
	"countersign/sandbox/policy"
	"countersign/sandbox/store"
)

// Subject is the kind of change requests, as a subject of package gate.
const Subject = "change-request"

// The statuses of a change request. All but Pending are final.
const (
	Pending  = "Pending"
	Applied  = "Applied"
	Failed   = "Failed"
	Rejected = "Rejected"
)

// The kinds of things that are changed.
const (
	Policy     = "Policy"
	Permission = "Permission"
	Assignment = "Assignment"
)

// The kinds of operations. Archiving is an Update.
const (
	Create = "Create"
	Update = "Update"
	Delete = "Delete"
)

// activities are the activities by which policies govern changes of a kind.
var activities = map[string]string{
	Policy: policy.ModifyPolicies, Permission: policy.ModifyPermissions, Assignment: policy.AssignPermission,
}

// Request is a change request as the API shows it.
type Request struct {
	ID            string          `json:"id"` // cr-…
	Requester     Requester       `json:"requester"`
	Kind          string          `json:"kind"`
	OperationKind string          `json:"operationKind"`
	Status        string          `json:"status"`
	EntityID      string          `json:"entityId"`
	DateCreated   dfns.Time       `json:"dateCreated"`
	DateResolved  dfns.Time       `json:"dateResolved,omitzero"`
	ApprovalID    string          `json:"approvalId,omitempty"`
	Body          json.RawMessage `json:"body"` // the thing as it would be
}

// Requester is who asked.
type Requester struct {
	UserID  string `json:"userId"`
	TokenID string `json:"tokenId,omitempty"`
}

// Proposal is a change that someone would make.
type Proposal struct {
	Kind      string
	Operation string
	EntityID  string
	Key       string // of what one change may be pending; "" means the entity
	Scope     policy.Scope
	Body      any // the thing as it would be
}

// Desk takes change requests.
type Desk struct {
	DB       *store.DB
	Now      func() time.Time
	Gate     *gate.Gate
	Policies *policy.Book

	// Apply makes approved changes, by their kind. A [dfns.Error] says that the change has
	// become impossible; what was written by then is taken back. Policies need none.
	Apply map[string]func(tx *store.Tx, r Request) error
}

// Submit asks the policies about a change that caller would make in tx. No request means
// that the change may be made, in tx. A request that is Rejected was blocked. Another
// pending change of the same thing is a 409.
func (d *Desk) Submit(tx *store.Tx, caller auth.Caller, p Proposal) (*Request, error) {
	key := p.Key
	if key == "" {
		key = p.EntityID
	}
	pending, err := PendingOf(tx, key)
	if err != nil {
		return nil, err
	}
	if pending != nil {
		return nil, dfns.Errorf(http.StatusConflict, "change request %s of %s is pending", pending.ID, key)
	}
	body, err := dfns.Compact(p.Body)
	if err != nil {
		return nil, err
	}
	r := Request{
		ID: dfns.NewID("cr"), Kind: p.Kind, OperationKind: p.Operation, EntityID: p.EntityID,
		Requester: Requester{UserID: caller.User.UserID, TokenID: caller.TokenID},
		Status:    Pending, DateCreated: dfns.At(d.Now()), Body: body,
	}
	ruling, err := d.Gate.Judge(tx, gate.Case{Kind: activities[p.Kind], Subject: Subject, SubjectID: r.ID,
		Initiator: caller.User.UserID, Scope: p.Scope})
	if err != nil {
		return nil, err
	}
	if ruling.ApprovalID == "" && ruling.BlockedBy == "" {
		return nil, nil
	}
	r.ApprovalID = ruling.ApprovalID
	if ruling.BlockedBy != "" {
		r.Status, r.DateResolved = Rejected, r.DateCreated
	}
	return &r, errors.Join(put(tx, key, r), d.Gate.Record(tx, ruling, activityOf(r)))
}

// stored is a change request with what it is listed under.
type stored struct {
	Request
	Key string
}

func put(tx *store.Tx, key string, r Request) error {
	return store.Put(tx, store.Object{Kind: Subject, ID: r.ID, Parent: key}, stored{r, key})
}

// PendingOf returns the pending change of a thing, by the key of its proposals, or nil.
func PendingOf(tx *store.Tx, key string) (*Request, error) {
	first := true // a pending change is the latest, since it bars others
	found, err := store.Latest(tx, Subject, key, func(stored) bool {
		was := first
		first = false
		return was
	})
	if err != nil || len(found) == 0 || found[0].Status != Pending {
		return nil, err
	}
	return &found[0].Request, nil
}

func activityOf(r Request) gate.Activity {
	return gate.Activity{Kind: activities[r.Kind], Member: "changeRequest", Entity: r}
}

// Activity shows a change request. With [Desk.Resolve] it makes Desk a [gate.Handler].
func (d *Desk) Activity(tx *store.Tx, id string) (gate.Activity, error) {
	s, err := store.Get[stored](tx, Subject, id)
	return activityOf(s.Request), err
}

// Resolve makes the change when it was approved.
func (d *Desk) Resolve(tx *store.Tx, id string, end gate.End) error {
	s, err := store.Get[stored](tx, Subject, id)
	if err != nil {
		return err
	}
	s.Status, s.DateResolved = Rejected, dfns.At(end.Now)
	if end.Status == gate.Approved {
		s.Status = Applied
		err := tx.Try(func() error { return d.apply(tx, s.Request) })
		var impossible *dfns.Error
		if errors.As(err, &impossible) {
			s.Status = Failed
		} else if err != nil {
			return err
		}
	}
	return put(tx, s.Key, s.Request)
}

func (d *Desk) apply(tx *store.Tx, r Request) error {
	if r.Kind == Policy {
		return d.applyPolicy(tx, r)
	}
	apply, known := d.Apply[r.Kind]
	if !known {
		return errors.New("applying " + r.ID + ": nobody changes a " + r.Kind)
	}
	return apply(tx, r)
}
