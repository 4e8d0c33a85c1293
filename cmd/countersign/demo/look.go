package demo

import (
	"context"
	"errors"
	"fmt"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"
	"countersign/cmd/countersign/app"
	"countersign/config"
	"countersign/custody/dfns"
	"countersign/custody/dfns/webhook"
	"countersign/store"
	"countersign/workflows"

	enumspb "go.temporal.io/api/enums/v1"
)

// Mint has the maker ask for a mint of so many TUSD.
func (w *World) Mint(ctx context.Context, to string, tusd int64) (Request, error) {
	return w.submit(ctx, w.Stack.Platform.Token, mintTo(to, units(tusd)))
}

// ApproveAsAlice posts a person's signed vote.
func (w *World) ApproveAsAlice(ctx context.Context, r Request) error {
	_, _, err := w.alice.Decide(ctx, r.Approval, dfns.ValueApproved, "checked by phone")
	return err
}

// Votes counts what our service account has said at the platform.
func (w *World) Votes(ctx context.Context, r Request) (n int, err error) {
	a, err := w.approval(ctx, r)
	for _, d := range a.Decisions {
		if d.UserID == w.Stack.Accounts.Checker.UserID {
			n++
		}
	}
	return n, err
}

// Once checks that an approval was decided once by us: one record on the trail,
// and at most one vote at the platform.
func (w *World) Once(ctx context.Context, r Request) error {
	n := 0
	for _, err := range w.Trail.Entries(ctx, store.Filter{Type: audit.DecisionIntent, Approval: r.Approval}) {
		if err != nil {
			return err
		}
		n++
	}
	votes, err := w.Votes(ctx, r)
	if err != nil {
		return err
	}
	if n != 1 || votes > 1 {
		return fmt.Errorf("%s was decided %d times on the trail and %d times at the platform, want once", r.Approval, n, votes)
	}
	return nil
}

// IsAbstained returns nil once we have left an approval to people.
func (w *World) IsAbstained(ctx context.Context, r Request) error {
	e, err := w.Trail.Find(ctx, countersign.DecisionKey(r.Approval, w.Stack.Accounts.Checker.UserID))
	if err != nil {
		return err
	}
	var in audit.Intent
	if err := e.Decode(&in); err != nil {
		return err
	}
	if in.Decision.Verdict != countersign.Abstain {
		return fmt.Errorf("we %s", in.Decision.Verdict)
	}
	return nil
}

// Post returns the record of what became of our decision at the platform.
func (w *World) Post(ctx context.Context, r Request) (p audit.Post, err error) {
	e, err := w.Trail.Find(ctx, countersign.PostKey(r.Approval, w.Stack.Accounts.Checker.UserID))
	if err != nil {
		return p, err
	}
	return p, e.Decode(&p)
}

// HasPost returns nil once that record is there.
func (w *World) HasPost(ctx context.Context, r Request) error {
	_, err := w.Post(ctx, r)
	return err
}

// HasOutcome returns nil once the trail says how the approval ended.
func (w *World) HasOutcome(ctx context.Context, r Request) error {
	_, err := w.Trail.Find(ctx, countersign.OutcomeKey(r.Approval))
	return err
}

// Started returns nil once Temporal has the workflow of an approval.
func (w *World) Started(ctx context.Context, r Request) error {
	_, err := w.Temporal.DescribeWorkflowExecution(ctx, workflows.ApprovalID(r.Approval), "")
	return err
}

// Closed returns nil once that workflow has completed.
func (w *World) Closed(ctx context.Context, r Request) error {
	d, err := w.Temporal.DescribeWorkflowExecution(ctx, workflows.ApprovalID(r.Approval), "")
	if err != nil {
		return err
	}
	if s := d.WorkflowExecutionInfo.Status; s != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return fmt.Errorf("workflow is %s", s)
	}
	return nil
}

// Delivered returns nil once the platform has an answer of 200 to an event of the
// approval; Refused once it has another answer, or none.
func (w *World) Delivered(ctx context.Context, r Request) error {
	return w.delivery(ctx, r, func(e webhook.Event) bool { return e.Status == "200" })
}

// Refused is the opposite of Delivered.
func (w *World) Refused(ctx context.Context, r Request) error {
	return w.delivery(ctx, r, func(e webhook.Event) bool { return e.Status != "200" })
}

func (w *World) delivery(ctx context.Context, r Request, want func(webhook.Event) bool) error {
	for e, err := range w.events(ctx, r) {
		if err != nil {
			return err
		}
		if want(e) {
			return nil
		}
	}
	return errors.New("no such delivery yet")
}

// Verify checks the whole trail as a stranger would: with the log's public key alone.
func (w *World) Verify(ctx context.Context) (verify.Report, error) {
	cfg, err := config.Load(w.Stack.ConfigFile, nil)
	if err != nil {
		return verify.Report{}, err
	}
	a := &app.App{Config: cfg}
	trust, err := a.Trust(ctx)
	if err != nil {
		return verify.Report{}, err
	}
	return a.Verify(ctx, w.Trail, trust, verify.Options{})
}
