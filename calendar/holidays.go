package calendar

import "time"

// A set is the closing days of a market.
type set struct {
	name   string
	closed func(date) (why string)
}

// sets are those that a [Spec] may name.
var sets = []set{{"target2", target}, {"us_fed", fed}}

// target is TARGET, which settles the euro: the European Central Bank's long-term
// calendar of closing days since 2002 (press release of 14 December 2000), none of which
// moves when it falls on a weekend.
func target(d date) string {
	sunday := easter(d.year)
	switch {
	case d.month == time.January && d.day == 1:
		return "New Year's Day (target2)"
	case d == sunday.plus(-2):
		return "Good Friday (target2)"
	case d == sunday.plus(1):
		return "Easter Monday (target2)"
	case d.month == time.May && d.day == 1:
		return "Labour Day (target2)"
	case d.month == time.December && d.day == 25:
		return "Christmas Day (target2)"
	case d.month == time.December && d.day == 26:
		return "26 December (target2)"
	}
	return ""
}

// fed is the holiday schedule of the Federal Reserve Banks: a fixed holiday that falls on
// a Sunday is kept on Monday, and one that falls on a Saturday is not kept on Friday, on
// which the Banks are open (https://www.federalreserve.gov/aboutthefed/k8.htm; federal
// offices differ in this). Juneteenth is kept since 2022.
func fed(d date) string {
	fixed := func(m time.Month, day int) bool {
		return d == date{d.year, m, day} || d.weekday() == time.Monday && d.plus(-1) == date{d.year, m, day}
	}
	switch {
	case fixed(time.January, 1):
		return "New Year's Day (us_fed)"
	case d.month == time.January && d.nth(3, time.Monday):
		return "Martin Luther King Jr. Day (us_fed)"
	case d.month == time.February && d.nth(3, time.Monday):
		return "Presidents' Day (us_fed)"
	case d.month == time.May && d.nth(-1, time.Monday):
		return "Memorial Day (us_fed)"
	case d.year >= 2022 && fixed(time.June, 19):
		return "Juneteenth (us_fed)"
	case fixed(time.July, 4):
		return "Independence Day (us_fed)"
	case d.month == time.September && d.nth(1, time.Monday):
		return "Labor Day (us_fed)"
	case d.month == time.October && d.nth(2, time.Monday):
		return "Columbus Day (us_fed)"
	case fixed(time.November, 11):
		return "Veterans Day (us_fed)"
	case d.month == time.November && d.nth(4, time.Thursday):
		return "Thanksgiving Day (us_fed)"
	case fixed(time.December, 25):
		return "Christmas Day (us_fed)"
	}
	return ""
}
