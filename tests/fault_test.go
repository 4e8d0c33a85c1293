package tests

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// custodyFault stands between the worker and the sandbox and holds the next vote:
// before the platform has it, or after, with the answer kept back.
type custodyFault struct {
	URL string
	// held is closed when a vote is held; the test then kills somebody.
	held chan struct{}
	// letGo, when closed, lets the held answer through.
	letGo chan struct{}
}

type moment int

const (
	beforeEffect moment = iota // the effect is lost
	beforeAnswer               // only the answer is lost
)

func newCustodyFault(t *testing.T, platform string, when moment) *custodyFault {
	t.Helper()
	target, err := url.Parse(platform)
	if err != nil {
		t.Fatal(err)
	}
	f := &custodyFault{held: make(chan struct{}), letGo: make(chan struct{})}
	var armed atomic.Bool
	armed.Store(true)
	proxy := httputil.NewSingleHostReverseProxy(target)
	isVote := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/decisions")
	}
	hold := func(r *http.Request) {
		close(f.held)
		select {
		case <-f.letGo:
		case <-r.Context().Done(): // the worker is gone
		}
	}
	proxy.ModifyResponse = func(res *http.Response) error {
		if when == beforeAnswer && isVote(res.Request) && armed.CompareAndSwap(true, false) {
			hold(res.Request)
		}
		return nil
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if when == beforeEffect && isVote(r) && armed.CompareAndSwap(true, false) {
			_, _ = io.Copy(io.Discard, r.Body) // read whole, so that the context ends with the connection
			hold(r)
			panic(http.ErrAbortHandler) // never forwarded
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	f.URL = srv.URL
	return f
}

// lineFault stands between the ingress and Temporal. Once armed, it stops the
// bytes of one direction from the next request on.
type lineFault struct {
	Addr  string
	seen  chan struct{} // closed when that request was sent
	armed atomic.Bool
}

// gzipMagic starts every message that the SDK's connection sends: a request, and
// neither a ping nor a window update.
var gzipMagic = []byte{0x1f, 0x8b, 0x08}

func newLineFault(t *testing.T, target string, when moment) *lineFault {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &lineFault{Addr: l.Addr().String(), seen: make(chan struct{})}
	t.Cleanup(func() { l.Close() })
	var once sync.Once
	var cut atomic.Bool
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			go func() { // requests
				defer server.Close()
				pump(client, server, func(chunk []byte) bool {
					if f.armed.Load() && bytes.Contains(chunk, gzipMagic) {
						cut.Store(true)
						defer once.Do(func() { close(f.seen) })
					}
					return !(when == beforeEffect && cut.Load())
				})
			}()
			go func() { // answers
				defer client.Close()
				pump(server, client, func([]byte) bool { return !(when == beforeAnswer && cut.Load()) })
			}()
		}
	}()
	return f
}

// pump copies what pass lets through, and swallows the rest without closing: the
// other side waits, as behind a dead line.
func pump(from, to net.Conn, pass func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && pass(buf[:n]) {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
