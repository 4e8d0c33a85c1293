// Package web is how screening reaches other machines: https to public addresses, an
// answer of bounded length, and no surprise on the way.
//
// A URL is written by an operator, but what stands behind its name, and where it
// redirects to, is not. So the address is judged after the name was resolved, when the
// connection is made: a name that resolves to a cloud's metadata service, to this
// machine or to a private network is not connected to. Proxies from the environment are
// not used, because they would be asked instead of the address that was judged.
package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	sources "countersign/sources/web"
)

// ErrURL means that a URL may not be used, or led to an address that may not.
var ErrURL = errors.New("URL refused")

// CheckURL accepts https, and http for this machine only: what travels in the clear can
// be altered on the way. A user or password in the URL is refused, because URLs are
// printed.
func CheckURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: want https:// and a host", ErrURL)
	case u.User != nil:
		return nil, fmt.Errorf("%w: it holds a user or password: give keys in files", ErrURL)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%w: http is for this machine only: use https", ErrURL)
	}
	return u, nil
}

// loopback reports whether a host, as written, is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// Client returns a client for the host of u, a URL that [CheckURL] accepts. It follows
// so many redirects, each to an https URL (or http on this machine, when u is on it), and
// connects to public addresses only. When u names this machine it connects to this
// machine only, which is for tests and for mirrors. With private true it connects to
// private networks besides. It gives up when an answer has not begun after 30 seconds.
func Client(u *url.URL, redirects int, private bool) *http.Client {
	local := loopback(u.Hostname())
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return mayConnect(address, local, private)
	}}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > redirects {
				return fmt.Errorf("%w: redirected more than %d times", ErrURL, redirects)
			}
			_, err := CheckURL(req.URL.String())
			return err
		},
	}
}

// mayConnect judges an address after resolution.
func mayConnect(address string, local, private bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is no address", ErrURL, address)
	}
	ip := at.Addr().Unmap() // ::ffff:10.0.0.1 is 10.0.0.1
	if local && ip.IsLoopback() || !local && private && (ip.IsPrivate() || shared.Contains(ip)) {
		return nil
	}
	if err := sources.Public(ip); err != nil || local {
		return fmt.Errorf("%w: %s is not a public address", ErrURL, ip)
	}
	return nil
}

// shared is for a provider's own network (RFC 6598); some clouds keep their metadata
// service in it.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// Cause is the text of a failed request without the URL, of which the query may hold a
// key.
func Cause(err error) error {
	var outer *url.Error
	for errors.As(err, &outer) {
		err = outer.Err
	}
	return err
}
