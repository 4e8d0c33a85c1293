package budget

import "time"

// A Window says since when claims count.
type Window struct {
	rolling time.Duration
	unit    unit
	zone    *time.Location
}

// unit is a span of the calendar.
type unit uint8

const (
	none unit = iota
	day
	week
	month
)

// Rolling counts the last d. It has no seam at midnight.
func Rolling(d time.Duration) Window { return Window{rolling: d} }

// Day counts the calendar day in a time zone.
func Day(zone *time.Location) Window { return Window{unit: day, zone: zone} }

// Week counts the calendar week, which begins on Monday (ISO 8601), in a time zone.
func Week(zone *time.Location) Window { return Window{unit: week, zone: zone} }

// Month counts the calendar month in a time zone.
func Month(zone *time.Location) Window { return Window{unit: month, zone: zone} }

// String says what the window is, for people: "24h0m0s", "day Europe/Paris", "ever".
func (w Window) String() string {
	switch {
	case w.rolling > 0:
		return w.rolling.String()
	case w.zone == nil || w.unit == none:
		return "ever"
	}
	return [...]string{day: "day ", week: "week ", month: "month "}[w.unit] + w.zone.String()
}

// Since returns the start of the window that holds now. The zero Window counts
// everything ever claimed: a forgotten window is the strictest.
func (w Window) Since(now time.Time) time.Time {
	if w.rolling > 0 {
		return now.Add(-w.rolling)
	}
	if w.zone == nil {
		return time.Unix(0, 0)
	}
	local := now.In(w.zone)
	y, m, d := local.Date()
	switch w.unit {
	case day:
		return startOfDay(y, m, d, w.zone)
	case week:
		return startOfDay(y, m, d-(int(local.Weekday())+6)%7, w.zone)
	case month:
		return startOfDay(y, m, 1, w.zone)
	}
	return time.Unix(0, 0)
}

// startOfDay returns the first moment of a calendar day; d may lie before the month.
// Where the clocks are changed at midnight, that day has no midnight or two of them,
// and [time.Date] leaves open what it returns.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if want := time.Date(y, m, d, 12, 0, 0, 0, zone).Day(); t.Day() != want { // no midnight: the day starts where the clock jumped
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
