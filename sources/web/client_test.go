package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/sources/web"
)

const apiKey = "k-3f9a77c1d2e84b05"

// server counts who connects, whether or not anything is asked.
func server(t *testing.T, h http.HandlerFunc) (url string, connected *atomic.Int64) {
	t.Helper()
	connected = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connected.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connected
}

func client(t *testing.T, c web.Config) *web.Client {
	t.Helper()
	made, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func local(urls ...string) (c web.Config) {
	for _, u := range urls {
		c.Origins = append(c.Origins, web.Origin{URL: u, Local: true})
	}
	return c
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answers is a server that behaves.
func answers(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/post":
		var b bytes.Buffer
		b.ReadFrom(r.Body)
		w.Header().Set("Content-Type", `Application/JSON; charset="utf-8"`)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("Content-Type"), b.String())
	case "/key":
		fmt.Fprint(w, r.Header.Get("X-Api-Key") == apiKey, r.Header.Get("Cookie"), r.Header.Get("Accept-Encoding"))
	case "/missing":
		w.WriteHeader(http.StatusNotFound)
	case "/nothing":
		w.WriteHeader(http.StatusNoContent)
	case "/bytes":
		w.Header().Set("Content-Type", "a/b\xff")
		w.Write([]byte{0xff, 0x00, 0xfe})
	}
	http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
}

func TestAnAnswerIsWhole(t *testing.T) {
	url, _ := server(t, answers)
	cfg := local(url)
	cfg.Origins[0].Headers = map[string]string{"X-Api-Key": file(t, apiKey+"\n")}
	c := client(t, cfg)
	for _, tt := range []struct {
		name string
		ask  web.Request
		want web.Answer
	}{
		{"a POST has a body and its type", web.Request{Method: "POST", URL: url + "/post", ContentType: "text/plain", Body: []byte("hi")},
			web.Answer{Status: 200, ContentType: "application/json; charset=utf-8", Body: []byte("POST text/plain hi")}},
		{"the key is sent, plain bytes are asked for", web.Request{URL: url + "/key?a=b"},
			web.Answer{Status: 200, ContentType: "text/plain; charset=utf-8", Body: []byte("trueidentity")}},
		{"no cookie is kept", web.Request{URL: url + "/key"},
			web.Answer{Status: 200, ContentType: "text/plain; charset=utf-8", Body: []byte("trueidentity")}},
		{"a status may be accepted", web.Request{URL: url + "/missing", Statuses: []int{404}}, web.Answer{Status: 404}},
		{"no body is nil", web.Request{URL: url + "/nothing"}, web.Answer{Status: 204}},
		{"bytes are bytes, and a type that is no text is none", web.Request{URL: url + "/bytes"},
			web.Answer{Status: 200, Body: []byte{0xff, 0x00, 0xfe}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Do(t.Context(), tt.ask)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("Do = %+v %q, %v, want %+v %q", got, got.Body, err, tt.want, tt.want.Body)
			}
			var again web.Answer
			kept, err := json.Marshal(got)
			if err == nil {
				err = json.Unmarshal(kept, &again)
			}
			if err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("%s decodes to %+v, %v", kept, again, err)
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	hold := make(chan struct{})
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(500)
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/long":
			w.Write(make([]byte, 1001))
		case "/endless":
			for r.Context().Err() == nil {
				w.Write(make([]byte, 1<<10))
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 1<<20))
			z.Close()
		case "/short":
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("half"))
		case "/echo":
			fmt.Fprint(w, "you said ", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		case "/echo-type":
			w.Header().Set("Content-Type", "text/plain; a="+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		case "/garbage":
			c, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(c, "%s\r\n\r\n", r.Header.Get("Authorization"))
			c.Close()
		case "/slow":
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}
	})
	defer close(hold)
	cfg := local(url)
	cfg.MaxBytes = 1000
	cfg.Origins[0].Headers = map[string]string{"Authorization": file(t, "Bearer "+apiKey)}
	c := client(t, cfg)
	for path, want := range map[string]string{
		"/500": "answered 500", "/redirect": "answered 302", "/long": "more than 1000 bytes", "/endless": "more than 1000 bytes",
		"/bomb": "encoded", "/short": "unexpected EOF", "/echo": "repeats a key", "/echo-type": "repeats a key", "/garbage": "[secret]", "/slow": "in time",
	} {
		t.Run(path, func(t *testing.T) {
			ctx := t.Context()
			if path == "/slow" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			got, err := c.Do(ctx, web.Request{URL: url + path + "?q=private"})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "GET "+url) || !reflect.DeepEqual(got, web.Answer{}) {
				t.Fatalf("%+v, error %v, want one with %q and the origin", got, err, want)
			}
			if strings.Contains(err.Error(), apiKey) || strings.Contains(err.Error(), "private") {
				t.Errorf("error %v tells too much", err)
			}
			if path == "/slow" && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the context's", err)
			}
		})
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, apiKey) {
		t.Errorf("%s", text)
	}
}

// The client's own time runs out without the caller's.
func TestTheTimeoutIsTheClients(t *testing.T) {
	url, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	cfg := local(url)
	cfg.Timeout = 20 * time.Millisecond
	if _, err := client(t, cfg).Do(t.Context(), web.Request{URL: url}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
}

// A proxy of the environment, which net/http reads once and never uses for localhost,
// leads nowhere in all of these tests.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		os.Setenv(name, "http://127.0.0.1:1")
	}
	os.Exit(m.Run())
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	url, _ := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") })
	named := strings.Replace(url, "127.0.0.1", "api.test", 1)
	cfg := local(named)
	cfg.Resolver = resolver(t, func(int) string { return "127.0.0.1" })
	if a, err := client(t, cfg).Do(t.Context(), web.Request{URL: named}); err != nil || string(a.Body) != "direct" {
		t.Errorf("%s, %v, want it direct", a.Body, err)
	}
}
