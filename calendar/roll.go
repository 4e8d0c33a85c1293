package calendar

import (
	"slices"
	"time"
)

// A Convention is what becomes of a day that is no business day. The names are those of
// ISDA's business day conventions.
type Convention string

// The conventions.
const (
	// Following is the next business day.
	Following Convention = "following"
	// Preceding is the last business day before.
	Preceding Convention = "preceding"
	// ModifiedFollowing is the next business day, unless that is in another month: then
	// the last one before.
	ModifiedFollowing Convention = "modified_following"
	// Skip is no day at all.
	Skip Convention = "skip"
)

// farthest is more days than there are years for.
const farthest = 10_000 * 366

// Next is t's time of day on the first business day after its own. It is the zero time
// where there is none, which is so of the zero Calendar.
func (c Calendar) Next(t time.Time) time.Time { return c.Add(t, 1) }

// Previous is t's time of day on the last business day before its own.
func (c Calendar) Previous(t time.Time) time.Time { return c.Add(t, -1) }

// Add is t's time of day so many business days after its own, or before for a negative
// n; with 0 it is t. From a day that is no business day, the first one after or before is
// 1 away.
//
// A time of day that the clocks skip on that day is as much later as they skip; one that
// comes twice is the first. A day so far away that the years have five digits is the zero
// time.
func (c Calendar) Add(t time.Time, n int) time.Time {
	if c.zone == nil || n > farthest || n < -farthest {
		return time.Time{}
	}
	if n == 0 {
		return t.UTC()
	}
	d, step := dateOf(t.In(c.zone)), 1
	if n < 0 {
		step, n = -1, -n
	}
	for ; n > 0; n-- {
		if d = c.search(d.plus(step), step); d == (date{}) {
			return time.Time{}
		}
	}
	return c.on(d, t)
}

// Roll is t where its day is a business day, and else its time of day on the one that the
// convention says. It is false where there is no such day: with [Skip], with a convention
// that there is not, and in the zero Calendar.
func (c Calendar) Roll(t time.Time, by Convention) (rolled time.Time, ok bool) {
	if c.zone == nil || !slices.Contains([]Convention{Following, Preceding, ModifiedFollowing, Skip}, by) {
		return time.Time{}, false
	}
	own := dateOf(t.In(c.zone))
	d := date{}
	switch {
	case c.closed(own) == "":
		return t.UTC(), true
	case by == Preceding:
		d = c.search(own, -1)
	case by != Skip:
		d = c.search(own, 1)
	}
	if by == ModifiedFollowing && d.month != own.month {
		d = c.search(own, -1)
	}
	if d == (date{}) {
		return time.Time{}, false
	}
	return c.on(d, t), true
}

// search is the first business day at or beyond d; no day when the calendar's years end.
func (c Calendar) search(d date, step int) date {
	for d.year >= 1 && d.year <= 9999 {
		if c.closed(d) == "" {
			return d
		}
		d = d.plus(step)
	}
	return date{}
}

// Fit is what a schedule needs of [Calendar.Roll]: the time of day, so long after
// midnight by the clock on the wall, of a civil day (the date that day shows), moved by
// whole days as the convention says until it falls on a business day and in no freeze.
//
// It is one moment; two where the clocks show that time twice on that day; and where they
// skip it the one that is as much later. None of them is frozen. It is empty where there
// is no such day.
//
// Days in order are moved to moments in order, or to the same ones.
func (c Calendar) Fit(day time.Time, since time.Duration, by Convention) []time.Time {
	if c.zone == nil || !slices.Contains([]Convention{Following, Preceding, ModifiedFollowing, Skip}, by) {
		return nil
	}
	own := dateOf(day)
	if by == Skip {
		return c.thawed(own, since)
	}
	step := 1
	if by == Preceding {
		step = -1
	}
	d, fit := c.seek(own, since, step)
	if by == ModifiedFollowing && d.month != own.month {
		_, fit = c.seek(own, since, -1)
	}
	return fit
}

// seek is the first day at or beyond d on which some moment fits.
func (c Calendar) seek(d date, since time.Duration, step int) (date, []time.Time) {
	for ; d.year >= 1 && d.year <= 9999; d = d.plus(step) {
		if fit := c.thawed(d, since); len(fit) > 0 {
			return d, fit
		}
	}
	return date{}, nil
}

// thawed are the moments of a time of day on a business day that are in no freeze.
func (c Calendar) thawed(d date, since time.Duration) (fit []time.Time) {
	if c.closed(d) != "" {
		return nil
	}
	for _, t := range moments(d, since, c.zone) {
		if c.frozen(t) == "" {
			fit = append(fit, t)
		}
	}
	return fit
}

// on is t's time of day on d, in UTC.
func (c Calendar) on(d date, t time.Time) time.Time {
	local := t.In(c.zone)
	since := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return moments(d, since, c.zone)[0]
}

// moments are when the clock on the wall shows so much since midnight of a day: once,
// twice, or, where it never does, once and as much later. time.Date does not say which of
// two moments it returns on days that the clocks change, and takes the one before a gap
// in New York and the one behind it in Berlin.
func moments(d date, since time.Duration, zone *time.Location) []time.Time {
	wall := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Add(since)
	// The offsets that hold well before and well after; no zone changes twice in three days.
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	early := wall.Add(-time.Duration(before) * time.Second)
	late := wall.Add(-time.Duration(after) * time.Second)
	shows := func(t time.Time) bool {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).Equal(wall)
	}
	switch {
	case shows(early) && shows(late) && early.Before(late):
		return []time.Time{early.UTC(), late.UTC()}
	case shows(early) || !shows(late): // the only one, or in a gap: read with the offset before
		return []time.Time{early.UTC()}
	}
	return []time.Time{late.UTC()}
}

// Stretch is more days than [Calendar.Fit] moves any day by.
func (c Calendar) Stretch() int {
	closed := 10 // in a row, of the sets, on one weekday: there are not three
	closed += len(c.days)
	for _, f := range c.freezes {
		closed += 2 + int(f.to.Sub(f.from)/(24*time.Hour))
	}
	return 7 * closed // where one weekday is open, each closed one costs a week
}
