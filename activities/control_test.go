package activities_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/people"
	"countersign/rules"
	"countersign/rules/services"
)

// named is a judge whose decisions name a book and a rule.
type named struct{ judge }

func (n *named) Decide(ctx context.Context, a countersign.Approval, now time.Time) rules.Result {
	r := n.judge.Decide(ctx, a, now)
	r.Books, r.Rules = []string{"stablecoin"}, []string{"Net/Native"}
	return r
}

func halt(t *testing.T, d *desk, scope string) {
	t.Helper()
	draft := audit.Draft{Key: "halt/" + scope, Type: audit.ControlHalted, Body: audit.Control{Scope: scope, Reason: "test", By: "t"}}
	if _, err := d.trail.Halt(t.Context(), draft, scope); err != nil {
		t.Fatal(err)
	}
}

func TestAHaltIsEffectiveOnTheNextDecision(t *testing.T) {
	for _, tt := range []struct {
		name, scope string
		verdict     countersign.Verdict
		want        countersign.ReasonCode
	}{
		{"everything", "all", countersign.Approve, countersign.Halted},
		{"the wallet", "wallet/wa-1", countersign.Approve, countersign.Halted},
		{"the book", "book/stablecoin", countersign.Approve, countersign.Halted},
		{"the rule", "rule/Net/Native", countersign.Approve, countersign.Halted},
		{"a rejection is a decision too", "all", countersign.Reject, countersign.Halted},
		{"another wallet", "wallet/wa-2", countersign.Approve, countersign.WithinPolicy},
		{"another rule", "rule/Net/Erc20", countersign.Approve, countersign.WithinPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said := countersign.Approved("fine")
			if tt.verdict == countersign.Reject {
				said = countersign.Decision{Verdict: countersign.Reject, Code: countersign.DenyListed, Reason: "listed"}
			}
			d := newDesk(t, &named{judge{decision: said, claims: budget}}, pending(ap))
			halt(t, d, tt.scope)
			if got := d.decide(t).Decision; got.Code != tt.want {
				t.Errorf("decided %+v, want %s", got, tt.want)
			}
			want := "0" // noted only: people may still approve
			if tt.want == countersign.WithinPolicy {
				want = "60"
			}
			if got := d.taken(t); got != want {
				t.Errorf("the budget holds %s, want %s", got, want)
			}
			d.records(t, audit.DecisionIntent)
		})
	}
}

// many is a judge of a batch with more rules than a record names.
type many struct{ judge }

func (m *many) Decide(ctx context.Context, a countersign.Approval, now time.Time) rules.Result {
	r := m.judge.Decide(ctx, a, now)
	for i := range 30 {
		r.Rules = append(r.Rules, fmt.Sprint("Net/", i))
	}
	return r
}

// A rule that the record has no room for can be halted all the same, before the
// decision and before the post.
func TestAHaltOfARuleThatTheRecordDoesNotName(t *testing.T) {
	decided := newDesk(t, &many{judge{decision: countersign.Approved("fine")}}, pending(ap))
	halt(t, decided, "rule/Net/29")
	if got := decided.decide(t).Decision; got.Code != countersign.Halted {
		t.Errorf("decided %+v, want halted", got)
	}
	onItsWay := newDesk(t, &many{judge{decision: countersign.Approved("fine")}}, pending(ap))
	onItsWay.decide(t)
	halt(t, onItsWay, "rule/Net/29")
	if got := onItsWay.post(t); got.Result != audit.Void {
		t.Errorf("post = %+v, want void", got)
	}
	other := newDesk(t, &many{judge{decision: countersign.Approved("fine")}}, pending(ap))
	other.decide(t)
	halt(t, other, "wallet/wa-2")
	if got := other.post(t); got.Result != audit.Posted {
		t.Errorf("post = %+v, want posted: another wallet is halted", got)
	}
}

// What was decided before the halt and is not posted yet is void.
func TestAHaltStopsWhatIsOnItsWay(t *testing.T) {
	d := newDesk(t, &named{judge{decision: countersign.Approved("fine"), claims: budget}}, pending(ap))
	d.decide(t)
	halt(t, d, "rule/Net/Native")
	if got := d.post(t); got.Result != audit.Void || d.custodian.effective[ap] != 0 {
		t.Errorf("post = %+v, %d votes; want void and none", got, d.custodian.effective[ap])
	}
	if got := d.taken(t); got != "0" {
		t.Errorf("the budget holds %s, want 0: people decide", got)
	}
}

func TestMakerAndCheckerOfOneGroupCountAsOne(t *testing.T) {
	groups, err := people.Parse([]byte(`{"groups": {"desk": ["` + maker + `", "` + us + `"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, &judge{decision: countersign.Approved("fine")}, pending(ap))
	d.People = groups
	if got := d.decide(t).Decision; got.Code != countersign.SelfInitiated {
		t.Errorf("decided %+v, want self_initiated", got)
	}
	if d.Book.(*judge).asked != 0 {
		t.Error("the rules were asked all the same")
	}
}

// recheck says the same to everything.
type recheck struct {
	says     countersign.Decision
	evidence []services.Evidence
}

func (r *recheck) Recheck(_ context.Context, _ countersign.Approval, e []services.Evidence, _ time.Time) countersign.Decision {
	r.evidence = e
	return r.says
}

// witness is a judge with evidence.
type witness struct {
	judge
	evidence []rules.Evidence
}

func (w *witness) Decide(ctx context.Context, a countersign.Approval, now time.Time) rules.Result {
	r := w.judge.Decide(ctx, a, now)
	r.Evidence = w.evidence
	return r
}

func TestAnApprovalIsRecheckedBeforeItIsPosted(t *testing.T) {
	desk := services.New(services.Services{}, pending(ap), start)
	for range 50 { // more than a record has room for
		desk.Note("own", "a source with a name of some length", []byte(`{"answer":1}`))
	}
	_, evidence := desk.Close()
	for _, tt := range []struct {
		name string
		says countersign.Decision
		want audit.PostResult
	}{
		{"it still holds", countersign.Decision{}, audit.Posted},
		{"it does something else now", countersign.Abstained(countersign.SimulationDiffers, "drift"), audit.Void},
		{"nobody answers", countersign.Abstained(countersign.ScreeningUnavailable, "away"), audit.Void},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &witness{judge{decision: countersign.Approved("fine"), claims: budget}, evidence}, pending(ap))
			r := &recheck{says: tt.says}
			d.Services = r
			d.decide(t)
			if got := d.post(t); got.Result != tt.want {
				t.Errorf("post = %+v, want %s", got, tt.want)
			}
			if len(r.evidence) != 50 || string(r.evidence[49].Answer) != `{"answer":1}` {
				t.Errorf("%d pieces of evidence came back", len(r.evidence))
			}
			var body audit.Post
			e, err := d.trail.Find(t.Context(), countersign.PostKey(ap, us))
			if err == nil {
				err = e.Decode(&body)
			}
			if err != nil || body.Code != tt.says.Code {
				t.Errorf("record says %q, %v; want %q", body.Code, err, tt.says.Code)
			}
		})
	}
}

// A shadow is recorded and never heard.
func TestAShadowIsRecordedAndNeverPosted(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Abstained(countersign.OverCap, "too much")}, pending(ap))
	d.Shadow, d.ShadowRules = &judge{decision: countersign.Approved("looser"), claims: budget}, audit.Rules{Book: "next", Version: "2"}
	if got := d.decide(t).Decision; got.Verdict != countersign.Abstain {
		t.Errorf("decided %+v", got)
	}
	e, err := d.trail.Find(t.Context(), countersign.DecisionKey(ap, us))
	var body audit.Intent
	if err == nil {
		err = e.Decode(&body)
	}
	if err != nil || body.Shadow == nil || body.Shadow.Decision.Verdict != countersign.Approve || body.Shadow.Rules.Book != "next" {
		t.Errorf("shadow = %+v, %v", body.Shadow, err)
	}
	if got := d.taken(t); got != "0" {
		t.Errorf("the shadow's claims were counted: %s", got)
	}
	if _, err := d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap}); err == nil || d.custodian.effective[ap] != 0 {
		t.Errorf("posted: %v", err)
	}
}

// A record from before answers were kept beside the trail names evidence that is not
// there; what need not be asked again need not be read.
func TestOldEvidenceHoldsUpNoPost(t *testing.T) {
	old := []rules.Evidence{{Kind: "own", Source: "s", Digest: strings.Repeat("ab", 32), At: start}}
	d := newDesk(t, &witness{judge{decision: countersign.Approved("fine")}, old}, pending(ap))
	d.Services = &recheck{}
	d.decide(t)
	if got := d.post(t); got.Result != audit.Posted {
		t.Errorf("post = %+v, want posted", got)
	}
}
