package custody

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// govern stores a new request and lets the policies decide its first status:
// Block beats RequestApproval, and no triggered policy means Executing.
func (c *Custody) govern(tx *store.Tx, object string, wallet Wallet, r *Request) error {
	policies, err := store.All[Policy](tx, kindPolicy, all)
	if err != nil {
		return err
	}
	var triggered []Policy
	var blocker, approver string
	for _, p := range policies {
		if p.Status != "Active" || !p.Filters.match(wallet) {
			continue
		}
		triggered = append(triggered, p)
		switch p.Action.Kind {
		case "Block":
			blocker = p.ID
		case "RequestApproval":
			approver = p.ID
		}
	}
	now := c.Now()
	r.Status = Executing
	if approver != "" {
		r.Status, r.ApprovalID = Pending, dfns.NewID("ap")
	}
	if blocker != "" {
		r.Status, r.ApprovalID, r.Reason = Rejected, "", "blocked by policy "+blocker
		r.DatePolicyResolved = dfns.At(now)
	}
	if err := errors.Join(c.announce(tx, object, "requested", *r), c.trigger(tx, object, *r, triggered, now)); err != nil {
		return err
	}
	switch r.Status {
	case Executing:
		return c.execute(tx, object, r, now)
	case Pending:
		return errors.Join(c.save(tx, object, *r), c.open(tx, object, *r, triggered, now))
	}
	return c.save(tx, object, *r)
}

const alwaysReason = "AlwaysTrigger: every activity on a matching wallet triggers"

// trigger announces each triggered policy.
func (c *Custody) trigger(tx *store.Tx, object string, r Request, triggered []Policy, now time.Time) error {
	for _, p := range triggered {
		err := c.emit(tx, "policy.triggered", map[string]any{"policyEvaluation": evaluated{
			ID: dfns.NewID("plce"), Triggered: true, Reason: alwaysReason, Date: dfns.At(now),
			Policy: p, Activity: activityOf(object, r),
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// evaluated is the data of policy.triggered.
type evaluated struct {
	ID        string    `json:"id"` // plce-…
	Triggered bool      `json:"triggered"`
	Reason    string    `json:"reason"`
	Date      dfns.Time `json:"date"`
	Policy    Policy    `json:"policy"`
	Activity  Activity  `json:"activity"`
}

// open starts the approval of r under the groups of all triggered policies. It
// expires at the earliest of their timeouts.
func (c *Custody) open(tx *store.Tx, object string, r Request, triggered []Policy, now time.Time) error {
	rec := record{Object: object, RequestID: r.ID, Approval: Approval{
		ID: r.ApprovalID, InitiatorID: r.Requester.UserID, Status: Pending,
		DateCreated: dfns.At(now), DateUpdated: dfns.At(now), Decisions: []Decision{},
	}}
	for _, p := range triggered {
		rec.PolicyEvaluations = append(rec.PolicyEvaluations, Evaluation{PolicyID: p.ID, Triggered: true, Reason: alwaysReason})
		rec.Groups = append(rec.Groups, p.Action.ApprovalGroups...)
		if p.Action.AutoRejectTimeout == nil {
			continue
		}
		minutes := float64(*p.Action.AutoRejectTimeout)
		expiry := now.Add(time.Duration(minutes * float64(time.Minute) / c.Scale))
		if rec.ExpirationDate.IsZero() || expiry.Before(rec.ExpirationDate.Time) {
			rec.ExpirationDate = dfns.At(expiry)
		}
	}
	if err := rec.put(tx); err != nil {
		return err
	}
	approval, err := rec.load(tx)
	if err != nil {
		return err
	}
	return c.emit(tx, "policy.approval.pending", map[string]Approval{"approval": approval})
}
