package calendar

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign/strictjson"
)

// ErrSpec means that a calendar's JSON cannot be used.
var ErrSpec = errors.New("calendar")

// A Spec is a calendar as it is written down.
type Spec struct {
	// Name is the calendar's: "eur".
	Name string `json:"name"`
	// Zone is a time zone of the IANA database: "Europe/Berlin". Required.
	Zone string `json:"zone"`
	// Weekends are closed weekdays, in English and lower case. Absent means Saturday and
	// Sunday; an empty list means none.
	Weekends []string `json:"weekends"`
	// Holidays are sets of closing days; a day in any of them is closed: "target2",
	// "us_fed".
	Holidays []string `json:"holidays"`
	// Days are closed besides: "2026-12-24".
	Days []string `json:"days"`
	// Hours are when business is done. None means all day.
	Hours []Hours `json:"hours"`
	// Freezes are spans of time in which nothing is done.
	Freezes []Freeze `json:"freezes"`
}

// Hours are a span of time on business days, by the clock on the wall.
type Hours struct {
	// Days are weekdays; none means every weekday that is no weekend.
	Days []string `json:"days"`
	// Open and Close are "09:00" and "17:30": open at the first, closed at the second.
	// "24:00" closes at midnight. Over midnight is two spans.
	Open  string `json:"open"`
	Close string `json:"close"`
}

// A Freeze is a span of time in which nothing is done.
type Freeze struct {
	// From and To are RFC 3339 with an offset: frozen at the first, not any more at the
	// second.
	From string `json:"from"`
	To   string `json:"to"`
	// Why is for people: "year end".
	Why string `json:"why"`
}

// The most that a calendar may list.
const mostListed = 2000

// Load reads a file for [Parse].
func Load(path string) (Calendar, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Calendar{}, fmt.Errorf("%w: %w", ErrSpec, err)
	}
	c, err := Parse(text)
	if err != nil {
		return Calendar{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads a [Spec] in strict JSON and makes its calendar. An error wraps [ErrSpec].
func Parse(text []byte) (Calendar, error) {
	var s Spec
	if err := strictjson.Exact(text, &s); err != nil {
		return Calendar{}, fmt.Errorf("%w: %w", ErrSpec, err)
	}
	return New(s)
}

// New makes a calendar, or reports every mistake by its field; the error wraps [ErrSpec].
func New(s Spec) (Calendar, error) {
	m := maker{c: Calendar{name: s.Name, days: map[date]string{}}}
	m.check(named.MatchString(s.Name), "name: %.80q: want 1 to 64 of a-z, 0-9, _ and -", s.Name)
	m.zone(s.Zone)
	m.weekends(s.Weekends)
	for i, name := range s.Holidays {
		j := slices.IndexFunc(sets, func(known set) bool { return known.name == name })
		m.check(j >= 0, "holidays[%d]: %.40q: want target2 or us_fed", i, name)
		m.check(!slices.Contains(s.Holidays[:i], name), "holidays[%d]: %.40q stands there twice", i, name)
		if j >= 0 {
			m.c.sets = append(m.c.sets, sets[j])
		}
	}
	m.check(len(s.Days) <= mostListed, "days: %d, at most %d", len(s.Days), mostListed)
	for i, text := range s.Days {
		day, err := time.Parse(time.DateOnly, text)
		m.check(err == nil, "days[%d]: %.40q: want a day such as 2026-12-24", i, text)
		d := dateOf(day)
		m.check(m.c.days[d] == "", "days[%d]: %.40q stands there twice", i, text)
		m.c.days[d] = text + " is listed as closed"
	}
	for i, h := range s.Hours {
		m.hours(fmt.Sprintf("hours[%d]", i), h)
	}
	m.check(len(s.Freezes) <= mostListed, "freezes: %d, at most %d", len(s.Freezes), mostListed)
	for i, f := range s.Freezes {
		m.freeze(fmt.Sprintf("freezes[%d]", i), f)
	}
	if len(m.errs) > 0 {
		return Calendar{}, fmt.Errorf("%w: %w", ErrSpec, errors.Join(m.errs...))
	}
	return m.c, nil
}

// named is what a calendar may be called.
var named = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// A maker collects mistakes.
type maker struct {
	c    Calendar
	errs []error
}

func (m *maker) check(ok bool, format string, args ...any) {
	if !ok {
		m.errs = append(m.errs, fmt.Errorf(format, args...))
	}
}

func (m *maker) zone(name string) {
	zone, err := time.LoadLocation(name)
	ok := err == nil && name != "" && name != "Local" // what is local depends on the machine
	m.check(ok, "zone: %.60q: want a time zone of the IANA database, such as Europe/Berlin or UTC", name)
	m.c.zone = zone
}

func (m *maker) weekends(names []string) {
	if names == nil {
		names = []string{"saturday", "sunday"}
	}
	for i, name := range names {
		w, ok := weekday(name)
		m.check(ok, "weekends[%d]: %.40q: want a weekday such as saturday", i, name)
		if ok {
			m.check(!m.c.weekend[w], "weekends[%d]: %.40q stands there twice", i, name)
			m.c.weekend[w] = true
		}
	}
	m.check(slices.Contains(m.c.weekend[:], false), "weekends: all seven days: business would never be done")
}

func (m *maker) hours(at string, h Hours) {
	m.c.timed = true
	open, ok := minutes(h.Open)
	m.check(ok, "%s.open: %.20q: want a time such as 09:00", at, h.Open)
	end, fine := minutes(h.Close)
	m.check(fine, "%s.close: %.20q: want a time such as 17:30", at, h.Close)
	m.check(!ok || !fine || open < end, "%s.close: %s is not after %s: over midnight is two spans", at, h.Close, h.Open)
	on := m.c.weekend // the days that it is not on
	if len(h.Days) > 0 {
		on = [7]bool{true, true, true, true, true, true, true}
	}
	for i, name := range h.Days {
		w, ok := weekday(name)
		m.check(ok, "%s.days[%d]: %.40q: want a weekday such as monday", at, i, name)
		if ok {
			m.check(!m.c.weekend[w], "%s.days[%d]: %s is a weekend, and closed", at, i, name)
			m.check(on[w], "%s.days[%d]: %s stands there twice", at, i, name)
			on[w] = false
		}
	}
	for w, off := range on {
		if !off {
			m.c.hours[w] = append(m.c.hours[w], span{open, end})
		}
	}
}

func (m *maker) freeze(at string, f Freeze) {
	from, err := time.Parse(time.RFC3339, f.From)
	m.check(err == nil, "%s.from: %.40q: want a time such as 2026-12-24T12:00:00+01:00", at, f.From)
	to, err2 := time.Parse(time.RFC3339, f.To)
	m.check(err2 == nil, "%s.to: %.40q: want a time such as 2026-12-27T00:00:00+01:00", at, f.To)
	m.check(err != nil || err2 != nil || from.Before(to), "%s.to: %s is not after %s", at, f.To, f.From)
	m.check(f.Why != "" && len(f.Why) <= 200 && strings.TrimSpace(f.Why) == f.Why, "%s.why: say why, in at most 200 bytes", at)
	m.c.freezes = append(m.c.freezes, freeze{from, to, f.Why})
}

func weekday(name string) (time.Weekday, bool) {
	for w := time.Sunday; w <= time.Saturday; w++ {
		if strings.ToLower(w.String()) == name {
			return w, true
		}
	}
	return 0, false
}

// minutes reads hours and minutes of a day, up to 24:00.
func minutes(s string) (int, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == len("15:04")
}
