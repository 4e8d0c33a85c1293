// Package gate lets through only those answers of a JSON-RPC node that can be read in
// one way.
package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"countersign/strictjson"
)

// maxAnswer is the longest answer that is read, in bytes, after decompression.
const maxAnswer = 8 << 20

// A Gate refuses answers that are too long, ambiguous or no answers. It stands below
// go-ethereum's client, which reads without a bound, follows redirects, and takes
// the first of two answers to one call.
type Gate struct{ Next http.RoundTripper }

// RoundTrip makes an error of every answer that is not used, so that nobody above
// reads its body.
func (g Gate) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := g.Next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("answer longer than %d bytes", maxAnswer)
	}
	if err := unambiguous(body); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// unambiguous refuses a batch of answers in which a key or an ID stands twice.
func unambiguous(body []byte) error {
	if err := strictjson.Check(body); err != nil {
		return err
	}
	type answer struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   json.RawMessage `json:"error"`
	}
	var one answer
	if json.Unmarshal(body, &one) == nil {
		// What refuses a whole batch, such as a rate limit, answers with one object.
		return fmt.Errorf("answered a batch as a whole: %s", one.Error)
	}
	var all []answer
	if err := json.Unmarshal(body, &all); err != nil {
		return fmt.Errorf("no batch of answers: %w", err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		switch {
		case a.Version != "2.0":
			return errors.New("an answer is not of JSON-RPC 2.0")
		case seen[string(a.ID)]:
			return fmt.Errorf("two answers to call %s", a.ID)
		}
		seen[string(a.ID)] = true
	}
	return nil
}
