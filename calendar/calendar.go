// Package calendar says when business is done: which days are business days, during
// which hours, and when an operator has frozen everything.
//
// A [Calendar] is a value made of a [Spec], which is strict JSON in a file. Days are
// civil days in the calendar's time zone, so that a moment belongs to Friday in Frankfurt
// and to Thursday in New York. Hours are what the clock on the wall shows there, on days
// of 23 and 25 hours too.
//
// The closing days of TARGET (the euro's settlement system) and of the Federal Reserve
// Banks are computed from their published rules, and the tests hold them to the
// published dates. Whatever else a market closes for is listed by the operator.
//
// All times that a calendar returns are in UTC. The zero Calendar is never open and has
// no business days.
package calendar

import (
	"time"
)

// A Calendar knows business days and opening hours. It is immutable.
type Calendar struct {
	name    string
	zone    *time.Location
	weekend [7]bool
	sets    []set
	days    map[date]string // closed besides, and why
	hours   [7][]span       // when any weekday has some; none means the whole day
	timed   bool
	freezes []freeze
}

// A freeze is [from, to).
type freeze struct {
	from, to time.Time
	why      string
}

// A span is of minutes since midnight on the wall clock, [open, close).
type span struct{ open, close int }

// Name is the calendar's.
func (c Calendar) Name() string { return c.name }

// Open reports whether business is done at t: a business day, within opening hours, and
// not frozen.
func (c Calendar) Open(t time.Time) bool { return c.Closed(t) == "" }

// Closed says in a few words why business is not done at t; empty when it is.
func (c Calendar) Closed(t time.Time) string {
	if why := c.closedDay(t); why != "" {
		return why
	}
	if why := c.frozen(t); why != "" {
		return "frozen: " + why
	}
	if !c.timed {
		return ""
	}
	local := t.In(c.zone)
	minute := local.Hour()*60 + local.Minute()
	for _, s := range c.hours[local.Weekday()] {
		if minute >= s.open && minute < s.close {
			return ""
		}
	}
	return "outside opening hours"
}

// frozen says why, where t is in a freeze.
func (c Calendar) frozen(t time.Time) string {
	for _, f := range c.freezes {
		if !t.Before(f.from) && t.Before(f.to) {
			return f.why
		}
	}
	return ""
}

// BusinessDay reports whether the day of t is one: hours and freezes do not matter.
func (c Calendar) BusinessDay(t time.Time) bool { return c.closedDay(t) == "" }

func (c Calendar) closedDay(t time.Time) string {
	if c.zone == nil {
		return "there is no calendar"
	}
	return c.closed(dateOf(t.In(c.zone)))
}

// closed says why a day is not a business day.
func (c Calendar) closed(d date) string {
	if c.weekend[d.weekday()] {
		return "weekend"
	}
	if why, is := c.days[d]; is {
		return why
	}
	for _, s := range c.sets {
		if why := s.closed(d); why != "" {
			return why
		}
	}
	return ""
}
