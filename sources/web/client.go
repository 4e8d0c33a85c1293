// Package web lets rules ask HTTP APIs, and only those that the deployment names.
//
// A rule is code of ours, but the URL that it builds may hold what a stranger wrote
// into a request. So a client is given a list of origins, each a scheme, a host and a
// port, and asks nobody else: no redirect is followed, no proxy of the environment is
// used, no cookie is kept. Where a name leads is judged when the connection is made,
// after it was resolved, so that a name that changes its address between two looks
// gains nothing: this machine, private networks, a cloud's metadata service, and every
// address that only stands for another one are not connected to.
//
// An answer is whole or there is none. It is bounded in time and in bytes, it is never
// decompressed (servers are asked for plain bytes, and believed to send them: others are
// refused), and a status other than 2xx is an error unless the question accepts it.
//
// API keys stand in files and travel in headers. No error, no question and no answer
// holds one: an answer that repeats a key is refused.
package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// ErrRefused means that a question may not be asked: it is not for an origin of the
// configuration, or cannot be read in one way only. Asking again is refused again.
var ErrRefused = errors.New("request refused")

// A Client asks the origins of its configuration. It is safe for concurrent use. What
// it prints holds no key.
type Client struct {
	origins  map[string]*origin // by scheme://host:port
	maxBytes int64
	timeout  time.Duration
}

// Do asks, and returns the whole answer. The errors of a question that may not be asked
// wrap [ErrRefused]; those of a context that ended wrap its error. All name the method
// and the origin, and nothing else of the URL.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	o, req, err := c.request(r)
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	a, err := c.ask(o, req.WithContext(ctx), r)
	if err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", req.Method, o, o.hide(ctx, err))
	}
	return a, nil
}

func (c *Client) ask(o *origin, req *http.Request, r Request) (Answer, error) {
	resp, err := o.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	switch encoding := resp.Header.Get("Content-Encoding"); {
	case !r.accepts(resp.StatusCode):
		return Answer{}, fmt.Errorf("it answered %d, which is not accepted", resp.StatusCode)
	case encoding != "" && encoding != "identity":
		return Answer{}, fmt.Errorf("the answer is encoded (%.20q), though identity was asked for", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBytes+1))
	switch {
	case err != nil:
		return Answer{}, err
	case int64(len(body)) > c.maxBytes:
		return Answer{}, fmt.Errorf("the answer has more than %d bytes: ask for less, or raise max_bytes", c.maxBytes)
	case len(body) == 0:
		body = nil // one form for nothing, so that an answer that was kept is equal
	}
	a := Answer{Status: resp.StatusCode, ContentType: mediaType(resp.Header.Get("Content-Type")), Body: body}
	for _, secret := range o.secrets {
		if bytes.Contains(a.Body, []byte(secret)) || strings.Contains(a.ContentType, secret) {
			return Answer{}, errors.New("the answer repeats a key of ours, and answers are kept: ask another path")
		}
	}
	return a, nil
}

// mediaType is a Content-Type in its normal form, so that it is plain text whatever was
// sent. Empty where there is none that can be read.
func mediaType(header string) string {
	t, params, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	return mime.FormatMediaType(t, params)
}

// Allows returns nil when URL is for an origin of the configuration, and else why not,
// wrapping [ErrRefused].
func (c *Client) Allows(url string) error {
	_, _, err := c.request(Request{URL: url})
	return err
}

// String says how many origins there are.
func (c *Client) String() string { return fmt.Sprintf("HTTP client for %d origins", len(c.origins)) }

// GoString is [Client.String], for %#v.
func (c *Client) GoString() string { return c.String() }
