package actionlog_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

const token = "eyJ.secret-token.sig"

func noSleep(context.Context, time.Duration) error { return nil }

// platform is DFNS as far as reading goes.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []string         // every request that came, "METHOD target"
	before http.HandlerFunc // may answer first; nil or no write goes on
}

// A spy notices whether anything was answered.
type spy struct {
	http.ResponseWriter
	wrote bool
}

func (s *spy) WriteHeader(code int)        { s.wrote = true; s.ResponseWriter.WriteHeader(code) }
func (s *spy) Write(b []byte) (int, error) { s.wrote = true; return s.ResponseWriter.Write(b) }

func newPlatform(t *testing.T, handle http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, r.Method+" "+r.URL.RequestURI())
		if r.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s %s came without the token", r.Method, r.URL)
		}
		s := &spy{ResponseWriter: w}
		if p.before != nil {
			p.before(s, r)
		}
		if !s.wrote {
			handle(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// asked returns every request that came.
func (p *platform) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

func reply(w http.ResponseWriter, text string) { _, _ = io.WriteString(w, text) }

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"id":"2038837570328299032","status":%d,"message":%q}}`, status, message)
}
