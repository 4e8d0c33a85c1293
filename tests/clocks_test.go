package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/calendar"
	"countersign/schedules"
	"countersign/schedules/clock"
	"countersign/schedules/keeper"

	"go.temporal.io/sdk/client"
)

// switches are the days on which the clocks of three zones go forward and back in 2027,
// with a time that is skipped on the one and comes twice on the other.
var switches = []struct{ zone, forward, back, at string }{
	{"Europe/Zurich", "2027-03-28", "2027-10-31", "30 2 * * *"},
	{"America/New_York", "2027-03-14", "2027-11-07", "30 2 * * *"},
	{"America/New_York", "2027-03-14", "2027-11-07", "30 1 * * *"},
	{"Australia/Sydney", "2027-10-03", "2027-04-04", "30 2 * * *"},
}

// around are a day before to a day after the day itself, in a zone.
func around(t *testing.T, zone, day string) (*time.Location, time.Time, time.Time) {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.ParseInLocation(time.DateOnly, day, z)
	if err != nil {
		t.Fatal(err)
	}
	return z, d.AddDate(0, 0, -1), d.AddDate(0, 0, 2).Add(-time.Second)
}

// TestTheServerRunsWhatWePromise compares, on both switches of three zones, the times that
// Temporal has with those that we print, for times that are skipped, come twice, and
// follow the hours; with a business calendar and without.
func TestTheServerRunsWhatWePromise(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	w.Now = func() time.Time { return time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC) }
	for i, s := range switches {
		for j, cron := range []string{s.at, "*/20 * * * *", "0,30 1-3 * * *", "0 3 L * *"} {
			for _, named := range []string{"", "days"} {
				x := schedules.Schedule{
					ID: fmt.Sprintf("clock/%d-%d%s", i, j, named), Note: "Tests the clocks.", Workflow: "W", Cron: cron, Zone: s.zone,
					CatchUp: schedules.Duration(time.Minute), Calendar: named,
				}
				if named != "" {
					x.Roll = calendar.Skip
				}
				p := plans(t, schedules.File{Schedules: []schedules.Schedule{x}, Calendars: []calendar.Spec{{Name: "days", Zone: s.zone, Weekends: []string{"tuesday"}}}})[0]
				w.apply(keeper.FromFile, []schedules.Plan{p})
				for _, day := range []string{s.forward, s.back} {
					_, from, until := around(t, s.zone, day)
					want := p.Next(from.Add(-time.Second), 500)
					want = want[:slices.IndexFunc(want, func(m time.Time) bool { return m.After(until) })]
					if got := w.times(x.ID, from, until); !slices.EqualFunc(got, want, time.Time.Equal) {
						t.Errorf("%s in %s around %s: Temporal has %s, we say %s", cron, s.zone, day, got, want)
					}
				}
			}
		}
	}
}

// TestWhatTemporalItselfDoes writes down what made us not hand it a time zone. When it
// fails, the server has changed: docs/schedules.md quotes it.
func TestWhatTemporalItselfDoes(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	for i, s := range []struct{ zone, cron, day, want string }{
		{"Europe/Zurich", "30 2 * * *", "2027-03-28", "27 02:30+01:00, 29 02:30+02:00"},
		{"Europe/Zurich", "30 2 * * *", "2027-10-31", "30 02:30+02:00, 31 02:30+01:00, 01 02:30+01:00"},
		{"America/New_York", "30 2 * * *", "2027-03-14", "13 02:30-05:00, 15 02:30-04:00"},
		{"America/New_York", "30 1 * * *", "2027-11-07", "06 01:30-04:00, 07 01:30-04:00, 07 01:30-05:00, 08 01:30-05:00"},
		{"Australia/Sydney", "30 2 * * *", "2027-10-03", "02 02:30+10:00, 04 02:30+11:00"},
		{"Australia/Sydney", "30 2 * * *", "2027-04-04", "03 02:30+11:00, 04 02:30+10:00, 05 02:30+10:00"},
	} {
		id := fmt.Sprintf("bare/%d", i)
		_, err := w.Client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
			ID: id, Spec: client.ScheduleSpec{CronExpressions: []string{s.cron}, TimeZoneName: s.zone},
			Action: &client.ScheduleWorkflowAction{ID: id, Workflow: "W", TaskQueue: "q"},
		})
		if err != nil {
			t.Fatal(err)
		}
		z, from, until := around(t, s.zone, s.day)
		var got []string
		for _, m := range w.times(id, from, until) {
			got = append(got, m.In(z).Format("02 15:04-07:00"))
		}
		if strings.Join(got, ", ") != s.want {
			t.Errorf("%s in %s around %s: %s, want %s", s.cron, s.zone, s.day, got, s.want)
		}
	}
	// Every half hour of the day of 25 hours in Zurich, of which there are 50.
	id := "bare/half-hours"
	_, err := w.Client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: id, Spec: client.ScheduleSpec{CronExpressions: []string{"*/30 * * * *"}, TimeZoneName: "Europe/Zurich"},
		Action: &client.ScheduleWorkflowAction{ID: id, Workflow: "W", TaskQueue: "q"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, from, until := around(t, "Europe/Zurich", "2027-10-31")
	if got := len(w.times(id, from.AddDate(0, 0, 1), until.AddDate(0, 0, -1))); got != 48 {
		t.Errorf("%d half hours on the day of 25 hours, want 48, two too few", got)
	}
}

// TestBusinessDaysAreTheServers compares a year of moved and skipped times.
func TestBusinessDaysAreTheServers(t *testing.T) {
	t.Parallel()
	w := newClockwork(t)
	w.Now = func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	f := schedules.File{Calendars: []calendar.Spec{{
		Name: "eur", Zone: "Europe/Zurich", Holidays: []string{"target2", "us_fed"},
		Freezes: []calendar.Freeze{{From: "2027-06-28T12:00:00+02:00", To: "2027-07-02T12:00:00+02:00", Why: "half year"}},
	}}}
	for _, by := range []calendar.Convention{calendar.Following, calendar.Preceding, calendar.ModifiedFollowing, calendar.Skip} {
		for name, at := range map[string]clock.Fields{"daily": {Hour: "2", Minute: "30"}, "end": {Hour: "18", Day: "last"}, "first": {Hour: "9", Day: "1"}} {
			f.Schedules = append(f.Schedules, schedules.Schedule{
				ID: name + "/" + string(by), Note: "Tests business days.", Workflow: "W", At: []clock.Fields{at}, Calendar: "eur", Roll: by,
				CatchUp: schedules.Duration(time.Minute),
			})
		}
	}
	ps := plans(t, f)
	w.apply(keeper.FromFile, ps)
	from, until := schedules.Span(w.Now())
	for _, p := range ps {
		got := w.times(p.Schedule.ID, from, until)
		want := p.Next(from.Add(-time.Nanosecond), len(got)+1)
		if len(got) < 8 || !slices.EqualFunc(got, want[:len(got)], time.Time.Equal) || want[len(got)].Before(until) {
			t.Errorf("%s: Temporal has %d times, we say %s", p.Schedule.ID, len(got), want)
		}
	}
}
