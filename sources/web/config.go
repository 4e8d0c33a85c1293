package web

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// The bounds of a client whose configuration does not say otherwise.
const (
	DefaultMaxBytes = 1 << 20
	DefaultTimeout  = 5 * time.Second
)

// mostBytes is the most that an answer may be allowed to have: it is held in memory.
const mostBytes = 16 << 20

// Config configures a client. The zero Config allows nothing.
type Config struct {
	// Origins are who may be asked.
	Origins []Origin
	// MaxBytes bounds the body of an answer. Zero is [DefaultMaxBytes].
	MaxBytes int64
	// Timeout bounds a question, from the look-up of the name to the last byte of the
	// answer. Zero is [DefaultTimeout].
	Timeout time.Duration
	// Resolver looks names up. Nil is the system's.
	Resolver *net.Resolver
}

// An Origin is a scheme, a host and a port that may be asked.
type Origin struct {
	// URL is https://host or https://host:port, and nothing behind it. A host is a name
	// in lower-case ASCII, or an IP address.
	URL string
	// Local says that the origin is on this machine. Only then may it be http, and then
	// no other machine is connected to.
	Local bool
	// Headers are sent with every question: by name, the path of the file that holds the
	// value. Values are taken for secrets; they have eight characters or more.
	Headers map[string]string
}

// New makes a client, or reports every mistake by its field. It reads the files of the
// headers, once: after a key has changed the program is started again.
func New(c Config) (*Client, error) {
	client := &Client{origins: map[string]*origin{}, maxBytes: c.MaxBytes, timeout: c.Timeout}
	var errs []error
	fail := func(err error) { errs = append(errs, err) }
	if c.MaxBytes == 0 {
		client.maxBytes = DefaultMaxBytes
	}
	if c.Timeout == 0 {
		client.timeout = DefaultTimeout
	}
	if c.MaxBytes < 0 || c.MaxBytes > mostBytes {
		fail(fmt.Errorf("max_bytes: %d: want 1 to %d, or none", c.MaxBytes, mostBytes))
	}
	if c.Timeout < 0 {
		fail(fmt.Errorf("timeout: %s: want a positive duration, or none", c.Timeout))
	}
	for i, o := range c.Origins {
		at := fmt.Sprintf("origins[%d]", i)
		made, id, mistakes := o.make(at, c.Resolver)
		errs = append(errs, mistakes...)
		if _, twice := client.origins[id]; twice {
			fail(fmt.Errorf("%s.url: %s stands there twice", at, id))
		}
		if id != "" {
			client.origins[id] = made
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return client, nil
}

// make returns the origin with its key, which is empty when the URL is mistaken.
func (o Origin) make(at string, resolver *net.Resolver) (made *origin, id string, errs []error) {
	made = &origin{text: o.URL, local: o.Local, headers: http.Header{}}
	for _, header := range slices.Sorted(maps.Keys(o.Headers)) {
		value, err := headerValue(header, o.Headers[header])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.headers.%s: %w", at, header, err))
			continue
		}
		if made.headers.Get(header) != "" {
			errs = append(errs, fmt.Errorf("%s.headers.%s: it stands there twice, in two spellings", at, header))
		}
		made.headers.Set(header, value)
		made.secrets = append(made.secrets, secrets(value)...)
	}
	// The longest first, so that no part of one is left where it is taken out.
	slices.SortFunc(made.secrets, func(a, b string) int { return len(b) - len(a) })
	u, err := parseURL(o.URL)
	if err != nil {
		return made, "", append(errs, fmt.Errorf("%s.url: %w", at, err))
	}
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme+"://"+u.Host != o.URL:
		errs = append(errs, fmt.Errorf("%s.url: want scheme, host and port alone: %s://%s", at, u.Scheme, u.Host))
	case u.Scheme == "http" && !o.Local:
		errs = append(errs, fmt.Errorf("%s.url: http can be read and altered on the way: use https, or say local where it is this machine", at))
	case err == nil && may(ip, o.Local) != nil:
		errs = append(errs, fmt.Errorf("%s.url: %w", at, may(ip, o.Local)))
	}
	id = key(u)
	made.client = made.newClient(resolver)
	return made, id, errs
}

// may says whether an address may be connected to: of this machine for a local origin,
// of the Internet for others.
func may(ip netip.Addr, local bool) error {
	switch {
	case local && !ip.IsLoopback():
		return fmt.Errorf("%s is not this machine, and the origin is local", ip)
	case local:
		return nil
	}
	return Public(ip)
}

func (o *origin) newClient(resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Resolver: resolver, Control: func(_, address string, _ syscall.RawConn) error {
		// The address is the one that is connected to: no name is looked up after this.
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address %.60q cannot be read", address)
		}
		return may(to.Addr(), o.local)
	}}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableCompression: true,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
