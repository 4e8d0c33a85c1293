package jsonrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign/chain/chaintest"
	"countersign/chain/jsonrpc"
)

var options = jsonrpc.Options{Timeout: 5 * time.Second, Batch: 3}

func dial(t *testing.T, url string, o jsonrpc.Options) *jsonrpc.Client {
	t.Helper()
	c, err := jsonrpc.New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func chainIDs(n int) (calls []jsonrpc.Call) {
	for range n {
		calls = append(calls, jsonrpc.Call{Method: "eth_chainId"})
	}
	return calls
}

func TestCallsGoInBatches(t *testing.T) {
	for _, batch := range []int{1, 3, 50} {
		n := chaintest.New(7, 0).Serve(t)
		o := options
		o.Batch = batch
		calls := append(chainIDs(4), jsonrpc.Call{Method: "eth_nothing"})
		replies, err := dial(t, n.URL, o).Do(t.Context(), calls)
		if err != nil || len(replies) != 5 || string(replies[3].Result) != `"0x7"` || !jsonrpc.NoMethod(replies[4].Err) {
			t.Errorf("Do by %d = %s, %v", batch, replies, err)
		}
	}
}

func TestABusyNodeIsLeftAlone(t *testing.T) {
	for name, refuse := range map[string]func(w http.ResponseWriter){
		"429": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"a date": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"in JSON": func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"jsonrpc":"2.0","id":null,"error":{"code":429,"message":"slow down"}}`)
		},
		"in one of many": func(w http.ResponseWriter) {
			fmt.Fprint(w, `[{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"request rate limited"}}]`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := chaintest.New(7, 0).Serve(t)
			var asked atomic.Int64
			n.Instead = func(w http.ResponseWriter, _ *http.Request) bool {
				if asked.Add(1) > 1 {
					return false
				}
				refuse(w)
				return true
			}
			if replies, err := dial(t, n.URL, options).Do(t.Context(), chainIDs(1)); err != nil || replies[0].Err != nil || asked.Load() != 2 {
				t.Errorf("Do = %s, %v after %d requests", replies, err, asked.Load())
			}
		})
	}
}

func TestTheBudgetIsTheContexts(t *testing.T) {
	n := chaintest.New(7, 0).Serve(t)
	n.Instead = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := dial(t, n.URL, options).Do(ctx, chainIDs(1))
	if !errors.Is(err, jsonrpc.ErrNoAnswer) || ctx.Err() != nil {
		t.Errorf("Do of a node that is busy for longer than there is = %v, %v", err, ctx.Err())
	}
	o := options
	o.Rate = 0.001 // three calls at once, the fourth in 1,000 seconds
	_, err = dial(t, chaintest.New(7, 0).Serve(t).URL, o).Do(ctx, chainIDs(4))
	if !errors.Is(err, jsonrpc.ErrNoAnswer) || ctx.Err() != nil {
		t.Errorf("Do beyond the rate = %v, %v", err, ctx.Err())
	}
}

func TestHostileAnswers(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"two answers to one call", `[{"jsonrpc":"2.0","id":1,"result":"0x7"},{"jsonrpc":"2.0","id":1,"result":"0x8"}]`, "second"},
		{"one is missing", `[{"jsonrpc":"2.0","id":1,"result":"0x7"}]`, "1 answers to 2 calls"},
		{"to another call", `[{"jsonrpc":"2.0","id":1,"result":"0x7"},{"jsonrpc":"2.0","id":9,"result":"0x8"}]`, "to no call"},
		{"no ID", `[{"jsonrpc":"2.0","result":"0x7"},{"jsonrpc":"2.0","id":2,"result":"0x8"}]`, "to no call"},
		{"neither", `[{"jsonrpc":"2.0","id":1},{"jsonrpc":"2.0","id":2,"result":"0x8"}]`, "neither"},
		{"a key twice", `[{"jsonrpc":"2.0","id":1,"result":"0x7","result":"0x8"},{"jsonrpc":"2.0","id":2,"result":"0x8"}]`, "twice"},
		{"refused as a whole", `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large, KEY-0123456789"}}`, "batch too large"},
		{"no JSON", `<html>KEY-0123456789</html>`, "node"},
		{"nothing", ``, "node"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }))
			defer server.Close()
			_, err := dial(t, server.URL+"/v3/KEY-0123456789", options).Do(t.Context(), chainIDs(2))
			if !errors.Is(err, jsonrpc.ErrNoAnswer) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "KEY") {
				t.Errorf("Do = %v, want …%s… and no key", err, tt.want)
			}
		})
	}
}

func TestNothingElseIsFollowedOrRead(t *testing.T) {
	other := chaintest.New(7, 0).Serve(t)
	for name, handler := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"no end": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		},
	} {
		server := httptest.NewServer(handler)
		_, err := dial(t, server.URL, options).Do(t.Context(), chainIDs(1))
		if !errors.Is(err, jsonrpc.ErrNoAnswer) {
			t.Errorf("Do of %s = %v", name, err)
		}
		if name == "no end" && !errors.Is(err, jsonrpc.ErrTooLong) {
			t.Errorf("Do of %s = %v, want ErrTooLong", name, err)
		}
		server.Close()
	}
	if other.Calls.Load() != 0 {
		t.Error("a node that is not configured was asked")
	}
	for _, url := range []string{"", "ftp://a/KEY", "https:///KEY", "://KEY"} {
		if _, err := jsonrpc.New(url, options); err == nil || strings.Contains(err.Error(), "KEY") {
			t.Errorf("New(%q) = %v", url, err)
		}
	}
}
