package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/chain/codepin"
	"countersign/rules"
	"countersign/rules/services"
)

// DecideInput asks for our decision on one approval.
type DecideInput struct {
	ApprovalID string `json:"approval_id"`
	// Trigger is the delivery that started the work, if one did.
	Trigger *audit.Trigger `json:"trigger,omitempty"`
	// Deliveries are the webhooks that were heard and are not on the trail yet.
	Deliveries []countersign.Event `json:"deliveries,omitempty"`
}

// DecideResult is the decision as it stands on the trail. It carries what the
// workflow shows and routes by, not the evidence.
type DecideResult struct {
	Decision countersign.Decision `json:"decision"`
	// Key, Index and LeafHash find the record.
	Key      string `json:"key"`
	Index    int64  `json:"index"`
	LeafHash string `json:"leaf_hash"`

	InitiatorID string `json:"initiator_id"`
	WalletID    string `json:"wallet_id"`
	Network     string `json:"network"`
	// Summary says in one line what was asked for.
	Summary string `json:"summary"`
}

// expiryMargin is how long before its expiry an approval is still worth
// deciding: reading, signing and posting take well under this.
const expiryMargin = 2 * time.Second

// errRulesTooSlow is why the rules' deadline passed, as the record words it.
var errRulesTooSlow = errors.New("the rules' deadline passed")

// DecideApproval makes the decision, once. It reads the approval afresh (whatever
// the webhook said), runs the rules under a deadline, and in one database
// transaction reserves the budgets, signs the decision and puts it on the trail.
// When the trail holds the decision already, it returns what that says.
func (a *Approvals) DecideApproval(ctx context.Context, in DecideInput) (DecideResult, error) {
	key := countersign.DecisionKey(in.ApprovalID, a.Approver)
	if err := countersign.CheckID(in.ApprovalID); err != nil {
		return DecideResult{}, wire.Error(fmt.Errorf("decide: approval_id: %w", err))
	}
	entry, err := a.Trail.Find(ctx, key)
	if err == nil {
		return decided(entry)
	}
	if !errors.Is(err, audit.ErrNoRecord) {
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: %w", in.ApprovalID, err))
	}
	approval, err := a.Custodian.Approval(ctx, in.ApprovalID)
	if errors.Is(err, countersign.ErrUnreadable) {
		approval = countersign.Approval{ID: in.ApprovalID, Activity: countersign.Activity{Unreadable: err.Error()}}
	} else if err != nil {
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: read approval: %w", in.ApprovalID, err))
	}
	if approval.ID != in.ApprovalID {
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: custodian answered with approval %q", in.ApprovalID, approval.ID))
	}
	thread, err := lineage.OfApproval(ctx, a.Trail, a.Approver, approval)
	if err != nil {
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: %w", in.ApprovalID, err))
	}
	result, shadow := a.judge(ctx, approval)
	if err := ctx.Err(); err != nil { // our own stop is not the rule's fault: decide another time
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: %w", in.ApprovalID, err))
	}
	scopes := countersign.HaltScopes(approval.Activity.WalletID, result.Books, result.Rules)
	entry, err = a.Trail.Decide(ctx, key, result.Claims, scopes, func(st countersign.Standing) (audit.Draft, bool) {
		intent, evidence := a.intent(ctx, in, approval, result, st)
		evidence = append(evidence, a.overshadow(&intent, shadow)...)
		d := audit.Draft{
			Key: key, Type: audit.DecisionIntent, Lineage: thread, Body: intent,
			Evidence: evidence, Before: wire.Deliveries(ctx, thread, in.Deliveries),
		}
		if !intent.Decision.Verdict.Spoken() {
			d.After = []audit.Draft{a.escalation(ctx, thread, intent, "decision", intent.Decision)}
		}
		return d, intent.Decision.Verdict == countersign.Approve
	})
	if err != nil {
		return DecideResult{}, wire.Error(fmt.Errorf("decide %s: %w", in.ApprovalID, err))
	}
	return decided(entry)
}

// judge is the decision before the budgets are asked, and the shadow's.
func (a *Approvals) judge(ctx context.Context, approval countersign.Approval) (result rules.Result, shadow *rules.Result) {
	now := a.Now()
	if d := a.beforeRules(approval, now); d.Verdict != "" {
		return rules.Result{Decision: d}, nil
	}
	result = a.ask(ctx, a.Book, approval, now)
	if a.Shadow != nil {
		said := a.ask(ctx, a.Shadow, approval, now)
		shadow = &said
	}
	return a.withCode(ctx, approval.Activity.Network, result, now), shadow
}

// ask runs a book under a deadline of its own.
func (a *Approvals) ask(ctx context.Context, book Book, approval countersign.Approval, now time.Time) rules.Result {
	timeout := a.RuleTimeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errRulesTooSlow)
	defer cancel()
	return book.Decide(ctx, approval, now)
}

// beforeRules is the decision on what no rule may decide; zero for all else.
func (a *Approvals) beforeRules(approval countersign.Approval, now time.Time) countersign.Decision {
	switch {
	case approval.Snapshot == "":
		return countersign.Abstained(countersign.UnreadableActivity, "there is nothing to bind a decision to: %.300s", approval.Activity.Unreadable)
	case approval.Status != countersign.StatusPending:
		return countersign.Abstained(countersign.NotPending, "the approval is %s already", approval.Status)
	case !approval.ExpiresAt.IsZero() && approval.ExpiresAt.Sub(now) < expiryMargin:
		return countersign.Abstained(countersign.ExpiresTooSoon, "the approval expires at %s", approval.ExpiresAt.Format(time.RFC3339))
	case approval.InitiatorID == "":
		return countersign.Abstained(countersign.SelfInitiated, "nobody knows who made the request, and it may be who would approve it")
	}
	// Maker and checker are two, whatever the platform allows.
	if group, same := a.People.Same(approval.InitiatorID, a.Approver); same && group == "" {
		return countersign.Abstained(countersign.SelfInitiated, "the request was made by %q, who would also approve it", approval.InitiatorID)
	} else if same {
		return countersign.Abstained(countersign.SelfInitiated, "the request was made by %q, who counts as one with the approver: group %q", approval.InitiatorID, group)
	}
	return countersign.Decision{}
}

// withCode compares the pinned contracts that a decision rests on with the chain: an
// ABI is worth no more than the code behind it. Only when the code is as pinned does
// the decision stand.
func (a *Approvals) withCode(ctx context.Context, network string, r rules.Result, now time.Time) rules.Result {
	if len(r.Pins) == 0 || r.Decision.Verdict == countersign.Abstain {
		return r
	}
	if a.Code == nil {
		r.Decision = countersign.Abstained(countersign.CodeUnverified, "the book pins code, and no node is configured to compare it with")
		return r
	}
	evidence, err := a.Code.CheckCode(ctx, network, r.Pins)
	if len(evidence) > 0 {
		sum := sha256.Sum256(evidence)
		r.Evidence = append(r.Evidence, rules.Evidence{Kind: services.CodeKind, Source: network, Digest: hex.EncodeToString(sum[:]), At: now, Answer: evidence})
	}
	switch {
	case errors.Is(err, codepin.ErrChanged):
		r.Decision = countersign.Abstained(countersign.CodeChanged, "%.400s", err)
	case err != nil:
		r.Decision = countersign.Abstained(countersign.CodeUnverified, "%.400s", err)
	}
	return r
}

// decided reads a decision back from the trail.
func decided(e audit.Entry) (DecideResult, error) {
	var in audit.Intent
	if err := e.Decode(&in); err != nil {
		return DecideResult{}, wire.Error(err)
	}
	return DecideResult{
		Decision: in.Decision, Key: e.Record.Key, Index: e.Index, LeafHash: e.LeafHash,
		InitiatorID: in.InitiatorID, WalletID: in.Request.WalletID, Network: in.Request.Network,
		Summary: summarise(in),
	}, nil
}

// summarise says what was asked for, for the Web UI.
func summarise(in audit.Intent) string {
	act := in.Request
	switch {
	case len(in.Words) > 0:
		return fmt.Sprintf("%s on %s", in.Words[0], act.Network)
	case in.Decoded != nil:
		return fmt.Sprintf("%s %s on %s", in.Decoded.Contract, in.Decoded.Function, act.Network)
	case act.Transfer != nil:
		return fmt.Sprintf("%s transfer of %s to %s on %s", act.Transfer.Kind, act.Transfer.Amount, act.Transfer.To, act.Network)
	case act.Call != nil && act.Call.To == "":
		return "contract creation on " + act.Network
	case act.Call != nil:
		return fmt.Sprintf("call of %s on %s", act.Call.To, act.Network)
	}
	return fmt.Sprintf("%s request of kind %s", act.Kind, act.Request)
}
