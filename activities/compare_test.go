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
	return d.compareAfter(t, time.Hour, time.Time{})
}

// compareAfter runs it so long after the start, behind a run that had compared until since.
func (d *desk) compareAfter(t *testing.T, after time.Duration, since time.Time) activities.CompareResult {
	t.Helper()
	c := activities.Comparison{Custodian: d.custodian, Trail: d.trail, Approver: us, Now: func() time.Time { return start.Add(after) }}
	res, err := c.CompareDecisions(t.Context(), activities.CompareInput{Since: since})
	if err != nil {
		t.Fatal(err)
	}
	if !res.Until.Equal(start.Add(after)) {
		t.Errorf("compared until %s, want the time of the run", res.Until)
	}
	return res
}

// What happened while nobody compared, over a long weekend or for a month, is not passed over; and
// no run reads more than it must.
func TestWhatHappenedWhileNobodyComparedIsFound(t *testing.T) {
	const hour = time.Hour
	outside := func(at time.Duration) func(*testing.T, *desk) {
		return func(_ *testing.T, d *desk) {
			d.custodian.set(ap, func(a *countersign.Approval) {
				a.Votes = []countersign.Vote{{UserID: us, Verdict: countersign.Approve, At: start.Add(at)}}
			})
		}
	}
	intent := func(t *testing.T, d *desk) { d.decide(t) }
	for _, tt := range []struct {
		name       string
		do         func(t *testing.T, d *desk)
		now, since time.Duration // after the start; since 0 is no earlier run
		want       audit.AlarmCode
	}{
		{"a vote five days ago, the last run was before it", outside(hour), 120 * hour, hour / 2, audit.UsedOutside},
		{"a vote that the custodian told of late", outside(hour), 120 * hour, 40 * hour, audit.UsedOutside},
		{"a vote a month ago, and nobody knows of a run", outside(hour), 720 * hour, 0, audit.UsedOutside},
		{"a vote from before the trail began, and nobody knows of a run", outside(-hour), 720 * hour, 0, ""},
		{"a vote that an earlier run has seen", outside(hour), 120 * hour, 119 * hour, ""},
		{"an intent five days ago, the last run was before it", intent, 120 * hour, -hour, audit.NeverPosted},
		{"an intent a month ago, and nobody knows of a run", intent, 720 * hour, 0, audit.NeverPosted},
		{"an intent that an earlier run has seen", intent, 120 * hour, 119 * hour, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, approving(), pending(ap))
			tt.do(t, d)
			var since time.Time
			if tt.since != 0 {
				since = start.Add(tt.since)
			}
			got := d.compareAfter(t, tt.now, since)
			if len(got.Alarms) != 0 != (tt.want != "") || tt.want != "" && got.Alarms[0] != countersign.AlarmKey(string(tt.want), ap, us) {
				t.Errorf("alarms %v, want %q", got.Alarms, tt.want)
			}
			if tt.want == "" && got.Votes+got.Intents != 0 {
				t.Errorf("compared %+v, want nothing that is older than need be", got)
			}
		})
	}
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
