package rescreening_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/activities/rescreening"
	"countersign/audit"
	"countersign/audit/screened"
	"countersign/screening"
	"countersign/store"
)

func TestOpenApprovalsAreScreenedAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		held    string // when it was decided
		change  func(*office)
		verdict screening.Verdict
		count   int
	}{
		{"nothing is listed", "", func(*office) {}, screening.Clear, 0},
		{"one address is listed now", "", func(o *office) { o.lists.next["a"] = bad }, screening.Hit, 1},
		{"two are", "", func(o *office) { o.lists.next["a"] = bad + " " + other }, screening.Hit, 2},
		{"it was listed before", bad, func(*office) {}, screening.Clear, 0},
		{"it was listed before, and another is now", bad, func(o *office) { o.lists.next["a"] = bad + " " + worse }, screening.Hit, 1},
		{"nobody answers now", "", func(o *office) { o.lists.silent = true }, screening.Unknown, 3},
		{"all were listed before", bad + " " + worse + " " + other, func(o *office) { o.lists.next["a"] = "" }, "", 0},
		{"it has ended", "", func(o *office) {
			o.lists.next["a"] = bad
			ended := o.custodian.approvals[ap]
			ended.Status = countersign.StatusApproved
			o.custodian.approvals[ap] = ended
			if _, err := o.ResolveApproval(context.Background(), activities.ResolveInput{ApprovalID: ap}); err != nil {
				panic(err)
			}
		}, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t, tt.held)
			tt.change(o)
			inForce := o.refresh(t, "run-1").Lists
			got := o.rescreen(t, inForce...)
			again := o.rescreen(t, inForce...)
			if got.Screening != tt.verdict || got.Count != tt.count || again != got {
				t.Errorf("rescreen = %+v and %+v, want %s of %d", got, again, tt.verdict, tt.count)
			}
			if n := o.records(t, screened.ApprovalRescreened); n != min(tt.count, 1) {
				t.Errorf("%d records, want it told once", n)
			}
			if n := o.records(t, audit.DecisionIntent); n != 1 {
				t.Errorf("%d decisions", n)
			}
		})
	}
}

func TestWhatIsToldOfARescreening(t *testing.T) {
	o := newOffice(t, "")
	o.lists.next["a"] = bad
	inForce := o.refresh(t, "run-1").Lists
	o.lists.silent = true
	if got := o.rescreen(t, inForce...); got.Screening != screening.Unknown {
		t.Fatalf("rescreen = %+v", got)
	}
	o.lists.silent = false // an outage must not keep the hit from being told
	got := o.rescreen(t, inForce...)
	var body screened.Rescreened
	for e, err := range o.db.Entries(t.Context(), store.Filter{From: got.Index, Limit: 1}) {
		if err == nil {
			err = e.Decode(&body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	report, err := o.trail.Evidence(t.Context(), body.Report)
	want := screened.Address{Network: "Net", Address: bad, Now: "hit"}
	if err != nil || !strings.Contains(string(report), worse) || body.ApprovalID != ap || body.Verdict != countersign.Approve ||
		body.Screening != "hit" || len(body.Addresses) != 1 || body.Addresses[0] != want || !slices.Equal(body.Lists, inForce) || len(body.Intent) != 64 {
		t.Errorf("recorded %+v with %s, %v", body, report, err)
	}
	if o.records(t, screened.ApprovalRescreened) != 2 {
		t.Error("the outage and the hit are two things to tell")
	}
}

// A worker that holds other lists reads them first; when it cannot, another has to.
func TestAWorkerCatchesUpBeforeItScreens(t *testing.T) {
	o := newOffice(t, "")
	inForce := []screened.List{{Name: "a", Digest: "d" + bad}}
	o.lists.next["a"] = bad
	o.lists.away["a"] = true
	if _, err := o.RescreenApproval(t.Context(), rescreening.RescreenInput{ApprovalID: ap, Lists: inForce}); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("a worker that cannot read the list says %v", err)
	}
	o.lists.away["a"] = false
	reads := o.lists.reads
	if got := o.rescreen(t, inForce...); got.Screening != screening.Hit || o.lists.reads != reads+1 {
		t.Errorf("rescreen = %+v after %d reads, want a hit after one", got, o.lists.reads-reads)
	}
	o.lists.next["a"] = bad + " " + worse // newer by now is no failure, and is read once for all approvals
	o.lists.held["a"] = bad + " " + worse
	for range 3 {
		if got := o.rescreen(t, inForce...); got.Count != 2 {
			t.Errorf("rescreen = %+v, want both", got)
		}
	}
	if o.lists.reads > reads+2 {
		t.Errorf("read %d times for three approvals", o.lists.reads-reads-1)
	}
}

// Being told to stop is no answer of the sources.
func TestARescreeningThatIsCutOffTellsNothing(t *testing.T) {
	o := newOffice(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	o.lists.silent, o.lists.during = true, cancel
	if got, err := o.RescreenApproval(ctx, rescreening.RescreenInput{ApprovalID: ap}); !errors.Is(err, context.Canceled) {
		t.Errorf("rescreen = %+v, %v; want the cancellation", got, err)
	}
	if n := o.records(t, screened.ApprovalRescreened); n != 0 {
		t.Errorf("%d records", n)
	}
}

func TestARescreeningSurvivesFaults(t *testing.T) {
	for name, f := range map[string]faultyTrail{"the effect was lost": {loseEffect: 1}, "the answer was lost": {loseAnswer: 1}} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "")
			o.lists.next["a"] = bad
			f.OpenTrail = o.trail
			o.Screening.Trail = &f
			if got := o.rescreen(t); got.Count != 1 || o.records(t, screened.ApprovalRescreened) != 1 {
				t.Errorf("rescreen = %+v, %d records; want one told once", got, o.records(t, screened.ApprovalRescreened))
			}
		})
	}
}
