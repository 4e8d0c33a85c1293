// Package dfns is a client of the DFNS custody API, for what a governed
// treasury asks of it: reading approvals and deciding them, reading wallets,
// making transfers and transactions. Packages below it do the rest with its [Client].
//
// A bearer token lets us read. Whatever changes something must also be signed,
// call by call ("user action signing", dfns.md §1): we ask for a challenge over
// the exact method, path and body; sign it with the service account's key;
// exchange that for a token good for this one call; and make the call.
// [Client.Do] tells that story for any call.
//
// What the client promises: every call ends by its context or by [Config]'s
// timeout. Reads are tried again when the server is busy or the line breaks. A
// signed call is never sent twice after its bytes may have arrived, for a
// decision or a transfer must not happen twice; its caller reads what became of
// it. Answers are kept whole in Raw fields; fields and kinds that we do not know
// break nothing. Neither token nor key shows in an error, a log or a print.
//
// [Custodian] speaks the vocabulary of package countersign and is what the
// activities use.
package dfns

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/custody/dfns/signkey"
)

// Config says where the API is and who calls it.
type Config struct {
	// BaseURL is the API's address without a path, e.g. https://api.dfns.io or
	// https://api.uae.dfns.io. Required. Plain http is refused but for this
	// machine, because the token travels with every call.
	BaseURL string
	// AuthToken is the service account's bearer token. Required.
	AuthToken string
	// CredentialID names the key that Signer holds, as in the service account's
	// accessTokens[].credId. Empty means the one key that a challenge allows.
	CredentialID string
	// Signer signs what changes something; see [signkey.Load]. Without one the client
	// only reads.
	Signer crypto.Signer
	// HTTP sends requests; its redirect policy is not used, as a token follows no
	// redirect. Defaults to http.DefaultTransport.
	HTTP *http.Client
	// Timeout bounds one request. Zero means 30 s.
	Timeout time.Duration
	// Now and Sleep are the clock. They default to the real one; Sleep returns
	// early with the context's error.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// String hides the token.
func (c Config) String() string {
	return fmt.Sprintf("dfns.Config{BaseURL: %s, AuthToken: configured=%t, CredentialID: %s, Signer: configured=%t}",
		c.BaseURL, c.AuthToken != "", c.CredentialID, c.Signer != nil)
}

// GoString hides the token from %#v.
func (c Config) GoString() string { return c.String() }

// A Client calls the API as one service account. It is safe for concurrent use.
type Client struct {
	base       *url.URL
	token      string
	credential string
	signer     crypto.Signer
	http       http.Client
	timeout    time.Duration
	now        func() time.Time
	sleep      func(context.Context, time.Duration) error
}

// String names the API that is called, and nothing of who calls it.
func (c *Client) String() string { return "dfns client of " + c.base.String() }

// GoString is [Client.String], for %#v.
func (c *Client) GoString() string { return c.String() }

// New returns a client, or an error that names every field that is wrong.
func New(cfg Config) (*Client, error) {
	base, err := baseURL(cfg.BaseURL)
	errs := []error{err}
	token := strings.TrimSpace(cfg.AuthToken)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("dfns config: AuthToken is empty or holds what is no token: give the service account's token"))
	}
	if cfg.Signer != nil {
		errs = append(errs, signkey.Supported(cfg.Signer.Public()))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c := &Client{
		base: base, token: token, credential: cfg.CredentialID, signer: cfg.Signer,
		timeout: cmp.Or(cfg.Timeout, 30*time.Second), now: cfg.Now, sleep: cfg.Sleep,
	}
	if cfg.HTTP != nil {
		c.http = *cfg.HTTP
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	return c, nil
}

// baseURL refuses what would send the token in clear, or elsewhere. A path is
// refused because the signed path starts at the host (dfns.md §1.3).
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, errors.New("dfns config: BaseURL is not scheme and host alone: give e.g. https://api.dfns.io")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("dfns config: BaseURL %s would send the token in clear: use https", u.Redacted())
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("dfns config: BaseURL scheme is %q: use https", u.Scheme)
	}
	u.Path = ""
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// jitter spreads waits over the upper half of d, so that many clients do not
// come back at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
