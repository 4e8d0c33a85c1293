package api_test

import (
	"bufio"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"countersign/audit"
	"countersign/audit/api"
	"countersign/audit/csvfile"

	_ "modernc.org/sqlite"
)

// rowsOf are the indexes that an export has, in its order.
func rowsOf(tb testing.TB, rec *httptest.ResponseRecorder) (all []int64) {
	tb.Helper()
	if rec.Code != http.StatusOK {
		tb.Fatalf("%d: %s", rec.Code, rec.Body)
	}
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "text/csv") {
		rows, err := csv.NewReader(rec.Body).ReadAll()
		if err != nil {
			tb.Fatal(err)
		}
		for _, row := range rows[1:] {
			var index int64
			if _, err := fmt.Sscan(row[0], &index); err != nil {
				tb.Fatal(err)
			}
			all = append(all, index)
		}
		return all
	}
	lines := bufio.NewScanner(rec.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e item
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			tb.Fatal(err)
		}
		all = append(all, e.Index)
	}
	return all
}

// Both forms have every row, without cap and beyond the batches that they are read in,
// while others append; and each leaves a record of itself.
func TestExportsAreCompleteAndOnTheTrail(t *testing.T) {
	d := newDesk(t)
	d.signIn("all")
	const n = 450
	d.many(n, func(i int) string { return fmt.Sprint("wa-", i%2) })
	for _, tt := range []struct {
		media, form, path string
		want              int
		from              int64
		filter            url.Values
	}{
		{"text/csv", "csv", "/v1/decisions", n, 0, url.Values{"type": {"decision.intent"}}},
		{"application/x-ndjson", "ndjson", "/v1/decisions?wallet=wa-1&dateTo=2026-05-31", n / 2, 0, url.Values{"type": {"decision.intent"}, "wallet": {"wa-1"}, "dateTo": {"2026-05-31"}}},
		{"application/x-ndjson", "ndjson", "/v1/records", -1, 0, url.Values{}},
		{"text/csv", "csv", "/v1/records?after_seq=100&approverId=sa-checker", -1, 101, url.Values{"approverId": {"sa-checker"}}},
		{"text/csv", "csv", "/v1/records?wallet=wa-9", 0, 0, url.Values{"wallet": {"wa-9"}}},
		{"application/x-ndjson", "ndjson", "/v1/records?after_seq=1000000", 0, -1, url.Values{}},
	} {
		t.Run(tt.form+" "+tt.path, func(t *testing.T) {
			done := d.noticing(t.Name(), 20)
			before := d.size()
			rec := d.get("all", tt.path, "Accept", tt.media)
			<-done
			var index int64
			if _, err := fmt.Sscan(rec.Header().Get(api.ExportHeader), &index); err != nil || index < before {
				t.Fatalf("%s: %q, %v", api.ExportHeader, rec.Header().Get(api.ExportHeader), err)
			}
			made := d.exportAt(index)
			if made.Form != tt.form || made.By != "all" || made.To != index || made.Filter != tt.filter.Encode() {
				t.Errorf("record %d: %+v; want the filter %q", index, made, tt.filter.Encode())
			}
			want, from := tt.want, tt.from
			if want < 0 {
				want = int(index - from) // all before its own record
			}
			if from < 0 {
				from = index
			}
			got := rowsOf(t, rec)
			if len(got) != want || made.From != from {
				t.Errorf("%d rows from %d, want %d from %d", len(got), made.From, want, from)
			}
			inOrder(t, got, index)
			name := strings.TrimPrefix(strings.Split(tt.path, "?")[0], "/v1/") + "-" + csvfile.Form + "." + tt.form
			if got := rec.Header().Get("Content-Disposition"); got != `attachment; filename="`+name+`"` {
				t.Errorf("Content-Disposition: %s", got)
			}
		})
	}
}

// inOrder checks that rows come in the order of the log, all before an index.
func inOrder(t *testing.T, got []int64, before int64) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if got[i] <= got[i-1] || got[i] >= before {
			t.Fatalf("row %d has index %d after %d", i, got[i], got[i-1])
		}
	}
}

// exportAt is the export's own record.
func (d *desk) exportAt(index int64) (made audit.Export) {
	d.tb.Helper()
	for e, err := range d.db.Entries(d.tb.Context(), filterAt(index)) {
		if err == nil {
			err = e.Decode(&made)
		}
		if err != nil || e.Record.Type != audit.ExportMade {
			d.tb.Errorf("record %d, %s: %v", index, e.Record.Type, err)
		}
	}
	return made
}

// noticing appends n records meanwhile, and says when it has.
func (d *desk) noticing(prefix string, n int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			if _, err := d.trail.Append(d.tb.Context(), audit.Draft{Key: fmt.Sprint(prefix, i), Type: audit.EventNoticed, Body: audit.Notice{}}); err != nil {
				d.tb.Error(err)
			}
		}
	}()
	return done
}

func TestExportsAreRefused(t *testing.T) {
	d := newDesk(t)
	d.signIn("all", "records", "exporter")
	d.decided(0, "wa-1")
	size := d.size()
	for _, tt := range []struct {
		token, path string
		away, want  int
	}{
		{"records", "/v1/records", 0, 403},  // without the scope
		{"exporter", "/v1/records", 0, 403}, // of another list
		{"all", "/v1/records?limit=5", 0, 400},
		{"all", "/v1/records?wait=5s", 0, 400},
		{"all", "/v1/records?bogus=1", 0, 400},
		{"all", "/v1/records", 1, 503}, // its record cannot be written
	} {
		for _, media := range []string{"text/csv", "application/x-ndjson"} {
			d.failing(tt.away)
			rec := d.get(tt.token, tt.path, "Accept", media)
			if rec.Code != tt.want || strings.Contains(rec.Body.String(), "intent/0") {
				t.Errorf("%s %s as %s = %d, want %d: %s", tt.token, tt.path, media, rec.Code, tt.want, rec.Body)
			}
		}
	}
	if d.size() != size {
		t.Errorf("%d records of exports that were refused", d.size()-size)
	}
	if rec := d.get("exporter", "/v1/decisions", "Accept", "text/csv"); len(rowsOf(t, rec)) != 1 {
		t.Error("decisions:read and export do not make an export of decisions")
	}
}

// The facets are there to find records; they may lie, and what a token sees does not
// follow them.
func TestAFacetThatLiesShowsNothing(t *testing.T) {
	d := newDesk(t)
	d.signIn("wallet")
	mine, other := d.decided(0, "wa-1"), d.decided(1, "wa-3")
	raw, err := sql.Open("sqlite", d.file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("INSERT INTO facets (name, value, idx) VALUES ('wallet', 'wa-1', ?)", other.Index); err != nil {
		t.Fatal(err)
	}
	p := pageOf(t, d.get("wallet", "/v1/records"))
	if len(p.Items) != 1 || p.Items[0].Index != mine.Index || p.Next != d.size()-1 {
		t.Errorf("page %+v", p)
	}
	if p := pageOf(t, d.get("wallet", fmt.Sprintf("/v1/records?limit=1&after_seq=%d", mine.Index))); len(p.Items) != 0 {
		t.Errorf("page behind it %+v", p)
	}
	for _, media := range []string{"text/csv", "application/x-ndjson"} {
		if got := rowsOf(t, d.get("wallet", "/v1/records", "Accept", media)); len(got) != 1 || got[0] != mine.Index {
			t.Errorf("%s: %v", media, got)
		}
	}
}

// A stuckWriter takes what a slow client takes: nothing, until it is let go.
type stuckWriter struct {
	*httptest.ResponseRecorder
	begun chan struct{}
	once  sync.Once
	free  chan struct{}
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.begun) })
	<-w.free
	return w.ResponseRecorder.Write(b)
}

// A slow client holds its own place among the exports and nothing else: pages are read,
// records appended, other exports made.
func TestASlowClientDoesNotHoldOthers(t *testing.T) {
	d := newDesk(t, func(c *api.Config) { c.Streams, c.StreamsPerToken = 2, 1 })
	d.signIn("all", "exporter", "wallet")
	d.many(250, one)
	slow := func(token string) (*stuckWriter, chan struct{}) {
		w := &stuckWriter{ResponseRecorder: httptest.NewRecorder(), begun: make(chan struct{}), free: make(chan struct{})}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/decisions", nil)
		req.Header.Set("Authorization", "Bearer "+d.tokens[token])
		req.Header.Set("Accept", "application/x-ndjson")
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.server.Handler().ServeHTTP(w, req)
		}()
		<-w.begun
		return w, done
	}
	one, oneDone := slow("all")
	if got := d.get("all", "/v1/decisions", "Accept", "text/csv"); got.Code != http.StatusTooManyRequests {
		t.Errorf("a second export of one token = %d", got.Code)
	}
	if got := rowsOf(t, d.get("exporter", "/v1/decisions", "Accept", "text/csv")); len(got) != 250 {
		t.Errorf("another token's export has %d rows", len(got))
	}
	two, twoDone := slow("exporter")
	if got := d.get("wallet", "/v1/decisions", "Accept", "text/csv"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("an export more than run at once = %d", got.Code)
	}
	for i := range 20 {
		d.decided(1000+i, "wa-1")
		if got := d.get("all", "/v1/decisions"); got.Code != http.StatusOK {
			t.Fatalf("a page = %d", got.Code)
		}
	}
	close(one.free)
	close(two.free)
	<-oneDone
	<-twoDone
	if got := rowsOf(t, one.ResponseRecorder); len(got) != 250 {
		t.Errorf("the slow one has %d rows, want the 250 that were there when it began", len(got))
	}
	if got := d.get("wallet", "/v1/decisions", "Accept", "text/csv"); got.Code != http.StatusOK {
		t.Errorf("when they have gone = %d", got.Code)
	}
}
