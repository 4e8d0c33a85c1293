package lists

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"countersign/screening"
	"countersign/screening/web"
)

// A Config says where a list is, and how it counts.
type Config struct {
	// Name tells the source apart. Required.
	Name string
	// Format and Layout say how the list is written. Required.
	Format Format
	Layout Layout
	// Places are paths or https URLs (http on this machine only), one for each part of
	// the format, in its order. Required.
	Places []string
	// MaxAge is how old the list may be and still clear an address. A list from a URL is
	// as old as the last time that the server gave it or said that it is still the same;
	// one from a file is as old as the file, so whoever writes the file must write it
	// anew, or touch it, when nothing has changed. Required.
	MaxAge time.Duration
	// MaxShrinkPercent is by how much a list may be shorter than the one before it. Zero
	// means 50. After a greater delisting that is real, start the program anew.
	MaxShrinkPercent int
	// MaxBytes is the longest part that is read. Zero means 256 MiB.
	MaxBytes int64
	// Verdict is that of a match: Hit, or Review for a list that only warrants a look.
	// Empty means Hit.
	Verdict screening.Verdict
	// Category is that of a match. Empty means "sanctions".
	Category string
	// OnlyEVM says that the list has EVM addresses only; others are then not covered.
	OnlyEVM bool
	// PrivateNetwork allows URLs on a private network. This machine is allowed when a URL
	// names it.
	PrivateNetwork bool
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// A Source is a list as a [screening.Source], a [screening.Lister] and a
// [screening.Refresher]. It has no list, and clears nobody, until its first Refresh.
type Source struct {
	config  Config
	clients map[string]*http.Client // by place

	refreshing sync.Mutex // one refresh at a time
	state      atomic.Pointer[state]
}

// A state is what readers see; it is never changed, only replaced.
type state struct {
	list *list  // nil until one was read
	err  string // of the last refresh
}

// New checks a configuration, and reports all mistakes in it. It reads nothing.
func New(c Config) (*Source, error) {
	c.MaxShrinkPercent, c.Category = cmp.Or(c.MaxShrinkPercent, 50), cmp.Or(c.Category, "sanctions")
	c.Verdict, c.MaxBytes = cmp.Or(c.Verdict, screening.Hit), cmp.Or(c.MaxBytes, 256<<20)
	if c.Now == nil {
		c.Now = time.Now
	}
	errs := c.mistakes()
	s := &Source{config: c, clients: map[string]*http.Client{}}
	for _, place := range c.Places {
		if !isURL(place) {
			continue
		}
		u, err := web.CheckURL(place)
		if err != nil {
			errs = append(errs, fmt.Errorf("places: %w", err))
			continue
		}
		const redirects = 3 // OFAC's service answers with one, to where the file is stored
		s.clients[place] = web.Client(u, redirects, c.PrivateNetwork)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	s.state.Store(&state{})
	return s, nil
}

// mistakes are those of a configuration that has its defaults.
func (c Config) mistakes() (errs []error) {
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name == "" {
		add("name: is required")
	}
	if n := c.Format.Parts(); n == 0 {
		add("format: %.40q is none of ofac_csv, ofac_xml, text, json, csv", c.Format)
	} else if n != len(c.Places) {
		add("places: %d given, %s has %d", len(c.Places), c.Format, n)
	}
	if (c.Format == CSV) != (c.Layout.Column != "") {
		add("column: is required for csv, and for csv only")
	}
	if c.MaxAge <= 0 {
		add("max_age: must be more than zero")
	}
	if c.MaxShrinkPercent < 1 || c.MaxShrinkPercent > 99 {
		add("max_shrink_percent: %d is not between 1 and 99", c.MaxShrinkPercent)
	}
	if c.MaxBytes < 0 {
		add("max_bytes: must not be negative")
	}
	if c.Verdict != screening.Hit && c.Verdict != screening.Review {
		add("verdict: %.40q is neither hit nor review", c.Verdict)
	}
	return errs
}

// Name is that of the configuration.
func (s *Source) Name() string { return s.config.Name }

// Screen answers each query from the list. It never fails; a query that a list without
// a match cannot clear, because it is stale or was never read, is unknown.
func (s *Source) Screen(_ context.Context, queries []screening.Query) ([]screening.Finding, error) {
	held, now := s.state.Load().list, s.config.Now()
	stale := s.stale(held, now)
	findings := make([]screening.Finding, 0, len(queries))
	for _, q := range queries {
		f := screening.Finding{Source: s.config.Name, Network: q.Network, Address: q.Address, Checked: now}
		if held != nil {
			f.ListVersion, f.ListDigest = held.version, held.digest
		}
		key, err := screening.Canonical(q.Address)
		matched := false
		if err == nil && held != nil {
			const enough = 20 // one address, many entries: the rest says the same
			for i, e := range held.index[key] {
				if matched = true; i < enough {
					f := f
					f.Verdict, f.Category, f.Entry, f.Detail = s.config.Verdict, s.config.Category, e.ID, e.Detail
					findings = append(findings, f)
				}
			}
		}
		switch {
		case err != nil:
			f.Verdict, f.Detail = screening.Unknown, err.Error()
		case stale != "":
			f.Verdict, f.Detail = screening.Unknown, stale
		case matched:
			continue
		case s.config.OnlyEVM && !screening.EVM(q.Address):
			f.Verdict, f.Detail = screening.NotCovered, "the list has EVM addresses only"
		default:
			f.Verdict = screening.Clear
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// stale says why a list clears nobody; empty when it may.
func (s *Source) stale(held *list, now time.Time) string {
	if held == nil {
		return "the list was not read yet"
	}
	const drift = 5 * time.Minute // a clock that was set back further has us guess
	age := now.Sub(held.asOf)
	if age > s.config.MaxAge || age < -drift {
		return fmt.Sprintf("the list is stale: it is %s old, at most %s is allowed", age.Round(time.Second), s.config.MaxAge)
	}
	return ""
}

// Lists describes the list, also while there is none.
func (s *Source) Lists() []screening.ListInfo {
	st, now := s.state.Load(), s.config.Now()
	info := screening.ListInfo{Name: s.config.Name, Kind: string(s.config.Format), Stale: s.stale(st.list, now) != "", Error: st.err}
	if l := st.list; l != nil {
		info.Version, info.Digest, info.Published, info.Loaded = l.version, l.digest, l.published, l.asOf
		info.Entries, info.Unreadable = l.entries, l.unreadable
		info.AgeSeconds = int64(now.Sub(l.asOf) / time.Second)
	}
	return []screening.ListInfo{info}
}
