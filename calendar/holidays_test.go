package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/calendar"
)

func made(t testing.TB, s calendar.Spec) calendar.Calendar {
	t.Helper()
	if s.Name == "" {
		s.Name = "test"
	}
	c, err := calendar.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The closing days of TARGET that are no weekends, by the European Central Bank's
// long-term calendar (https://www.ecb.europa.eu/press/pr/date/2000/html/pr001214_4.en.html).
var target = map[int]string{
	2024: "01-01 03-29 04-01 05-01 12-25 12-26",
	2025: "01-01 04-18 04-21 05-01 12-25 12-26",
	2026: "01-01 04-03 04-06 05-01 12-25",
	2027: "01-01 03-26 03-29",
	2028: "04-14 04-17 05-01 12-25 12-26",
	2029: "01-01 03-30 04-02 05-01 12-25 12-26",
	2030: "01-01 04-19 04-22 05-01 12-25 12-26",
}

// The days on which the Federal Reserve Banks are closed that are no weekends, by their
// holiday schedule (https://www.federalreserve.gov/aboutthefed/k8.htm). Holidays on a Saturday are missing: 4 July 2026, 19 June and 25
// December 2027, 1 January and 11 November 2028.
var fed = map[int]string{
	2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
	2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
	2026: "01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25",
	2027: "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25",
	2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-23 12-25",
	2029: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
	2030: "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
}

func TestPublishedClosingDays(t *testing.T) {
	for year := 2024; year <= 2030; year++ {
		both := strings.Fields(target[year] + " " + fed[year])
		slices.Sort(both)
		for sets, want := range map[string]string{
			"":               "",
			"target2":        target[year],
			"us_fed":         fed[year],
			"target2 us_fed": strings.Join(slices.Compact(both), " "),
		} {
			c := made(t, calendar.Spec{Zone: "UTC", Holidays: strings.Fields(sets)})
			var closed []string
			for d := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
				weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
				if weekend && c.BusinessDay(d) {
					t.Errorf("%q: %s is a business day", sets, d.Format(time.DateOnly))
				}
				if !weekend && !c.BusinessDay(d) {
					closed = append(closed, d.Format("01-02"))
				}
			}
			if got := strings.Join(closed, " "); got != want {
				t.Errorf("%q in %d: closed on %s, want %s", sets, year, got, want)
			}
		}
	}
}

func TestRulesThatBegan(t *testing.T) {
	c := made(t, calendar.Spec{Zone: "UTC", Holidays: []string{"us_fed"}})
	for day, want := range map[string]string{
		"2020-06-19": "", "2022-06-20": "Juneteenth (us_fed)", "2023-06-19": "Juneteenth (us_fed)",
		"2021-12-24": "", "2021-12-31": "", "2022-12-26": "Christmas Day (us_fed)", "2023-01-02": "New Year's Day (us_fed)",
	} {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Closed(d); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
}

// knuth is Easter by another algorithm than the one that is tested (The Art of Computer
// Programming, volume 1, section 1.3.2, exercise 14).
func knuth(y int) time.Time {
	g, c := y%19+1, y/100+1
	x, z := 3*c/4-12, (8*c+5)/25-5
	d, e := 5*y/4-x-10, (11*g+20+z-x+30)%30
	if e == 25 && g > 11 || e == 24 {
		e++
	}
	n := 44 - e
	if n < 21 {
		n += 30
	}
	n += 7 - (d+n)%7
	return time.Date(y, time.March, n, 12, 0, 0, 0, time.UTC)
}

func TestEaster(t *testing.T) {
	c := made(t, calendar.Spec{Zone: "UTC", Holidays: []string{"target2"}, Weekends: []string{}})
	rapid.Check(t, func(t *rapid.T) {
		sunday := knuth(rapid.IntRange(1900, 2999).Draw(t, "year"))
		for days, want := range map[int]string{-3: "", -2: "Good Friday (target2)", -1: "", 0: "", 1: "Easter Monday (target2)", 2: ""} {
			d := sunday.AddDate(0, 0, days)
			if got := c.Closed(d); got != want && !strings.Contains(got, "Labour") {
				t.Fatalf("%s: %q, want %q", d.Format(time.DateOnly), got, want)
			}
		}
	})
}
