package announce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/announce"
	"countersign/ingress"
	"countersign/store"
	"countersign/store/outbox"
	"countersign/store/sqldb"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)

// heard is a real ingress that keeps what it was told.
type heard struct {
	mu     sync.Mutex
	events []countersign.Event
	fail   bool
}

func (h *heard) Dispatch(_ context.Context, e countersign.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail {
		return errors.New("Temporal is away")
	}
	h.events = append(h.events, e)
	return nil
}

func (h *heard) set(fail bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = fail
}

func (h *heard) ids() (ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		ids = append(ids, e.ID)
	}
	return ids
}

func secrets(t *testing.T, lines string) []ingress.Secret {
	t.Helper()
	s, err := ingress.ParseSecrets(strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const lines = "the-secret-of-the-custodian\nour-first-secret-1234 source=countersign\nour-second-secret-1234 source=countersign\nour-secret-of-tomorrow source=countersign not-before=2027-01-01T00:00:00Z\n"

// scene is an outbox, an ingress and who tells.
func scene(t *testing.T) (*announce.Announcer, *heard, *sqldb.DB, *time.Time) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "trail.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := noon
	clock := func() time.Time { return now }
	h := &heard{}
	server, err := ingress.New(ingress.Config{Secrets: secrets(t, lines), Events: h, Now: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	return &announce.Announcer{
		URL: site.URL, Box: outbox.Outbox{DB: db.SQL()}, Secrets: secrets(t, lines), Now: clock, Log: slog.New(slog.DiscardHandler),
	}, h, db.SQL(), &now
}

func put(t *testing.T, db *sqldb.DB, n int) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var messages []outbox.Message
	for i := range n {
		data := fmt.Sprintf(`{"chainEvent":{"network":"Net","txHash":"0x%d","walletId":"wa-1"}}`, i)
		messages = append(messages, outbox.Message{ID: fmt.Sprintf("cev-%d", i), Kind: "chain.deposit.confirmed", Date: noon, Data: json.RawMessage(data)})
	}
	if err := outbox.Put(t.Context(), tx, db, messages, noon); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWeSeeTakesTheCustodiansWay(t *testing.T) {
	a, h, db, _ := scene(t)
	put(t, db, 3)
	if n, err := a.Tell(t.Context()); err != nil || n != 3 {
		t.Fatalf("told %d, %v", n, err)
	}
	for _, e := range h.events {
		if e.Source != "countersign" || e.Kind != "chain.deposit.confirmed" || !strings.HasPrefix(e.Subject, "Net:0x") || e.WalletID != "wa-1" ||
			!e.Date.Equal(noon) || e.DeliveryID != e.ID || e.Attempt != 1 || e.Secret != secrets(t, lines)[2].Fingerprint() {
			t.Errorf("heard %+v", e)
		}
	}
	if n, err := a.Tell(t.Context()); err != nil || n != 0 || len(h.ids()) != 3 {
		t.Errorf("told again: %d, %v", n, err)
	}
}

func TestWhatIsNotTakenIsToldAgain(t *testing.T) {
	a, h, db, now := scene(t)
	put(t, db, 2)
	h.set(true)
	for i, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if n, err := a.Tell(t.Context()); n != 0 || err == nil || !strings.Contains(err.Error(), "503") {
			t.Fatalf("attempt %d: told %d, %v", i, n, err)
		}
		if n, err := a.Tell(t.Context()); n != 0 || err != nil {
			t.Errorf("attempt %d: not due, and told %d, %v", i, n, err)
		}
		*now = now.Add(wait)
	}
	h.set(false)
	if n, err := a.Tell(t.Context()); n != 2 || err != nil || len(h.ids()) != 2 || h.events[0].Attempt != 4 {
		t.Errorf("told %d, %v, heard %+v", n, err, h.events)
	}
}

func TestAnAnnouncerThatCannotWorkSaysSo(t *testing.T) {
	a, _, _, _ := scene(t)
	a.Secrets = secrets(t, "the-secret-of-the-custodian\n")
	if err := a.Run(t.Context()); !errors.Is(err, announce.ErrNoSecret) {
		t.Errorf("without a secret of ours: %v", err)
	}
	a, _, _, _ = scene(t)
	a.URL = "127.0.0.1:8080"
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8080") {
		t.Errorf("without a scheme: %v", err)
	}
}

func TestAnAnnouncerRunsUntilItIsStopped(t *testing.T) {
	a, h, db, _ := scene(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	put(t, db, 500)
	deadline := time.Now().Add(30 * time.Second)
	for len(h.ids()) < 500 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil || len(h.ids()) < 500 {
		t.Errorf("heard %d of 500, %v", len(h.ids()), err)
	}
}

// The body is on the wire: its members never change.
func TestEnvelope(t *testing.T) {
	a, _, db, _ := scene(t)
	put(t, db, 1)
	var body string
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body = r.URL.Path + " " + string(text)
	}))
	t.Cleanup(site.Close)
	a.URL = site.URL
	if _, err := a.Tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = `/webhooks/countersign {"id":"cev-0","deliveryId":"cev-0","kind":"chain.deposit.confirmed","date":"2026-05-01T12:00:00.123456Z","deliveryAttempt":1,"timestampSent":1777636800,"data":{"chainEvent":{"network":"Net","txHash":"0x0","walletId":"wa-1"}}}`
	if body != want {
		t.Errorf("sent %s\nwant %s", body, want)
	}
}
