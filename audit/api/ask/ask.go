// Package ask reads what a list of the query API is asked for: the parameters behind the
// question mark.
//
// Whatever is unknown, repeated or malformed is refused with a [Wrong]: a filter that was
// passed over would show more than was asked for.
package ask

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/audit"
	"countersign/audit/known"
	"countersign/store"
)

// The bounds of pages and of waiting.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxWait      = 60 * time.Second
	maxValue     = 256 // bytes of a filter
)

// An Ask is what a list is asked for.
type Ask struct {
	store.Query
	// Wait is how long an empty page may be held back.
	Wait time.Duration
	// Filter is the parameters that pick records, in one spelling.
	Filter url.Values
	// Limited says that a limit was given.
	Limited bool
}

// After is the index that the list goes on behind, -1 at its beginning.
func (a *Ask) After() int64 { return a.From - 1 }

var addressForm = regexp.MustCompile(`^0[xX][0-9a-fA-F]{40}$`)

// parameters are those of the lists, each with what it does to an ask. The error says
// what is wrong with the value, and what to write.
var parameters = map[string]func(*Ask, string) error{
	"approverId": func(a *Ask, v string) error { a.Subject = v; return nil },
	"wallet":     facet(audit.FacetWallet),
	"policy":     facet(audit.FacetPolicy),
	"network":    facet(audit.FacetNetwork),
	"initiator":  facet(audit.FacetInitiator),
	"approval":   facet(audit.FacetApproval),
	"approver":   facet(audit.FacetApprover),
	"lineage":    facet(audit.FacetLineage),
	"contract":   contract,
	"decision":   verdict,
	"type":       kind,
	"dateFrom":   func(a *Ask, v string) (err error) { a.Since, err = date(v, 0); return err },
	"dateTo":     func(a *Ask, v string) (err error) { a.Until, err = date(v, 1); return err },
	"after_seq":  after,
	"limit":      limit,
	"wait":       wait,
}

// A Wrong is a parameter that is refused.
type Wrong struct {
	// Name is the parameter, as much of it as is fit to be shown.
	Name string
	// Why is what is wrong with it and what to do, in words that a stranger may read.
	Why string
}

// Error is the name and the reason.
func (w *Wrong) Error() string { return w.Name + " " + w.Why }

// None refuses parameters where none mean anything: whoever gives one expects it to act.
func None(raw string) error {
	if raw == "" {
		return nil
	}
	name, _, _ := strings.Cut(raw, "=")
	return &Wrong{short(name), "means nothing here: this path takes no parameters; leave it out"}
}

// Parse reads the query string of the list at a path, which has records of one type only, or
// of all where that is empty. Its errors are [*Wrong].
func Parse(path string, only audit.Type, raw string) (*Ask, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &Wrong{"query", "is malformed: pairs are joined by &, and what is no letter or digit is written %XX"}
	}
	a := &Ask{Query: store.Query{Type: only, Limit: defaultLimit}, Filter: url.Values{}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, known := parameters[name]
		switch value := values[name]; {
		case !known || only != "" && ofAll(name):
			return nil, &Wrong{short(name), "is no parameter of " + path + "; it takes " + strings.Join(taken(only), ", ")}
		case len(value) > 1:
			return nil, &Wrong{name, "stands there more than once; leave one"}
		case !readable(value[0]):
			return nil, &Wrong{name, fmt.Sprintf("is empty, longer than %d bytes, or no plain text; give a value or leave it out", maxValue)}
		default:
			if err := set(a, value[0]); err != nil {
				return nil, &Wrong{name, err.Error()}
			}
		}
		if name != "after_seq" && name != "limit" && name != "wait" {
			a.Filter.Set(name, values.Get(name))
		}
	}
	if !a.Since.IsZero() && !a.Until.IsZero() && !a.Since.Before(a.Until) {
		return nil, &Wrong{"dateTo", "is not behind dateFrom; exchange them, or leave one out"}
	}
	if only != "" {
		a.Filter.Set("type", string(only))
	}
	return a, nil
}

// ofAll reports whether a parameter means something only where there are records of all types:
// what a person voted is never a decision of ours.
func ofAll(name string) bool { return name == "type" || name == "approver" }

// taken are the names of the parameters that a list takes.
func taken(only audit.Type) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(parameters)), func(name string) bool { return only != "" && ofAll(name) })
}

// readable reports whether a value can be a filter: databases take no other text.
func readable(v string) bool {
	return v != "" && len(v) <= maxValue && utf8.ValidString(v) && strings.IndexFunc(v, unicode.IsControl) < 0
}

// short is a stranger's text, cut and quoted where it is no plain word.
func short(name string) string {
	if len(name) > 40 || !readable(name) {
		return fmt.Sprintf("%.40q", name)
	}
	return name
}

func facet(name string) func(*Ask, string) error {
	return func(a *Ask, v string) error {
		a.Facets = append(a.Facets, audit.Facet{Name: name, Value: v})
		return nil
	}
}

func contract(a *Ask, v string) error {
	if strings.HasPrefix(v, "0x") && !addressForm.MatchString(v) {
		return errors.New("begins like an EVM address and is none; write 0x and 40 hex digits")
	}
	return facet(audit.FacetContract)(a, strings.ToLower(v)) // as the facet is written
}

func verdict(a *Ask, v string) error {
	if _, err := known.Verdict(v); err != nil {
		return fmt.Errorf("is wrong: %w", err)
	}
	return facet(audit.FacetDecision)(a, v)
}

func kind(a *Ask, v string) (err error) {
	if a.Type, err = known.Type(v); err != nil {
		return fmt.Errorf("is wrong: %w", err)
	}
	return nil
}

// date reads a time, or a day in UTC: its beginning, or days later. Records are timed to
// the microsecond; a bound between two of those is the later one.
func date(v string, days int) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, v)
	if t = t.AddDate(0, 0, days); err != nil {
		t, err = time.Parse(time.RFC3339, v)
	}
	if err != nil || t.Year() < 1970 {
		return t, errors.New("is no date like 2026-05-31 and no time like 2026-05-31T12:00:00Z (a + is written %2B)")
	}
	return t.Add(time.Microsecond - 1).Truncate(time.Microsecond), nil
}

func after(a *Ask, v string) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < -1 || n == 1<<63-1 || strconv.FormatInt(n, 10) != v {
		return errors.New("is no index; give the next of the page before, or -1 to begin")
	}
	a.From = n + 1
	return nil
}

func limit(a *Ask, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxLimit || strconv.Itoa(n) != v {
		return fmt.Errorf("is no number from 1 to %d; take more pages, or an export", maxLimit)
	}
	a.Limit, a.Limited = n, true
	return nil
}

func wait(a *Ask, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 || d > maxWait {
		return fmt.Errorf("is no time like 30s, at most %s", maxWait)
	}
	a.Wait = d
	return nil
}
