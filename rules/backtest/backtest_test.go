package backtest_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/rules/backtest"
)

func run(t *testing.T, test backtest.Test) backtest.Report {
	t.Helper()
	r, err := backtest.Run(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSameBookDecidesTheSame(t *testing.T) {
	b := book("old", 100, 10_000, true)
	tr := newTrail(t, b)
	for i := range 30 {
		tr.decides(fmt.Sprintf("ap-%d", i), uint64(90+i), countersign.StatusApproved, nil)
	}
	r := run(t, backtest.Test{Book: b, Entries: tr.all(), Fetch: tr.fetch})
	if r.Decisions != 30 || r.Tried != 30 || r.Same != 30 || len(r.Changed) != 0 || len(r.Gaps) != 0 {
		t.Errorf("report %+v, want 30 tried and the same", r)
	}
	if !reflect.DeepEqual(r.Was, r.Would) || r.Would[countersign.Approve]["approved"] != 11 || r.Would[countersign.Abstain]["approved"] != 19 {
		t.Errorf("matrices %v and %v", r.Was, r.Would)
	}
}

func TestWhatWouldChange(t *testing.T) {
	tr := newTrail(t, book("old", 100, 10_000, false))
	tr.decides("low", 50, countersign.StatusApproved, nil)
	tr.decides("middle", 150, countersign.StatusApproved, nil) // people approved what we left to them
	tr.decides("denied", 160, countersign.StatusDenied, nil)
	tr.decides("high", 900, countersign.StatusDenied, nil)
	tr.decides("open", 170, "", nil)
	r := run(t, backtest.Test{Book: book("new", 200, 10_000, false), Entries: tr.all(), Fetch: tr.fetch})
	if r.Book != "new" || r.Tried != 5 || r.Same != 2 || len(r.Changed) != 3 {
		t.Fatalf("report %+v, want 3 of 5 changed", r)
	}
	got := map[string]string{}
	for _, c := range r.Changed {
		got[c.ApprovalID] = fmt.Sprint(c.Was.Verdict, " ", c.Would.Verdict, " ", c.Ended, " ", c.Against)
	}
	want := map[string]string{"middle": "abstain approve approved false", "denied": "abstain approve denied true", "open": "abstain approve open false"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("changed %v, want %v", got, want)
	}
	if w := r.Would[countersign.Approve]; w["approved"] != 2 || w["denied"] != 1 || w["open"] != 1 || r.Would[countersign.Abstain]["denied"] != 1 {
		t.Errorf("would %v", r.Would)
	}
	if fmt.Sprint(backtest.Endings(r.Was, r.Would)) != "[approved denied open]" {
		t.Errorf("endings %v", backtest.Endings(r.Was, r.Would))
	}
}

// A budget holds what the book's own approvals would have taken, and what people
// approved; what came to nothing is given back.
func TestBudgetsAsTheyWouldHaveBeen(t *testing.T) {
	tr := newTrail(t, book("old", 1000, 1_000_000, false))
	tr.decides("a", 60, countersign.StatusApproved, nil)
	tr.decides("b", 60, countersign.StatusDenied, nil) // fits no more: 60 of 100 are taken
	tr.decides("c", 30, countersign.StatusDenied, nil) // fits, and is given back
	tr.decides("d", 40, countersign.StatusApproved, nil)
	tr.decides("e", 1, countersign.StatusApproved, nil) // 100 are taken; people approve all the same
	tr.now = tr.now.Add(25 * time.Hour)
	tr.decides("f", 100, countersign.StatusApproved, nil)
	tr.decides("g", 1, "", nil)
	r := run(t, backtest.Test{Book: book("new", 1000, 100, false), Entries: tr.all(), Fetch: tr.fetch})
	got := map[string]countersign.ReasonCode{}
	for _, c := range r.Changed {
		got[c.ApprovalID] = c.Would.Code
	}
	want := map[string]countersign.ReasonCode{"b": countersign.OverBudget, "e": countersign.OverBudget, "g": countersign.OverBudget}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("over budget: %v, want %v", got, want)
	}
}

func TestCoverageComesFirst(t *testing.T) {
	asking := book("new", 100, 10_000, true)
	for _, tt := range []struct {
		name   string
		change func(*audit.Intent)
		want   backtest.Gap
	}{
		{"the book asks what nobody asked", nil, backtest.NotAsked},
		{"a request that was too long to record", func(in *audit.Intent) { in.Request.Call.Data = nil }, backtest.NotRecorded},
		{"evidence that is gone", func(in *audit.Intent) { in.Evidence[0].Digest = "00" }, backtest.EvidenceLost},
		{"decided before the rules", func(in *audit.Intent) {
			in.Decision = countersign.Abstained(countersign.NotPending, "approved already")
		}, backtest.BeforeRules},
		{"code that had changed", func(in *audit.Intent) {
			in.Decision = countersign.Abstained(countersign.CodeChanged, "other code")
		}, backtest.CodeUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrail(t, book("old", 100, 10_000, false))
			tr.decides("ap", 50, countersign.StatusApproved, tt.change)
			r := run(t, backtest.Test{Book: asking, Entries: tr.all(), Fetch: tr.fetch})
			if r.Decisions != 1 || r.Tried != 0 || r.Gaps[tt.want] != 1 || len(r.Changed) != 0 {
				t.Errorf("report %+v, want a gap: %s", r, tt.want)
			}
		})
	}
}

func TestARangeIsReportedAndAllOfItBeforeCounts(t *testing.T) {
	tr := newTrail(t, book("old", 1000, 1_000_000, false))
	tr.decides("a", 60, countersign.StatusApproved, nil)
	from := tr.now.Add(time.Second)
	tr.decides("b", 60, countersign.StatusApproved, nil)
	until := tr.now.Add(time.Second)
	tr.decides("c", 1, countersign.StatusApproved, nil)
	r := run(t, backtest.Test{Book: book("new", 1000, 100, false), Entries: tr.all(), Fetch: tr.fetch, From: from, Until: until})
	if r.Decisions != 1 || len(r.Changed) != 1 || r.Changed[0].Would.Code != countersign.OverBudget {
		t.Errorf("report %+v, want b alone, over the budget that a has taken from", r)
	}
}

// What is read goes wrong, and so does the run: half a report would be taken for one.
func TestATrailThatCannotBeRead(t *testing.T) {
	tr := newTrail(t, book("old", 100, 100, false))
	tr.decides("ap", 50, countersign.StatusApproved, nil)
	away := errors.New("database is away")
	for name, test := range map[string]backtest.Test{
		"entries":  {Entries: func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, away) }, Fetch: tr.fetch},
		"evidence": {Entries: tr.all(), Fetch: func(string) ([]byte, error) { return nil, away }},
	} {
		test.Book = book("new", 100, 100, false)
		if _, err := backtest.Run(t.Context(), test); !errors.Is(err, away) {
			t.Errorf("%s: %v, want the error", name, err)
		}
	}
}

// BenchmarkRun prints approvals per second and core: the goal is 5,000.
func BenchmarkRun(b *testing.B) {
	old := book("old", 100, 1_000_000_000, true)
	tr := newTrail(b, old)
	const n = 2000
	for i := range n {
		tr.decides(fmt.Sprintf("ap-%d", i), uint64(50+i%100), countersign.StatusApproved, nil)
	}
	for b.Loop() {
		r, err := backtest.Run(b.Context(), backtest.Test{Book: old, Entries: tr.all(), Fetch: tr.fetch, Workers: 1})
		if err != nil || r.Same != n {
			b.Fatalf("%+v, %v", r.Gaps, err)
		}
	}
	perSecond := float64(n) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "approvals/s")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
}
