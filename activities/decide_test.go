package activities_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/rules"
	"countersign/store"

	"go.temporal.io/sdk/temporal"
)

var yes = &judge{decision: countersign.Approved("fine")}

func TestDecideReadsTheApprovalBeforeTheRules(t *testing.T) {
	change := func(f func(*countersign.Approval)) countersign.Approval {
		a := pending(ap)
		f(&a)
		return a
	}
	for _, tt := range []struct {
		name     string
		approval countersign.Approval
		verdict  countersign.Verdict
		code     countersign.ReasonCode
	}{
		{"a pending approval goes to the rules", pending(ap), countersign.Approve, countersign.WithinPolicy},
		{"one that has ended is left alone", change(func(a *countersign.Approval) { a.Status = countersign.StatusDenied }),
			countersign.Abstain, countersign.NotPending},
		{"an unknown status is not pending", change(func(a *countersign.Approval) { a.Status = "frozen" }),
			countersign.Abstain, countersign.NotPending},
		{"our own request is not ours to check", change(func(a *countersign.Approval) { a.InitiatorID = us }),
			countersign.Abstain, countersign.SelfInitiated},
		{"an unknown maker could be us", change(func(a *countersign.Approval) { a.InitiatorID = "" }),
			countersign.Abstain, countersign.SelfInitiated},
		{"no time left", change(func(a *countersign.Approval) { a.ExpiresAt = start.Add(time.Second) }),
			countersign.Abstain, countersign.ExpiresTooSoon},
		{"time enough", change(func(a *countersign.Approval) { a.ExpiresAt = start.Add(time.Hour) }),
			countersign.Approve, countersign.WithinPolicy},
		{"nothing to bind the decision to", change(func(a *countersign.Approval) { a.Snapshot = "" }),
			countersign.Abstain, countersign.UnreadableActivity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, yes, tt.approval)
			got := d.decide(t)
			if got.Decision.Verdict != tt.verdict || got.Decision.Code != tt.code {
				t.Errorf("decided %s (%s: %s), want %s (%s)", got.Decision.Verdict, got.Decision.Code, got.Decision.Reason, tt.verdict, tt.code)
			}
			if n := d.records(t, audit.DecisionIntent); n != 1 {
				t.Errorf("%d decisions on the trail, want 1", n)
			}
		})
	}
}

func TestDecideAbstainsOnAnAmbiguousAnswer(t *testing.T) {
	d := newDesk(t, yes)
	d.Custodian = ambiguous{d.custodian}
	if got := d.decide(t); got.Decision.Verdict != countersign.Abstain || got.Decision.Code != countersign.UnreadableActivity {
		t.Errorf("decided %+v, want an abstention: unreadable_activity", got.Decision)
	}
}

type ambiguous struct{ *custodian }

func (ambiguous) Approval(context.Context, string) (countersign.Approval, error) {
	return countersign.Approval{}, fmt.Errorf("read: %w", countersign.ErrUnreadable)
}

func TestAnApprovalIsDecidedOnceAndNeverDifferently(t *testing.T) {
	book := &judge{decision: countersign.Approved("fine")}
	d := newDesk(t, book, pending(ap))
	first := d.decide(t)
	book.decision = rules.Reject("changed_my_mind", "other rules now")
	if again := d.decide(t); again != first {
		t.Errorf("second decision %+v, want the first %+v", again, first)
	}
	if book.asked != 1 {
		t.Errorf("the rules were asked %d times, want once", book.asked)
	}
}

func TestParallelAttemptsMakeOneDecision(t *testing.T) {
	d := newDesk(t, yesEachTime{}, pending(ap))
	var wg sync.WaitGroup
	results := make([]activities.DecideResult, 16)
	for i := range results {
		wg.Go(func() {
			r, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
			if err != nil {
				t.Error(err)
			}
			results[i] = r
		})
	}
	wg.Wait()
	for _, r := range results {
		if r != results[0] {
			t.Errorf("attempts disagree: %+v and %+v", r, results[0])
		}
	}
	if n := d.records(t, audit.DecisionIntent); n != 1 {
		t.Errorf("%d decisions, want 1", n)
	}
	if got := d.taken(t); got != "60" {
		t.Errorf("the budget holds %s, want 60: reserved once", got)
	}
}

// yesEachTime words each answer differently, so that two decisions would show.
type yesEachTime struct{}

func (yesEachTime) Decide(context.Context, countersign.Approval, time.Time) rules.Result {
	return rules.Result{Decision: countersign.Approved(fmt.Sprint("fine at ", time.Now().UnixNano())), Claims: budget}
}

func TestWhatDoesNotFitTheBudgetIsLeftToPeople(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Approved("fine"), claims: budget}, pending(ap), pending("ap-2"))
	if got := d.decide(t); got.Decision.Verdict != countersign.Approve {
		t.Fatalf("first decision %+v, want approve", got.Decision)
	}
	second, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: "ap-2"})
	if err != nil {
		t.Fatal(err)
	}
	if second.Decision.Verdict != countersign.Abstain || second.Decision.Code != countersign.OverBudget {
		t.Errorf("second decision %+v, want an abstention: over_budget", second.Decision)
	}
	if got := d.taken(t); got != "60" {
		t.Errorf("the budget holds %s, want 60", got)
	}
}

func TestASlowRuleAbstainsButAStoppingWorkerDoesNot(t *testing.T) {
	wait := func(ctx context.Context) { <-ctx.Done() }
	t.Run("the rules' deadline is a decision", func(t *testing.T) {
		book := &rules.Book{Name: "b", Version: "1", Transfers: []rules.Asset{{
			Network: "Net", Kind: "Native", Rule: func(ctx context.Context, _ *rules.Request) rules.Decision {
				wait(ctx)
				return rules.Approve("too late")
			},
		}}}
		d := newDesk(t, book, pending(ap))
		d.RuleTimeout = time.Millisecond
		if got := d.decide(t); got.Decision.Code != countersign.RuleTimeout {
			t.Errorf("decided %+v, want rule_timeout", got.Decision)
		}
	})
	t.Run("our own stop is not", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		book := &judge{decision: countersign.Approved("fine"), before: func(context.Context) { stop() }}
		d := newDesk(t, book, pending(ap))
		if _, err := d.DecideApproval(ctx, activities.DecideInput{ApprovalID: ap}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want canceled", err)
		}
		if n := d.records(t, audit.DecisionIntent); n != 0 {
			t.Errorf("%d decisions, want none", n)
		}
	})
}

func TestDecideSurvivesLosingItsRecordOrItsAnswer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault faultyTrail
	}{
		{"the record was lost", faultyTrail{loseEffect: 1}},
		{"only the answer was lost", faultyTrail{loseAnswer: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &judge{decision: countersign.Approved("fine"), claims: budget}, pending(ap))
			tt.fault.Trail = d.trail
			d.Trail = &tt.fault
			if got := d.decide(t); got.Decision.Verdict != countersign.Approve {
				t.Errorf("decided %+v, want approve", got.Decision)
			}
			if n := d.records(t, audit.DecisionIntent); n != 1 {
				t.Errorf("%d decisions, want 1", n)
			}
			if got := d.taken(t); got != "60" {
				t.Errorf("the budget holds %s, want 60: reserved once", got)
			}
		})
	}
}

func TestAnIDThatIsNoneIsPermanent(t *testing.T) {
	d := newDesk(t, yes)
	_, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: "../ap"})
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() || app.Type() != "InvalidID" {
		t.Errorf("error %v, want a permanent InvalidID", err)
	}
}

func TestTheIntentBindsWhatWasDecidedOn(t *testing.T) {
	a := pending(ap)
	a.Activity.Transfer = nil
	a.Activity.Call = &countersign.Call{To: "0x1", Data: []byte(strings.Repeat("x", 20<<10))}
	d := newDesk(t, yes, a)
	d.Rules = audit.Rules{Book: "b", Version: "7", Digest: "dig"}
	got := d.decide(t)
	var in audit.Intent
	for e, err := range d.db.Entries(t.Context(), store.Filter{Type: audit.DecisionIntent}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Decode(&in); err != nil {
			t.Fatal(err)
		}
		if e.LeafHash != got.LeafHash || e.Index != got.Index {
			t.Errorf("result names %d %s, record is %d %s", got.Index, got.LeafHash, e.Index, e.LeafHash)
		}
	}
	if in.Snapshot != a.Snapshot || in.InitiatorID != maker || in.Rules != d.Rules || in.Custodian != "fake" {
		t.Errorf("intent %+v does not bind snapshot, maker, rules and custodian", in)
	}
	const sum = "9f7c43699b2162d78b1bd59765ff87b1f8d50836451d244478cfa4a6dc5d73f9" // by sha256sum
	if in.CallHash != sum {
		t.Errorf("calldata_sha256 %q, want %s", in.CallHash, sum)
	}
	if in.CallLength != 20<<10 || in.Selector != "0x78787878" || len(in.Tree) != 0 {
		t.Errorf("call of %d bytes, selector %s, tree %q; want 20,480, 0x78787878 and no tree of what nobody decoded", in.CallLength, in.Selector, in.Tree)
	}
	if in.Request.Call == nil || in.Request.Call.Data != nil {
		t.Error("call data of 20 KiB stands in the record, want its hash only")
	}
}

// TestATransferIsToldInItsUnit: to people in the Web UI, and in the record with its decimals.
func TestATransferIsToldInItsUnit(t *testing.T) {
	const usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
	book := &rules.Book{Name: "b", Version: "1", Transfers: []rules.Asset{{
		Network: "Net", Kind: "Erc20", Locator: usdc, Name: "USDC", Decimals: 6,
		Rule: func(context.Context, *rules.Request) rules.Decision { return rules.Approve("fine") },
	}}}
	a := pending(ap)
	a.Activity.Transfer = &countersign.Transfer{Kind: "Erc20", Asset: strings.ToLower(usdc), To: usdc, Amount: countersign.NewAmount(1_500_000)}
	a.Activity.Network = "Net"
	d := newDesk(t, book, a)
	got := d.decide(t)
	in := d.intent(t, got.Key)
	if in.Unit == nil || *in.Unit != (countersign.Unit{Symbol: "USDC", Decimals: 6}) {
		t.Errorf("unit %+v, want USDC with 6 decimals", in.Unit)
	}
	const line = "send 1.50 USDC to " + usdc
	if len(in.Words) != 1 || in.Words[0] != line {
		t.Errorf("words %q, want %q", in.Words, line)
	}
	if got.Summary != line+" on Net" || got.Decision.Verdict != countersign.Approve {
		t.Errorf("summary %q of %s, want %q", got.Summary, got.Decision.Verdict, line+" on Net")
	}
}
