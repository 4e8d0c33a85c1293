// Package sources is what rules may ask besides the chain and the lists: HTTP APIs,
// databases, prices and business calendars, as one file configures them.
//
// The file names all that may be asked, and nothing else can be: a rule that is made to
// ask elsewhere gets an error. Keys stand in files of their own. docs/sources.md
// describes the format.
package sources

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/calendar"
	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
)

// ErrConfig means that the file of sources cannot be used.
var ErrConfig = errors.New("sources")

// A Set is what a deployment's rules may ask. What is nil is not configured.
type Set struct {
	Web       *web.Client
	Databases map[string]*database.Database
	Prices    price.Source
	Calendars map[string]calendar.Calendar
}

// Load reads a file of sources. Paths in it are relative to it; now is the clock that
// prices are held against. It connects to nothing. Every mistake is reported at once, by
// the field that it is in; the error wraps [ErrConfig].
func Load(path string, now func() time.Time) (*Set, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	b := builder{dir: dir, now: now, set: &Set{Databases: map[string]*database.Database{}, Calendars: map[string]calendar.Calendar{}}}
	var f file
	if b.errs = decode(text, &f); len(b.errs) == 0 {
		b.web(f.Web)
		b.databases(f.Databases)
		b.prices(f.Prices)
		b.calendars(f.Calendars)
	}
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, path, errors.Join(append(b.errs, b.set.Close())...))
	}
	return b.set, nil
}

// Close releases the connections to databases.
func (s *Set) Close() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.Databases)) {
		errs = append(errs, s.Databases[name].Close())
	}
	return errors.Join(errs...)
}

// A builder makes a set and collects mistakes.
type builder struct {
	dir  string
	now  func() time.Time
	set  *Set
	errs []error
}

// fail notes each of several mistakes with the path of their section.
func (b *builder) fail(at string, err error) {
	for _, one := range each(err) {
		b.errs = append(b.errs, fmt.Errorf("%s.%w", at, one))
	}
}

// each is the errors that were joined.
func each(err error) (all []error) {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	parts := many.Unwrap()
	switch {
	case parts[0] == calendar.ErrSpec:
		return each(parts[1])
	case errors.Join(parts...).Error() != err.Error(): // one sentence with two causes
		return []error{err}
	}
	for _, e := range parts {
		all = append(all, each(e)...)
	}
	return all
}

// path is relative to the file.
func (b *builder) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(b.dir, p)
}

func (b *builder) web(f *webFile) {
	if f == nil {
		return
	}
	c := web.Config{MaxBytes: f.MaxBytes, Timeout: time.Duration(f.Timeout)}
	for _, o := range f.Origins {
		headers := map[string]string{}
		for name, file := range o.Headers {
			headers[name] = b.path(file)
		}
		c.Origins = append(c.Origins, web.Origin{URL: o.URL, Local: o.Local, Headers: headers})
	}
	made, err := web.New(c)
	if err != nil {
		b.fail("web", err)
		return
	}
	b.set.Web = made
}

func (b *builder) databases(files map[string]databaseFile) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		dsn := f.DSN
		if !strings.Contains(dsn, "://") {
			dsn = b.path(dsn)
		}
		made, err := database.Open(database.Config{Name: name, DSN: dsn, DSNFile: b.path(f.DSNFile), Timeout: time.Duration(f.Timeout),
			MaxRows: f.MaxRows, MaxBytes: f.MaxBytes})
		if err != nil {
			b.fail("databases."+name, err)
			continue
		}
		b.set.Databases[name] = made
	}
}

func (b *builder) prices(f *pricesFile) {
	if f == nil {
		return
	}
	if b.set.Web == nil {
		b.errs = append(b.errs, errors.New("prices: they are asked over web, which is missing or mistaken"))
		return
	}
	before := len(b.errs)
	c := price.PanelConfig{AtLeast: f.AtLeast, WithinBPS: f.WithinBPS}
	for _, name := range slices.Sorted(maps.Keys(f.Sources)) {
		s := f.Sources[name]
		made, err := price.NewAPI(price.APIConfig{Name: name, URL: s.URL, Value: s.Value, Time: s.Time, TimeFormat: price.TimeFormat(s.TimeFormat),
			MaxAge: time.Duration(s.MaxAge), Symbols: s.Symbols, Web: b.set.Web, Now: b.now})
		if err != nil {
			b.fail("prices.sources."+name, err)
			continue
		}
		c.Sources = append(c.Sources, made)
	}
	switch {
	case len(b.errs) > before:
	case len(c.Sources) == 1 && f.AtLeast == 0 && f.WithinBPS == 0:
		b.set.Prices = c.Sources[0]
	default:
		made, err := price.NewPanel(c)
		if err != nil {
			b.fail("prices", err)
			return
		}
		b.set.Prices = made
	}
}

func (b *builder) calendars(specs map[string]calendar.Spec) {
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		s := specs[name]
		if s.Name != "" && s.Name != name {
			b.errs = append(b.errs, fmt.Errorf("calendars.%s.name: %.80q: leave it out, or write %q", name, s.Name, name))
		}
		s.Name = name
		made, err := calendar.New(s)
		if err != nil {
			b.fail("calendars."+name, err)
			continue
		}
		b.set.Calendars[name] = made
	}
}
