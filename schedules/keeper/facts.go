package keeper

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign/schedules"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// A mark says in the memo of a schedule's action whose it is and what was asked for.
// Temporal 1.29 cannot change the memo of a schedule itself.
type mark struct {
	Owner  string         `json:"owner"`
	Source Source         `json:"source"`
	Plan   schedules.Plan `json:"plan"`
}

// want is a plan as Temporal is to have it now.
func (k *Keeper) want(p schedules.Plan, source Source) client.Schedule {
	s := p.Schedule
	spec := p.Spec(k.Now())
	overlap, _ := s.Overlap.Policy() // the plan was checked
	action := &client.ScheduleWorkflowAction{
		ID: s.ID, Workflow: s.Workflow, TaskQueue: cmp.Or(s.TaskQueue, k.TaskQueue), StaticSummary: s.Note,
		Memo: map[string]any{schedules.Marker: mark{k.TaskQueue, source, p}},
	}
	if len(s.Input) > 0 {
		action.Args = []any{s.Input}
	}
	for name, value := range s.Memo {
		action.Memo[name] = value
	}
	var attributes []temporal.SearchAttributeUpdate
	for name, value := range s.SearchAttributes {
		attributes = append(attributes, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value))
	}
	action.TypedSearchAttributes = temporal.NewSearchAttributes(attributes...)
	return client.Schedule{
		Spec: &spec, Action: action, State: &client.ScheduleState{Note: s.Note},
		Policy: &client.SchedulePolicies{Overlap: overlap, CatchupWindow: time.Duration(s.CatchUp), PauseOnFailure: s.PauseOnFailure},
	}
}

// facts are what a schedule is, field by field, in words that read the same for one that
// we want and for the same one as Temporal has it.
type facts struct {
	mark  mark
	names []string
	value map[string]string
	until string
}

func factsOf(s client.Schedule) facts {
	f := facts{value: map[string]string{}}
	add := func(name, value string) {
		f.names = append(f.names, name)
		f.value[name] = value
	}
	a, ok := s.Action.(*client.ScheduleWorkflowAction)
	if !ok {
		a = &client.ScheduleWorkflowAction{}
	}
	if raw := text(a.Memo[schedules.Marker]); raw != "" && json.Unmarshal([]byte(raw), &f.mark) != nil {
		f.mark.Plan = schedules.Plan{} // of another release: it is written anew
	}
	add("workflow", fmt.Sprint(a.Workflow))
	add("task queue", a.TaskQueue)
	add("input", brief(inputOf(a.Args)))
	add("when", "")
	if f.mark.Plan.Schedule.ID != "" {
		f.value["when"] = f.mark.Plan.When()
	}
	f.times(s.Spec, add)
	if s.Policy != nil {
		add("overlap", words(s.Policy.Overlap))
		add("catch-up", s.Policy.CatchupWindow.String())
		add("pause on failure", fmt.Sprint(s.Policy.PauseOnFailure))
	}
	add("search attributes", attributesOf(a.TypedSearchAttributes))
	add("memo", memoOf(a.Memo))
	add("note", a.StaticSummary)
	if s.State != nil && !s.State.Paused && s.State.Note != a.StaticSummary {
		add("note of the schedule", s.State.Note)
	}
	mark, _ := json.Marshal(f.mark) // made of what was just read
	add("mark", digest(mark))
	return f
}

// times takes down what Temporal was told of them.
func (f *facts) times(spec *client.ScheduleSpec, add func(string, string)) {
	if spec == nil {
		add("times", "")
		return
	}
	jitter := spec.Jitter
	rows := struct {
		Calendars, Skip []client.ScheduleCalendarSpec
		Intervals       []client.ScheduleIntervalSpec
		Zone            string
		From, Until     time.Time
	}{normal(spec.Calendars), normal(spec.Skip), spec.Intervals, spec.TimeZoneName, spec.StartAt, spec.EndAt}
	if len(rows.Intervals) == 0 {
		rows.Intervals = nil
	}
	last := 0
	for _, c := range rows.Calendars {
		for _, y := range c.Year {
			for _, m := range c.Month {
				last = max(last, y.End*12+m.End-1)
			}
		}
	}
	told, _ := json.Marshal(rows) // of plain values
	value := digest(told)
	if last > 0 {
		f.until = time.Date(last/12, time.Month(last%12+1), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1, -1).Format(time.DateOnly)
		value += ", written down until " + f.until
	}
	add("times", value)
	add("jitter", jitter.String())
}

// normal writes calendars as the server does.
func normal(in []client.ScheduleCalendarSpec) (out []client.ScheduleCalendarSpec) {
	fill := func(ranges, unset []client.ScheduleRange) []client.ScheduleRange {
		if len(ranges) == 0 {
			return unset
		}
		ranges = slices.Clone(ranges)
		for i, r := range ranges {
			ranges[i] = client.ScheduleRange{Start: r.Start, End: max(r.Start, r.End), Step: max(1, r.Step)}
		}
		return ranges
	}
	zero, span := []client.ScheduleRange{{Step: 1}}, func(low, high int) []client.ScheduleRange {
		return []client.ScheduleRange{{Start: low, End: high, Step: 1}}
	}
	for _, c := range in {
		out = append(out, client.ScheduleCalendarSpec{
			Second: fill(c.Second, zero), Minute: fill(c.Minute, zero), Hour: fill(c.Hour, zero), DayOfMonth: fill(c.DayOfMonth, span(1, 31)),
			Month: fill(c.Month, span(1, 12)), Year: fill(c.Year, nil), DayOfWeek: fill(c.DayOfWeek, span(0, 6)), Comment: c.Comment,
		})
	}
	return out
}

// words are the facts on one line, for the trail.
func (f facts) words() string {
	var out []string
	for _, name := range f.names {
		if value := f.value[name]; value != "" {
			out = append(out, name+": "+value)
		}
	}
	return strings.Join(out, "; ")
}

// created are the facts of a schedule that is new.
func (f facts) created() (out []string) {
	for _, name := range f.names {
		if value := f.value[name]; value != "" && name != "mark" {
			out = append(out, name+": "+value)
		}
	}
	return out
}

// differ names the fields that are not equal.
func (f facts) differ(after facts) (out []string) {
	names := slices.Clone(f.names)
	for _, name := range after.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if before, now := f.value[name], after.value[name]; before != now {
			out = append(out, fmt.Sprintf("%s: %s -> %s", name, cmp.Or(before, "none"), cmp.Or(now, "none")))
		}
	}
	return out
}

// onlyTimes reports whether what was asked for is the same, and only what of it is
// written down is not.
func (f facts) onlyTimes(after facts) bool {
	changed := f.differ(after)
	return len(changed) == 1 && strings.HasPrefix(changed[0], "times: ") && f.until < after.until && f.until != ""
}

// words are Temporal's word for a policy.
func words(p enumspb.ScheduleOverlapPolicy) string {
	for _, o := range []schedules.Overlap{schedules.Skip, schedules.BufferOne, schedules.BufferAll, schedules.CancelOther, schedules.TerminateOther, schedules.AllowAll} {
		if number, _ := o.Policy(); number == p {
			return string(o)
		}
	}
	return p.String()
}

// text is a value as JSON, whether it is about to be sent or came back.
func text(v any) string {
	if v == nil {
		return ""
	}
	if p, ok := v.(*commonpb.Payload); ok {
		return string(p.GetData())
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

func inputOf(args []any) string {
	var out []string
	for _, a := range args {
		out = append(out, text(a))
	}
	return strings.Join(out, ", ")
}

// brief keeps a long value out of a record; it is told by its digest.
func brief(value string) string {
	if len(value) <= 300 {
		return value
	}
	return fmt.Sprintf("%d bytes, %s", len(value), digest([]byte(value)))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:8])
}

func attributesOf(a temporal.SearchAttributes) string {
	var out []string
	for key, value := range a.GetUntypedValues() {
		out = append(out, fmt.Sprintf("%s=%v", key.GetName(), value))
	}
	slices.Sort(out)
	return brief(strings.Join(out, " "))
}

func memoOf(memo map[string]any) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(memo)) {
		if name != schedules.Marker {
			out = append(out, name+"="+text(memo[name]))
		}
	}
	return brief(strings.Join(out, " "))
}
