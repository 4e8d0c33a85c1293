package sink_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"countersign/audit/ocsf"
	"countersign/audit/sink"
)

var (
	product = ocsf.Product{Version: "test", Origin: "treasury.example/log"}
	hookKey = []byte("0123456789abcdef0123456789abcdef")
	hookURI = "whsec_" + base64.StdEncoding.EncodeToString(hookKey)
)

const splunkToken = "11111111-2222-3333-4444-555555555555"

// A mode is how a receiver treats a batch.
type mode string

const (
	fine       mode = "fine"
	effectLost mode = "cuts before it has stored"
	answerLost mode = "stores, and cuts before it has answered"
	err500     mode = "500"
	partial    mode = "says that it rejects some"
	blackhole  mode = "never answers"
)

// A receiver is all three kinds of receivers, and checks what each may rely on.
type receiver struct {
	kind string
	mu   sync.Mutex
	mode mode
	// seen counts arrivals by index, acked those that the sender was told of.
	seen     map[int64]int
	batches  [][]int64
	requests int
	faults   []string
	// acks is whether HEC has indexer acknowledgement on; indexed what is on disk.
	acks    bool
	indexed map[int64]bool
	nextAck int64
	release chan struct{}
}

func newReceiver(kind string) *receiver {
	return &receiver{kind: kind, mode: fine, seen: map[int64]int{}, indexed: map[int64]bool{}, release: make(chan struct{})}
}

// serve starts a receiver on a port of its own.
func (r *receiver) serve(tb testing.TB) string {
	server := httptest.NewServer(r)
	tb.Cleanup(func() {
		r.set(fine)
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// uri is that of a sink of the kind at a base URL.
func (r *receiver) uri(tb testing.TB, base string) string {
	switch r.kind {
	case "otlp":
		return "otlp+" + base + "/v1/logs?name=otlp&timeout=1s&token-file=" + secretFile(tb, "bearer-1\n")
	case "hec":
		return "hec+" + base + "/?name=hec&timeout=1s&ack-timeout=1s&token-file=" + secretFile(tb, splunkToken+"\n")
	}
	return "webhook+" + base + "/in?name=webhook&timeout=1s&secret-file=" + secretFile(tb, hookURI+"\n")
}

func (r *receiver) sender(tb testing.TB, base string) sink.Sender {
	tb.Helper()
	c, err := sink.ParseSink(r.uri(tb, base))
	if err != nil {
		tb.Fatal(err)
	}
	s, err := sink.NewSender(c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// set changes the mode, and lets go who waits in the black hole.
func (r *receiver) set(m mode) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mode = m
	close(r.release)
	r.release = make(chan struct{})
}

func (r *receiver) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// missing is how many of the indexes of a log so long have not arrived.
func (r *receiver) missing(size int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return size - int64(len(r.seen))
}

// complete fails the test unless exactly the indexes of a log so long have arrived.
func (r *receiver) complete(t *testing.T, size int64) (arrivals int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range size {
		if r.seen[i] == 0 {
			t.Errorf("record %d is missing", i)
		}
		arrivals += r.seen[i]
	}
	if int64(len(r.seen)) != size {
		t.Errorf("%d indexes arrived, want %d", len(r.seen), size)
	}
	return arrivals
}

// check fails the test when a batch was out of order or a request not as it should be.
func (r *receiver) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		t.Error(f)
	}
	for _, b := range r.batches {
		for i := range b {
			if b[i] != b[0]+int64(i) {
				t.Errorf("batch out of order: %v", b)
				break
			}
		}
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	m, release := r.mode, r.release
	r.requests++
	r.mu.Unlock()
	if err != nil {
		return
	}
	if strings.HasSuffix(req.URL.Path, "/ack") {
		r.answerAcks(w, body, m)
		return
	}
	switch m {
	case effectLost:
		cut(w)
		return
	case err500:
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case blackhole:
		select {
		case <-release:
		case <-req.Context().Done():
		}
		cut(w)
		return
	}
	ack := r.store(req, body)
	if m == answerLost {
		cut(w)
		return
	}
	r.answer(w, m, ack)
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func (r *receiver) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// store keeps a batch and returns its ackId.
func (r *receiver) store(req *http.Request, body []byte) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events [][]byte
	switch r.kind {
	case "otlp":
		events = r.otlp(req, body)
	case "hec":
		events = r.hec(req, body)
	default:
		events = r.webhook(req, body)
	}
	var batch []int64
	for _, raw := range events {
		var ev struct {
			Metadata struct {
				UID string `json:"uid"`
			} `json:"metadata"`
			Unmapped struct {
				TLog struct {
					Index int64 `json:"index"`
				} `json:"tlog"`
			} `json:"unmapped"`
		}
		if err := json.Unmarshal(raw, &ev); err != nil || ev.Metadata.UID != fmt.Sprintf("id-%d", ev.Unmapped.TLog.Index) {
			r.fault("event cannot be told again: %v %.200s", err, raw)
		}
		batch = append(batch, ev.Unmapped.TLog.Index)
		r.seen[ev.Unmapped.TLog.Index]++
	}
	r.batches = append(r.batches, batch)
	r.nextAck++
	r.indexed[r.nextAck] = true
	return r.nextAck
}
