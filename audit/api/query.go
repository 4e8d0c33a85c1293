package api

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

	"countersign"
	"countersign/audit"
	"countersign/store"
)

// The bounds of pages and of waiting.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxWait      = 60 * time.Second
	maxValue     = 256 // bytes of a filter
)

// An ask is what a list is asked for.
type ask struct {
	store.Query
	wait time.Duration
	// filter is the parameters that pick records, in one spelling.
	filter url.Values
	limit  bool // one was given
}

// after is the index that the list goes on behind, -1 at its beginning.
func (a *ask) after() int64 { return a.From - 1 }

var (
	typeForm    = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	addressForm = regexp.MustCompile(`^0[xX][0-9a-fA-F]{40}$`)
)

// parameters are those of the lists, each with what it does to an ask. The error says
// what is wrong with the value, and what to write.
var parameters = map[string]func(*ask, string) error{
	"approverId": func(a *ask, v string) error { a.Subject = v; return nil },
	"wallet":     facet(audit.FacetWallet),
	"policy":     facet(audit.FacetPolicy),
	"network":    facet(audit.FacetNetwork),
	"initiator":  facet(audit.FacetInitiator),
	"approval":   facet(audit.FacetApproval),
	"lineage":    facet(audit.FacetLineage),
	"contract":   contract,
	"decision":   verdict,
	"type":       kind,
	"dateFrom":   func(a *ask, v string) (err error) { a.Since, err = date(v, 0); return err },
	"dateTo":     func(a *ask, v string) (err error) { a.Until, err = date(v, 1); return err },
	"after_seq":  after,
	"limit":      limit,
	"wait":       wait,
}

// parse reads a query string. Whatever is unknown, repeated or malformed is refused: a
// filter that was passed over would show more than was asked for.
func (l list) parse(raw string) (*ask, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, wrong("query", "is malformed: pairs are joined by &, and what is no letter or digit is written %XX")
	}
	a := &ask{Query: store.Query{Type: l.only, Limit: defaultLimit}, filter: url.Values{}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, known := parameters[name]
		switch value := values[name]; {
		case !known || name == "type" && l.only != "":
			return nil, wrong(short(name), "is no parameter of "+l.path+"; it takes "+strings.Join(l.parameters(), ", "))
		case len(value) > 1:
			return nil, wrong(name, "stands there more than once; leave one")
		case !readable(value[0]):
			return nil, wrong(name, fmt.Sprintf("is empty, longer than %d bytes, or no plain text; give a value or leave it out", maxValue))
		default:
			if err := set(a, value[0]); err != nil {
				return nil, wrong(name, err.Error())
			}
		}
		if name != "after_seq" && name != "limit" && name != "wait" {
			a.filter.Set(name, values.Get(name))
		}
	}
	if !a.Since.IsZero() && !a.Until.IsZero() && !a.Since.Before(a.Until) {
		return nil, wrong("dateTo", "is not behind dateFrom; exchange them, or leave one out")
	}
	if l.only != "" {
		a.filter.Set("type", string(l.only))
	}
	return a, nil
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

func facet(name string) func(*ask, string) error {
	return func(a *ask, v string) error {
		a.Facets = append(a.Facets, audit.Facet{Name: name, Value: v})
		return nil
	}
}

func contract(a *ask, v string) error {
	if strings.HasPrefix(v, "0x") && !addressForm.MatchString(v) {
		return errors.New("begins like an EVM address and is none; write 0x and 40 hex digits")
	}
	return facet(audit.FacetContract)(a, strings.ToLower(v)) // as the facet is written
}

func verdict(a *ask, v string) error {
	switch countersign.Verdict(v) {
	case countersign.Approve, countersign.Reject, countersign.Abstain:
		return facet(audit.FacetDecision)(a, v)
	}
	return errors.New("is no decision; write approve, reject or abstain")
}

func kind(a *ask, v string) error {
	if !typeForm.MatchString(v) {
		return fmt.Errorf("is no type of record; write one like %s", audit.DecisionIntent)
	}
	a.Type = audit.Type(v)
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

func after(a *ask, v string) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < -1 || n == 1<<63-1 || strconv.FormatInt(n, 10) != v {
		return errors.New("is no index; give the next of the page before, or -1 to begin")
	}
	a.From = n + 1
	return nil
}

func limit(a *ask, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxLimit || strconv.Itoa(n) != v {
		return fmt.Errorf("is no number from 1 to %d; take more pages, or an export", maxLimit)
	}
	a.Limit, a.limit = n, true
	return nil
}

func wait(a *ask, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 || d > maxWait {
		return fmt.Errorf("is no time like 30s, at most %s", maxWait)
	}
	a.wait = d
	return nil
}
