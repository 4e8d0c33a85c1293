package rules

import "time"

// A Budget is a pot with a limit per window. Requests of one Name share it.
type Budget struct {
	Name   string
	Limit  Amount
	Window Window
}

// A Window says since when claims count.
type Window struct {
	rolling time.Duration
	zone    *time.Location
}

// Rolling counts the last d. It has no seam at midnight.
func Rolling(d time.Duration) Window { return Window{rolling: d} }

// Day counts the calendar day in a time zone.
func Day(zone *time.Location) Window { return Window{zone: zone} }

// since returns the start of the window that holds now. The zero Window counts
// everything ever claimed: a forgotten window is the strictest.
func (w Window) since(now time.Time) time.Time {
	switch {
	case w.rolling > 0:
		return now.Add(-w.rolling)
	case w.zone != nil:
		return startOfDay(now.In(w.zone))
	}
	return time.Unix(0, 0)
}

// startOfDay returns the first moment of now's calendar day. Where the clocks are
// changed at midnight, that day has no midnight or two of them, and [time.Date]
// leaves open what it returns.
func startOfDay(now time.Time) time.Time {
	y, m, d := now.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	if t.Day() != d { // no midnight: the day starts where the clock jumped
		_, t = t.ZoneBounds()
		return t
	}
	changed, _ := t.ZoneBounds()
	if changed.IsZero() {
		return t
	}
	_, before := changed.Add(-1).Zone()
	_, after := t.Zone()
	first := t.Add(time.Duration(after-before) * time.Second) // midnight by the clock before the change
	if first.Before(changed) {
		return first
	}
	return t
}
