package activities_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/audit"

	"go.temporal.io/sdk/temporal"
)

func approving() *judge {
	return &judge{decision: countersign.Approved("mint within policy"), claims: budget}
}

// TestPostHappensOnce loses the effect and the answer of every step in turn. Each
// must end with one vote and one record of it.
func TestPostHappensOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault func(d *desk, f *faultyTrail)
		want  audit.PostResult
	}{
		{"nothing is lost", func(*desk, *faultyTrail) {}, audit.Posted},
		{"the vote is lost", func(d *desk, _ *faultyTrail) { d.custodian.loseEffect = 1 }, audit.Posted},
		{"the vote's answer is lost", func(d *desk, _ *faultyTrail) { d.custodian.loseAnswer = 1 }, audit.Found},
		{"the vote is lost three times", func(d *desk, _ *faultyTrail) { d.custodian.loseEffect = 3 }, audit.Posted},
		{"the first read is lost", func(d *desk, _ *faultyTrail) { d.custodian.failReads = 1 }, audit.Posted},
		{"the record of the vote is lost", func(_ *desk, f *faultyTrail) { f.loseEffect = 1 }, audit.Found},
		{"the record's answer is lost", func(_ *desk, f *faultyTrail) { f.loseAnswer = 1 }, audit.Posted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			f := &faultyTrail{Trail: d.trail}
			d.Trail = f
			d.decide(t)
			tt.fault(d, f)
			if got := d.post(t); got.Result != tt.want {
				t.Errorf("result %s, want %s", got.Result, tt.want)
			}
			if again := d.post(t); again.Result != tt.want {
				t.Errorf("asked again: %s, want %s", again.Result, tt.want)
			}
			if n := d.custodian.effective[ap]; n != 1 {
				t.Errorf("%d votes took effect, want 1", n)
			}
			if n := d.records(t, audit.DecisionOutcome); n != 1 {
				t.Errorf("%d records of the post, want 1", n)
			}
		})
	}
}

func TestThePostedReasonNamesTheRecord(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Approved(strings.Repeat("long ", 500))}, pending(ap))
	decided := d.decide(t)
	d.post(t)
	reason := d.custodian.reasons[0]
	want := fmt.Sprintf("[countersign test #%d %s]", decided.Index, decided.LeafHash)
	if !strings.HasSuffix(reason, want) || len(reason) > 1000 {
		t.Errorf("reason of %d bytes ends %q, want at most 1000 ending in %s", len(reason), reason[max(0, len(reason)-120):], want)
	}
}

func TestAChangedRequestVoidsTheDecision(t *testing.T) {
	d := newDesk(t, approving(), pending(ap))
	d.decide(t)
	d.custodian.set(ap, func(a *countersign.Approval) { a.Snapshot = "another amount" })
	if got := d.post(t); got.Result != audit.Void {
		t.Errorf("result %s, want void", got.Result)
	}
	if n := d.custodian.effective[ap]; n != 0 {
		t.Errorf("%d votes, want none", n)
	}
	if got := d.taken(t); got != "0" {
		t.Errorf("the budget holds %s, want 0: the reservation went back", got)
	}
	// People approve it all the same: the money moves, so it counts.
	d.custodian.set(ap, func(a *countersign.Approval) { a.Status = countersign.StatusApproved })
	d.resolve(t)
	if got := d.taken(t); got != "60" {
		t.Errorf("the budget holds %s after people approved, want 60", got)
	}
}

func TestPostFindsWhatOthersDid(t *testing.T) {
	vote := func(v countersign.Verdict) func(*countersign.Approval) {
		return func(a *countersign.Approval) {
			a.Votes = append(a.Votes, countersign.Vote{UserID: us, Verdict: v})
		}
	}
	for _, tt := range []struct {
		name   string
		before func(*countersign.Approval)
		want   audit.PostResult
	}{
		{"our verdict is there", vote(countersign.Approve), audit.Found},
		{"another verdict is there under our name", vote(countersign.Reject), audit.Conflict},
		{"people denied it first", func(a *countersign.Approval) { a.Status = countersign.StatusDenied }, audit.Moot},
		{"people approved it first", func(a *countersign.Approval) { a.Status = countersign.StatusApproved }, audit.Moot},
		{"it expired", func(a *countersign.Approval) { a.Status = countersign.StatusExpired }, audit.Moot},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			d.decide(t)
			d.custodian.set(ap, tt.before)
			if got := d.post(t); got.Result != tt.want {
				t.Errorf("result %s, want %s", got.Result, tt.want)
			}
			if n := d.custodian.effective[ap]; n != 0 {
				t.Errorf("%d votes of ours took effect, want none", n)
			}
		})
	}
}

// TestAVoteThatIsRefusedIsLookedInto lets the approval change between our read
// and our vote.
func TestAVoteThatIsRefusedIsLookedInto(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*countersign.Approval)
		want   audit.PostResult
	}{
		{"another attempt of ours was faster", func(a *countersign.Approval) {
			a.Votes = append(a.Votes, countersign.Vote{UserID: us, Verdict: countersign.Approve})
		}, audit.Found},
		{"people ended it", func(a *countersign.Approval) { a.Status = countersign.StatusDenied }, audit.Moot},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			d.decide(t)
			d.Custodian = &hasty{custodian: d.custodian, change: tt.change}
			if got := d.post(t); got.Result != tt.want {
				t.Errorf("result %s, want %s", got.Result, tt.want)
			}
		})
	}
}

// TestAbstentionsAreNotPosted also holds when somebody asks for it.
func TestAbstentionsAreNotPosted(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Abstained(countersign.OverCap, "too much")}, pending(ap))
	d.decide(t)
	_, err := d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap})
	permanently(t, err, "InvalidRequest")
	if n := d.custodian.effective[ap]; n != 0 {
		t.Errorf("%d votes, want none", n)
	}
}

func TestWhatWasNotRecordedCannotBePosted(t *testing.T) {
	d := newDesk(t, approving(), pending(ap))
	_, err := d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap})
	permanently(t, err, "NoRecord")
	if n := d.custodian.effective[ap]; n != 0 {
		t.Errorf("%d votes, want none", n)
	}
}

func permanently(t *testing.T, err error, kind string) {
	t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() || app.Type() != kind {
		t.Errorf("error %v, want a permanent %s", err, kind)
	}
}

func TestResolve(t *testing.T) {
	abstain := &judge{decision: countersign.Abstained(countersign.OverCap, "too much"), claims: budget}
	reject := &judge{decision: countersign.Decision{Verdict: countersign.Reject, Code: countersign.DenyListed, Reason: "no"}}
	for _, tt := range []struct {
		name  string
		book  *judge
		ended countersign.ApprovalStatus
		want  activities.ResolveResult
		taken string
	}{
		{"approved as we said", approving(), countersign.StatusApproved, activities.ResolveResult{Status: "approved"}, "60"},
		{"people denied what we approved", approving(), countersign.StatusDenied, activities.ResolveResult{Status: "denied", Overruled: true}, "0"},
		{"expired after our approval", approving(), countersign.StatusExpired, activities.ResolveResult{Status: "expired"}, "0"},
		{"people approved what we left", abstain, countersign.StatusApproved, activities.ResolveResult{Status: "approved", Escalated: true}, "60"},
		{"people denied what we left", abstain, countersign.StatusDenied, activities.ResolveResult{Status: "denied", Escalated: true}, "0"},
		{"denied as we said", reject, countersign.StatusDenied, activities.ResolveResult{Status: "denied"}, "0"},
		{"approved against our no", reject, countersign.StatusApproved, activities.ResolveResult{Status: "approved", Overruled: true}, "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.book, pending(ap))
			d.decide(t)
			if got := d.resolve(t); got.Status != countersign.StatusPending {
				t.Fatalf("status %s before it ended, want pending", got.Status)
			}
			if n := d.records(t, audit.ApprovalOutcome); n != 0 {
				t.Fatalf("%d outcomes before it ended, want none", n)
			}
			d.custodian.set(ap, func(a *countersign.Approval) { a.Status = tt.ended })
			got := d.resolve(t)
			tt.want.Index = got.Index
			if got != tt.want {
				t.Errorf("resolved %+v, want %+v", got, tt.want)
			}
			if sum := d.taken(t); sum != tt.taken {
				t.Errorf("the budget holds %s, want %s", sum, tt.taken)
			}
		})
	}
}

func TestResolveSurvivesLosingItsRecordOrItsAnswer(t *testing.T) {
	for _, f := range []faultyTrail{{loseEffect: 1}, {loseAnswer: 1}} {
		t.Run(fmt.Sprintf("effect %d answer %d", f.loseEffect, f.loseAnswer), func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			d.decide(t)
			d.post(t)
			f.Trail = d.trail
			d.Trail = &f
			if got := d.resolve(t); got.Status != countersign.StatusApproved {
				t.Errorf("status %s, want approved", got.Status)
			}
			if n := d.records(t, audit.ApprovalOutcome); n != 1 {
				t.Errorf("%d outcomes, want 1", n)
			}
			if got := d.taken(t); got != "60" {
				t.Errorf("the budget holds %s, want 60", got)
			}
		})
	}
}

func TestRecordEvent(t *testing.T) {
	d := newDesk(t, yes)
	events := &activities.Events{Trail: d.trail}
	in := activities.RecordEventInput{Type: audit.EventStray, Event: countersign.Event{ID: "whe-1", Kind: "new.kind"}}
	first, err := events.RecordEvent(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Event = countersign.Event{ID: "whe-2", RetryOf: "whe-1", Kind: "new.kind"}
	again, err := events.RecordEvent(t.Context(), in)
	if err != nil || again != first {
		t.Errorf("a retry of the same event: %+v, %v; want the first record %+v", again, err, first)
	}
	if n := d.records(t, audit.EventStray); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
	in.Event = countersign.Event{ID: "a/b"}
	_, err = events.RecordEvent(t.Context(), in)
	permanently(t, err, "InvalidID")
}

func TestStartMissingApprovals(t *testing.T) {
	ended := pending("ap-3")
	ended.Status = countersign.StatusApproved
	c := newCustodian(t, pending("ap-1"), pending("ap-2"), ended)
	s := &starter{known: map[string]bool{"ap-1": true}}
	r := &activities.Reconciler{Custodian: c, Starter: s}
	got, err := r.StartMissingApprovals(t.Context())
	if err != nil || got.Pending != 2 || strings.Join(got.Started, ",") != "ap-2" {
		t.Errorf("result %+v, %v; want 2 pending and ap-2 started", got, err)
	}
	got, err = r.StartMissingApprovals(t.Context())
	if err != nil || got.Pending != 2 || len(got.Started) != 0 {
		t.Errorf("second run %+v, %v; want nothing started", got, err)
	}
	s.fail = errLost
	if _, err := r.StartMissingApprovals(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("error %v, want that of the starter", err)
	}
}
