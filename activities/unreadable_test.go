package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/audit/complete"
)

// garbled is a custodian whose list begins with what nobody can read; those approvals cannot be
// read one by one, either.
type garbled struct {
	*custodian
	list []string
}

func (g garbled) VotedBy(ctx context.Context, user string, since time.Time) iter.Seq2[countersign.Approval, error] {
	return func(yield func(countersign.Approval, error) bool) {
		for _, raw := range g.list {
			if !yield(countersign.Approval{}, fmt.Errorf("list: %w", countersign.Unreadable("approval", []byte(raw), errors.New("odd")))) {
				return
			}
		}
		g.custodian.VotedBy(ctx, user, since)(yield)
	}
}

func (g garbled) Approval(ctx context.Context, id string) (countersign.Approval, error) {
	for _, raw := range g.list {
		if odd := countersign.Unreadable("approval", []byte(raw), errors.New("odd")); odd.ID == id {
			return countersign.Approval{}, fmt.Errorf("read: %w", odd)
		}
	}
	return g.custodian.Approval(ctx, id)
}

// An approval that cannot be read is an alarm of its own, once; all others are compared, and the
// next run goes on where this one ended.
func TestOneUnreadableApprovalEndsNoComparison(t *testing.T) {
	used := pending("ap-2")
	used.Votes = []countersign.Vote{{UserID: us, Verdict: countersign.Approve, At: start}}
	d := newDesk(t, approving(), pending(ap), used)
	d.decide(t) // an intent on ap, which the custodian then cannot tell of
	const nameless = `{"id":7,"status":"Pending"}`
	c := activities.Comparison{
		Custodian: garbled{d.custodian, []string{nameless, `{"id":"ap-9","decisions":"none"}`, `{"id":"` + ap + `","status":[]}`}},
		Trail:     d.trail, Approver: us, Now: func() time.Time { return start.Add(time.Hour) },
	}
	odd := func(name string) string { return complete.AlarmKey(complete.Unreadable, name) }
	want := []string{
		odd(countersign.Unreadable("approval", []byte(nameless), nil).Name()), odd("approval/ap-9"), odd("approval/" + ap),
		countersign.AlarmKey(string(audit.UsedOutside), "ap-2", us), odd("approval/" + ap),
	}
	for range 2 {
		got, err := c.CompareDecisions(t.Context(), activities.CompareInput{})
		if err != nil || !slices.Equal(got.Alarms, want) || got.Votes != 1 || got.Unreadable != 3 || !got.Until.Equal(start.Add(time.Hour)) {
			t.Fatalf("%+v, %v,\nwant alarms %v", got, err, want)
		}
	}
	if n := d.records(t, audit.AlarmRaised); n != 4 {
		t.Errorf("%d alarms, want one about each of four", n)
	}
	for id, says := range map[string]string{ap: "we have decided in record", "ap-9": "never decided"} {
		e, err := d.trail.Find(t.Context(), odd("approval/"+id))
		if err != nil {
			t.Fatal(err)
		}
		var a audit.Alarm
		if err := e.Decode(&a); err != nil || a.Code != complete.Unreadable || a.ApprovalID != id || !strings.Contains(a.What, says) || !strings.Contains(a.What, "approval/"+id) {
			t.Errorf("%+v, %v, want it to name %s and say %q", a, err, id, says)
		}
		if raw, err := d.db.Evidence(t.Context(), a.Evidence); err != nil || !json.Valid(raw) || !strings.Contains(string(raw), id) {
			t.Errorf("evidence %q, %v, want what came", raw, err)
		}
	}
}

// refusing is a trail that cannot keep the alarm of one approval.
type refusing struct {
	activities.ComparisonTrail
	about string
}

func (r refusing) Append(ctx context.Context, d audit.Draft) (audit.Entry, error) {
	if strings.Contains(d.Key, r.about) {
		return audit.Entry{}, errLost
	}
	return r.ComparisonTrail.Append(ctx, d)
}

// A run that fails for one approval has compared the others, and is not taken for one that has
// compared all.
func TestOneApprovalThatFailsEndsNoComparison(t *testing.T) {
	voted := func(id string) countersign.Approval {
		a := pending(id)
		a.Votes = []countersign.Vote{{UserID: us, Verdict: countersign.Approve, At: start}}
		return a
	}
	d := newDesk(t, approving(), voted("ap-1"), voted("ap-2"))
	c := activities.Comparison{
		Custodian: d.custodian, Trail: refusing{d.trail, "ap-1"}, Approver: us, Now: func() time.Time { return start.Add(time.Hour) },
	}
	got, err := c.CompareDecisions(t.Context(), activities.CompareInput{})
	if !errors.Is(err, errLost) || !strings.Contains(err.Error(), "ap-1") || !got.Until.IsZero() {
		t.Errorf("%+v, %v, want the failure of ap-1", got, err)
	}
	if want := countersign.AlarmKey(string(audit.UsedOutside), "ap-2", us); !slices.Equal(got.Alarms, []string{want}) {
		t.Errorf("alarms %v, want %s", got.Alarms, want)
	}
}

// What waits and cannot be read, or not be started, keeps nothing else from its workflow.
func TestWhatCannotBeReadKeepsNothingElseFromItsWorkflow(t *testing.T) {
	c := nameless{newCustodian(t, pending("ap-1"), pending("ap-2"))}
	s := &starter{known: map[string]bool{}, refuse: "ap-1"}
	got, err := (&activities.Reconciler{Custodian: c, Starter: s}).StartMissingApprovals(t.Context())
	if !errors.Is(err, errLost) || !strings.Contains(err.Error(), "ap-1") || !slices.Equal(got.Started, []string{"ap-2"}) {
		t.Errorf("%+v, %v, want ap-2 started and the failure of ap-1", got, err)
	}
	if len(got.Unreadable) != 1 || !strings.HasPrefix(got.Unreadable[0], "approval/sha256-") {
		t.Errorf("unreadable %v, want the one", got.Unreadable)
	}
}

// nameless is a custodian with an approval that has no ID, before the others.
type nameless struct{ *custodian }

func (n nameless) Pending(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if yield("", countersign.Unreadable("approval", []byte(`{"status":"Pending"}`), errors.New("no ID"))) {
			n.custodian.Pending(ctx)(yield)
		}
	}
}
