package lists

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"countersign/screening/web"
)

// A part is one opened file of a list.
type part struct {
	body io.ReadCloser
	// modified is when it was last changed, as far as is known.
	modified time.Time
	// asOf is as of when it is known to be current: for a file when somebody last wrote
	// it, for a URL now.
	asOf time.Time
	etag string
	// same means that it is what the ETag named; there is no body then.
	same bool
}

// isURL tells a URL from a path.
func isURL(place string) bool { return strings.Contains(place, "://") }

// open opens a file or asks for a URL, which may answer that it still has what etag
// names.
func (s *Source) open(ctx context.Context, place, etag string, now time.Time) (part, error) {
	if !isURL(place) {
		return s.openFile(place, now)
	}
	u, err := web.CheckURL(place)
	if err != nil {
		return part{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return part{}, web.Cause(err)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	res, err := s.clients[place].Do(req)
	if err != nil {
		return part{}, fmt.Errorf("%s: %w", u.Host, web.Cause(err))
	}
	p := part{body: s.capped(res.Body), asOf: now, etag: res.Header.Get("ETag")}
	p.modified, _ = http.ParseTime(res.Header.Get("Last-Modified")) // without one it is not known
	switch {
	case res.StatusCode == http.StatusOK:
		return p, nil
	case res.StatusCode == http.StatusNotModified && etag != "":
		p.same, p.etag = true, etag
		return p, nil
	}
	return part{}, errors.Join(fmt.Errorf("%s answered %d %s", u.Host, res.StatusCode, http.StatusText(res.StatusCode)), res.Body.Close())
}

func (s *Source) openFile(path string, now time.Time) (part, error) {
	f, err := os.Open(path)
	if err != nil {
		return part{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return part{}, errors.Join(err, f.Close())
	}
	written := info.ModTime().UTC()
	p := part{body: s.capped(f), modified: written, asOf: written}
	if p.asOf.After(now) {
		p.asOf = now // else it would never grow old
	}
	return p, nil
}

// capped fails where a limit is passed. To end there, as io.LimitReader does, would make
// a short list of a long one.
func (s *Source) capped(body io.ReadCloser) io.ReadCloser {
	return &capped{ReadCloser: body, left: s.config.MaxBytes, limit: s.config.MaxBytes}
}

type capped struct {
	io.ReadCloser
	left, limit int64
}

func (c *capped) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	if c.left -= int64(n); c.left < 0 {
		return 0, refuse("it has more than %d bytes: raise max_bytes, if that is right", c.limit)
	}
	return n, err
}
