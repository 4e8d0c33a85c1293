package dfns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"countersign"
)

// Page reads one page of a list, items verbatim: the first, or the one that a token in the
// query names. Next names the page after it, and is empty behind the last.
func (c *Client) Page(ctx context.Context, path string, query url.Values) (items []json.RawMessage, next string, err error) {
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"nextPageToken"`
	}
	target := path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	if err := c.get(ctx, target, &page); err != nil {
		return nil, "", err
	}
	if page.Next != "" && page.Next == query.Get("paginationToken") {
		return page.Items, "", fmt.Errorf("dfns: GET %s: %w", path, errLoop)
	}
	return page.Items, page.Next, nil
}

// pages walks a list to its end, item by item and verbatim (dfns.md §8). An
// error ends it. Who asks for no limit gets pages as long as the list gives.
func (c *Client) pages(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		query := maps.Clone(query) // each walk starts at the first page
		if query == nil {
			query = url.Values{}
		}
		wide := query.Get("limit") == "" && longest(path) > 0
		if wide {
			query.Set("limit", strconv.Itoa(longest(path)))
		}
		for {
			items, next, err := c.Page(ctx, path, query)
			if wide && (errors.Is(err, countersign.ErrInvalid) || errors.Is(err, errLong)) {
				// The length may be refused, or be too much of long items: the list's own serves.
				wide = false
				query.Del("limit")
				continue
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if next == "" {
				return
			}
			query.Set("paginationToken", next)
		}
	}
}

// longest is the most items that a page of a list may have: of wallets and what is under one
// 500, of a webhook's events 200 (the custodian's OpenAPI). For approvals and for the history of
// all wallets it names no most, so 100. Zero is a list that is short or has no pages.
func longest(path string) int {
	switch {
	case strings.HasPrefix(path, "/webhooks/"):
		return 200
	case path == "/wallets/all/history" || path == "/v2/policy-approvals":
		return 100
	case strings.HasPrefix(path, "/wallets"):
		return 500
	}
	return 0
}

var errLoop, errLong = errors.New("the list leads back to the same page"), errors.New("answer too long")

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
