package gate

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/policy"
	"countersign/sandbox/store"
)

// Vote is the body of POST /v2/policy-approvals/:id/decisions.
type Vote struct {
	Value  string  `json:"value"` // Approved or Denied; there is no abstaining
	Reason *string `json:"reason"`
}

// Decide casts the caller's vote. DFNS does not document how it refuses one;
// the sandbox answers, in this order, 404 for an unknown approval, 403 to who
// is no approver and to an initiator who approves where his group forbids it,
// 409 to who has voted, and 422 once the approval is resolved.
func (g *Gate) Decide(caller auth.Caller, id string, vote Vote) (Approval, error) {
	if vote.Value != Approved && vote.Value != Denied {
		return Approval{}, dfns.BadRequest("value must be Approved or Denied")
	}
	var approval Approval
	var late error
	err := g.DB.Update(func(tx *store.Tx) error {
		r, err := getRecord(tx, id)
		if err != nil {
			return err
		}
		now := g.Now()
		if r.expired(now) {
			// The expiry is kept and the vote refused, so it commits first.
			late = notPending(id, Expired)
			return g.resolve(tx, &r, Expired, "approval "+id+" expired", now)
		}
		counts, err := r.refuse(caller.User, vote.Value)
		if err != nil {
			return err
		}
		if err := g.cast(tx, &r, caller.User.UserID, vote, counts, now); err != nil {
			return err
		}
		if err := caller.Log(tx); err != nil {
			return err
		}
		approval, err = g.load(tx, r)
		return err
	})
	return approval, errors.Join(err, late)
}

// refuse says why user may not vote so, or in which groups his vote counts.
func (r record) refuse(user identity.User, value string) ([]int, error) {
	if !r.admits(user) {
		return nil, dfns.Forbidden("user %s is not an approver of approval %s", user.UserID, r.ID)
	}
	counts := []int{}
	for i, group := range r.Groups {
		if group.Hears(user, r.InitiatorID) {
			counts = append(counts, i)
		}
	}
	if value == Approved && len(counts) == 0 {
		return nil, dfns.Forbidden("user %s initiated the activity and may not approve it", user.UserID)
	}
	if slices.ContainsFunc(r.Decisions, func(d Decision) bool { return d.UserID == user.UserID }) {
		return nil, dfns.Errorf(http.StatusConflict, "user %s has already decided on approval %s", user.UserID, r.ID)
	}
	if r.Status != Pending {
		return nil, notPending(r.ID, r.Status)
	}
	return counts, nil
}

func notPending(id, status string) error {
	return dfns.Errorf(http.StatusUnprocessableEntity, "approval %s is %s, not Pending", id, status)
}

// admits tells whether user is an approver in any group.
func (r record) admits(user identity.User) bool {
	return slices.ContainsFunc(r.Groups, func(group policy.Group) bool { return group.Admits(user) })
}

// cast records a vote and resolves the approval when it is the last needed.
func (g *Gate) cast(tx *store.Tx, r *record, user string, vote Vote, counts []int, now time.Time) error {
	r.Decisions = append(r.Decisions, Decision{UserID: user, Date: dfns.At(now), Reason: vote.Reason, Value: vote.Value})
	r.Counts = append(r.Counts, counts)
	r.DateUpdated = dfns.At(now)
	switch {
	case vote.Value == Denied:
		return g.resolve(tx, r, Denied, "denied by "+user, now)
	case r.quorate():
		return g.resolve(tx, r, Approved, "", now)
	}
	return r.put(tx)
}

// quorate tells whether every group has its quorum of approvals.
func (r record) quorate() bool {
	approvals := make([]int, len(r.Groups))
	for i, d := range r.Decisions {
		if d.Value == Approved {
			for _, group := range r.Counts[i] {
				approvals[group]++
			}
		}
	}
	for i, group := range r.Groups {
		if approvals[i] < group.Quorum {
			return false
		}
	}
	return true
}

func (r record) expired(now time.Time) bool {
	return r.Status == Pending && !r.ExpirationDate.IsZero() && !now.Before(r.ExpirationDate.Time)
}

// Expire ends approvals whose time is up until ctx ends. wake is a watch on
// the database.
func (g *Gate) Expire(ctx context.Context, wake *store.Wake) {
	for ctx.Err() == nil {
		wait, err := g.expireDue()
		if err != nil {
			slog.Error("expiring approvals failed", "error", err)
			wait = time.Second
		}
		wake.Wait(ctx, wait)
	}
}

// expireDue expires what is due and returns how long nothing new will be.
func (g *Gate) expireDue() (time.Duration, error) {
	now := g.Now()
	var due []record
	var next time.Time
	err := g.DB.View(func(tx *store.Tx) (err error) {
		if due, err = store.Due[record](tx, kindApproval, "", now, 100); err == nil {
			next, err = store.NextDue(tx, kindApproval, now)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		err := g.DB.Update(func(tx *store.Tx) error {
			r, err := getRecord(tx, d.ID)
			if err != nil || r.Status != Pending {
				return err // voted on since the look
			}
			return g.resolve(tx, &r, Expired, "approval "+r.ID+" expired", now)
		})
		if err != nil {
			return 0, err
		}
	}
	if next.IsZero() {
		return time.Hour, nil
	}
	return max(next.Sub(now), time.Millisecond), nil
}
