package fault

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"countersign/sandbox/dfns"
)

// Door puts the faults of calls before the API.
func (s *Set) Door(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hit, found := s.Call(r.Method, r.URL.EscapedPath())
		if !found {
			api.ServeHTTP(w, r)
			return
		}
		slog.Info("fault", "kind", hit.Kind, "method", r.Method, "path", r.URL.Path)
		switch hit.Kind {
		case Error:
			answer(w, dfns.Errorf(hit.Status, "fault: the sandbox was asked to answer %d", hit.Status))
		case Limit:
			w.Header().Set("Retry-After", strconv.Itoa(int(time.Duration(hit.RetryAfter)/time.Second)))
			answer(w, dfns.Errorf(http.StatusTooManyRequests, "fault: too many requests"))
		case Expired:
			answer(w, dfns.Errorf(http.StatusUnauthorized, "Not Authorized."))
		case Slow:
			wait(r, time.Duration(hit.Delay))
			api.ServeHTTP(w, r)
		case LostReply:
			api.ServeHTTP(&unheard{header: http.Header{}}, r)
			panic(http.ErrAbortHandler) // makes net/http cut the connection
		case Restart:
			api.ServeHTTP(&unheard{header: http.Header{}}, r)
			if err := s.Restart(hit.What == "kill"); err != nil {
				slog.Error("starting anew failed", "error", err)
			}
			panic(http.ErrAbortHandler)
		case Cut:
			panic(http.ErrAbortHandler)
		}
	})
}

func answer(w http.ResponseWriter, e *dfns.Error) {
	text, err := json.Marshal(map[string]*dfns.Error{"error": e})
	if err != nil {
		slog.Error("encoding a fault", "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Status)
	_, _ = w.Write(text) // the caller may be gone
}

// wait sleeps for d, or until the caller is gone.
func wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// unheard is an answer that nobody gets.
type unheard struct {
	header http.Header
	body   bytes.Buffer
}

// Header returns what would have been sent.
func (u *unheard) Header() http.Header { return u.header }

// Write takes the body.
func (u *unheard) Write(p []byte) (int, error) { return u.body.Write(p) }

// WriteHeader takes the status.
func (u *unheard) WriteHeader(int) {}
