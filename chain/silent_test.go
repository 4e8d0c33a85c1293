package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/chain/codepin"
)

// body answers a request with fixed bytes.
func body(status int, text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the client may have hung up
	}
}

func TestARequestWithoutAnAnswerIsUnknown(t *testing.T) {
	s := specimenOf("eip1967")
	elsewhere := newFake(t, s.world)
	for _, tt := range []struct {
		name    string
		instead func(http.ResponseWriter, *http.Request)
	}{
		{"nothing", body(200, "")},
		{"no JSON", body(200, "<html>rate limited</html>")},
		{"null", body(200, "null")},
		{"an empty batch", body(200, "[]")},
		{"an object", body(200, "{}")},
		{"an error for the whole", body(200, `{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many"}}`)},
		{"one answer for the whole", body(200, `{"jsonrpc":"2.0","id":1,"result":"0x"}`)},
		{"a truncated batch", body(200, `[{"jsonrpc":"2.0","id":1,"result":"0x"`)},
		{"numbers", body(200, "[1,2,3]")},
		{"deep nesting", body(200, strings.Repeat("[", 100_000))},
		{"no content", body(204, "")},
		{"a refusal", body(401, "[]")},
		{"a rate limit", body(429, "[]")},
		{"a broken server", body(500, "[]")},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.url, http.StatusTemporaryRedirect)
		}},
		{"a broken line", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `[{"jsonrpc"`)
		}},
	} {
		for verb, read := range reads {
			for _, at := range []int{0, 1} {
				t.Run(fmt.Sprintf("%s, %s, request %d", tt.name, verb, at), func(t *testing.T) {
					f := newFake(t, s.world)
					n := f.dial()
					f.instead = func(request int, w http.ResponseWriter, r *http.Request) bool {
						if request == at {
							tt.instead(w, r)
						}
						return request == at
					}
					if err := read(t.Context(), n, s); !errors.Is(err, codepin.ErrUnknown) {
						t.Errorf("error %v, want ErrUnknown", err)
					}
				})
			}
		}
	}
}

// Each of these is what other readers of JSON take for the right answer.
func TestAnAnswerThatCanBeReadInTwoWaysIsUnknown(t *testing.T) {
	s := specimenOf("eip1967")
	for name, rewrite := range map[string]func(string) string{
		"a key twice":           func(text string) string { return strings.ReplaceAll(text, `"result":`, `"result":"0x","result":`) },
		"a key in another case": func(text string) string { return strings.ReplaceAll(text, `"result":`, `"Result":"0x","result":`) },
		"text behind the batch": func(text string) string { return text + " x" },
		"a second batch":        func(text string) string { return text + text },
		"9 MB":                  func(text string) string { return "[" + strings.Repeat(" ", 9<<20) + text[1:] },
	} {
		for verb, read := range reads {
			f := newFake(t, s.world)
			n := f.dial()
			f.rewrite = rewrite
			if err := read(t.Context(), n, s); !errors.Is(err, codepin.ErrUnknown) || errors.Is(err, codepin.ErrChanged) {
				t.Errorf("%s, %s: error %v, want ErrUnknown alone", name, verb, err)
			}
		}
	}
}

func TestANodeThatHangsIsUnknown(t *testing.T) {
	s := specimenOf("eip1967")
	for verb, read := range reads {
		for _, at := range []int{0, 1} {
			f := newFake(t, s.world)
			n := f.dial()
			f.instead = func(request int, _ http.ResponseWriter, r *http.Request) bool {
				if request == at {
					<-r.Context().Done()
				}
				return request == at
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := read(ctx, n, s)
			cancel()
			if !errors.Is(err, codepin.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s, request %d: error %v, want ErrUnknown and the deadline", verb, at, err)
			}
		}
	}
}
