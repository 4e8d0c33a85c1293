package clock_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/calendar"
	"countersign/schedules/clock"
)

func made(t rapid.TB, s calendar.Spec) calendar.Calendar {
	s.Name = "test"
	c, err := calendar.New(s)
	if err != nil {
		t.Fatalf("calendar: %v", err)
	}
	return c
}

func cron(t rapid.TB, text string) clock.Clock {
	c, err := clock.Cron(text)
	if err != nil {
		t.Fatalf("cron: %v", err)
	}
	return c
}

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

// Both switches of three zones on two hemispheres, and one whose clocks move by half an
// hour. Days are given as they are there; the span is that day and the next.
func TestDaysOnWhichTheClocksChange(t *testing.T) {
	for _, tt := range []struct{ name, zone, cron, day, want string }{
		{"Zurich, spring: skipped, so an hour later", "Europe/Zurich", "30 2 * * *", "2027-03-28", "03:30+02:00, 02:30+02:00"},
		{"Zurich, autumn: twice, so the first", "Europe/Zurich", "30 2 * * *", "2027-10-31", "02:30+02:00, 02:30+01:00"},
		{"New York, spring: skipped", "America/New_York", "30 2 * * *", "2027-03-14", "03:30-04:00, 02:30-04:00"},
		{"New York, autumn: twice", "America/New_York", "30 1 * * *", "2027-11-07", "01:30-04:00, 01:30-05:00"},
		{"Sydney, spring: skipped", "Australia/Sydney", "30 2 * * *", "2027-10-03", "03:30+11:00, 02:30+11:00"},
		{"Sydney, autumn: twice", "Australia/Sydney", "30 2 * * *", "2027-04-04", "02:30+11:00, 02:30+10:00"},
		{"Lord Howe, half an hour, spring", "Australia/Lord_Howe", "15 2 * * *", "2027-10-03", "02:45+11:00, 02:15+11:00"},
		{"Lord Howe, autumn", "Australia/Lord_Howe", "45 1 * * *", "2027-04-04", "01:45+11:00, 01:45+10:30"},
		{"at the moment of the change", "Europe/Zurich", "0 3 * * *", "2027-03-28", "03:00+02:00, 03:00+02:00"},
		{"before and after it nothing changes", "Europe/Zurich", "30 18 * * *", "2027-10-30", "18:30+02:00, 18:30+01:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := moments(t, tt.zone, tt.cron, tt.day, 2)
			if len(got) != 2 || strings.Join(got, ", ") != tt.want {
				t.Errorf("%s on %s and the day after: %s, want %s", tt.cron, tt.day, got, tt.want)
			}
		})
	}
}

// Every half hour is every half hour: 46 times on the day of 23 hours, 50 on that of 25.
func TestHourlyFollowsTheHoursThatPass(t *testing.T) {
	for _, tt := range []struct {
		zone, day string
		want      int
	}{
		{"Europe/Zurich", "2027-03-28", 46}, {"Europe/Zurich", "2027-10-31", 50},
		{"America/New_York", "2027-03-14", 46}, {"America/New_York", "2027-11-07", 50},
		{"Australia/Sydney", "2027-10-03", 46}, {"Australia/Sydney", "2027-04-04", 50},
		{"Australia/Lord_Howe", "2027-10-03", 47}, {"Australia/Lord_Howe", "2027-04-04", 49},
	} {
		if got := moments(t, tt.zone, "*/30 * * * *", tt.day, 1); len(got) != tt.want {
			t.Errorf("%s in %s: %d times, want %d: %s", tt.day, tt.zone, len(got), tt.want, got)
		}
	}
}

// moments are the local times of a cron expression on some days, each a business day.
func moments(t *testing.T, zone, text, first string, days int) (out []string) {
	t.Helper()
	in := made(t, calendar.Spec{Zone: zone, Weekends: []string{}})
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	d := day(first)
	from := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, z)
	for _, m := range clock.Moments([]clock.Clock{cron(t, text)}, in, calendar.Skip, from, from.AddDate(0, 0, days)) {
		out = append(out, m.In(z).Format("15:04-07:00"))
	}
	return out
}

func TestRolls(t *testing.T) {
	eur := made(t, calendar.Spec{Zone: "Europe/Zurich", Holidays: []string{"target2"}, Freezes: []calendar.Freeze{
		{From: "2026-12-28T12:00:00+01:00", To: "2026-12-30T19:00:00+01:00", Why: "year end"},
	}})
	for _, tt := range []struct {
		name, cron string
		by         calendar.Convention
		want       string
	}{
		{"skipped", "30 18 24-31 12 *", calendar.Skip, "24 31"},
		{"following", "30 18 25 12 *", calendar.Following, "31"}, // over Christmas, the weekend and the freeze
		{"preceding", "30 18 27 12 *", calendar.Preceding, "24"},
		{"before the freeze begins", "30 11 28 12 *", calendar.Following, "28"},
		{"after it has ended", "30 19 30 12 *", calendar.Preceding, "30"},
		{"in the freeze, back", "30 18 30 12 *", calendar.Preceding, "24"},
		{"the last day", "30 18 L 12 *", calendar.Preceding, "31"},
		{"every day, moved onto one", "30 18 24-27 12 *", calendar.Preceding, "24"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range clock.Moments([]clock.Clock{cron(t, tt.cron)}, eur, tt.by, day("2026-12-01"), day("2027-01-01")) {
				got = append(got, m.Format("2"))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s, %s: days %s of December, want %s", tt.cron, tt.by, got, tt.want)
			}
		})
	}
}

func TestFieldsAreRefused(t *testing.T) {
	for _, tt := range []struct {
		fields clock.Fields
		want   []string
	}{
		{clock.Fields{Minute: "60", Hour: "24", Day: "0", Month: "13", Weekday: "8"}, []string{"minute:", "hour:", "day:", "month:", "weekday:"}},
		{clock.Fields{Minute: "a", Hour: "5-1", Day: "1-", Month: "foo", Weekday: "mon-fun"}, []string{`minute: "a"`, `hour: "5-1" ends before`, `day: ""`, "jan to dec", "sun to sat"}},
		{clock.Fields{Minute: "*/0", Hour: "*/24", Day: "*/x"}, []string{"minute:", "hour:", "day:"}},
		{clock.Fields{Minute: "+5", Hour: "005", Day: "1,,2"}, []string{"minute:", "hour:", "day:"}},
		{clock.Fields{Day: "30", Month: "feb"}, []string{"day: 30 is in none of these months"}},
	} {
		_, err := clock.Parse(tt.fields)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q in it", tt.fields, err, want)
			}
		}
	}
	for text, want := range map[string]string{
		"30 18 * *": "has 4 fields", "0 30 18 * * *": "has 6 fields", "@daily": "five fields", "CRON_TZ=UTC 0 0 * * *": "zone",
		"0 9 1 * mon": "either", "61 9 * * *": "minute:", "0 0 30 2 *": "none of these months", "0 0 L-1 * *": "day:",
	} {
		if _, err := clock.Cron(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", text, err, want)
		}
	}
}

func TestFieldsAreRead(t *testing.T) {
	utc := made(t, calendar.Spec{Zone: "UTC", Weekends: []string{}})
	for _, tt := range []struct{ cron, want string }{
		{"0 0 * feb-mar sun", "02-01 02-08 02-15 02-22 03-01"}, // until 2026-03-05
		{"0 0 * 2,3 7", "02-01 02-08 02-15 02-22 03-01"},
		{"0 0 */20 * *", "01-21 02-01 02-21 03-01"},
		{"0 0 L 1-2 *", "01-31 02-28"},
		{"0 0 15,last 2 *", "02-15 02-28"},
		{"0 0 29/1 jan *", "01-29 01-30 01-31"},
	} {
		var got []string
		for _, m := range clock.Moments([]clock.Clock{cron(t, tt.cron)}, utc, calendar.Skip, day("2026-01-05"), day("2026-03-05")) {
			got = append(got, m.Format("01-02"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.cron, got, tt.want)
		}
	}
}

// For any calendar, convention and time of day: what is left is never on a closed day nor
// in a freeze, none is lost by rolling, and order is kept.
func TestWhatIsRolled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Zurich", "America/New_York", "Australia/Sydney", "UTC"}).Draw(t, "zone")
		in := made(t, drawCalendar(t, zone))
		by := rapid.SampledFrom([]calendar.Convention{calendar.Following, calendar.Preceding, calendar.ModifiedFollowing, calendar.Skip}).Draw(t, "by")
		at := fmt.Sprintf("%d %d ", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 23).Draw(t, "hour"))
		c := cron(t, at+rapid.SampledFrom([]string{"*", "*/3", "L", "1", "25"}).Draw(t, "day")+" * *")
		// The bare days are those of a calendar that is never closed.
		bare := made(t, calendar.Spec{Zone: zone, Weekends: []string{}})
		from, until := day("2027-01-01"), day("2027-12-31")
		base := clock.Moments([]clock.Clock{c}, bare, calendar.Skip, from, until)
		got := clock.Moments([]clock.Clock{c}, in, by, from.AddDate(-1, 0, 0), until.AddDate(1, 0, 0))
		for i, m := range got {
			if !in.Open(m) {
				t.Fatalf("%s is not open: %s", m, in.Closed(m))
			}
			if i > 0 && !got[i-1].Before(m) {
				t.Fatalf("%s does not come before %s", got[i-1], m)
			}
		}
		z, _ := time.LoadLocation(zone)
		var last time.Time
		for _, b := range base {
			moved := rolled(in, cron(t, at+"* * *"), b.In(z), by)
			if by == calendar.Skip {
				if in.Open(b) != slices.ContainsFunc(got, b.Equal) {
					t.Fatalf("%s is open: %t, and in the times: %t", b, in.Open(b), !in.Open(b))
				}
				continue
			}
			if !slices.ContainsFunc(got, moved.Equal) {
				t.Fatalf("%s is lost: %s (%s) is not among the times", b, moved, by)
			}
			if moved.Before(last) {
				t.Fatalf("%s was moved before an earlier one, to %s", b, moved)
			}
			last = moved
		}
	})
}

// rolled looks day by day for where a time of a clock is to go: the property's own words
// for what [clock.Moments] does by another way.
func rolled(in calendar.Calendar, every clock.Clock, local time.Time, by calendar.Convention) time.Time {
	look := func(step int) time.Time {
		for d := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location()); ; d = d.AddDate(0, 0, step) {
			for _, m := range clock.Moments([]clock.Clock{every}, in, calendar.Skip, d, d.AddDate(0, 0, 1)) {
				return m
			}
		}
	}
	switch by {
	case calendar.Preceding:
		return look(-1)
	case calendar.ModifiedFollowing:
		if m := look(1); m.In(local.Location()).Month() == local.Month() {
			return m
		}
		return look(-1)
	}
	return look(1)
}

func drawCalendar(t *rapid.T, zone string) calendar.Spec {
	s := calendar.Spec{Zone: zone, Weekends: []string{}}
	for _, w := range []string{"saturday", "sunday", "wednesday"} {
		if rapid.Bool().Draw(t, w) {
			s.Weekends = append(s.Weekends, w)
		}
	}
	s.Holidays = rapid.SampledFrom([][]string{nil, {"target2"}, {"us_fed"}, {"target2", "us_fed"}}).Draw(t, "holidays")
	for range rapid.IntRange(0, 5).Draw(t, "days") {
		if d := day("2027-01-01").AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "listed")).Format(time.DateOnly); !slices.Contains(s.Days, d) {
			s.Days = append(s.Days, d)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "freezes") {
		from := day("2027-01-01").Add(time.Duration(rapid.IntRange(0, 364*24).Draw(t, "hour")) * time.Hour)
		to := from.Add(time.Duration(rapid.IntRange(1, 24*20).Draw(t, "hours")) * time.Hour)
		s.Freezes = append(s.Freezes, calendar.Freeze{From: from.Format(time.RFC3339), To: to.Format(time.RFC3339), Why: "test"})
	}
	return s
}
