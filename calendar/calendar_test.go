package calendar_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/calendar"
)

// at reads a moment in a zone: "2026-03-29 02:30".
func at(t testing.TB, zone, text string) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestClosed(t *testing.T) {
	c := made(t, calendar.Spec{
		Zone: "Europe/Berlin", Holidays: []string{"target2"}, Days: []string{"2026-12-24"},
		Hours:   []calendar.Hours{{Open: "09:00", Close: "12:00"}, {Days: []string{"monday", "tuesday"}, Open: "13:00", Close: "24:00"}},
		Freezes: []calendar.Freeze{{From: "2026-11-25T10:00:00+01:00", To: "2026-11-25T11:00:00+01:00", Why: "release"}},
	})
	for _, tt := range []struct{ name, at, want string }{
		{"just open", "2026-11-24 09:00", ""},
		{"just before", "2026-11-24 08:59", "outside opening hours"},
		{"closed at noon", "2026-11-24 12:00", "outside opening hours"},
		{"open again", "2026-11-24 13:00", ""},
		{"until midnight", "2026-11-24 23:59", ""},
		{"no afternoon on Wednesday", "2026-11-25 13:00", "outside opening hours"},
		{"not yet frozen", "2026-11-25 09:59", ""},
		{"frozen", "2026-11-25 10:00", "frozen: release"},
		{"thawed", "2026-11-25 11:00", ""},
		{"a weekend", "2026-11-28 10:00", "weekend"},
		{"a holiday", "2026-12-25 10:00", "Christmas Day (target2)"},
		{"a day that is listed", "2026-12-24 10:00", "2026-12-24 is listed as closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			moment := at(t, "Europe/Berlin", tt.at)
			if got := c.Closed(moment); got != tt.want || c.Open(moment) != (tt.want == "") {
				t.Errorf("Closed = %q, Open = %t, want %q", got, c.Open(moment), tt.want)
			}
			if got := c.Closed(moment.UTC()); got != tt.want {
				t.Errorf("the same moment in UTC: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestADayIsOfTheZone(t *testing.T) {
	moment := at(t, "UTC", "2026-11-27 23:30") // Friday in London, Saturday in Berlin
	if !made(t, calendar.Spec{Zone: "Europe/London"}).BusinessDay(moment) || made(t, calendar.Spec{Zone: "Europe/Berlin"}).BusinessDay(moment) {
		t.Error("the day does not follow the zone")
	}
}

func TestTheZeroCalendarIsNeverOpen(t *testing.T) {
	var c calendar.Calendar
	now := at(t, "UTC", "2026-11-24 12:00")
	if _, ok := c.Roll(now, calendar.Following); ok || c.Open(now) || c.BusinessDay(now) || c.Closed(now) == "" || !c.Next(now).IsZero() || !c.Add(now, 0).IsZero() || c.Name() != "" {
		t.Error("the zero Calendar is open")
	}
}

func TestRoll(t *testing.T) {
	c := made(t, calendar.Spec{Zone: "Europe/Berlin", Holidays: []string{"target2"}})
	for _, tt := range []struct{ name, day, following, preceding, modified, skip string }{
		{"a business day stays", "2026-11-24", "2026-11-24", "2026-11-24", "2026-11-24", "2026-11-24"},
		{"a Saturday", "2026-11-21", "2026-11-23", "2026-11-20", "2026-11-23", ""},
		{"the end of a month", "2026-10-31", "2026-11-02", "2026-10-30", "2026-10-30", ""},
		{"Easter", "2026-04-03", "2026-04-07", "2026-04-02", "2026-04-07", ""},
		{"Easter over the end of a month", "2024-03-30", "2024-04-02", "2024-03-28", "2024-03-28", ""},
		{"the end of a year", "2022-12-31", "2023-01-02", "2022-12-30", "2022-12-30", ""},
		{"the beginning of a year", "2027-01-01", "2027-01-04", "2026-12-31", "2027-01-04", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for by, want := range map[calendar.Convention]string{calendar.Following: tt.following, calendar.Preceding: tt.preceding,
				calendar.ModifiedFollowing: tt.modified, calendar.Skip: tt.skip, "": ""} {
				got, ok := c.Roll(at(t, "Europe/Berlin", tt.day+" 10:00"), by)
				if ok != (want != "") || ok && !got.Equal(at(t, "Europe/Berlin", want+" 10:00")) || !ok && !got.IsZero() || got.Location() != time.UTC {
					t.Errorf("%s: %s, %t, want %s at 10:00 there", by, got, ok, want)
				}
			}
		})
	}
}

func TestAdd(t *testing.T) {
	c := made(t, calendar.Spec{Zone: "America/New_York", Holidays: []string{"us_fed"}})
	for _, tt := range []struct {
		name, day string
		n         int
		want      string
	}{
		{"none", "2026-11-28", 0, "2026-11-28"},
		{"over a weekend", "2026-11-20", 1, "2026-11-23"},
		{"from a weekend", "2026-11-21", 1, "2026-11-23"},
		{"back from a weekend", "2026-11-22", -1, "2026-11-20"},
		{"over Thanksgiving", "2026-11-25", 2, "2026-11-30"},
		{"back over Thanksgiving", "2026-11-30", -2, "2026-11-25"},
		{"the Friday before a holiday on Saturday", "2026-07-02", 1, "2026-07-03"},
		{"over the Monday after a holiday on Sunday", "2027-07-02", 1, "2027-07-06"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, want := at(t, "America/New_York", tt.day+" 10:00"), at(t, "America/New_York", tt.want+" 10:00")
			if got := c.Add(from, tt.n); !got.Equal(want) {
				t.Errorf("Add = %s, want %s", got, want)
			}
			if tt.n == 1 && !c.Next(from).Equal(want) || tt.n == -1 && !c.Previous(from).Equal(want) {
				t.Errorf("Next = %s, Previous = %s, want %s", c.Next(from), c.Previous(from), want)
			}
		})
	}
	for _, n := range []int{math.MaxInt, math.MinInt, 3_000_000, -3_000_000} {
		if got := c.Add(at(t, "UTC", "2026-11-24 12:00"), n); !got.IsZero() {
			t.Errorf("Add(%d) = %s, want the zero time", n, got)
		}
	}
}

// A time of day stays what the clock on the wall shows, on both days of the year on which
// the clocks change; what they skip is as much later, what comes twice is the first.
func TestDaysOnWhichTheClocksChange(t *testing.T) {
	for _, tt := range []struct{ name, zone, from, want string }{
		{"Berlin, spring: the day before", "Europe/Berlin", "2026-03-27 10:00", "2026-03-28T09:00:00Z"},
		{"Berlin, spring", "Europe/Berlin", "2026-03-28 10:00", "2026-03-29T08:00:00Z"},
		{"Berlin, spring: skipped", "Europe/Berlin", "2026-03-28 02:30", "2026-03-29T01:30:00Z"},
		{"Berlin, autumn", "Europe/Berlin", "2026-10-24 10:00", "2026-10-25T09:00:00Z"},
		{"Berlin, autumn: twice", "Europe/Berlin", "2026-10-24 02:30", "2026-10-25T00:30:00Z"},
		{"New York, spring", "America/New_York", "2026-03-07 10:00", "2026-03-08T14:00:00Z"},
		{"New York, spring: skipped", "America/New_York", "2026-03-07 02:30", "2026-03-08T07:30:00Z"},
		{"New York, autumn", "America/New_York", "2026-10-31 10:00", "2026-11-01T15:00:00Z"},
		{"New York, autumn: twice", "America/New_York", "2026-10-31 01:30", "2026-11-01T05:30:00Z"},
		{"Lord Howe, half an hour, spring: skipped", "Australia/Lord_Howe", "2026-10-03 02:15", "2026-10-03T15:45:00Z"},
		{"Lord Howe, spring", "Australia/Lord_Howe", "2026-10-03 10:00", "2026-10-03T23:00:00Z"},
		{"Lord Howe, autumn: twice", "Australia/Lord_Howe", "2026-04-04 01:45", "2026-04-04T14:45:00Z"},
		{"Lord Howe, autumn", "Australia/Lord_Howe", "2026-04-04 10:00", "2026-04-04T23:30:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := made(t, calendar.Spec{Zone: tt.zone, Weekends: []string{}})
			if got := c.Next(at(t, tt.zone, tt.from)).Format(time.RFC3339); got != tt.want {
				t.Errorf("Next = %s, want %s", got, tt.want)
			}
		})
	}
}

// Opening hours go by the clock on the wall: an hour that is skipped is not missed, and
// one that comes twice is open twice.
func TestHoursOnDaysOnWhichTheClocksChange(t *testing.T) {
	for _, tt := range []struct {
		zone, day   string
		open, close string // on the wall
		hours       time.Duration
	}{
		{"Europe/Berlin", "2026-03-29", "01:00", "04:00", 2 * time.Hour},
		{"Europe/Berlin", "2026-10-25", "01:00", "04:00", 4 * time.Hour},
		{"America/New_York", "2026-03-08", "01:00", "04:00", 2 * time.Hour},
		{"America/New_York", "2026-11-01", "01:00", "04:00", 4 * time.Hour},
		{"Australia/Lord_Howe", "2026-10-04", "01:00", "04:00", 150 * time.Minute},
		{"Australia/Lord_Howe", "2026-04-05", "01:00", "04:00", 210 * time.Minute},
	} {
		c := made(t, calendar.Spec{Zone: tt.zone, Weekends: []string{}, Hours: []calendar.Hours{{Open: tt.open, Close: tt.close}}})
		open := time.Duration(0)
		for m := at(t, tt.zone, tt.day+" 00:00"); m.Before(at(t, tt.zone, tt.day+" 12:00")); m = m.Add(time.Minute) {
			if c.Open(m) {
				open += time.Minute
			}
		}
		if open != tt.hours {
			t.Errorf("%s on %s: open for %s, want %s", tt.zone, tt.day, open, tt.hours)
		}
	}
}

// Next and Previous are inverse from business day to business day, go strictly forward
// and back, and keep the time of day where the clocks do not skip it.
func TestDaysGoForwardAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati"}).Draw(t, "zone")
		c, err := calendar.New(calendar.Spec{Name: "test", Zone: zone, Holidays: []string{"target2", "us_fed"}})
		if err != nil {
			t.Fatal(err)
		}
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		// At noon no zone changes its clocks.
		noon := time.Date(2024, 1, 1+rapid.IntRange(0, 2500).Draw(t, "day"), 12, 0, 0, 0, z)
		from, ok := c.Roll(noon, calendar.Following)
		next := c.Next(from)
		if !ok || !c.BusinessDay(from) || from.Before(noon) || !next.After(from) || !c.BusinessDay(next) || !c.Previous(next).Equal(from) || next.In(z).Hour() != 12 {
			t.Fatalf("%s rolls to %s, next %s, back %s", noon, from, next, c.Previous(next))
		}
		n := rapid.IntRange(-40, 40).Draw(t, "n")
		if there := c.Add(from, n); !c.Add(there, -n).Equal(from) {
			t.Fatalf("%s and %d days is %s, and back is %s", from, n, there, c.Add(there, -n))
		}
	})
}
