package vendors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"countersign/screening"
	"countersign/screening/web"
	"countersign/strictjson"
)

// maxAnswer is the longest answer that is read, in bytes, after decompression.
const maxAnswer = 4 << 20

// A request is one call of an API.
type request struct {
	method, path string // the path is escaped
	body         []byte
	header       map[string]string
	basic        string // the key of HTTP basic authentication
	statuses     []int  // that mean success
}

// send makes a request and returns the one JSON value that answers it. What the vendor
// says in words when it refuses is not repeated: it may quote what we sent.
func (s *Source) send(ctx context.Context, r request) (strictjson.Value, error) {
	if err := s.limiter.Wait(ctx); err != nil {
		return strictjson.Value{}, errors.New("no request was left within the time: lower the load or raise requests_per_second")
	}
	u := s.base.JoinPath(r.path)
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return strictjson.Value{}, web.Cause(err)
	}
	req.Header.Set("Accept", "application/json")
	if len(r.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	if r.basic != "" {
		req.SetBasicAuth(r.basic, r.basic)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return strictjson.Value{}, web.Cause(err)
	}
	defer res.Body.Close()
	if !slices.Contains(r.statuses, res.StatusCode) {
		return strictjson.Value{}, fmt.Errorf("%s answered %d %s", s.config.Vendor, res.StatusCode, http.StatusText(res.StatusCode))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return strictjson.Value{}, fmt.Errorf("reading the answer: %w", err)
	case len(text) > maxAnswer:
		return strictjson.Value{}, fmt.Errorf("answer longer than %d bytes", maxAnswer)
	}
	return strictjson.Read(text)
}

// bad is an answer that does not say what it should.
func bad(format string, args ...any) error {
	return errors.New("the answer cannot be used: " + fmt.Sprintf(format, args...))
}

// members returns an object's members.
func members(v strictjson.Value, what string) (map[string]strictjson.Value, error) {
	if len(v.Raw) == 0 || !v.Is('{') {
		return nil, bad("%s is missing or no object", what)
	}
	return v.Members(), nil
}

// elements returns an array's elements.
func elements(v strictjson.Value, what string) ([]strictjson.Value, error) {
	if len(v.Raw) == 0 || !v.Is('[') {
		return nil, bad("%s is missing or no array", what)
	}
	return v.Parts(), nil
}

// text returns a text; empty when it is missing or something else.
func text(v strictjson.Value) string {
	if len(v.Raw) == 0 || !v.Is('"') {
		return ""
	}
	return v.Text()
}

// about demands that an answer names the address that was asked for.
func about(v strictjson.Value, q screening.Query) error {
	got, err := screening.Canonical(text(v))
	want, _ := screening.Canonical(q.Address) // was checked before asking
	if err != nil || got != want {
		return bad("it is about %.60q", text(v))
	}
	return nil
}
