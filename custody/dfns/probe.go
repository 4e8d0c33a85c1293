package dfns

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// List walks a list to its end, item by item and verbatim, over all its pages
// (dfns.md §8). Path starts with "/" and has no query. An error ends the walk.
func (c *Client) List(ctx context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return c.pages(ctx, path, query)
}

// Prove signs a user action (dfns.md §1.3 to §1.5) for a call that is never made, a
// vote on an approval that there is not, and throws the proof away. Nothing is changed
// by it. Nil means that the token, the credential and the key belong together and that
// the server takes what they sign.
func (c *Client) Prove(ctx context.Context) error {
	if c.signer == nil {
		return ErrNoSigner
	}
	_, _, err := c.prove(ctx, http.MethodPost, "/v2/policy-approvals/none/decisions", []byte("{}"))
	return err
}

// Skew is by how much our clock is ahead of the API's, negative when it is behind: by
// the Date of one answer, whatever its status. A Date has whole seconds (RFC 9110
// §5.6.7), and the answer was on its way for a while; what these explain is no skew,
// so that a slow line shows none.
func (c *Client) Skew(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// With the token, because no cache on the way keeps the answer to that.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.String()+"/wallets?limit=1", nil)
	if err != nil {
		return 0, fmt.Errorf("dfns: reading the clock: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", "countersign")
	before := c.now()
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("dfns: reading the clock: %w", err)
	}
	defer resp.Body.Close()
	after := c.now()
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, fmt.Errorf("dfns: reading the clock: the answer has no Date that can be read")
	}
	if ahead := before.Sub(theirs.Add(time.Second)); ahead > 0 {
		return ahead, nil
	}
	return min(0, after.Sub(theirs)), nil
}
