// Package ratelimit counts an organisation's requests in windows of 60 seconds and says so
// in DFNS's headers.
package ratelimit

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"countersign/sandbox/dfns"
)

// Window is how long a count lasts (DFNS's documentation of errors and limits).
const Window = 60 * time.Second

// Default is the limit that the headers show when none is set. DFNS does not publish its
// own; this one is of the sandbox.
const Default = 3000

// Limiter counts. The zero Limit refuses nothing, and shows [Default].
type Limiter struct {
	Limit int // requests in a window
	Now   func() time.Time

	mu    sync.Mutex
	start time.Time
	used  int
}

// Take counts a request and writes the headers. One over the limit is a 429 that says in
// Retry-After how many seconds are left of the window.
func (l *Limiter) Take(h http.Header) error {
	limit := l.Limit
	if limit == 0 {
		limit = Default
	}
	now := l.Now()
	l.mu.Lock()
	if now.Before(l.start) || !now.Before(l.start.Add(Window)) {
		l.start, l.used = now.Truncate(time.Second), 0
	}
	l.used++
	used, reset := l.used, l.start.Add(Window)
	l.mu.Unlock()
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, limit-used)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	if l.Limit == 0 || used <= limit {
		return nil
	}
	h.Set("Retry-After", strconv.Itoa(int((reset.Sub(now)+time.Second-1)/time.Second)))
	return dfns.Errorf(http.StatusTooManyRequests, "rate limit of %d requests in %d seconds exceeded", limit, int(Window.Seconds()))
}
