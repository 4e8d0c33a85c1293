package chain_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/chain"
	"countersign/chain/codepin"
)

func TestDial(t *testing.T) {
	f := newFake(t, world{})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	host := strings.TrimPrefix(f.url, "http://")
	for _, tt := range []struct {
		name, url string
		chainID   uint64
		want      string // of the error
	}{
		{"the right chain", f.url, chainID, ""},
		{"with a path", f.url + "/v3/key", chainID, ""},
		{"another chain", f.url, 1, "node " + host + ": eth_chainId: it serves chain 424242, want 1"},
		{"no chain", f.url, 0, "chain ID 0"},
		{"nobody there", gone.URL, chainID, "connection refused"},
		{"no URL", "", chainID, "must be http:// or https:// and a host"},
		{"no scheme", "localhost:8545", chainID, "must be http://"},
		{"a web socket", "ws://" + host, chainID, "must be http://"},
		{"a file", "/var/run/geth.ipc", chainID, "must be http://"},
		{"no host", "https:///v3/key", chainID, "must be http://"},
		{"a port alone", "https://:8545", chainID, "must be http://"},
		{"a wrong port", "https://host:port/", chainID, "must be http://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := chain.Dial(t.Context(), tt.url, tt.chainID)
			switch {
			case tt.want == "" && (err != nil || n == nil):
				t.Errorf("Dial = %v", err)
			case tt.want != "" && (!errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), tt.want) || n != nil):
				t.Errorf("Dial = %v, %v, want ErrUnknown with %q", n, err, tt.want)
			}
		})
	}
}

func TestDialEndsWithTheContext(t *testing.T) {
	f := newFake(t, world{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := chain.Dial(ctx, f.url, chainID); !errors.Is(err, codepin.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("Dial = %v, want ErrUnknown and the context's end", err)
	}
}

// Behind one URL there may be another node tomorrow.
func TestTheChainIsComparedEachTime(t *testing.T) {
	s := specimenOf("eip1967")
	f := newFake(t, s.world)
	n := f.dial()
	f.chainID = 1
	if _, err := chain.Verify(t.Context(), n, []codepin.Pin{s.pin}); !errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), "serves chain 1, want 424242") {
		t.Errorf("Verify = %v, want ErrUnknown with both chains", err)
	}
}

// babbler answers with all that it was told, in one of several ways.
func babbler(t *testing.T, mode string) (host string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, pass, _ := r.BasicAuth()
		text := fmt.Sprintf(`"code":-32600,"message":"no access for %s:%s %s, %s or %s"`, name, pass, r.URL.Path, r.URL.RawQuery, r.URL.Query().Get("apikey"))
		switch mode {
		case "error":
			text = `[{"jsonrpc":"2.0","id":1,"error":{` + text + `}}]`
		case "whole":
			text = `{"jsonrpc":"2.0","id":1,"error":{` + text + `}}`
		case "status":
			w.WriteHeader(http.StatusForbidden)
		case "redirect":
			http.Redirect(w, r, "http://127.0.0.1:1"+r.URL.Path, http.StatusTemporaryRedirect)
			return
		case "cut":
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Keys stand in the user, the path or the query; a server may quote them.
func TestNoSecretShows(t *testing.T) {
	const path = "0123456789abcdef"
	for _, tt := range []struct{ mode, host, password, says string }{
		{"error", "", "p4ss%20w%2Frd", "no access"},
		{"whole", "", "p4ss%20w%2Frd", "no access"},
		{"status", "", "p4ss%20w%2Frd", "403"},
		{"redirect", "", "p4ss%20w%2Frd", "307"},
		{"cut", "", "p4ss%20w%2Frd", "node 127.0.0.1:"},
		{"garbage", "", "p4ss%20w%2Frd", "node 127.0.0.1:"},
		{"refused", "127.0.0.1:1", "p4ss%20w%2Frd", "node 127.0.0.1:1"},
		{"no such host", "node.invalid", "p4ss%20w%2Frd", "node node.invalid"},
		{"a port that is none", "node.invalid:" + path, "p4ss%20w%2Frd", "must be http"},
		{"an escape that is none", "node.invalid", "p4ss%zzw%2Frd", "must be http"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			host := cmp.Or(tt.host, babbler(t, tt.mode))
			_, err := chain.Dial(t.Context(), "http://projectuser:"+tt.password+"@"+host+"/v3/"+path+"?apikey=key-in-query", 1)
			if !errors.Is(err, codepin.ErrUnknown) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Dial = %v, want ErrUnknown with %q", err, tt.says)
			}
			for _, secret := range []string{"projectuser", "p4ss", "w/rd", path, "key-in-query"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error %q shows %q", err, secret)
				}
			}
		})
	}
}

func TestANodePrintsItsHostOnly(t *testing.T) {
	f := newFake(t, world{})
	n, err := chain.Dial(t.Context(), f.url+"/0123456789abcdef", chainID)
	if err != nil {
		t.Fatal(err)
	}
	want := "node " + strings.TrimPrefix(f.url, "http://") + " of chain 424242"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, n); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
	}
}
