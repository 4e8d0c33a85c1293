// Package jsonrpc makes calls of one node over HTTP, in batches, no faster than the node wants
// them. What it says of a node names its host, never the path, the query or the user of its URL.
package jsonrpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"sync"
	"time"

	"countersign/chain/secrets"

	"golang.org/x/time/rate"
)

var (
	// ErrNoAnswer means that a node did not answer, or not in a way that can be read.
	ErrNoAnswer = errors.New("the node gave no answer")

	// ErrTooLong means that an answer is longer than is read: ask for less.
	ErrTooLong = errors.New("the answer is too long")
)

// A Call is one call of a method.
type Call struct {
	Method string
	Params []any
}

// A Reply is what the node said to one call: a result as it came, or an error.
type Reply struct {
	Result json.RawMessage
	// Err is an [*Error] of the node's own, nil for a result.
	Err error
}

// An Error is the node's own, of one call. Its message is redacted.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Error says both.
func (e *Error) Error() string { return fmt.Sprintf("error %d: %s", e.Code, e.Message) }

// NoMethod reports whether a node does not have the method at all: the codes of JSON-RPC 2.0
// "Method not found" and EIP-1474 "Method not supported".
func NoMethod(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == -32601 || e.Code == -32004)
}

// Options bound what is asked of a node. Timeout and Batch must be set.
type Options struct {
	// Rate is in calls a second, 0 for any number.
	Rate float64
	// Timeout bounds one request.
	Timeout time.Duration
	// Batch is how many calls travel in one request at most. With 1 they travel without a list.
	Batch int
	// Transport is nil for the usual one.
	Transport http.RoundTripper
}

// A Client makes calls of one node. It is safe for concurrent use.
type Client struct {
	url     string
	host    string
	secrets []string
	opts    Options
	http    *http.Client
	limit   *rate.Limiter // nil for none

	mu     sync.Mutex
	resume time.Time // the node has asked to be left alone until then
	nextID uint64
}

// New returns the client of the node at an http or https URL. It does not call yet.
func New(rawURL string, o Options) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// The text of the URL, and url's own error, may hold a key.
		return nil, errors.New("a node's URL must be http:// or https:// and a host")
	}
	c := &Client{url: rawURL, host: u.Host, secrets: secrets.Of(u), opts: o}
	c.http = &http.Client{
		Transport: o.Transport,
		// A redirect leads to somebody who was not configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if o.Rate > 0 {
		// A burst must hold one batch, or that could never be sent.
		c.limit = rate.NewLimiter(rate.Limit(o.Rate), max(o.Batch, int(math.Ceil(o.Rate))))
	}
	return c, nil
}

// Host names the node.
func (c *Client) Host() string { return c.host }

// Do makes calls, in as many requests as it takes, and returns a reply to each. Its error wraps
// [ErrNoAnswer], or [ErrTooLong] for an answer that is; the error of a single call stands in its
// reply.
func (c *Client) Do(ctx context.Context, calls []Call) ([]Reply, error) {
	replies := make([]Reply, 0, len(calls))
	for len(calls) > 0 {
		batch := calls[:min(c.opts.Batch, len(calls))]
		calls = calls[len(batch):]
		answered, err := c.patient(ctx, batch)
		if err != nil {
			return nil, c.refuse(err)
		}
		replies = append(replies, answered...)
	}
	return replies, nil
}

// refuse makes an error for others to read. Of causes it keeps the context's and [ErrTooLong];
// others become text, because they carry the URL or the server's words.
func (c *Client) refuse(err error) error {
	var outer *url.Error // its text begins with the URL
	for errors.As(err, &outer) {
		err = outer.Err
	}
	for _, kept := range []error{context.Canceled, context.DeadlineExceeded, ErrTooLong} {
		if errors.Is(err, kept) {
			return fmt.Errorf("node %s: %w: %w", c.host, ErrNoAnswer, kept)
		}
	}
	return fmt.Errorf("node %s: %w: %s", c.host, ErrNoAnswer, secrets.Redact(err.Error(), c.secrets))
}

// wait waits until the node may be sent n more calls, or fails at once when the context ends
// before that.
func (c *Client) wait(ctx context.Context, n int) error {
	c.mu.Lock()
	pause := time.Until(c.resume)
	c.mu.Unlock()
	if err := sleep(ctx, pause); err != nil {
		return err
	}
	if c.limit == nil {
		return nil
	}
	return c.limit.WaitN(ctx, n)
}

// sleep waits for a time that the context leaves.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if end, limited := ctx.Deadline(); limited && time.Until(end) < d {
		return fmt.Errorf("it wants no calls for %s, and there is less time", d.Round(time.Millisecond))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
