package dfns

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer = 8 << 20
	// attempts is how often a call is tried that may be tried again.
	attempts = 5
	// firstWait doubles from try to try. Rate limits count over 60 seconds
	// (dfns.md §8), so no Retry-After is honoured beyond longestWait.
	firstWait   = 250 * time.Millisecond
	longestWait = 60 * time.Second
)

// A request is one HTTP call. Target is path and query as they go on the wire.
type request struct {
	method, target string
	body           []byte
	action         string // the user action token, if signed
}

// An answerError is a failure with what is needed to decide on another try.
type answerError struct {
	err   error
	wait  time.Duration // asked for by the server; 0 when it did not say
	again bool          // the server is busy or the line broke: a read may be repeated
	unmet bool          // nothing can have happened: even a signed call may be repeated
}

func (e *answerError) Error() string { return e.err.Error() }
func (e *answerError) Unwrap() error { return e.err }

// send makes one call and returns the body of a 200. Everything else is an
// *answerError.
func (c *Client) send(ctx context.Context, r request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.String()+r.target, bytes.NewReader(r.body))
	if err != nil {
		return nil, &answerError{err: fmt.Errorf("dfns: %s %q: %w", r.method, r.target, err)}
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", "countersign")
	if r.action != "" {
		req.Header.Set("X-Dfns-Useraction", r.action)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var op *net.OpError
		return nil, &answerError{err: fmt.Errorf("dfns: %w", err), again: true, unmet: errors.As(err, &op) && op.Op == "dial"}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &answerError{err: fmt.Errorf("dfns: %s %s: reading the answer: %w", r.method, req.URL.Path, err), again: true}
	case len(body) > maxAnswer:
		return nil, &answerError{err: fmt.Errorf("dfns: %s %s: %w: more than %d bytes", r.method, req.URL.Path, errLong, maxAnswer)}
	case resp.StatusCode != http.StatusOK:
		return nil, &answerError{
			err:   c.failure(r.method, req.URL.EscapedPath(), resp.StatusCode, body),
			wait:  retryAfter(resp.Header.Get("Retry-After"), c.now()),
			again: busy(resp.StatusCode),
			unmet: resp.StatusCode == http.StatusTooManyRequests,
		}
	}
	return body, nil
}

func busy(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retry calls f until it succeeds, until its failure does not allow another try,
// or until the next wait would pass the context's deadline.
func (c *Client) retry(ctx context.Context, allowed func(*answerError) bool, f func() error) error {
	for n := 0; ; n++ {
		err := f()
		var a *answerError
		if err == nil || !errors.As(err, &a) {
			return err
		}
		wait := cmp.Or(a.wait, jitter(firstWait<<n))
		deadline, bounded := ctx.Deadline()
		if !allowed(a) || n == attempts-1 || wait > longestWait || ctx.Err() != nil || bounded && c.now().Add(wait).After(deadline) {
			return a.err
		}
		if err := c.sleep(ctx, wait); err != nil {
			return errors.Join(a.err, err)
		}
	}
}

// read makes an unsigned call, again and again if need be.
func (c *Client) read(ctx context.Context, r request) (body []byte, err error) {
	err = c.retry(ctx, func(a *answerError) bool { return a.again }, func() error {
		body, err = c.send(ctx, r)
		return err
	})
	return body, err
}

// Get reads what stands at target, path and query as they go on the wire, byte for byte: what
// is no JSON too. Its errors are those of [Client.Do].
func (c *Client) Get(ctx context.Context, target string) ([]byte, error) {
	return c.read(ctx, request{method: http.MethodGet, target: target})
}

// get reads target into out.
func (c *Client) get(ctx context.Context, target string, out any) error {
	body, err := c.Get(ctx, target)
	if err != nil {
		return err
	}
	return decode("GET "+pathOf(target), body, out)
}

// decode fills out, which may be a *json.RawMessage or nil.
func decode(what string, body []byte, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("dfns: %s: decoding the answer: %w", what, err)
	}
	return nil
}

// encode returns the bytes of a body as they are signed and sent. No body is
// "{}", as DFNS's own JavaScript client sends it (dfns.md §1.3).
func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return []byte("{}"), nil
	case []byte:
		return b, nil
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, fmt.Errorf("dfns: encoding the request: %w", err)
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

// pathOf cuts the query off.
func pathOf(target string) string {
	if u, err := url.Parse(target); err == nil {
		return u.EscapedPath()
	}
	return target
}

// retryAfter reads the header in either of its forms (RFC 9110 §10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(value); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}
