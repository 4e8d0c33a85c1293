package dfns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
)

// pages walks a list to its end, item by item and verbatim (dfns.md §8). An
// error ends it.
func (c *Client) pages(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		query := maps.Clone(query) // each walk starts at the first page
		if query == nil {
			query = url.Values{}
		}
		for {
			var page struct {
				Items []json.RawMessage `json:"items"`
				Next  string            `json:"nextPageToken"`
			}
			target := path
			if len(query) > 0 {
				target += "?" + query.Encode()
			}
			if err := c.get(ctx, target, &page); err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if page.Next == query.Get("paginationToken") {
				yield(nil, fmt.Errorf("dfns: GET %s: %w", path, errLoop))
				return
			}
			query.Set("paginationToken", page.Next)
		}
	}
}

var errLoop = errors.New("the list leads back to the same page")

// list decodes each item of a list with f. An item that cannot be decoded is an
// error of its own, and the list goes on.
func list[T any](ctx context.Context, c *Client, path string, query url.Values, f func(json.RawMessage) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for raw, err := range c.pages(ctx, path, query) {
			var item T
			if err == nil {
				item, err = f(raw)
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// query drops what is empty.
func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}
