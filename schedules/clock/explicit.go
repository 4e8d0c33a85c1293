package clock

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
)

// Explicit writes moments, which are whole minutes, down as Temporal's calendars in UTC:
// they name these moments and no others, in an order that depends on them alone. Words
// say beside each what an operator is to read; moments with different words share none.
func Explicit(moments []time.Time, words func(time.Time) string) []client.ScheduleCalendarSpec {
	minutes := map[row]uint64{}
	for _, t := range moments {
		t = t.UTC()
		minutes[row{year: t.Year(), month: 1 << t.Month(), day: 1 << t.Day(), hour: 1 << t.Hour(), words: words(t)}] |= 1 << t.Minute()
	}
	// Every step joins what differs in one field only, so that nothing is added: hours of
	// a day with the same minutes, days of a month with the same hours, months of a year.
	hours := join(minutes, func(r row, minute uint64) (row, uint64) { h := r.hour; r.hour, r.minute = 0, minute; return r, h })
	days := join(hours, func(r row, hour uint64) (row, uint64) { d := r.day; r.day, r.hour = 0, hour; return r, d })
	months := join(days, func(r row, day uint64) (row, uint64) { m := r.month; r.month, r.day = 0, day; return r, m })
	rows := make([]row, 0, len(months))
	for r, month := range months {
		r.month = month
		rows = append(rows, r)
	}
	slices.SortFunc(rows, row.compare)
	out := make([]client.ScheduleCalendarSpec, len(rows))
	for i, r := range rows {
		out[i] = client.ScheduleCalendarSpec{
			Minute: ranges(r.minute), Hour: ranges(r.hour), DayOfMonth: ranges(r.day), Month: ranges(r.month),
			Year: []client.ScheduleRange{{Start: r.year}}, Comment: r.words,
		}
	}
	return out
}

// Plain writes a clock of UTC down as one of Temporal's calendars, for ever. It is false
// where there is none: Temporal knows no last day of the month.
func (c Clock) Plain() (client.ScheduleCalendarSpec, bool) {
	return client.ScheduleCalendarSpec{
		Minute: ranges(c.minute), Hour: ranges(c.hour), DayOfMonth: ranges(c.day), Month: ranges(c.month), DayOfWeek: ranges(c.weekday),
	}, !c.last
}

// A row is one calendar: bit n is set where n is in the field.
type row struct {
	year                     int
	month, day, hour, minute uint64
	words                    string
}

func (r row) compare(o row) int {
	return cmp.Or(
		cmp.Compare(r.year, o.year), cmp.Compare(bits.TrailingZeros64(r.month), bits.TrailingZeros64(o.month)),
		cmp.Compare(bits.TrailingZeros64(r.day), bits.TrailingZeros64(o.day)), cmp.Compare(bits.TrailingZeros64(r.hour), bits.TrailingZeros64(o.hour)),
		cmp.Compare(r.month, o.month), cmp.Compare(r.day, o.day), cmp.Compare(r.hour, o.hour), cmp.Compare(r.minute, o.minute), cmp.Compare(r.words, o.words),
	)
}

// join fixes the field that was open and opens the next.
func join(rows map[row]uint64, next func(row, uint64) (row, uint64)) map[row]uint64 {
	out := map[row]uint64{}
	for r := range maps.Keys(rows) {
		key, open := next(r, rows[r])
		out[key] |= open
	}
	return out
}

// ranges are the runs of set bits.
func ranges(set uint64) (out []client.ScheduleRange) {
	for n := 0; n < 64; n++ {
		if set>>n&1 == 0 {
			continue
		}
		end := n
		for end+1 < 64 && set>>(end+1)&1 == 1 {
			end++
		}
		out = append(out, client.ScheduleRange{Start: n, End: end, Step: 1})
		n = end
	}
	return out
}
