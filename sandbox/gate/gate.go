// Package gate stands between an activity and its execution: it asks every policy that
// governs the activity, and holds up what needs an approval until people and service
// accounts have voted.
//
// # Life of an activity
//
// Whoever wants something done judges it first ([Gate.Judge]). No triggered policy means
// that it may be done at once. Block beats all; otherwise every triggered RequestApproval
// adds its groups to one approval, and the activity waits. The ruling is then recorded
// ([Gate.Record]) in the transaction that stores the subject, with the events that announce
// it. The approval ends when every group has its quorum, at the first denial, or at its
// timeout; in that transaction the subject's [Handler] carries it out or rejects it.
//
// What an activity is about is known only to its handler: a transfer, a transaction, a raw
// signature or a change request are one to the gate.
package gate

import (
	"errors"
	"fmt"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/policy"
	"countersign/sandbox/rule"
	"countersign/sandbox/store"
	"countersign/sandbox/webhook"
)

// Gate holds the approvals.
type Gate struct {
	DB    *store.DB
	Now   func() time.Time
	Scale float64 // divides autoRejectTimeout and the timeframes of rules; 1 means minutes are minutes
	Facts rule.Facts

	// Handlers know the subjects, by the kind that cases give them.
	Handlers map[string]Handler
}

// Handler knows one kind of subject.
type Handler interface {
	// Activity shows the subject as it is now.
	Activity(tx *store.Tx, id string) (Activity, error)
	// Resolve lets the subject go ahead when its approval ended as Approved, and rejects it
	// otherwise.
	Resolve(tx *store.Tx, id string, end End) error
}

// End is how an approval ended.
type End struct {
	Status string // Approved, Denied or Expired
	Reason string // why it did not end well, else ""
	Now    time.Time
}

// Activity is an activity as approvals and events show it:
// {"kind": "Wallets:Sign", "transferRequest": {…}}.
type Activity struct {
	Kind   string // as of a policy
	Member string // the name of the entity: transferRequest, changeRequest, …
	Entity any
}

// MarshalJSON writes the kind and the entity under its name.
func (a Activity) MarshalJSON() ([]byte, error) {
	entity, err := dfns.Compact(a.Entity)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"kind":%q,%q:%s}`, a.Kind, a.Member, entity), nil
}

// Case is an activity that the policies are asked about.
type Case struct {
	Kind      string // of the activity
	Subject   string // the kind of what it is about, as Handlers has it
	SubjectID string
	Initiator string // the user who asked
	Scope     policy.Scope
	Movement  rule.Movement // of an activity on a wallet
}

// Ruling is what the policies say of a case.
type Ruling struct {
	ApprovalID string // of the approval that it waits for, "" for none
	BlockedBy  string // the policy that blocks it, "" for none

	of       Case
	policies []policy.Policy
	findings []rule.Finding // one for each policy
}

// Judge asks every policy that governs c. It writes nothing.
func (g *Gate) Judge(tx *store.Tx, c Case) (Ruling, error) {
	r := Ruling{of: c}
	var err error
	if r.policies, err = policy.Governing(tx, c.Kind, c.Scope); err != nil {
		return r, err
	}
	asks := false
	for _, p := range r.policies {
		found, err := p.Rule.Find(g.question(tx, c))
		if err != nil {
			return r, fmt.Errorf("evaluating policy %s: %w", p.ID, err)
		}
		r.findings = append(r.findings, found)
		if !found.Triggered {
			continue
		}
		asks = asks || p.Action.Kind == policy.RequestApproval
		if p.Action.Kind == policy.Block {
			r.BlockedBy = p.ID
		}
	}
	if asks && r.BlockedBy == "" {
		r.ApprovalID = dfns.NewID("ap")
	}
	return r, nil
}

func (g *Gate) question(tx *store.Tx, c Case) rule.Question {
	return rule.Question{
		Movement: c.Movement, Now: g.Now(), Minute: g.minutes(1), Facts: g.Facts,
		Past: func(since time.Time) ([]rule.Movement, error) { return past(tx, c.Scope.WalletID, since) },
	}
}

// minutes is how long n minutes of a policy are.
func (g *Gate) minutes(n int) time.Duration {
	return time.Duration(float64(n) * float64(time.Minute) / g.Scale)
}

// Record announces the triggered policies and opens the approval that r asks for. shown is
// the activity with its subject as r left it: pending, rejected or executing.
func (g *Gate) Record(tx *store.Tx, r Ruling, shown Activity) error {
	now := g.Now()
	if r.of.Kind == policy.Sign && r.BlockedBy == "" {
		if err := remember(tx, r.of, now); err != nil {
			return err
		}
	}
	for i, p := range r.policies {
		if !r.findings[i].Triggered {
			continue
		}
		err := g.emit(tx, "policy.triggered", map[string]any{"policyEvaluation": triggered{
			ID: dfns.NewID("plce"), Triggered: true, Reason: r.findings[i].Reason, Date: dfns.At(now),
			Policy: p, Activity: shown, Context: r.findings[i].Context,
		}})
		if err != nil {
			return err
		}
	}
	if r.ApprovalID == "" {
		return nil
	}
	return g.open(tx, r, shown, now)
}

// triggered is the data of policy.triggered.
type triggered struct {
	ID        string        `json:"id"` // plce-…
	Triggered bool          `json:"triggered"`
	Reason    string        `json:"reason"`
	Date      dfns.Time     `json:"date"`
	Policy    policy.Policy `json:"policy"`
	Activity  Activity      `json:"activity"`
	Context   *rule.Context `json:"context,omitempty"`
}

// open starts the approval of r under the groups of all policies that ask for one. It
// expires at the earliest of their timeouts.
func (g *Gate) open(tx *store.Tx, r Ruling, shown Activity, now time.Time) error {
	rec := record{Object: r.of.Subject, RequestID: r.of.SubjectID, Approval: Approval{
		ID: r.ApprovalID, InitiatorID: r.of.Initiator, Activity: &shown, Status: Pending,
		DateCreated: dfns.At(now), DateUpdated: dfns.At(now), Decisions: []Decision{},
	}}
	for i, p := range r.policies {
		found := r.findings[i]
		rec.PolicyEvaluations = append(rec.PolicyEvaluations,
			Evaluation{PolicyID: p.ID, Triggered: found.Triggered, Reason: found.Reason, Context: found.Context})
		if !found.Triggered || p.Action.Kind != policy.RequestApproval {
			continue
		}
		rec.Groups = append(rec.Groups, p.Action.ApprovalGroups...)
		if p.Action.AutoRejectTimeout == nil {
			continue
		}
		expiry := now.Add(g.minutes(*p.Action.AutoRejectTimeout))
		if rec.ExpirationDate.IsZero() || expiry.Before(rec.ExpirationDate.Time) {
			rec.ExpirationDate = dfns.At(expiry)
		}
	}
	return errors.Join(rec.put(tx), g.emit(tx, "policy.approval.pending", map[string]Approval{"approval": rec.Approval}))
}

func (g *Gate) emit(tx *store.Tx, kind string, data any) error {
	return webhook.Emit(tx, g.Now(), kind, data)
}
