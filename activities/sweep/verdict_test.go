package sweep_test

import (
	"context"
	"errors"
	"testing"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/audit"
	"countersign/audit/swept"
)

func TestTheFirstVerdictStands(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		w := newWorld(2)
		w.money(2)
		o := newOfficeOn(t, w, dsn)
		ord := order()
		ord.Approval = true
		r := run(ord)
		said := func() steps.SweepVerdictResult {
			t.Helper()
			res, err := o.SweepVerdict(t.Context(), steps.SweepVerdictInput{SweepID: r.ID()})
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		if _, _, err := swept.Decide(t.Context(), o.trail, r.ID(), true, "ana", "fine"); !errors.Is(err, swept.ErrVerdict) {
			t.Errorf("before the plan: %v", err)
		}
		res := o.plan(r)
		if got := said(); got != (steps.SweepVerdictResult{}) {
			t.Errorf("nobody has spoken, and it is %+v", got)
		}
		for _, tt := range [][2]string{{"", "why"}, {" ", "why"}, {"ana", ""}} {
			if _, _, err := swept.Decide(t.Context(), o.trail, r.ID(), true, tt[0], tt[1]); !errors.Is(err, countersign.ErrInvalid) {
				t.Errorf("by %q because %q: %v", tt[0], tt[1], err)
			}
		}
		v, e, err := swept.Decide(t.Context(), o.trail, r.ID(), false, "ana", "too much")
		if err != nil || e.Record.Type != swept.SweepDeclined || v.By != "ana" || v.Plan != res.Index || v.Contents == "" {
			t.Errorf("decided %+v, %v", v, err)
		}
		if v, e, err := swept.Decide(t.Context(), o.trail, r.ID(), true, "bo", "fine"); err != nil || e.Record.Type != swept.SweepDeclined || v.By != "ana" {
			t.Errorf("decided again: %+v, %v", v, err)
		}
		if got := said(); got.Verdict != steps.Declined || got.By != "ana" || got.Index != e.Index {
			t.Errorf("it is %+v", got)
		}
	})
}

func TestAVerdictWhereNoneIsDue(t *testing.T) {
	w := newWorld(2)
	w.money(2)
	o := newOffice(t, w)
	ord := order()
	o.plan(run(ord))
	if _, _, err := swept.Decide(t.Context(), o.trail, run(ord).ID(), true, "ana", "fine"); !errors.Is(err, swept.ErrVerdict) {
		t.Errorf("an order without approval: %v", err)
	}
	ord.Sweep, ord.Approval = "asked", true
	r := run(ord)
	o.plan(r)
	if _, err := o.CloseSweep(t.Context(), steps.CloseSweepInput{SweepID: r.ID(), Reason: "unapproved"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := swept.Decide(t.Context(), o.trail, r.ID(), true, "ana", "fine"); !errors.Is(err, swept.ErrVerdict) {
		t.Errorf("a run that has ended: %v", err)
	}
}

func TestAnApprovalIsHeard(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			w := newWorld(1)
			o := newOffice(t, w)
			ord := order()
			ord.Approval = true
			r := run(ord)
			o.plan(r)
			w.crash = crash{at: at, after: after}
			_, _, _ = swept.Decide(t.Context(), o.trail, r.ID(), true, "ana", "fine")
			happened := w.crash.happened()
			w.crash = crash{}
			if _, _, err := swept.Decide(t.Context(), o.trail, r.ID(), true, "ana", "fine"); err != nil {
				t.Fatalf("after crash %d: %v", at, err)
			}
			if res, err := o.SweepVerdict(t.Context(), steps.SweepVerdictInput{SweepID: r.ID()}); err != nil || res.Verdict != steps.Approved || res.By != "ana" {
				t.Fatalf("after crash %d: %+v, %v", at, res, err)
			}
			if !happened {
				break
			}
		}
	}
}

// changing is a trail whose evidence was changed, behind the back of a reader that does not look.
type changing struct {
	swept.Reader
	to func([]byte) []byte
}

func (c changing) Evidence(ctx context.Context, digest string) ([]byte, error) {
	b, err := c.Reader.Evidence(ctx, digest)
	return c.to(b), err
}

func TestEvidenceThatWasChangedIsNotBelieved(t *testing.T) {
	w := newWorld(3)
	w.money(3)
	o := newOffice(t, w)
	r := run(order())
	o.plan(r)
	n := 0
	for last := 1; ; last++ {
		n = 0
		_, _, err := swept.ReadPlan(t.Context(), changing{o.trail, func(b []byte) []byte {
			if n++; n == last {
				return append([]byte(" "), b...)
			}
			return b
		}}, r.ID())
		if n < last {
			if err != nil {
				t.Errorf("unchanged: %v", err)
			}
			break
		}
		if !errors.Is(err, audit.ErrForged) {
			t.Errorf("change of piece %d: %v", last, err)
		}
	}
	if n != 4 { // the contents, and a chunk of top-ups, moves and skips
		t.Errorf("%d pieces were read", n)
	}
}
