package rescreening_test

import (
	"fmt"
	"slices"
	"testing"

	"countersign/activities/rescreening"
	"countersign/audit/screened"
)

func (o *office) refresh(t *testing.T, run string) rescreening.RefreshListsResult {
	t.Helper()
	return untilDone(t, func() (rescreening.RefreshListsResult, error) {
		return o.RefreshLists(t.Context(), rescreening.RefreshListsInput{Run: run})
	})
}

func (o *office) rescreen(t *testing.T, lists ...screened.List) rescreening.RescreenResult {
	t.Helper()
	return untilDone(t, func() (rescreening.RescreenResult, error) {
		return o.RescreenApproval(t.Context(), rescreening.RescreenInput{ApprovalID: ap, Lists: lists})
	})
}

func TestListsAreRecordedWhenTheyHaveChanged(t *testing.T) {
	o := newOffice(t, "0x1")
	o.lists.next["b"] = ""
	for i, step := range []struct {
		name   string
		change func()
		want   []string
	}{
		{"the first reading", func() { o.lists.next = map[string]string{"a": "0x1", "b": "0x2"} }, []string{"a", "b"}},
		{"nothing new", func() {}, nil},
		{"one is another", func() { o.lists.next["b"] = "0x2 0x3" }, []string{"b"}},
		{"one cannot be read", func() { o.lists.next["a"] = "0x9"; o.lists.away["a"] = true }, nil},
		{"it can be read again", func() { o.lists.away["a"] = false }, []string{"a"}},
		{"it is what it was before", func() { o.lists.next["a"] = "0x1" }, []string{"a"}},
		{"another process has read it already", func() { o.lists.held["b"] = "0x4"; o.lists.next["b"] = "0x4" }, []string{"b"}},
		{"this process is behind, and cannot read it", func() { o.lists.held["b"] = "0x2"; o.lists.away["b"] = true }, nil},
		{"one is gone", func() { delete(o.lists.next, "b") }, []string{"b"}},
	} {
		step.change()
		before := o.records(t, screened.ListsRefreshed)
		got := o.refresh(t, fmt.Sprintf("run-%d", i))
		if added := o.records(t, screened.ListsRefreshed) - before; !slices.Equal(got.Changed, step.want) || (added == 1) != (len(step.want) > 0) {
			t.Errorf("%s: changed %q, %d records; want %q", step.name, got.Changed, added, step.want)
		}
	}
	e, err := o.trail.Latest(t.Context(), screened.ListsRefreshed)
	var body screened.Refreshed
	if err == nil {
		err = e.Decode(&body)
	}
	if want := (screened.List{Name: "a", Version: "v-0x1", Digest: "d0x1", Entries: 3}); err != nil || len(body.Lists) != 1 || body.Lists[0] != want {
		t.Errorf("recorded %+v, %v; want %+v", body, err, want)
	}
}

// The worker dies before the record, or before its answer is heard: the change is told,
// once, and both attempts say the same.
func TestARefreshSurvivesFaults(t *testing.T) {
	for name, f := range map[string]faultyTrail{"the effect was lost": {loseEffect: 1}, "the answer was lost": {loseAnswer: 1}} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "0x1")
			o.refresh(t, "run-0")
			o.lists.next["a"] = "0x1 0x2"
			f.OpenTrail = o.trail
			o.Screening.Trail = &f
			got := o.refresh(t, "run-1")
			if !slices.Equal(got.Changed, []string{"a"}) || o.records(t, screened.ListsRefreshed) != 2 {
				t.Errorf("changed %q, %d records; want a, told once more", got.Changed, o.records(t, screened.ListsRefreshed))
			}
			if again := o.refresh(t, "run-2"); len(again.Changed) != 0 {
				t.Errorf("the next run finds %q", again.Changed)
			}
		})
	}
}

func TestNothingIsScreenedWithoutAScreener(t *testing.T) {
	o := newOffice(t, "")
	o.Screening.Screener = nil
	if got := o.refresh(t, "run-1"); len(got.Changed) != 0 {
		t.Errorf("refresh = %+v", got)
	}
	if got := o.rescreen(t); got != (rescreening.RescreenResult{}) {
		t.Errorf("rescreen = %+v", got)
	}
	if _, err := o.RescreenApproval(t.Context(), rescreening.RescreenInput{ApprovalID: "a/b"}); err == nil {
		t.Error("an ID that is none is taken")
	}
}

// Pages cover what is open, each approval once.
func TestOpenApprovalsComeInPages(t *testing.T) {
	o := newOffice(t, "")
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("ap-1%d", i)
		o.custodian.approvals[id] = pending(id)
		o.decide(t, id)
		want = append(want, id)
	}
	want = append([]string{ap}, want...)
	for limit := 1; limit <= 9; limit++ {
		var got []string
		in := rescreening.OpenApprovalsInput{Limit: limit}
		for {
			page, err := o.ListOpenApprovals(t.Context(), in)
			if err != nil || len(page.IDs) > limit {
				t.Fatalf("page %+v, %v", page, err)
			}
			got = append(got, page.IDs...)
			if !page.More {
				break
			}
			in.After = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %q, want %q", limit, got, want)
		}
	}
}
