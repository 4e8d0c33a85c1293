package tests

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/calendar"
	"countersign/schedules"
	"countersign/schedules/clock"
	"countersign/schedules/keeper"
	"countersign/workflows"

	"go.temporal.io/sdk/client"
)

// TestTheProductsSchedulesAreAppliedAndAppliedAgain runs against the real dev server.
func TestTheProductsSchedulesAreAppliedAndAppliedAgain(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	// An earlier release has made one, without a mark.
	_, err := w.Client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: "reconcile/decisions", Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Minute}}}, Note: "of old",
		Action: &client.ScheduleWorkflowAction{ID: "reconcile/decisions", Workflow: workflows.CompareDecisionsWorkflow, TaskQueue: workflows.TaskQueue},
	})
	if err != nil {
		t.Fatal(err)
	}
	apply := func(every time.Duration) {
		t.Helper()
		w.apply(keeper.FromProduct, own(t, schedules.Intervals{Reconcile: every, Compare: time.Minute}))
	}
	apply(time.Hour)
	if got, want := w.kinds(), "reconcile/approvals created, reconcile/cases created, reconcile/decisions updated, renew/schedules created, open/wallets created, certify/hour created, certify/day created"; got != want {
		t.Errorf("records %q, want %q", got, want)
	}
	apply(time.Hour)
	if got := w.kinds(); got != "" {
		t.Errorf("applied again: records %q, want none", got)
	}
	if d := w.describe("reconcile/approvals"); d.Schedule.Spec.Intervals[0].Every != time.Hour || d.Schedule.State.Note == "" {
		t.Errorf("interval %s, note %q; want 1h and words for the operator", d.Schedule.Spec.Intervals[0].Every, d.Schedule.State.Note)
	}
	if err := w.Client.ScheduleClient().GetHandle(t.Context(), "reconcile/approvals").Pause(t.Context(), client.SchedulePauseOptions{Note: "freeze"}); err != nil {
		t.Fatal(err)
	}
	apply(2 * time.Hour)
	if d := w.describe("reconcile/approvals"); d.Schedule.Spec.Intervals[0].Every != 2*time.Hour || !d.Schedule.State.Paused || d.Schedule.State.Note != "freeze" {
		t.Errorf("interval %s, paused %t, note %q; want 2h, still paused, and why", d.Schedule.Spec.Intervals[0].Every, d.Schedule.State.Paused, d.Schedule.State.Note)
	}
	if n := len(w.records); n != 3 || !strings.Contains(w.records[0].After, "every 2h0m0s") || !strings.Contains(w.records[0].Before, "every 1h0m0s") {
		t.Errorf("records %+v, want three, of what runs as often as reconciliation or a fifth as often, that say both intervals", w.records)
	}
	w.refuse = errors.New("no trail")
	_, err = w.Apply(t.Context(), own(t, schedules.Intervals{Reconcile: 3 * time.Hour, Compare: time.Minute}), keeper.FromProduct)
	if d := w.describe("reconcile/approvals"); !errors.Is(err, w.refuse) || d.Schedule.Spec.Intervals[0].Every != 2*time.Hour {
		t.Errorf("a change that was not recorded: %v, interval %s; want none made", err, d.Schedule.Spec.Intervals[0].Every)
	}
	if _, err := schedules.Plans(schedules.Own(schedules.Intervals{})); err == nil {
		t.Error("an interval of zero is taken")
	}
}

// nightly is a schedule with everything.
func nightly() schedules.File {
	return schedules.File{
		Calendars: []calendar.Spec{{Name: "eur", Zone: "Europe/Zurich", Holidays: []string{"target2"}}},
		Schedules: []schedules.Schedule{{
			ID: "sweep/nightly", Note: "Moves what deposit wallets hold to the treasury wallet.", Workflow: "Sweep",
			Input: []byte(`{"tag": "deposit", "html": "<&>"}`), Cron: "30 18 * * *", Calendar: "eur", Roll: calendar.Skip,
			Overlap: schedules.BufferOne, CatchUp: schedules.Duration(time.Hour), Jitter: schedules.Duration(30 * time.Second), PauseOnFailure: true,
			SearchAttributes: map[string]string{"Network": "EthereumSepolia"}, Memo: map[string]string{"desk": "treasury"},
		}, {
			ID: "fees/monthly", Note: "Pays the custodian's fee.", Workflow: "Fees", TaskQueue: "fees", At: []clock.Fields{{Day: "last", Hour: "9"}},
			Calendar: "eur", Roll: calendar.Preceding, CatchUp: schedules.Duration(time.Minute),
		}, {
			ID: "probe/plain", Note: "Looks every five minutes in office hours.", Workflow: "Probe", Cron: "*/5 9-17 * * mon-fri", Zone: "UTC",
			CatchUp: schedules.Duration(time.Minute),
		}},
	}
}

// differs holds what would be changed, and what is there besides, to what is wanted.
func (w *clockwork) differs(f schedules.File, prune bool, want string) []keeper.Change {
	w.t.Helper()
	changes, besides, err := w.Diff(w.t.Context(), plans(w.t, f), keeper.FromFile, prune)
	var got []string
	for _, c := range changes {
		got = append(got, c.ID+" "+string(c.Kind))
	}
	if err != nil || strings.Join(append(got, besides...), ", ") != want {
		w.t.Fatalf("diff: %q besides %q, %v; want %q: %+v", got, besides, err, want, changes)
	}
	return changes
}

// listed waits until the server's list, which lags behind, has so many.
func (w *clockwork) listed(n int) {
	w.t.Helper()
	waitFor(w.t, "listed schedules", func(ctx context.Context) error {
		if entries, err := w.List(ctx); err != nil || len(entries) != n {
			return fmt.Errorf("%d, want %d: %v", len(entries), n, err)
		}
		return nil
	})
}

// TestSchedulesOfAFile are compared, applied, changed, kept from others and pruned.
func TestSchedulesOfAFile(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	f := nightly()
	w.apply(keeper.FromFile, plans(t, f))
	if got, want := w.kinds(), "sweep/nightly created, fees/monthly created, probe/plain created"; got != want {
		t.Errorf("records %q, want %q", got, want)
	}
	w.differs(f, false, "")
	w.listed(3)

	d := w.describe("sweep/nightly")
	a := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	network, _ := a.TypedSearchAttributes.GetKeyword(workflows.NetworkAttribute)
	if p := d.Schedule.Policy; network != "EthereumSepolia" || !p.PauseOnFailure || p.CatchupWindow != time.Hour || d.Schedule.Spec.Jitter != 30*time.Second || a.Memo["desk"] == nil {
		t.Errorf("%+v %+v %+v: something is missing", d.Schedule.Policy, d.Schedule.Spec.Jitter, a)
	}

	// Every field that changes is named, and only it.
	f.Schedules[0].Overlap, f.Schedules[0].Note = schedules.Skip, "Moves it."
	if c := w.differs(f, false, "sweep/nightly updated")[0]; !slices.Contains(c.Fields, "overlap: buffer_one -> skip") || len(c.Fields) != 3 {
		t.Errorf("fields %q, want overlap, note and mark", c.Fields)
	}
	w.apply(keeper.FromFile, plans(t, f))
	w.differs(f, false, "")
	if d := w.describe("sweep/nightly"); d.Schedule.State.Note != "Moves it." {
		t.Errorf("note %q", d.Schedule.State.Note)
	}
	w.driftIsSeen("probe/plain", func() { w.differs(f, false, "probe/plain updated") })
	w.apply(keeper.FromFile, plans(t, f))
	w.othersAreKept(f)
	w.listed(4)
	w.kinds()

	f.Schedules = f.Schedules[1:]
	w.differs(f, false, "sweep/nightly")
	for _, c := range w.differs(f, true, "sweep/nightly deleted, sweep/nightly") {
		if err := w.Make(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.kinds(); got != "sweep/nightly deleted" {
		t.Errorf("records %q", got)
	}
	if _, err := w.Entry(t.Context(), "sweep/nightly"); !errors.Is(err, keeper.ErrMissing) {
		t.Errorf("Entry = %v, want ErrMissing", err)
	}
}

// driftIsSeen changes a schedule behind our back, as the Web UI would.
func (w *clockwork) driftIsSeen(id string, seen func()) {
	w.t.Helper()
	err := w.Client.ScheduleClient().GetHandle(w.t.Context(), id).Update(w.t.Context(), client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			now.Policy.CatchupWindow = 365 * 24 * time.Hour
			return &client.ScheduleUpdate{Schedule: &now}, nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	seen()
}

// othersAreKept offers IDs that are somebody else's.
func (w *clockwork) othersAreKept(f schedules.File) {
	t := w.t
	t.Helper()
	_, err := w.Client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: "theirs", Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: "theirs", Workflow: "W", TaskQueue: "q"},
	})
	if err != nil {
		t.Fatal(err)
	}
	other := *w.Keeper
	other.TaskQueue = "other"
	for _, try := range []struct {
		k *keeper.Keeper
		f schedules.File
	}{
		{w.Keeper, schedules.File{Schedules: []schedules.Schedule{{ID: "theirs", Note: "n", Workflow: "W", Every: schedules.Duration(time.Hour), CatchUp: schedules.Duration(time.Minute)}}}},
		{&other, f},
	} {
		if changes, _, err := try.k.Diff(t.Context(), plans(t, try.f), keeper.FromFile, true); !errors.Is(err, keeper.ErrForeign) || changes != nil {
			t.Errorf("Diff = %+v, %v, want ErrForeign", changes, err)
		}
	}
	hand := keeper.Hand{By: "ana", Why: "test"}
	for name, err := range map[string]error{
		"pause": w.Pause(t.Context(), "theirs", hand), "resume": w.Resume(t.Context(), "theirs", hand), "trigger": w.Trigger(t.Context(), "theirs", hand),
		"of another deployment": other.Pause(t.Context(), "sweep/nightly", hand),
	} {
		if !errors.Is(err, keeper.ErrForeign) {
			t.Errorf("%s: %v, want ErrForeign", name, err)
		}
	}
	if changes, besides, err := other.Diff(t.Context(), nil, keeper.FromFile, true); err != nil || len(changes)+len(besides) > 0 {
		t.Errorf("prune of another deployment: %+v, %q, %v; want nothing", changes, besides, err)
	}
}

// TestSchedulesAreRenewed holds the renewal to what it may change.
func TestSchedulesAreRenewed(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	now := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	w.Now = func() time.Time { return now }
	w.apply(keeper.FromFile, plans(t, nightly()))
	w.listed(3)
	w.kinds()
	renew := func(want string) {
		t.Helper()
		renewed, err := w.Renew(t.Context())
		if got := strings.Join(renewed, " "); err != nil || got != want {
			t.Errorf("renewed %q, %v; want %q", got, err, want)
		}
	}
	renew("")
	now = now.Add(12 * time.Hour) // February
	renew("fees/monthly sweep/nightly")
	if got, want := w.kinds(), "fees/monthly renewed, sweep/nightly renewed"; got != want {
		t.Errorf("records %q, want %q", got, want)
	}
	renew("")
	if e, err := w.Entry(t.Context(), "sweep/nightly"); err != nil || e.Until != "2028-03-31" || e.Source != keeper.FromFile {
		t.Errorf("until %s, %v; want the end of the thirteenth month ahead", e.Until, err)
	}
	// What somebody has changed by hand is not undone by the clock.
	now = now.AddDate(0, 1, 0)
	w.driftIsSeen("fees/monthly", func() { renew("sweep/nightly") })
}
