package calendar

import "time"

// A date is a civil day.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// noon is of UTC, where all days have 24 hours.
func (d date) noon() time.Time { return time.Date(d.year, d.month, d.day, 12, 0, 0, 0, time.UTC) }

func (d date) plus(days int) date { return dateOf(d.noon().AddDate(0, 0, days)) }

func (d date) weekday() time.Weekday { return d.noon().Weekday() }

// easter is Easter Sunday in the Gregorian calendar, by the algorithm that Nature
// published anonymously in 1876 (Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) date {
	a, b, c := year%19, year/100, year%100
	d, e, f := b/4, b%4, (b+8)/25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return date{year, time.Month(n / 31), n%31 + 1}
}

// nth is the nth such weekday of the month; the last for -1.
func (d date) nth(n int, w time.Weekday) bool {
	if d.weekday() != w {
		return false
	}
	if n < 0 {
		return d.plus(7).month != d.month
	}
	return (d.day-1)/7 == n-1
}
