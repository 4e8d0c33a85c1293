package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Request is a question. Its JSON is kept with the answer, so a key has no place in
// it: keys are headers of the origin.
type Request struct {
	// Method is GET or POST; empty is GET.
	Method string `json:"method,omitempty"`
	// URL is absolute: the scheme, host and port of an origin, as the configuration
	// spells them, then path and query.
	URL string `json:"url"`
	// ContentType says what Body is. Required with a body.
	ContentType string `json:"content_type,omitempty"`
	// Body is for POST alone.
	Body []byte `json:"body,omitempty"`
	// Statuses are accepted as answers besides 2xx: 404 where that means "no such
	// customer".
	Statuses []int `json:"statuses,omitempty"`
}

// An Answer is what was said, whole.
type Answer struct {
	Status int `json:"status"`
	// ContentType is the media type in its normal form; empty where none was told, or
	// none that can be read.
	ContentType string `json:"content_type,omitempty"`
	// Body is nil when it is empty.
	Body []byte `json:"body,omitempty"`
}

func (r Request) accepts(status int) bool {
	return status >= 200 && status <= 299 || slices.Contains(r.Statuses, status)
}

// maxURL is the longest URL that is asked: what common servers take.
const maxURL = 8 << 10

// request is the question as it will be sent, and to whom.
func (c *Client) request(r Request) (*origin, *http.Request, error) {
	refuse := func(format string, args ...any) (*origin, *http.Request, error) {
		return nil, nil, fmt.Errorf("%w: "+format, append([]any{ErrRefused}, args...)...)
	}
	switch {
	case r.Method != "" && r.Method != http.MethodGet && r.Method != http.MethodPost:
		return refuse("method %.20q: use GET or POST", r.Method)
	case r.Method != http.MethodPost && (len(r.Body) > 0 || r.ContentType != ""):
		return refuse("a body or its type on GET: use POST")
	case len(r.Body) > 0 && r.ContentType == "":
		return refuse("content_type: empty: say what the body is")
	case r.ContentType != "" && mediaType(r.ContentType) == "":
		return refuse("content_type: %.40q is no media type", r.ContentType)
	case len(r.URL) > maxURL:
		return refuse("url: %d bytes, at most %d", len(r.URL), maxURL)
	}
	u, err := parseURL(r.URL)
	if err != nil {
		return refuse("url: %w", err)
	}
	o := c.origins[key(u)]
	if o == nil {
		return refuse("url: %.80q is no origin of the configuration: name it under web.origins", u.Scheme+"://"+u.Host)
	}
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequest(method(r), u.String(), body)
	if err != nil {
		return refuse("url: it cannot be asked") // the cause repeats the URL
	}
	req.Header = o.headers.Clone()
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "countersign")
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	return o, req, nil
}

func method(r Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// parseURL reads an absolute URL that every reader reads alike. Its errors repeat
// nothing of it but the host.
func parseURL(text string) (*url.URL, error) {
	if i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }); i >= 0 {
		return nil, fmt.Errorf("byte %d is a space, a backslash or no ASCII: escape it", i)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it cannot be read as a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return nil, fmt.Errorf("it does not begin with https://")
	case u.User != nil:
		return nil, fmt.Errorf("it holds a user or password: give keys as headers of the origin")
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("it has a fragment, which no server sees: leave it out")
	}
	return u, checkHost(u)
}
