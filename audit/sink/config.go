package sink

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Config is a sink as an operator names it, by a URI:
//
//	otlp+https://collector.example:4318/v1/logs?token-file=/run/secrets/otlp
//	hec+https://splunk.example:8088/?token-file=/run/secrets/hec&ack=required&index=audit
//	webhook+https://siem.example/in?secret-file=/run/secrets/hook&format=array
//
// A path that is left out is the usual one of the protocol. Plain http is for addresses of
// this machine only.
type Config struct {
	// Kind is otlp, hec or webhook.
	Kind string
	// Name is the sink's, under which its cursor is kept: of 1 to 64 of a-z, 0-9, dot,
	// dash and underscore. It defaults to the kind, a dash and the host. A sink with a
	// new name starts at the first record.
	Name string
	// URL is where batches go, without what only we read.
	URL string

	// TokenFile holds a bearer token (otlp, optional) or the HEC token (hec, required).
	// SecretFile holds the secrets that sign (webhook, required), one per line, each as
	// Standard Webhooks write them: whsec_ and base64. Both are read again for each batch,
	// so that they can be replaced at any time.
	TokenFile, SecretFile string
	// CAFile holds certificates, PEM, of authorities to trust instead of the system's.
	CAFile string
	// Timeout bounds one request; zero means 30 seconds.
	Timeout time.Duration
	// Batch is how many records are sent together at most; zero means 256.
	Batch int

	// Plain turns off gzip (otlp).
	Plain bool
	// Ack is auto, which waits for the indexer where the receiver offers it, or required,
	// which takes nothing else for an acknowledgement (hec). Empty means auto.
	Ack string
	// AckTimeout is how long the indexer may take before the batch is sent again; zero
	// means five minutes (hec).
	AckTimeout time.Duration
	// Index and SourceType say where Splunk puts events; empty leaves the index to the
	// token, and the source type is countersign:ocsf (hec).
	Index, SourceType string
	// Format is ndjson, a line per event, or array, one JSON array (webhook). Empty means
	// ndjson.
	Format string
}

// ErrConfig means that a sink's URI is not one.
var ErrConfig = errors.New("sink URI")

var usualPath = map[string]string{"otlp": "/v1/logs", "hec": "/services/collector/event", "webhook": "/"}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// ParseSink reads a sink's URI. The error, [ErrConfig], names every mistake.
func ParseSink(uri string) (Config, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return Config{}, fmt.Errorf("%w: cannot be read, want kind+https://host/path?setting=value", ErrConfig) // err holds the whole URI
	}
	kind, scheme, _ := strings.Cut(u.Scheme, "+")
	c := Config{Kind: kind}
	p := params{values: u.Query()}
	p.check(usualPath[kind] != "", "scheme %.40q: want otlp+https, hec+https or webhook+https", u.Scheme)
	p.check(scheme == "https" || scheme == "http", "scheme %.40q: want https after the plus sign", u.Scheme)
	p.check(u.Host != "", "host is missing")
	p.check(scheme != "http" || local(u.Hostname()), "http to %.60q: want https, http is for this machine only", u.Hostname())
	p.check(u.User == nil, "a user in the URI: put the token into a file and name it with token-file=")
	p.check(u.Fragment == "", "a # in the URI: write %%23")
	c.read(&p, u)
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		p.check(false, "setting %.40q is unknown for %s", name, kind)
	}
	u.Scheme, u.RawQuery = scheme, ""
	if u.Path == "" || u.Path == "/" {
		u.Path = usualPath[kind]
	}
	c.URL = u.String()
	if len(p.errs) > 0 {
		return Config{}, errors.Join(p.errs...)
	}
	return c, nil
}

// read takes the settings of the kind out of p.
func (c *Config) read(p *params, u *url.URL) {
	c.Name = p.text("name", strings.ToLower(c.Kind+"-"+strings.NewReplacer(":", "-", "[", "", "]", "").Replace(u.Host)))
	p.check(nameForm.MatchString(c.Name), "name %.80q: want 1 to 64 of a-z, 0-9, dot, dash, underscore; set name=", c.Name)
	c.CAFile = p.text("ca-file", "")
	c.Timeout = p.duration("timeout", time.Second, 10*time.Minute)
	c.Batch = p.number("batch", 1, 10_000)
	switch c.Kind {
	case "otlp":
		c.TokenFile = p.text("token-file", "")
		c.Plain = p.oneOf("gzip", "on", "off") == "off"
	case "hec":
		c.TokenFile = p.required("token-file")
		c.Ack = p.oneOf("ack", "auto", "required")
		c.AckTimeout = p.duration("ack-timeout", time.Second, 24*time.Hour)
		c.Index, c.SourceType = p.text("index", ""), p.text("sourcetype", "")
		p.check(strings.HasSuffix(u.Path, "/event") || u.Path == "" || u.Path == "/", "path %.60q: want one that ends in /services/collector/event", u.Path)
	case "webhook":
		c.SecretFile = p.required("secret-file")
		c.Format = p.oneOf("format", "ndjson", "array")
	}
}

// local reports whether a host is this machine, without asking a name server.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// params hands out settings once each and collects what is wrong with them.
type params struct {
	values url.Values
	errs   []error
}

func (p *params) check(ok bool, format string, args ...any) {
	if !ok {
		p.errs = append(p.errs, fmt.Errorf("%w: "+format, append([]any{ErrConfig}, args...)...))
	}
}

func (p *params) text(name, usual string) string {
	values, has := p.values[name]
	delete(p.values, name)
	p.check(len(values) <= 1, "setting %s stands %d times, want once", name, len(values))
	p.check(!has || values[0] != "", "setting %s is empty: leave it out or give it a value", name)
	if !has || values[0] == "" {
		return usual
	}
	return values[0]
}

func (p *params) required(name string) string {
	s := p.text(name, "")
	p.check(s != "", "setting %s= is missing", name)
	return s
}

func (p *params) oneOf(name string, first, second string) string {
	s := p.text(name, first)
	p.check(s == first || s == second, "setting %s is %.40q, want %s or %s", name, s, first, second)
	return s
}

func (p *params) duration(name string, least, most time.Duration) time.Duration {
	s := p.text(name, "")
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	p.check(err == nil && d >= least && d <= most, "setting %s is %.40q, want a duration from %s to %s", name, s, least, most)
	return d
}

func (p *params) number(name string, least, most int) int {
	s := p.text(name, "")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	p.check(err == nil && n >= least && n <= most, "setting %s is %.40q, want %d to %d", name, s, least, most)
	return n
}
