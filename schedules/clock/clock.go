// Package clock is the times of day and days of a schedule, as the clock on the wall
// shows them, and the moments that these are.
//
// A [Clock] is five fields in the grammar of cron. [Clock.Moments] says when it is that
// time in a business calendar's zone, on the days that are left of it once closed days
// have been rolled or skipped. [Explicit] writes moments down for Temporal, in UTC and
// without remainder.
//
// We do not hand Temporal a time zone, because what its scheduler does on the two days of
// the year that the clocks change depends on the zone (measured with server 1.29.1: a
// 01:30 that comes twice is run twice in New York, a 02:30 once in Zurich, and every
// half-hour loses two runs there). What we promise is the same everywhere:
//
//   - A time that the clocks skip is run as much later as they skip, on that day.
//   - A time that they show twice is run at the first of them.
//   - Where the hour is *, the run follows the hours that pass: both of two equal ones.
package clock

import (
	"iter"
	"slices"
	"time"

	"countersign/calendar"
)

// A Clock is a set of times of day on a set of days. The zero Clock has none.
type Clock struct {
	// Bit n is set where n is in the field.
	minute, hour, day, month, weekday uint64
	// last adds the last day of the month to day.
	last bool
}

// all is a field of every number from low to high.
func all(low, high int) (bits uint64) {
	for n := low; n <= high; n++ {
		bits |= 1 << n
	}
	return bits
}

// Hourly reports whether every hour has the same times: the hour is *.
func (c Clock) Hourly() bool { return c.hour == all(0, 23) }

// Daily reports whether there is one time of day, so that a day that is moved passes no
// other.
func (c Clock) Daily() bool { return single(c.minute) && single(c.hour) }

func single(bits uint64) bool { return bits != 0 && bits&(bits-1) == 0 }

// Ever reports whether there is such a day at all: there is no 30 February.
func (c Clock) Ever() bool {
	for day := range 366 { // of a leap year; a weekday comes around on each of them
		d := time.Date(2000, 1, 1+day, 12, 0, 0, 0, time.UTC)
		if c.months(d) && c.days(d) {
			return true
		}
	}
	return false
}

func (c Clock) months(d time.Time) bool { return c.month>>int(d.Month())&1 == 1 }

func (c Clock) days(d time.Time) bool {
	return c.day>>d.Day()&1 == 1 || c.last && d.AddDate(0, 0, 1).Day() == 1
}

func (c Clock) on(d time.Time) bool {
	return c.months(d) && c.days(d) && c.weekday>>int(d.Weekday())&1 == 1
}

// Moments are the times of the clocks in the zone of a calendar, from the first of the
// span to before the second, in order and each once. What falls on a closed day of the
// calendar or into one of its freezes is moved or left out as the convention says.
func Moments(clocks []Clock, in calendar.Calendar, by calendar.Convention, from, until time.Time) []time.Time {
	margin := 2 // a day there is not one of UTC
	if by != calendar.Skip {
		margin += in.Stretch() // days beyond the span may be moved into it
	}
	var out []time.Time
	for d := range days(from.AddDate(0, 0, -margin), until.AddDate(0, 0, margin)) {
		for _, c := range clocks {
			if !c.on(d) {
				continue
			}
			for _, t := range c.moments(d, in, by) {
				if !t.Before(from) && t.Before(until) {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// moments are those of one day.
func (c Clock) moments(d time.Time, in calendar.Calendar, by calendar.Convention) (out []time.Time) {
	for hour := range 24 {
		if c.hour>>hour&1 == 0 {
			continue
		}
		for minute := range 60 {
			if c.minute>>minute&1 == 0 {
				continue
			}
			fit := in.Fit(d, time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute, by)
			if len(fit) > 1 && !c.Hourly() {
				fit = fit[:1]
			}
			out = append(out, fit...)
		}
	}
	return out
}

// days are the civil days from one moment to another, in UTC.
func days(from, until time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		d := time.Date(from.Year(), from.Month(), from.Day(), 12, 0, 0, 0, time.UTC)
		for ; !d.After(until); d = d.AddDate(0, 0, 1) {
			if !yield(d) {
				return
			}
		}
	}
}
