package clock

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Fields are a [Clock] as it is written down. Each is what cron takes: a number, * for
// all, a-b, a-b/n, */n, or several of these with commas between them. An empty Minute or
// Hour means 0, any other empty field means all.
type Fields struct {
	Minute Field `json:"minute,omitempty"`
	Hour   Field `json:"hour,omitempty"`
	// Day is of the month. It may be "last" too.
	Day Field `json:"day,omitempty"`
	// Month is 1 to 12 or jan to dec.
	Month Field `json:"month,omitempty"`
	// Weekday is 0 to 7, of which 0 and 7 are Sunday, or sun to sat. A day must be in both
	// Day and Weekday.
	Weekday Field `json:"weekday,omitempty"`
}

// A Field is text; in JSON it may be a number too, so that hour: 18 needs no quotes.
type Field string

// UnmarshalJSON takes a string or a whole number.
func (f *Field) UnmarshalJSON(text []byte) error {
	var n int
	if json.Unmarshal(text, &n) == nil && string(text) != "null" {
		*f = Field(strconv.Itoa(n))
		return nil
	}
	return json.Unmarshal(text, (*string)(f))
}

// Parse reads fields, or reports the mistakes of all of them, each by its field.
func Parse(f Fields) (Clock, error) {
	var c Clock
	var errs []error
	for _, field := range []struct {
		name, text, unset string
		low, high         int
		names             []string
		into              *uint64
	}{
		{"minute", string(f.Minute), "0", 0, 59, nil, &c.minute},
		{"hour", string(f.Hour), "0", 0, 23, nil, &c.hour},
		{"day", c.cutLast(string(f.Day)), "*", 1, 31, nil, &c.day},
		{"month", string(f.Month), "*", 1, 12, months, &c.month},
		{"weekday", string(f.Weekday), "*", 0, 7, weekdays, &c.weekday},
	} {
		text := field.text
		if text == "" {
			text = field.unset
		}
		if field.name == "day" && text == onlyLast {
			continue
		}
		bits, err := parse(text, grammar{field.low, field.high, field.names})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", field.name, err))
		}
		*field.into = bits
	}
	c.weekday = c.weekday&all(0, 6) | c.weekday>>7 // 7 is Sunday
	if len(errs) == 0 && !c.Ever() {
		errs = append(errs, fmt.Errorf("day: %s is in none of these months: want a day that there is", f.Day))
	}
	return c, errors.Join(errs...)
}

// onlyLast is a list of days of which nothing but the last was there.
const onlyLast = "\x00"

// cutLast takes "last" out of a list of days.
func (c *Clock) cutLast(list string) string {
	var rest []string
	for _, item := range strings.Split(list, ",") {
		if strings.EqualFold(item, "last") || strings.EqualFold(item, "l") {
			c.last = true
			continue
		}
		rest = append(rest, item)
	}
	if c.last && len(rest) == 0 {
		return onlyLast
	}
	return strings.Join(rest, ",")
}

// Cron reads the five fields of a cron expression: minute, hour, day of month, month and
// weekday. The day of the month may be L, the last one. An expression that restricts both
// days is refused: cron means either, Temporal both. An error names the fields.
func Cron(text string) (Clock, error) {
	parts := strings.Fields(text)
	switch {
	case strings.Contains(text, "TZ="):
		return Clock{}, fmt.Errorf("%q: give the time zone in zone, and five fields here", text)
	case strings.HasPrefix(text, "@"):
		return Clock{}, fmt.Errorf("%q: want five fields such as \"30 18 * * *\", or an interval in every", text)
	case len(parts) != 5:
		return Clock{}, fmt.Errorf("%q has %d fields: want five, minute hour day month weekday, such as \"30 18 * * mon-fri\"", text, len(parts))
	case !strings.HasPrefix(parts[2], "*") && !strings.HasPrefix(parts[4], "*"):
		return Clock{}, fmt.Errorf("%q restricts day and weekday: cron would take either, Temporal both: write it under at, where both must hold, or as two entries there", text)
	}
	return Parse(Fields{Minute: Field(parts[0]), Hour: Field(parts[1]), Day: Field(parts[2]), Month: Field(parts[3]), Weekday: Field(parts[4])})
}

// A grammar is what a field may say.
type grammar struct {
	low, high int
	names     []string // of low and those that follow
}

var (
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// want says what may stand there.
func (g grammar) want() string {
	if g.names == nil {
		return fmt.Sprintf("want %d to %d", g.low, g.high)
	}
	return fmt.Sprintf("want %d to %d or %s to %s", g.low, g.high, g.names[0], g.names[len(g.names)-1])
}

func parse(text string, g grammar) (bits uint64, err error) {
	for _, item := range strings.Split(text, ",") {
		span, step, stepped := strings.Cut(item, "/")
		low, high, err := g.span(span)
		if err != nil {
			return 0, err
		}
		by := 1
		if stepped {
			if by, err = strconv.Atoi(step); err != nil || by < 1 || by > g.high {
				return 0, fmt.Errorf("%q: after / want a step of 1 to %d", item, g.high)
			}
			if low == high && span != "*" { // 5/15 is 5 and on to the end, as with cron
				high = g.high
			}
		}
		for n := low; n <= high; n += by {
			bits |= 1 << n
		}
	}
	return bits, nil
}

func (g grammar) span(text string) (low, high int, err error) {
	if text == "*" {
		return g.low, g.high, nil
	}
	first, second, ranged := strings.Cut(text, "-")
	if low, err = g.value(first); err != nil {
		return 0, 0, err
	}
	if !ranged {
		return low, low, nil
	}
	if high, err = g.value(second); err != nil {
		return 0, 0, err
	}
	if high < low {
		return 0, 0, fmt.Errorf("%q ends before it begins: write it as two with a comma", text)
	}
	return low, high, nil
}

func (g grammar) value(text string) (int, error) {
	for i, name := range g.names {
		if strings.EqualFold(text, name) {
			return g.low + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < g.low || n > g.high || len(text) > 2 || text[0] == '+' {
		return 0, fmt.Errorf("%.20q: %s", text, g.want())
	}
	return n, nil
}

// String writes the fields down in words: "18:30" or "minute */5, hour 9-17, weekday mon-fri".
func (f Fields) String() string {
	hour, err1 := strconv.Atoi(string(f.Hour))
	minute, err2 := strconv.Atoi(string(f.Minute))
	var out []string
	if err1 == nil && err2 == nil {
		out = append(out, fmt.Sprintf("%02d:%02d", hour, minute))
	} else {
		out = append(out, "minute "+cmp.Or(string(f.Minute), "0"), "hour "+cmp.Or(string(f.Hour), "0"))
	}
	for _, field := range []struct {
		name  string
		value Field
	}{{"day", f.Day}, {"month", f.Month}, {"weekday", f.Weekday}} {
		if field.value != "" && field.value != "*" {
			out = append(out, field.name+" "+string(field.value))
		}
	}
	return strings.Join(out, ", ")
}
