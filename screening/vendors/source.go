package vendors

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"countersign/screening"
	"countersign/screening/web"

	"golang.org/x/time/rate"
)

// A Vendor is an API that can be asked. The texts are wire format.
type Vendor string

// The vendors.
const (
	// Chainalysis is the public sanctions API; it needs a key, which is free.
	Chainalysis Vendor = "chainalysis"
	// TRM is the sanctions API of TRM Labs. Without a key it takes one request a second
	// and 100 a day.
	TRM Vendor = "trm"
	// TRMScored is TRM Labs' wallet screening, which scores the risk of an address on one
	// chain from 0 to 15.
	TRMScored Vendor = "trm_scored"
	// Elliptic is wallet screening over all assets, which scores risk from 0 to 10.
	Elliptic Vendor = "elliptic"
)

// A Config says whom to ask, and how to judge the answer.
type Config struct {
	// Name tells the source apart. Required.
	Name string
	// Vendor is whom to ask. Required.
	Vendor Vendor
	// BaseURL is the API's host. Empty means the vendor's own; another is for tests and
	// gateways. https, or http on this machine.
	BaseURL string
	// Key is the API key. Required, but for TRM.
	Key string
	// Secret signs requests, in base64 as the vendor gives it. Required for Elliptic, and
	// for no other.
	Secret string
	// ReviewAt and HitAt are decimal numbers: a score as high makes Review, or Hit. The
	// first must be more than zero and not above the second. Required for TRMScored and
	// Elliptic, and for no other.
	ReviewAt, HitAt string
	// Chains are TRM's names of chains by network. Required for TRMScored, and for no
	// other; an address on a network that is missing is unknown.
	Chains map[string]string
	// CustomerReference is what Elliptic files the screening under. Required there.
	CustomerReference string
	// PerSecond is how many requests may be made in a second. Zero means 10, and 1 for
	// TRM without a key.
	PerSecond int
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// A Source is a vendor as a [screening.Source].
type Source struct {
	config  Config
	base    *url.URL
	client  *http.Client
	limiter *rate.Limiter
	limits  thresholds
	secret  []byte
	ask     func(context.Context, screening.Query) (screening.Finding, error)
}

var bases = map[Vendor]string{
	Chainalysis: "https://public.chainalysis.com", TRM: "https://api.trmlabs.com",
	TRMScored: "https://api.trmlabs.com", Elliptic: "https://aml-api.elliptic.co",
}

// New checks a configuration, and reports all mistakes in it. It asks nothing.
func New(c Config) (*Source, error) {
	s := &Source{config: c}
	if c.Now == nil {
		s.config.Now = time.Now
	}
	s.ask = map[Vendor]func(context.Context, screening.Query) (screening.Finding, error){
		Chainalysis: s.chainalysis, TRM: s.trm, TRMScored: s.trmScored, Elliptic: s.elliptic,
	}[c.Vendor]
	errs := c.mistakes()
	var err error
	if c.Vendor == TRMScored || c.Vendor == Elliptic {
		if s.limits, err = newThresholds(c.ReviewAt, c.HitAt); err != nil {
			errs = append(errs, err)
		}
	}
	if s.secret, err = base64.StdEncoding.DecodeString(c.Secret); err != nil {
		errs = append(errs, errors.New("secret: is not base64"))
	}
	if s.base, err = web.CheckURL(cmp.Or(c.BaseURL, bases[c.Vendor], "https://none.invalid")); err != nil {
		errs = append(errs, fmt.Errorf("base_url: %w", err))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if s.base.Path == "" {
		s.base.Path = "/" // else JoinPath leaves out the first slash, which is signed
	}
	perSecond := cmp.Or(c.PerSecond, 10)
	if c.PerSecond == 0 && c.Vendor == TRM && c.Key == "" {
		perSecond = 1
	}
	s.client = web.Client(s.base, 0, false)
	s.limiter = rate.NewLimiter(rate.Limit(perSecond), perSecond)
	return s, nil
}

// mistakes are those that need no parsing.
func (c Config) mistakes() (errs []error) {
	need := func(field string, given, needed, allowed bool) {
		switch {
		case needed && !given:
			errs = append(errs, fmt.Errorf("%s: is required", field))
		case given && !allowed:
			errs = append(errs, fmt.Errorf("%s: is not for %s", field, c.Vendor))
		}
	}
	if bases[c.Vendor] == "" {
		return []error{fmt.Errorf("vendor: %.40q is none of chainalysis, trm, trm_scored, elliptic", c.Vendor)}
	}
	scored := c.Vendor == TRMScored || c.Vendor == Elliptic
	need("name", c.Name != "", true, true)
	need("key", c.Key != "", c.Vendor != TRM, true)
	need("secret", c.Secret != "", c.Vendor == Elliptic, c.Vendor == Elliptic)
	need("review_at", c.ReviewAt != "", scored, scored)
	need("hit_at", c.HitAt != "", scored, scored)
	need("chains", len(c.Chains) > 0, c.Vendor == TRMScored, c.Vendor == TRMScored)
	need("customer_reference", c.CustomerReference != "", c.Vendor == Elliptic, c.Vendor == Elliptic)
	if strings.ContainsFunc(c.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("key: has spaces or signs that no key has"))
	}
	if c.PerSecond < 0 {
		errs = append(errs, errors.New("requests_per_second: must not be negative"))
	}
	return errs
}

// Name is that of the configuration.
func (s *Source) Name() string { return s.config.Name }

// Screen asks about each address once, a few at a time. Its error is always nil: what
// could not be learnt of an address is unknown, and says why.
func (s *Source) Screen(ctx context.Context, queries []screening.Query) ([]screening.Finding, error) {
	const atOnce = 4
	var wg sync.WaitGroup
	room := make(chan struct{}, atOnce)
	findings := make([]screening.Finding, len(queries))
	first := map[[2]string]int{} // where a question stands first
	for i, q := range queries {
		key := s.question(q)
		if _, asked := first[key]; asked {
			continue
		}
		first[key] = i
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			findings[i] = s.one(ctx, q)
		})
	}
	wg.Wait()
	for i, q := range queries {
		f := findings[first[s.question(q)]]
		f.Source, f.Network, f.Address, f.Checked = s.config.Name, q.Network, q.Address, s.config.Now()
		findings[i] = f
	}
	return findings, nil
}

// question is what makes two queries the same request.
func (s *Source) question(q screening.Query) [2]string {
	address, err := screening.Canonical(q.Address)
	if err != nil {
		address = q.Address
	}
	return [2]string{address, s.config.Chains[q.Network]}
}

// one asks about one address. A panic here would end the program, because this runs in a
// goroutine of its own.
func (s *Source) one(ctx context.Context, q screening.Query) (f screening.Finding) {
	defer func() {
		if recover() != nil {
			f = screening.Finding{Verdict: screening.Unknown, Detail: "reading the answer panicked"}
		}
	}()
	if _, err := screening.Canonical(q.Address); err != nil {
		return screening.Finding{Verdict: screening.Unknown, Detail: err.Error()}
	}
	f, err := s.ask(ctx, q)
	if err != nil {
		return screening.Finding{Verdict: screening.Unknown, Detail: err.Error()}
	}
	return f
}
