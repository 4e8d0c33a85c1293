package price

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign/sources/web"
)

// A TimeFormat is how a source writes the time of its quote.
type TimeFormat string

// The formats. Numbers of seconds and milliseconds may have a fraction, and may be
// written as text.
const (
	UnixSeconds TimeFormat = "unix"    // seconds since 1970
	UnixMillis  TimeFormat = "unix_ms" // milliseconds since 1970
	RFC3339     TimeFormat = "rfc3339" // RFC 3339 with its offset
)

// ahead is how far a source's clock may be before ours. A quote from further ahead is an
// error: its age is not known.
const ahead = time.Minute

// APIConfig configures an HTTP source.
type APIConfig struct {
	// Name is the source's in prices: "coinbase".
	Name string
	// URL is asked with GET; {base} and {quote} in its path and query are the symbols, as
	// the source writes them.
	URL string
	// Value and Time are JSON pointers (RFC 6901) to the price and to its time in the
	// answer; {base} and {quote} are the symbols.
	Value, Time string
	// TimeFormat says how the time is written.
	TimeFormat TimeFormat
	// MaxAge is how old a quote may be. Required.
	MaxAge time.Duration
	// Symbols say how the source writes ours: "ETH": "ethereum". When there are any, no
	// others are known; without, symbols are asked for as they are.
	Symbols map[string]string
	// Web asks. The origin of URL must be one of its own.
	Web Web
	// Now is the clock.
	Now func() time.Time
}

// A Web asks HTTP APIs. [web.Client] is the real one.
type Web interface {
	Do(ctx context.Context, r web.Request) (web.Answer, error)
	Allows(url string) error
}

// An API is an HTTP source that answers in JSON. It is safe for concurrent use.
type API struct{ c APIConfig }

// symbol is what can stand in a URL and in a pointer as it is.
var symbol = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// named is what a source may be called.
var named = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// NewAPI makes a source, or reports every mistake by its field.
func NewAPI(c APIConfig) (*API, error) {
	var errs []error
	check := func(field string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", field, err))
		}
	}
	if !named.MatchString(c.Name) {
		check("name", fmt.Errorf("%.80q: want 1 to 64 of a-z, 0-9, _ and -", c.Name))
	}
	if c.Web == nil || c.Now == nil {
		check("web", errors.New("who asks, and the clock, are not given"))
	} else {
		check("url", c.checkURL())
	}
	for field, pointer := range map[string]string{"value": c.Value, "time": c.Time} {
		_, err := parsePointer(fill(pointer, "a", "b"))
		if err == nil && pointer == "" {
			err = errors.New("empty: give a JSON pointer into the answer")
		}
		check(field, err)
	}
	if c.Value == c.Time && c.Value != "" {
		check("time", errors.New("it points to the price"))
	}
	if !slices.Contains([]TimeFormat{UnixSeconds, UnixMillis, RFC3339}, c.TimeFormat) {
		check("time_format", fmt.Errorf("%.40q: want unix, unix_ms or rfc3339", string(c.TimeFormat)))
	}
	if c.MaxAge <= 0 {
		check("max_age", fmt.Errorf("%s: say how old a quote may be", c.MaxAge))
	}
	for _, ours := range slices.Sorted(maps.Keys(c.Symbols)) {
		if theirs := c.Symbols[ours]; !symbol.MatchString(ours) || !symbol.MatchString(theirs) {
			check("symbols."+ours, fmt.Errorf("%.60q: want letters, digits, dots, hyphens and underscores, beginning with one of the first two", theirs))
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(errs...)
	}
	c.Symbols = maps.Clone(c.Symbols)
	return &API{c}, nil
}

// checkURL wants both symbols in the question or the answer's pointer, in the URL's path
// or query alone, and an origin that may be asked.
func (c APIConfig) checkURL() error {
	u, err := url.Parse(fill(c.URL, "a", "b"))
	switch {
	case err != nil:
		return errors.New("it cannot be read as a URL")
	case strings.Contains(strings.SplitN(c.URL+"///", "/", 4)[2], "{"):
		return errors.New("{base} and {quote} belong behind the host")
	}
	for _, part := range []string{"{base}", "{quote}"} {
		if !strings.Contains(c.URL+c.Value, part) {
			return fmt.Errorf("neither it nor value has %s: every pair would get the same price", part)
		}
	}
	return c.Web.Allows(u.String())
}

func fill(template, base, quote string) string {
	return strings.NewReplacer("{base}", base, "{quote}", quote).Replace(template)
}

// Quote asks for the price of base in quote. A quote older than the bound is a
// [StaleError].
func (a *API) Quote(ctx context.Context, base, quote string) (Price, error) {
	p, err := a.quote(ctx, base, quote)
	if err == nil {
		err = a.fresh(p)
	}
	if err != nil {
		return Price{}, err
	}
	return p, nil
}

func (a *API) quote(ctx context.Context, base, quote string) (Price, error) {
	fail := func(err error) (Price, error) {
		return Price{}, fmt.Errorf("%s: price of %.40q in %.40q: %w", a.c.Name, base, quote, err)
	}
	b, err := a.theirs(base)
	if err != nil {
		return fail(err)
	}
	q, err := a.theirs(quote)
	if err != nil {
		return fail(err)
	}
	answer, err := a.c.Web.Do(ctx, web.Request{URL: fill(a.c.URL, b, q)})
	if err != nil {
		return fail(err)
	}
	doc, err := decode(answer.Body)
	if err != nil {
		return fail(err)
	}
	read := func(pointer string) (string, error) {
		steps, err := parsePointer(fill(pointer, b, q))
		if err != nil {
			return "", err
		}
		return scalar(doc, steps)
	}
	text, err := read(a.c.Value)
	if err != nil {
		return fail(err)
	}
	value, err := ParseDecimal(text)
	if err != nil {
		return fail(err)
	}
	if text, err = read(a.c.Time); err != nil {
		return fail(err)
	}
	at, err := moment(a.c.TimeFormat, text)
	if err != nil {
		return fail(err)
	}
	return Price{Base: base, Quote: quote, Value: value, At: at, Source: a.c.Name}, nil
}

// fresh holds a price against the clock.
func (a *API) fresh(p Price) error {
	age := a.c.Now().Sub(p.At)
	switch {
	case age > a.c.MaxAge:
		return &StaleError{Source: p.Source, Base: p.Base, Quote: p.Quote, At: p.At, Age: age, MaxAge: a.c.MaxAge}
	case age < -ahead:
		return fmt.Errorf("%s: the price of %s in %s is of %s, which is yet to come: compare the clocks, and time_format", p.Source, p.Base, p.Quote, p.At.Format(time.RFC3339))
	}
	return nil
}

// theirs is a symbol as the source writes it.
func (a *API) theirs(ours string) (string, error) {
	theirs := ours
	if len(a.c.Symbols) > 0 {
		theirs = a.c.Symbols[ours]
	}
	if !symbol.MatchString(theirs) {
		return "", fmt.Errorf("symbol %.40q is not one that the source knows: add it under symbols", ours)
	}
	return theirs, nil
}

// moment reads a time, in UTC, to the nanosecond below.
func moment(f TimeFormat, text string) (time.Time, error) {
	if f == RFC3339 {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, fmt.Errorf("time %.60q is not of RFC 3339", text)
		}
		return at.UTC(), nil
	}
	d, err := ParseDecimal(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time: %w", err)
	}
	scale := map[TimeFormat]int64{UnixSeconds: 1e9, UnixMillis: 1e6}[f]
	nanos := new(big.Rat).Mul(d.Rat(), new(big.Rat).SetInt64(scale))
	n := new(big.Int).Quo(nanos.Num(), nanos.Denom())
	if !n.IsInt64() {
		return time.Time{}, fmt.Errorf("time %.60q is beyond the year 2262: compare time_format", text)
	}
	return time.Unix(0, n.Int64()).UTC(), nil
}
