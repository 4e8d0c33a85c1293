package activities_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/chain/codepin"
	"countersign/rules"
)

// pinned is a book whose decision rests on a code pin.
type pinned struct{ decision countersign.Decision }

func (p pinned) Decide(context.Context, countersign.Approval, time.Time) rules.Result {
	return rules.Result{Decision: p.decision, Pins: []codepin.Pin{{Address: "0x1111111111111111111111111111111111111111"}}}
}

// code answers for the chain.
type code struct {
	err     error
	network string
	asked   int
}

func (c *code) CheckCode(_ context.Context, network string, pins []codepin.Pin) ([]byte, error) {
	c.asked++
	c.network = network
	return fmt.Appendf(nil, `{"pins":%d}`, len(pins)), c.err
}

// A decision that rests on pinned code stands only when the chain says that the code
// is the pinned one. No failure to find out approves, or rejects.
func TestPinnedCodeIsComparedBeforeADecisionCounts(t *testing.T) {
	approve, reject, abstain := countersign.Approved("fine"), rules.Reject(rules.DenyListed, "listed"), countersign.Abstained(countersign.OverCap, "too much")
	changed := fmt.Errorf("verify: %w: 0x11 has other code", codepin.ErrChanged)
	unknown := fmt.Errorf("verify: %w: no answer", codepin.ErrUnknown)
	for _, tt := range []struct {
		name     string
		decision countersign.Decision
		err      error
		want     countersign.ReasonCode
	}{
		{"as pinned", approve, nil, countersign.WithinPolicy},
		{"changed", approve, changed, countersign.CodeChanged},
		{"changed, and we would reject", reject, changed, countersign.CodeChanged},
		{"not known", approve, unknown, countersign.CodeUnverified},
		{"changed in part and not known in part", approve, errors.Join(unknown, changed), countersign.CodeChanged},
		{"a failure of another kind", approve, errors.New("x"), countersign.CodeUnverified},
		{"an abstention asks no chain", abstain, changed, countersign.OverCap},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, pinned{tt.decision}, pending(ap))
			c := &code{err: tt.err}
			d.Code = c
			got := d.decide(t)
			if got.Decision.Code != tt.want || (tt.err != nil && got.Decision.Verdict != countersign.Abstain) {
				t.Errorf("decided %+v, want %s", got.Decision, tt.want)
			}
			if tt.decision.Verdict == countersign.Abstain {
				if c.asked != 0 {
					t.Errorf("the chain was asked %d times", c.asked)
				}
				return
			}
			in := d.intent(t, got.Key)
			if len(in.Evidence) != 1 || in.Evidence[0].Kind != "code" || len(in.Evidence[0].Digest) != 64 || c.network != in.Request.Network {
				t.Errorf("evidence %+v of network %q, want what the chain said", in.Evidence, c.network)
			}
		})
	}
	t.Run("no node is configured", func(t *testing.T) {
		d := newDesk(t, pinned{approve}, pending(ap))
		if got := d.decide(t); got.Decision.Code != countersign.CodeUnverified {
			t.Errorf("decided %+v, want code_unverified", got.Decision)
		}
	})
}

// intent is a decision as the trail has it.
func (d *desk) intent(t *testing.T, key string) (in audit.Intent) {
	t.Helper()
	entry, err := d.trail.Find(t.Context(), key)
	if err == nil {
		err = entry.Decode(&in)
	}
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// What was asked and decoded may be long; the record of the decision never fails for
// it.
func TestLongRequestsAreRecordedShort(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	for _, tt := range []struct {
		name   string
		change func(*countersign.Activity)
		result rules.Result
	}{
		{"call data", func(a *countersign.Activity) { a.Transfer, a.Call = nil, &countersign.Call{Data: []byte(long)} }, rules.Result{}},
		{"operations", func(a *countersign.Activity) {
			a.Transfer, a.Operations = nil, []countersign.Call{{Data: []byte(long)}, {Data: []byte(long)}}
		}, rules.Result{}},
		{"typed data", func(a *countersign.Activity) {
			a.Transfer, a.TypedData = nil, &countersign.TypedData{Types: []byte("{}"), Domain: []byte("{}"), Message: []byte(`"` + long + `"`)}
		}, rules.Result{}},
		{"a memo", func(a *countersign.Activity) { a.Transfer = &countersign.Transfer{Memo: long} }, rules.Result{}},
		{"arguments", func(*countersign.Activity) {}, rules.Result{Function: "f(bytes)", Args: map[string]any{"data": long}}},
		{"calls inside", func(*countersign.Activity) {}, rules.Result{Function: "f()", Args: map[string]any{},
			Inside: []rules.DecodedCall{{Args: map[string]any{"a": long}}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := pending(ap)
			tt.change(&a.Activity)
			tt.result.Decision = countersign.Approved("fine")
			d := newDesk(t, fixed{tt.result}, a)
			got, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
			if err != nil || got.Decision.Code != countersign.WithinPolicy {
				t.Errorf("decided %+v, %v", got.Decision, err)
			}
		})
	}
}

// fixed is a book that always says the same.
type fixed struct{ result rules.Result }

func (f fixed) Decide(context.Context, countersign.Approval, time.Time) rules.Result { return f.result }
