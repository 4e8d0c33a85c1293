package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An origin is one that may be asked, with the keys that it is given.
type origin struct {
	text    string // scheme://host:port, as it was configured
	local   bool
	headers http.Header
	secrets []string
	client  *http.Client
}

// String is the origin as it was configured.
func (o *origin) String() string { return o.text }

// hide takes the keys out of an error, and of its causes leaves the context's alone:
// others may carry the URL or the server's words.
func (o *origin) hide(ctx context.Context, err error) error {
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) || errors.Is(ctx.Err(), ended) {
			return fmt.Errorf("no answer in time: %w", ended)
		}
	}
	var outer *url.Error // its text begins with the URL
	for errors.As(err, &outer) {
		err = outer.Err
	}
	text := err.Error()
	for _, s := range o.secrets {
		text = strings.ReplaceAll(text, s, "[secret]")
	}
	return fmt.Errorf("%.300s", strings.ToValidUTF8(text, "?"))
}

// key is how two spellings of an origin are the same: with the scheme's port where none
// is given.
func key(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port)
}

// name is a host name as the DNS and every resolver read it: lower-case letters, digits
// and hyphens, the last label beginning with a letter. That leaves out 2130706433,
// 0x7f000001, 127.1 and 0177.0.0.1, which some resolvers take for addresses, a trailing
// dot, and names that are not ASCII.
var name = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// checkHost accepts a host name or an IP address in its one normal spelling, and a port
// likewise.
func checkHost(u *url.URL) error {
	host, port := u.Hostname(), u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0 || strconv.FormatUint(n, 10) != port) || strings.HasSuffix(u.Host, ":") {
		return fmt.Errorf("port %.10q: want 1 to 65535, or none", port)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.String() != host || ip.Is4In6() || ip.Zone() != "" {
			return fmt.Errorf("host %.60q: write the address as %s", host, ip.Unmap().WithZone(""))
		}
		return nil
	}
	labels := strings.Split(host, ".")
	switch {
	case len(host) > 253 || !name.MatchString(host):
		return fmt.Errorf("host %.60q: want a name in lower-case ASCII without a trailing dot, or an IP address in its normal form", host)
	case slices.ContainsFunc(labels, func(l string) bool { return strings.HasPrefix(l, "xn--") }):
		return fmt.Errorf("host %.60q: internationalised names look like others: name a host in plain ASCII", host)
	}
	return nil
}
