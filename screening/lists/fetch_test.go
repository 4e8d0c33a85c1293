package lists_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"countersign/screening"
	"countersign/screening/lists"
)

// A site serves files with ETags, and counts what it was asked.
type site struct {
	*httptest.Server
	files map[string]string
	asked map[string]int // by "path status"
	// instead answers a request, when it is set.
	instead http.HandlerFunc
}

func newSite(t *testing.T, files map[string]string) *site {
	s := &site{files: files, asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.instead != nil {
			s.instead(w, r)
			return
		}
		text, ok := s.files[r.URL.Path]
		tag := fmt.Sprintf("%q", fmt.Sprint(sha256.Sum256([]byte(text))))
		w.Header().Set("ETag", tag)
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
		status := http.StatusOK
		switch {
		case !ok:
			status = http.StatusNotFound
		case r.Header.Get("If-None-Match") == tag:
			status = http.StatusNotModified
		}
		s.asked[fmt.Sprint(r.URL.Path, " ", status)]++
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprint(w, text) //nolint:errcheck // the client may have hung up
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestAListFromAURL(t *testing.T) {
	c := &clock{noon}
	at := newSite(t, map[string]string{"/list": evm + "\n"})
	s := source(t, lists.Config{Format: lists.Text, Places: []string{at.URL + "/list"}, Now: c.now})
	refresh(t, s, true)
	info := s.Lists()[0]
	sum := sha256.Sum256([]byte(evm + "\n"))
	if info.Digest != hex.EncodeToString(sum[:]) || info.Version != "2026-11-02T10:00:00Z" || !info.Loaded.Equal(noon) {
		t.Errorf("%+v", info)
	}
	// What has not changed is not sent again, and is as fresh as the answer.
	c.at = noon.Add(2 * time.Hour)
	refresh(t, s, false)
	if got := s.Lists()[0]; got.Stale || !got.Loaded.Equal(c.at) || at.asked["/list 304"] != 1 {
		t.Errorf("%+v, asked %v", got, at.asked)
	}
	at.files["/list"] = bitcoin + "\n"
	refresh(t, s, true)
	if got := verdict(t, s, evm); got != screening.Clear {
		t.Errorf("%q, want clear", got)
	}
}

// Of two files, one may be new: then both are read.
func TestTwoFilesAreOneList(t *testing.T) {
	sdn, comments := record("1", "A", `"`+strings.Repeat("x", 1000)+`"`), "1,\"; Digital Currency Address - ETH "+evm+".\"\n"
	at := newSite(t, map[string]string{"/sdn": sdn, "/comments": comments})
	s := source(t, lists.Config{Format: lists.OFACCSV, Places: []string{at.URL + "/sdn", at.URL + "/comments"}, Now: (&clock{noon}).now})
	refresh(t, s, true)
	if sum := sha256.Sum256([]byte(sdn + comments)); s.Lists()[0].Digest != hex.EncodeToString(sum[:]) {
		t.Error("the digest is not that of both files in a row")
	}
	refresh(t, s, false)
	at.files["/comments"] = strings.Replace(comments, evm, bitcoin, 1)
	refresh(t, s, true)
	if got := verdict(t, s, bitcoin); got != screening.Hit {
		t.Errorf("%q, want hit", got)
	}
	if at.asked["/sdn 200"] != 2 || at.asked["/sdn 304"] != 2 {
		t.Errorf("asked %v", at.asked)
	}
	delete(at.files, "/comments")
	refuses(t, s, "404")
}

func TestAnAnswerThatIsNoListIsRefused(t *testing.T) {
	elsewhere := newSite(t, map[string]string{"/list": bitcoin + "\n"})
	for name, instead := range map[string]http.HandlerFunc{
		"an error":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, evm, http.StatusInternalServerError) },
		"a limit":            func(w http.ResponseWriter, _ *http.Request) { http.Error(w, evm, http.StatusTooManyRequests) },
		"part of it":         func(w http.ResponseWriter, _ *http.Request) { http.Error(w, evm, http.StatusPartialContent) },
		"no content":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"nothing":            func(http.ResponseWriter, *http.Request) {},
		"unasked not-so-new": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprintln(w, evm) //nolint:errcheck // the client may have hung up
		},
		"a broken line": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(w, evm) //nolint:errcheck // the client may have hung up
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"an endless answer": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := fmt.Fprintln(w, evm); err != nil {
					return
				}
			}
		},
		"a redirect in circles": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		},
		"a redirect to plain http elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://ofac.example/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := newSite(t, nil)
			at.instead = instead
			s := source(t, lists.Config{Format: lists.Text, Places: []string{at.URL + "/list"}, MaxBytes: 1 << 20, Now: (&clock{noon}).now})
			refuses(t, s, "")
			if got := verdict(t, s, bitcoin); got != screening.Unknown {
				t.Errorf("%q, want unknown", got)
			}
		})
	}
	// OFAC's own service redirects to where the file is stored.
	at := newSite(t, nil)
	at.instead = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/list", http.StatusFound)
	}
	refresh(t, source(t, lists.Config{Format: lists.Text, Places: []string{at.URL + "/list"}}), true)
}

func TestARefreshEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	at := newSite(t, nil)
	at.instead = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}
	s := source(t, lists.Config{Format: lists.Text, Places: []string{at.URL + "/list"}})
	if _, err := s.Refresh(ctx); err == nil {
		t.Error("no error")
	}
}
