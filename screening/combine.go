package screening

import (
	"strings"
	"time"
)

// An Answer is all that one source said to a list of queries.
type Answer struct {
	// Source is its name.
	Source   string
	Findings []Finding
	// Err is why it did not answer, or not in full.
	Err error
}

// self is the source of findings that no source made.
const self = "screening"

// Combine puts answers together. A hit anywhere is a hit. Otherwise the report is
// unknown when an answer has an error, a finding is unknown, a query has no finding of
// some source, none that covers it or an address that [Canonical] refuses, or when there
// are no queries or no answers at all. Otherwise it is review when a finding is, and
// clear when none is. The order of queries, answers and findings does not matter to the
// verdict.
//
// A finding that answers no query is kept, and counts when it is a hit, unknown or
// review. Texts are cut to a length that is fit for a record. The time is for findings
// that Combine adds.
func Combine(queries []Query, answers []Answer, now time.Time) Report {
	c := combination{now: now}
	asked, malformed := split(queries)
	for _, m := range malformed {
		c.unknown(self, m.query, m.err.Error())
	}
	if len(queries) == 0 {
		c.unknown(self, Query{}, "nothing was asked")
	}
	if len(answers) == 0 {
		c.unknown(self, Query{}, "there are no sources")
	}
	covered := map[subject]bool{}
	for _, a := range answers {
		c.add(asked, a, covered)
	}
	for _, q := range distinct(asked) {
		if len(answers) > 0 && !covered[of(q)] {
			c.unknown(self, q, "no source covers this address")
		}
	}
	return Report{Verdict: c.verdict(), Findings: c.findings}
}

// A subject is what a finding is about.
type subject struct{ network, address string }

func of(q Query) subject { return subject{q.Network, q.Address} }

// A combination is a report in the making.
type combination struct {
	now                  time.Time
	findings             []Finding
	hit, unsure, inspect bool
}

// add takes one source's answer.
func (c *combination) add(asked []Query, a Answer, covered map[subject]bool) {
	answered := map[subject]bool{}
	for _, f := range a.Findings {
		s := subject{f.Network, f.Address}
		answered[s] = true
		switch f.Verdict {
		case Hit:
			c.hit = true
		case Review:
			c.inspect = true
		case Clear:
		case NotCovered:
			c.keep(a.Source, f)
			continue
		default:
			c.unsure, f.Verdict = true, Unknown
		}
		covered[s] = true
		c.keep(a.Source, f)
	}
	for _, q := range distinct(asked) {
		switch {
		case a.Err != nil:
			c.unknown(a.Source, q, a.Err.Error())
		case !answered[of(q)]:
			c.unknown(a.Source, q, "the source did not answer for this address")
		}
	}
	if a.Err != nil {
		c.unsure = true // with no query to say it of, too
	}
}

func (c *combination) unknown(source string, q Query, detail string) {
	c.unsure = true
	c.keep(source, Finding{Network: q.Network, Address: q.Address, Verdict: Unknown, Checked: c.now, Detail: detail})
}

// keep adds a finding, under the name of the source that was asked.
func (c *combination) keep(source string, f Finding) {
	const short, long = 128, 300
	f.Source = bounded(source, short)
	for _, text := range []*string{&f.ListVersion, &f.ListDigest, &f.Entry, &f.Category, &f.Network, &f.Address, &f.Score} {
		*text = bounded(*text, short)
	}
	f.Detail = bounded(f.Detail, long)
	c.findings = append(c.findings, f)
}

func (c *combination) verdict() Verdict {
	switch {
	case c.hit:
		return Hit
	case c.unsure:
		return Unknown
	case c.inspect:
		return Review
	}
	return Clear
}

type refused struct {
	query Query
	err   error
}

// split parts the queries that sources may be asked from those with an address that
// cannot be read.
func split(queries []Query) (asked []Query, malformed []refused) {
	for _, q := range queries {
		if _, err := Canonical(q.Address); err != nil {
			malformed = append(malformed, refused{q, err})
		} else {
			asked = append(asked, q)
		}
	}
	return asked, malformed
}

// distinct returns the first query about each subject.
func distinct(queries []Query) (first []Query) {
	seen := map[subject]bool{}
	for _, q := range queries {
		if !seen[of(q)] {
			seen[of(q)] = true
			first = append(first, q)
		}
	}
	return first
}

// bounded makes one line of at most n characters of a text from outside.
func bounded(s string, n int) string {
	if len(s) > 8*n {
		s = s[:8*n] // enough for n characters of 4 bytes and as much that is dropped
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), control), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// control reports what may not stand in a line of a record or on a terminal: control
// characters, and the marks that turn the direction of writing.
func control(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}
