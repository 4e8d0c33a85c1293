package listen

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// signatureHeader carries "sha256=" and the hex HMAC-SHA256 of the body, keyed with the secret.
const signatureHeader = "X-DFNS-WEBHOOK-SIGNATURE"

// bodyLimit bounds a delivery. The API takes bodies of 1 MiB, and an event shows little more.
const bodyLimit = 8 << 20

// hopByHop are the headers that concern one connection (RFC 9110, 7.6.1), and are not passed on.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// door answers the platform, and whoever asks whether the listener is still there.
type door struct {
	listener *Listener
	path     string
	open     chan struct{} // closed once the secret is known
	secret   string
	mu       sync.Mutex // one delivery is shown at a time
}

// ServeHTTP takes a delivery. The path is the only credential there is: a page in a browser could
// send something to any port, but does not know it.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != d.path:
		http.NotFound(w, r)
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, d.path) // who does not hear it asks again
	case r.Method == http.MethodPost:
		d.receive(w, r)
	default:
		http.Error(w, "only deliveries are received here", http.StatusMethodNotAllowed)
	}
}

// receive verifies, forwards, shows and answers a delivery. A wrong signature is forwarded like a
// right one: what the receiver makes of it is what one wants to see.
func (d *door) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		http.Error(w, "unreadable body: "+err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case <-d.open: // the webhook may deliver before the answer that tells its secret is read
	case <-r.Context().Done():
		return
	}
	got := newDelivery(body, d.listener.now())
	got.SignatureHeader = r.Header.Get(signatureHeader)
	got.Signature = verdict(d.secret, body, got.SignatureHeader)
	got.Answered = http.StatusOK
	if d.listener.Forward != "" {
		f := d.listener.forward(r.Context(), r.Header, body)
		got.Forwarded, got.Answered = &f, f.answer()
	}
	d.mu.Lock()
	err = d.listener.Show(got)
	d.mu.Unlock()
	w.WriteHeader(got.Answered)
	if err != nil {
		d.listener.ended(fmt.Errorf("showing delivery %s: %w", got.ID, err))
	}
}

// verdict compares a signature with the one that the body should have.
func verdict(secret string, body []byte, header string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	switch {
	case header == "":
		return Missing
	case hmac.Equal([]byte(header), []byte("sha256="+hex.EncodeToString(mac.Sum(nil)))):
		return Valid
	}
	return Wrong
}

// forward passes a delivery on as it came. The platform's own patience bounds it: when that hangs up,
// ctx ends.
func (l *Listener) forward(ctx context.Context, header http.Header, body []byte) Forwarded {
	f := Forwarded{URL: l.Forward}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Forward, bytes.NewReader(body))
	if err != nil {
		f.Error = err.Error()
		return f
	}
	req.Header = header.Clone()
	for _, name := range hopByHop {
		req.Header.Del(name)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		f.Error = err.Error()
		return f
	}
	defer resp.Body.Close() //nolint:errcheck // the platform ignores what it says
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	f.Status = resp.StatusCode
	return f
}
