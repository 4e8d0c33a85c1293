package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/activities/rescreening"
	"countersign/audit"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

const ap = "ap-1"

// bench is an approval's workflow in the test environment, whose clock skips. The
// activities are scripted; what they were asked is kept.
type bench struct {
	*testsuite.TestWorkflowEnvironment
	mu    sync.Mutex
	calls []string

	decide  func() (activities.DecideResult, error)
	post    func() (activities.PostResult, error)
	resolve func(n int) (activities.ResolveResult, error)
	asked   int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{TestWorkflowEnvironment: new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()}
	b.decide = func() (activities.DecideResult, error) { return said(countersign.Approve), nil }
	b.post = func() (activities.PostResult, error) {
		return activities.PostResult{Result: audit.Posted, Index: 8}, nil
	}
	b.resolve = func(int) (activities.ResolveResult, error) { return ended(countersign.StatusApproved), nil }
	worker.Register(b, worker.Activities{Approvals: &activities.Approvals{}, Events: &activities.Events{}, Reconciler: &activities.Reconciler{}, Screening: &rescreening.Screening{}})
	var a *activities.Approvals
	b.OnActivity(a.DecideApproval, anything, anything).Return(func(_ context.Context, in activities.DecideInput) (activities.DecideResult, error) {
		b.note("decide " + in.ApprovalID)
		return b.decide()
	})
	b.OnActivity(a.PostDecision, anything, anything).Return(func(_ context.Context, in activities.PostInput) (activities.PostResult, error) {
		b.note("post " + in.ApprovalID)
		return b.post()
	})
	b.OnActivity(a.ResolveApproval, anything, anything).Return(func(_ context.Context, in activities.ResolveInput) (activities.ResolveResult, error) {
		b.note("resolve " + in.ApprovalID)
		b.asked++
		return b.resolve(b.asked)
	})
	return b
}

func (b *bench) note(call string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, call)
}

// after delivers an event once the workflow's clock has passed d.
func (b *bench) after(d time.Duration, e countersign.Event) {
	b.RegisterDelayedCallback(func() { b.SignalWorkflow(workflows.EventSignal, e) }, d)
}

func (b *bench) run(t *testing.T) (workflows.ApprovalResult, error) {
	t.Helper()
	b.ExecuteWorkflow(workflows.Approval, workflows.ApprovalInput{ApprovalID: ap})
	if !b.IsWorkflowCompleted() {
		t.Fatal("the workflow is still open")
	}
	var res workflows.ApprovalResult
	if err := b.GetWorkflowError(); err != nil {
		return res, err
	}
	return res, b.GetWorkflowResult(&res)
}

func said(v countersign.Verdict) activities.DecideResult {
	return activities.DecideResult{
		Decision: countersign.Decision{Verdict: v, Code: "because", Reason: "reason"},
		Key:      "k", Index: 7, LeafHash: "leaf", WalletID: "wa-1", Network: "Net", InitiatorID: "us-maker", Summary: "mint",
	}
}

func ended(s countersign.ApprovalStatus) activities.ResolveResult {
	return activities.ResolveResult{Status: s, Index: 9}
}

func open() activities.ResolveResult {
	return activities.ResolveResult{Status: countersign.StatusPending, Votes: 1}
}

func event(id, retryOf string) countersign.Event {
	return countersign.Event{
		ID: id, RetryOf: retryOf, Kind: countersign.ApprovalPending, Subject: ap, Digest: "dig",
		Date: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}
}

func TestAnApprovalGoesThroughItsSteps(t *testing.T) {
	for _, tt := range []struct {
		name    string
		verdict countersign.Verdict
		want    []string
		post    string
	}{
		{"approve is posted", countersign.Approve, []string{"decide ap-1", "post ap-1", "resolve ap-1"}, "posted"},
		{"reject is posted", countersign.Reject, []string{"decide ap-1", "post ap-1", "resolve ap-1"}, "posted"},
		{"abstain is not", countersign.Abstain, []string{"decide ap-1", "resolve ap-1"}, ""},
		{"no verdict counts as abstain", "", []string{"decide ap-1", "resolve ap-1"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.decide = func() (activities.DecideResult, error) { return said(tt.verdict), nil }
			b.after(0, event("whe-1", ""))
			res, err := b.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(b.calls) != fmt.Sprint(tt.want) {
				t.Errorf("calls %v, want %v", b.calls, tt.want)
			}
			if res.Outcome != countersign.StatusApproved || res.Post != tt.post || res.DecisionIndex != 7 || res.OutcomeIndex != 9 {
				t.Errorf("result %+v", res)
			}
		})
	}
}

func TestAnAbstentionStaysOpenUntilPeopleHaveDecided(t *testing.T) {
	b := newBench(t)
	b.decide = func() (activities.DecideResult, error) { return said(countersign.Abstain), nil }
	resolvedAt := b.Now().Add(49 * time.Hour)
	b.resolve = func(int) (activities.ResolveResult, error) {
		if b.Now().Before(resolvedAt) {
			return open(), nil
		}
		return ended(countersign.StatusExpired), nil
	}
	res, err := b.run(t)
	if err != nil || res.Outcome != countersign.StatusExpired {
		t.Fatalf("result %+v, %v; want expired", res, err)
	}
	// 15 s, 30 s … then every 15 minutes: about 200 questions in two days.
	if b.asked < 190 || b.asked > 210 {
		t.Errorf("asked %d times in 49 hours, want about 200", b.asked)
	}
}

func TestAWebhookWakesTheWaitAtOnce(t *testing.T) {
	b := newBench(t)
	heard := false
	b.RegisterDelayedCallback(func() {
		heard = true
		e := event("whe-9", "")
		e.Kind = countersign.ApprovalResolved
		b.SignalWorkflow(workflows.EventSignal, e)
	}, 5*time.Hour+3*time.Minute)
	var at time.Time
	b.resolve = func(int) (activities.ResolveResult, error) {
		if !heard {
			return open(), nil
		}
		at = b.Now()
		return ended(countersign.StatusApproved), nil
	}
	start := b.Now()
	if _, err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if waited := at.Sub(start); waited != 5*time.Hour+3*time.Minute {
		t.Errorf("the end was seen after %s, want at the webhook: 5h3m", waited)
	}
}

func TestTheSameFactIsHeardOnce(t *testing.T) {
	b := newBench(t)
	b.decide = func() (activities.DecideResult, error) { return said(countersign.Abstain), nil }
	b.after(0, event("whe-1", ""))
	b.after(1*time.Second, event("whe-1", ""))      // the same delivery
	b.after(2*time.Second, event("whe-2", "whe-1")) // a retry
	b.after(3*time.Second, event("whe-3", "whe-2")) // a retry that names only the last
	b.after(4*time.Second, event("whe-4", ""))      // no chain at all, but the same fact
	b.RegisterDelayedCallback(func() {
		v, err := b.QueryWorkflow(workflows.StatusQuery)
		var s workflows.ApprovalStatus
		if err == nil {
			err = v.Get(&s)
		}
		if err != nil || s.Phase != workflows.Waiting || s.Heard != 5 || s.Duplicates != 4 {
			t.Errorf("status %+v, %v; want waiting, 5 heard, 4 duplicates", s, err)
		}
	}, 5*time.Second)
	b.resolve = func(n int) (activities.ResolveResult, error) {
		if n < 3 {
			return open(), nil
		}
		return ended(countersign.StatusApproved), nil
	}
	res, err := b.run(t)
	if err != nil || res.Heard != 5 || res.Duplicates != 4 {
		t.Errorf("result %+v, %v; want 5 heard, 4 duplicates", res, err)
	}
	decisions := 0
	for _, c := range b.calls {
		if c == "decide ap-1" {
			decisions++
		}
	}
	if decisions != 1 {
		t.Errorf("asked to decide %d times, want once", decisions)
	}
}

func TestAStepThatFailsGoesOnAsARegularActivity(t *testing.T) {
	b := newBench(t)
	n := 0
	b.decide = func() (activities.DecideResult, error) {
		if n++; n < 5 {
			return activities.DecideResult{}, errors.New("custodian is away")
		}
		return said(countersign.Approve), nil
	}
	local, regular := 0, 0
	b.SetOnLocalActivityStartedListener(func(info *activityInfo, _ context.Context, _ []any) {
		if info.ActivityType.Name == "DecideApproval" {
			local++
		}
	})
	b.SetOnActivityStartedListener(func(info *activityInfo, _ context.Context, _ encodedValues) {
		if info.ActivityType.Name == "DecideApproval" {
			regular++
		}
	})
	if _, err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if n != 5 || local != 1 || regular == 0 {
		t.Errorf("%d attempts, %d local starts, %d regular starts; want 5 attempts: one local, the rest regular", n, local, regular)
	}
}

func TestAPermanentFailureShowsAtOnce(t *testing.T) {
	b := newBench(t)
	n := 0
	b.post = func() (activities.PostResult, error) {
		n++
		return activities.PostResult{}, temporal.NewNonRetryableApplicationError("no record", "NoRecord", nil)
	}
	_, err := b.run(t)
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != "NoRecord" || n != 1 {
		t.Errorf("error %v after %d attempts, want NoRecord after one", err, n)
	}
}

func TestAVoidDecisionWaitsForPeople(t *testing.T) {
	b := newBench(t)
	b.post = func() (activities.PostResult, error) { return activities.PostResult{Result: audit.Void, Index: 8}, nil }
	b.after(0, event("whe-1", ""))
	b.resolve = func(n int) (activities.ResolveResult, error) {
		if n == 1 {
			return open(), nil
		}
		return ended(countersign.StatusDenied), nil
	}
	res, err := b.run(t)
	if err != nil || res.Post != "void" || res.Outcome != countersign.StatusDenied {
		t.Errorf("result %+v, %v; want void, denied", res, err)
	}
}
