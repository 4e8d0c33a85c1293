package rules_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/rules"
)

// What a rule does besides answering. The race detector is half of these tests.

// scribble writes over everything that a rule can reach, and over its claims.
func scribble(r *rules.Request) {
	for i := range r.Approval.Activity.Call.Data {
		r.Approval.Activity.Call.Data[i] = 0xff
	}
	r.Approval.ID, r.Approval.InitiatorID, r.Now = "ap-x", "us-x", time.Time{}
	r.Approval.Policies[0], r.Approval.Votes[0].Verdict = "po-x", countersign.Approve
	r.Approval.Activity.Call.To, r.Approval.Activity.Network = alice, "x"
	r.Call.Contract.Name, r.Call.Value = "x", countersign.NewAmount(9)
	r.Call.Contract.Functions["mint(address,uint256)"] = approve
	r.Call.Contract.Functions["burn(uint256)"] = approve
	r.Count(rules.Budget{Name: "late"}, countersign.NewAmount(1))
	r.Note("late", "s", nil)
}

func fullApproval() countersign.Approval {
	a := call(token, mint)
	a.Activity.Call.Data = append([]byte{}, mint...)
	a.Policies = []string{"po-1"}
	a.Votes = []countersign.Vote{{UserID: "us-2", Verdict: countersign.Reject}}
	return a
}

func TestARuleWritesToNothingThatCounts(t *testing.T) {
	expired := func() (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return ctx, cancel
	}
	inTime := func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }
	for _, tt := range []struct {
		name    string
		context func() (context.Context, context.CancelFunc)
		write   func(r *rules.Request, done *sync.WaitGroup)
		want    countersign.ReasonCode
	}{
		{"before it answers", inTime, func(r *rules.Request, _ *sync.WaitGroup) { scribble(r) }, countersign.WithinPolicy},
		{"after its deadline", expired, func(r *rules.Request, _ *sync.WaitGroup) { scribble(r) }, countersign.RuleTimeout},
		{"after it answered, from a goroutine of its own", inTime, func(r *rules.Request, done *sync.WaitGroup) {
			done.Go(func() { scribble(r) })
		}, countersign.WithinPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var writers sync.WaitGroup
			writers.Add(1)
			b := book(func(_ context.Context, r *rules.Request) rules.Decision {
				defer writers.Done()
				tt.write(r, &writers)
				return rules.Approve("fine")
			})
			a := fullApproval()
			ctx, cancel := tt.context()
			defer cancel()
			got := b.Decide(ctx, a, now)
			said := fmt.Sprint(got.Decision.Code, got.Contract, got.Function, got.Args, len(got.Claims) > 1)
			writers.Wait()
			if want := fmt.Sprint(tt.want, "TUSD", "mint(address,uint256)", map[string]any{"to": alice, "amount": "100"}, false); said != want {
				t.Errorf("result = %s, want %s", said, want)
			}
			if again := fmt.Sprint(got.Decision.Code, got.Contract, got.Function, got.Args, len(got.Claims) > 1); again != said {
				t.Errorf("the result became %s, was %s", again, said)
			}
			if !reflect.DeepEqual(a, fullApproval()) {
				t.Errorf("the caller's approval became %+v", a)
			}
			if len(b.Contracts[0].Functions) != 2 || b.Contracts[0].Name != "TUSD" {
				t.Errorf("the book became %+v", b.Contracts[0])
			}
		})
	}
}

// A transfer is behind a pointer too.
func TestARuleCannotChangeTheTransfer(t *testing.T) {
	a := transfer("Native", "", 5)
	book(func(_ context.Context, r *rules.Request) rules.Decision {
		r.Transfer.Amount, r.Approval.Activity.Transfer.To = countersign.NewAmount(6), "elsewhere"
		return rules.Approve("fine")
	}).Decide(t.Context(), a, now)
	if a.Activity.Transfer.Amount.String() != "5" || a.Activity.Transfer.To != alice {
		t.Errorf("the caller's transfer became %+v", a.Activity.Transfer)
	}
}

// A rule may ask several sources at the same time.
func TestARuleMayNoteFromManyGoroutines(t *testing.T) {
	got := book(func(_ context.Context, r *rules.Request) rules.Decision {
		var asking sync.WaitGroup
		for i := range 20 {
			asking.Go(func() {
				r.Note("list", fmt.Sprint(i), []byte("clear"))
				r.Count(rules.Budget{Name: "pot"}, countersign.NewAmount(1))
			})
		}
		asking.Wait()
		return rules.Approve("fine")
	}).Decide(t.Context(), call(token, mint), now)
	if len(got.Evidence) != 20 || len(got.Claims) != 20 {
		t.Errorf("%d notes and %d claims, want 20 and 20", len(got.Evidence), len(got.Claims))
	}
}

// TestClaims: what is counted stands, whatever becomes of the rule.
func TestClaims(t *testing.T) {
	for _, tt := range []struct {
		name string
		then func() rules.Decision
		want int
	}{
		{"approved", func() rules.Decision { return rules.Approve("fine") }, 1},
		{"abstained: people may approve, and the money moves", func() rules.Decision { return rules.Abstain(rules.OverCap, "over") }, 1},
		{"rejected", func() rules.Decision { return rules.Reject(rules.DenyListed, "listed") }, 1},
		{"said nothing", func() rules.Decision { return rules.Decision{} }, 1},
		{"panicked: people may approve all the same", func() rules.Decision { panic("boom") }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := book(func(_ context.Context, r *rules.Request) rules.Decision {
				r.Count(rules.Budget{Name: "pot"}, countersign.NewAmount(1))
				r.Note("list", "ofac", nil)
				return tt.then()
			}).Decide(t.Context(), call(token, mint), now)
			if len(got.Claims) != tt.want || len(got.Evidence) != tt.want {
				t.Errorf("%d claims and %d notes, want %d of each", len(got.Claims), len(got.Evidence), tt.want)
			}
		})
	}
}

// lateContext is over, but its timer has not fired yet.
type lateContext struct{ context.Context }

func (lateContext) Done() <-chan struct{} { return nil }
func (lateContext) Err() error            { return context.DeadlineExceeded }

// An expired context is a timeout, however fast the rule.
func TestTooLateIsTooLate(t *testing.T) {
	if got := book(approve).Decide(lateContext{context.Background()}, call(token, mint), now).Decision; got.Code != countersign.RuleTimeout {
		t.Errorf("decided %+v, want rule_timeout", got)
	}
	for range 50 { // the answer and the deadline race: neither order may approve
		ctx, cancel := context.WithCancelCause(t.Context())
		got := book(func(context.Context, *rules.Request) rules.Decision {
			cancel(fmt.Errorf("just now"))
			return rules.Approve("fine")
		}).Decide(ctx, call(token, mint), now)
		if got.Decision.Code != countersign.RuleTimeout || !strings.Contains(got.Decision.Reason, "just now") {
			t.Fatalf("decided %+v, want rule_timeout", got.Decision)
		}
	}
}
