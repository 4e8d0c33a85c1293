package clock_test

import (
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"pgregory.net/rapid"

	"countersign/calendar"
	"countersign/schedules/clock"
)

// What is written down for Temporal is these moments and no others.
func TestExplicit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []time.Time
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			want = append(want, day("2026-12-30").Add(time.Duration(rapid.IntRange(0, 40*24*4).Draw(t, "quarter"))*15*time.Minute))
		}
		slices.SortFunc(want, time.Time.Compare)
		want = slices.CompactFunc(want, time.Time.Equal)
		specs := clock.Explicit(want, func(t time.Time) string { return t.Format("MST") })
		var got []time.Time
		for m := day("2026-12-01"); m.Before(day("2027-03-01")); m = m.Add(15 * time.Minute) {
			named := 0
			for _, s := range specs {
				if in(s.Minute, m.Minute()) && in(s.Hour, m.Hour()) && in(s.DayOfMonth, m.Day()) && in(s.Month, int(m.Month())) && in(s.Year, m.Year()) {
					named++
				}
			}
			if named > 1 {
				t.Fatalf("%s is named %d times", m, named)
			}
			if named == 1 {
				got = append(got, m)
			}
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("specs name %v, want %v", got, want)
		}
	})
}

func in(ranges []client.ScheduleRange, n int) bool {
	return slices.ContainsFunc(ranges, func(r client.ScheduleRange) bool { return n >= r.Start && n <= max(r.End, r.Start) })
}

// A year of business days is a few dozen rows, not one for each day.
func TestExplicitIsShort(t *testing.T) {
	eur := made(t, calendar.Spec{Zone: "Europe/Zurich", Holidays: []string{"target2"}})
	year := clock.Moments([]clock.Clock{cron(t, "30 18 * * *")}, eur, calendar.Skip, day("2027-01-01"), day("2028-01-01"))
	if specs := clock.Explicit(year, func(time.Time) string { return "18:30" }); len(year) < 250 || len(specs) > 16 {
		t.Errorf("%d moments in %d rows, want at least 250 in at most 16", len(year), len(specs))
	}
}
