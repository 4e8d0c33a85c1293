package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"countersign/chain/secrets"
	"countersign/strictjson"
)

const (
	// maxAnswer is the longest answer that is read, in bytes after decompression: about
	// 50,000 logs, and more than go-ethereum's limit of a batch's answer (25 MB).
	maxAnswer = 32 << 20
	// attempts is how often a node that is too busy is asked.
	attempts = 4
	// pause is how long such a node is left alone when it does not say, and maxPause how long
	// at most when it does.
	pause    = time.Second
	maxPause = time.Minute
)

// busy is a refusal that goes away by itself.
type busy struct {
	after time.Duration
	why   string
}

func (b *busy) Error() string { return b.why }

// patient makes one request, again when the node asks to be left alone for a while.
func (c *Client) patient(ctx context.Context, calls []Call) ([]Reply, error) {
	for attempt := 1; ; attempt++ {
		if err := c.wait(ctx, len(calls)); err != nil {
			return nil, err
		}
		replies, err := c.request(ctx, calls)
		var b *busy
		if !errors.As(err, &b) || attempt == attempts {
			return replies, err
		}
		c.mu.Lock()
		if until := time.Now().Add(min(b.after, maxPause)); until.After(c.resume) {
			c.resume = until
		}
		c.mu.Unlock()
	}
}

type question struct {
	Version string `json:"jsonrpc"`
	ID      uint64 `json:"id"`
	Method  string `json:"method"`
	Params  []any  `json:"params"`
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      *uint64         `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *Error          `json:"error"`
}

// request makes one request and reads its answer.
func (c *Client) request(ctx context.Context, calls []Call) ([]Reply, error) {
	c.mu.Lock()
	first := c.nextID + 1
	c.nextID += uint64(len(calls))
	c.mu.Unlock()
	batch := make([]question, len(calls))
	for i, call := range calls {
		batch[i] = question{"2.0", first + uint64(i), call.Method, call.Params}
		if call.Params == nil {
			batch[i].Params = []any{}
		}
	}
	var body any = batch
	if c.opts.Batch == 1 {
		body = batch[0]
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if text, err = c.post(ctx, text); err != nil {
		return nil, err
	}
	var answers []answer
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		answers = make([]answer, 1)
		err = json.Unmarshal(text, &answers[0])
	} else {
		err = json.Unmarshal(text, &answers)
	}
	if err != nil {
		return nil, fmt.Errorf("no answer of JSON-RPC: %w", err)
	}
	return c.match(first, len(calls), answers)
}

// match puts the answers in the order of the calls, each once. Any other number of them, or an
// ID that was not asked, makes nothing of all.
func (c *Client) match(first uint64, n int, answers []answer) ([]Reply, error) {
	if len(answers) == 1 && answers[0].Error != nil && (answers[0].ID == nil || n > 1) {
		// What refuses a whole batch, such as a rate limit, answers with one object.
		e := answers[0].Error
		if limited(e) {
			return nil, &busy{pause, "answered a batch as a whole: " + e.Error()}
		}
		return nil, fmt.Errorf("answered a batch as a whole: %w", e)
	}
	if len(answers) != n {
		return nil, fmt.Errorf("%d answers to %d calls", len(answers), n)
	}
	replies, seen := make([]Reply, n), make([]bool, n)
	for _, a := range answers {
		if a.Version != "2.0" || a.ID == nil || *a.ID < first || *a.ID-first >= uint64(n) || seen[*a.ID-first] {
			return nil, errors.New("an answer is not of JSON-RPC 2.0, to no call, or a second to one")
		}
		i := *a.ID - first
		seen[i] = true
		switch {
		case a.Error != nil && limited(a.Error):
			return nil, &busy{pause, a.Error.Error()}
		case a.Error != nil:
			a.Error.Message = secrets.Redact(a.Error.Message, c.secrets)
			replies[i].Err = a.Error
		case a.Result == nil:
			return nil, errors.New("an answer has neither result nor error")
		default:
			replies[i].Result = a.Result
		}
	}
	return replies, nil
}

// limited reports whether an error says that too much was asked at once: with HTTP's code, as
// Alchemy's, or with EIP-1474's "limit exceeded", which Infura gives for other limits too.
func limited(e *Error) bool {
	return e.Code == http.StatusTooManyRequests || e.Code == -32005 && strings.Contains(strings.ToLower(e.Message), "rate")
}

// post sends a body and returns the answer's, which can be read in one way only.
func (c *Client) post(ctx context.Context, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why := fmt.Sprintf("answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
		if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable {
			return nil, &busy{retryAfter(res.Header.Get("Retry-After"), time.Now()), why}
		}
		return nil, errors.New(why)
	}
	var read bytes.Buffer
	read.Grow(int(min(max(res.ContentLength, 0), maxAnswer)) + bytes.MinRead)
	if _, err := read.ReadFrom(io.LimitReader(res.Body, maxAnswer+1)); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	text := read.Bytes()
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, maxAnswer)
	}
	return text, strictjson.Check(text)
}

// retryAfter reads the header of that name, RFC 9110, 10.2.3.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second //nolint:gosec // 31 bits
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return pause
}
