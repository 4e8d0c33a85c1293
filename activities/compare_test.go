package activities_test

import (
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
)

// compare runs the comparison a while after the decisions.
func (d *desk) compare(t *testing.T) activities.CompareResult {
	t.Helper()
	c := activities.Comparison{Custodian: d.custodian, Trail: d.trail, Approver: us, Now: func() time.Time { return start.Add(time.Hour) }}
	res, err := c.CompareDecisions(t.Context(), activities.CompareInput{})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestDecisionsAreComparedBothWays(t *testing.T) {
	votes := func(v countersign.Verdict) func(*countersign.Approval) {
		return func(a *countersign.Approval) { a.Votes = []countersign.Vote{{UserID: us, Verdict: v}} }
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, d *desk)
		want audit.AlarmCode
	}{
		{"decided and posted", func(t *testing.T, d *desk) { d.decide(t); d.post(t) }, ""},
		{"nothing decided", func(*testing.T, *desk) {}, ""},
		{"the answer was lost and nobody has looked yet", func(t *testing.T, d *desk) {
			d.decide(t)
			d.custodian.set(ap, votes(countersign.Approve))
		}, ""},
		{"a vote under our name without an intent", func(_ *testing.T, d *desk) { d.custodian.set(ap, votes(countersign.Approve)) }, audit.UsedOutside},
		{"another verdict than the intent", func(t *testing.T, d *desk) {
			d.decide(t)
			d.custodian.set(ap, votes(countersign.Reject))
		}, audit.OtherVerdict},
		{"an intent that was never posted", func(t *testing.T, d *desk) { d.decide(t) }, audit.NeverPosted},
		{"an approval that the custodian does not know", func(t *testing.T, d *desk) {
			d.decide(t)
			delete(d.custodian.approvals, ap)
		}, audit.UnknownApproval},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			tt.do(t, d)
			var want []string
			if tt.want != "" {
				want = []string{countersign.AlarmKey(string(tt.want), ap, us)}
			}
			for range 2 { // and once is enough
				if got := d.compare(t).Alarms; fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("alarms %v, want %v", got, want)
				}
			}
			if n := d.records(t, audit.AlarmRaised); n != len(want) {
				t.Errorf("%d alarm records, want %d", n, len(want))
			}
		})
	}
}

func TestAnAbstentionIsNotMissed(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Abstained("over_cap", "too much")}, pending(ap))
	d.decide(t)
	if got := d.compare(t); got.Intents != 0 || len(got.Alarms) != 0 {
		t.Errorf("compared %+v, want nothing: an abstention is not posted", got)
	}
}
