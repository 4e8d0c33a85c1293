package schedules

import (
	"fmt"
	"strings"
	"time"

	"countersign/calendar"
	"countersign/schedules/clock"

	"go.temporal.io/sdk/client"
)

// A Plan is a schedule that was checked, with the calendar that it names.
type Plan struct {
	Schedule Schedule       `json:"schedule"`
	Calendar *calendar.Spec `json:"calendar,omitempty"`

	clocks []clock.Clock
	days   calendar.Calendar // of the zone where no calendar is named: never closed
	by     calendar.Convention
}

// Explicit reports whether Temporal is told the very moments, for a while: there is a
// time zone or a business calendar, or the last day of a month.
func (p Plan) Explicit() bool {
	if len(p.clocks) == 0 {
		return false
	}
	for _, c := range p.clocks {
		if _, plain := c.Plain(); !plain {
			return true
		}
	}
	return p.Calendar != nil || p.Schedule.Zone != "UTC"
}

// ahead is for how many months after the present one moments are written down: a year, so
// that a quarter of a year without renewal is nothing, and an auditor sees every date.
const ahead = 13

// Span is from when until when the moments of an [Plan.Explicit] plan are written down. It
// moves by whole months, so that there is nothing to renew within one. The month past is
// there for backfills.
func Span(now time.Time) (from, until time.Time) {
	now = now.UTC()
	from = time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	return from, time.Date(now.Year(), now.Month()+ahead+1, 1, 0, 0, 0, 0, time.UTC)
}

// Spec is the times as they are told to Temporal at a moment.
func (p Plan) Spec(now time.Time) client.ScheduleSpec {
	spec := client.ScheduleSpec{Jitter: time.Duration(p.Schedule.Jitter), TimeZoneName: "UTC"}
	switch {
	case p.Schedule.Every != 0:
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: time.Duration(p.Schedule.Every), Offset: time.Duration(p.Schedule.Offset)}}
	case p.Explicit():
		from, until := Span(now)
		spec.Calendars = clock.Explicit(clock.Moments(p.clocks, p.days, p.by, from, until), p.beside)
	default:
		for _, c := range p.clocks {
			plain, _ := c.Plain()
			spec.Calendars = append(spec.Calendars, plain)
		}
	}
	return spec
}

// beside is what an operator reads in the Web UI beside moments of UTC.
func (p Plan) beside(t time.Time) string {
	local := t.In(p.Zone())
	name, _ := local.Zone()
	if len(p.clocks) == 1 && p.clocks[0].Daily() {
		return fmt.Sprintf("%s %s in %s", local.Format("15:04"), name, p.zone())
	}
	return name + " in " + p.zone()
}

// Zone is where the schedule's times are read; UTC for an interval.
func (p Plan) Zone() *time.Location {
	zone, err := time.LoadLocation(p.zone())
	if err != nil { // it was loaded when the plan was made
		return time.UTC
	}
	return zone
}

func (p Plan) zone() string {
	switch {
	case p.Calendar != nil:
		return p.Calendar.Zone
	case p.Schedule.Zone != "":
		return p.Schedule.Zone
	}
	return "UTC"
}

// horizon is how far [Plan.Next] looks: 29 February comes after eight years at the latest.
const horizon = 9 * 366 * 24 * time.Hour

// Next returns the first n nominal times after a moment, without jitter; fewer where there
// are no more within nine years.
func (p Plan) Next(after time.Time, n int) (next []time.Time) {
	if every := int64(p.Schedule.Every / Duration(time.Second)); every != 0 {
		offset := int64(p.Schedule.Offset / Duration(time.Second))
		passed := (after.Unix() - offset) / every
		for len(next) < n {
			passed++
			next = append(next, time.Unix(passed*every+offset, 0).UTC())
		}
		return next
	}
	from := after.Add(time.Nanosecond)
	for width := 32 * 24 * time.Hour; len(next) < n && from.Sub(after) < horizon; width *= 2 {
		next = append(next, clock.Moments(p.clocks, p.days, p.by, from, from.Add(width))...)
		from = from.Add(width)
	}
	return next[:min(n, len(next))]
}

// When says in words when it runs.
func (p Plan) When() string {
	s := p.Schedule
	var out string
	switch {
	case s.Every != 0 && s.Offset != 0:
		return fmt.Sprintf("every %s, %s after", s.Every, s.Offset)
	case s.Every != 0:
		return fmt.Sprintf("every %s", s.Every)
	case s.Cron != "":
		out = s.Cron
	default:
		var at []string
		for _, f := range s.At {
			at = append(at, f.String())
		}
		out = strings.Join(at, "; ")
	}
	out += " in " + p.zone()
	if p.Calendar != nil {
		out += fmt.Sprintf(", by business calendar %s: %s", p.Calendar.Name, rolls[p.by])
	}
	return out
}

// rolls are conventions in words.
var rolls = map[calendar.Convention]string{
	calendar.Following:         "what falls on a closed day is moved to the next open one",
	calendar.Preceding:         "what falls on a closed day is moved to the last open one before",
	calendar.ModifiedFollowing: "what falls on a closed day is moved to the next open one of the month, else to the last before",
	calendar.Skip:              "what falls on a closed day is left out",
}
