package api_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
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
	"countersign/audit"
	"countersign/audit/api"
	"countersign/audit/api/token"
	"countersign/audit/tree"
	"countersign/store"

	"golang.org/x/mod/sumdb/note"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

var errAway = errors.New("the database is away")

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a seed for tests: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// logKey is that of the log of these tests.
func logKey(tb testing.TB) *tree.Key {
	tb.Helper()
	k, err := tree.NewKey("trail.test", keyOf("log"))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func trusted(tb testing.TB) note.Verifiers { return note.VerifierList(logKey(tb).Verifier()) }

// desk is a real trail and the API over it.
type desk struct {
	tb     testing.TB
	trail  *store.Trail
	db     *store.DB
	server *api.Server
	// tokens, by the name that they have in the file.
	tokens map[string]string
	file   string // of the database
	now    time.Time
	mu     sync.Mutex
	// away fails the next appends of the API.
	away int
}

// Append is the API's way to the trail.
func (d *desk) Append(ctx context.Context, draft audit.Draft) (audit.Entry, error) {
	d.mu.Lock()
	away := d.away > 0
	if away {
		d.away--
	}
	d.mu.Unlock()
	if away {
		return audit.Entry{}, errAway
	}
	return d.trail.Append(ctx, draft)
}

func (d *desk) failing(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = n
}

// clock is the time of what is signed next.
func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) at(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = t
}

// scopes are those of the tokens of these tests.
var scopes = map[string]string{
	"all":       "records:read,decisions:read,export,tiles:read",
	"records":   "records:read",
	"decisions": "decisions:read",
	"exporter":  "decisions:read,export",
	"tiles":     "tiles:read",
	"wallet":    "records:read,decisions:read,export,wallet:wa-1,wallet:wa-2",
	"expired":   "records:read not-after=2026-05-01T11:59:59Z",
}

func newDesk(tb testing.TB, change ...func(*api.Config)) *desk {
	tb.Helper()
	return newDeskOn(tb, filepath.Join(tb.TempDir(), "trail.db"), change...)
}

func newDeskOn(tb testing.TB, dsn string, change ...func(*api.Config)) *desk {
	tb.Helper()
	d := &desk{tb: tb, file: dsn, tokens: map[string]string{}, now: start}
	var err error
	if d.db, err = store.Open(tb.Context(), dsn); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.db.Close() })
	d.trail = &store.Trail{DB: d.db, Signer: &audit.Signer{Key: keyOf("sa-checker"), Issuer: "test", Subject: "sa-checker", Now: d.clock}}
	if err := d.db.SignWith(tb.Context(), &store.Log{Keys: []*tree.Key{logKey(tb)}}); err != nil {
		tb.Fatal(err)
	}
	if err := d.trail.Found(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	var file strings.Builder
	for name, may := range scopes {
		d.tokens[name] = token.New()
		fmt.Fprintf(&file, "%s name=%s scopes=%s\n", token.Digest(d.tokens[name]), name, may)
	}
	tokens, err := token.Parse(strings.NewReader(file.String()))
	if err != nil {
		tb.Fatal(err)
	}
	cfg := api.Config{
		Log: d.db, Journal: d, Tokens: tokens, Policy: []byte("log trail.test\n"), Process: "p1", Rate: 1e6, Burst: 1e6,
		Now: d.clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, c := range change {
		c(&cfg)
	}
	if d.server, err = api.New(cfg); err != nil {
		tb.Fatal(err)
	}
	return d
}

// append puts a record on the trail.
func (d *desk) append(draft audit.Draft) audit.Entry {
	d.tb.Helper()
	e, err := d.trail.Append(d.tb.Context(), draft)
	if err != nil {
		d.tb.Fatal(err)
	}
	return e
}

// decided puts a decision on the trail.
func (d *desk) decided(n int, wallet string, change ...func(*audit.Intent)) audit.Entry {
	d.tb.Helper()
	return d.append(intent(n, wallet, change...))
}

// many puts n decisions on the trail, several to a commit and in no order.
func (d *desk) many(n int, wallet func(i int) string, change ...func(*audit.Intent)) {
	d.tb.Helper()
	var writers sync.WaitGroup
	for g := range 32 {
		writers.Go(func() {
			for i := g; i < n; i += 32 {
				if _, err := d.trail.Append(d.tb.Context(), intent(i, wallet(i), change...)); err != nil {
					d.tb.Error(err)
				}
			}
		})
	}
	writers.Wait()
}

func one(int) string { return "wa-1" }

func intent(n int, wallet string, change ...func(*audit.Intent)) audit.Draft {
	in := audit.Intent{
		ApprovalID: fmt.Sprint("ap-", n), InitiatorID: "us-maker", Policies: []string{"po-1"},
		Request:  countersign.Activity{WalletID: wallet, Network: "Ethereum", Call: &countersign.Call{To: "0x00000000000000000000000000000000DeaDBeef"}},
		Decision: countersign.Decision{Verdict: countersign.Approve, Code: countersign.WithinPolicy, Reason: "fits <the> book & its cap"},
	}
	for _, c := range change {
		c(&in)
	}
	return audit.Draft{Key: fmt.Sprint("intent/", n), Type: audit.DecisionIntent, Lineage: "approval/" + in.ApprovalID, Body: in}
}

// signIn uses a token, so that what follows counts its records only.
func (d *desk) signIn(names ...string) {
	d.tb.Helper()
	for _, name := range names {
		d.ask(name, http.MethodGet, "/v1/records/0")
	}
}

// ask sends one request in the name of a token, none when it is empty, and holds the
// answer against the document.
func (d *desk) ask(token, method, target string, headers ...string) *httptest.ResponseRecorder {
	d.tb.Helper()
	req := httptest.NewRequestWithContext(d.tb.Context(), method, target, nil)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+d.tokens[token])
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return d.send(req)
}

func (d *desk) send(req *http.Request) *httptest.ResponseRecorder {
	d.tb.Helper()
	rec := httptest.NewRecorder()
	d.server.Handler().ServeHTTP(rec, req)
	conforms(d.tb, req, rec)
	return rec
}

// plain is get without the comparison with the document, where the same is asked often.
func (d *desk) plain(token, target string) *httptest.ResponseRecorder {
	d.tb.Helper()
	req := httptest.NewRequestWithContext(d.tb.Context(), http.MethodGet, target, nil)
	req.Header.Set("Authorization", "Bearer "+d.tokens[token])
	rec := httptest.NewRecorder()
	d.server.Handler().ServeHTTP(rec, req)
	return rec
}

func (d *desk) get(token, target string, headers ...string) *httptest.ResponseRecorder {
	d.tb.Helper()
	return d.ask(token, http.MethodGet, target, headers...)
}

// size is how many records the log has.
func (d *desk) size() int64 {
	d.tb.Helper()
	n, err := d.db.Size(d.tb.Context())
	if err != nil {
		d.tb.Fatal(err)
	}
	return n
}

// newest is the record at the end.
func (d *desk) newest() audit.Entry {
	d.tb.Helper()
	for e, err := range d.db.Select(d.tb.Context(), store.Query{From: d.size() - 1}) {
		if err != nil {
			d.tb.Fatal(err)
		}
		return e
	}
	d.tb.Fatal("the log is empty")
	panic("unreachable")
}

// filterAt picks the one record of an index.
func filterAt(index int64) store.Filter { return store.Filter{From: index, Limit: 1} }
