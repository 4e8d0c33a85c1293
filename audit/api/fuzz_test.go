package api_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign/store/storetest"
)

// queries are what somebody may write behind the question mark.
var queries = []string{
	"", "approverId=sa-checker&dateFrom=2026-05-01&dateTo=2026-05-31", "wallet=wa-1'--&limit=5", "contract=0x&decision=approve",
	"after_seq=-1&type=decision.intent", "wallet=%00", "policy=%ff%fe", "lineage=a&lineage=b", "dateTo=9999-12-31", "dateFrom=1969-12-31T23:59:59Z", "limit=1e3", "a=b;c",
	"network=%27%29%20UNION%20SELECT%201%2C2%2C3%2C4%2C5%20--%20&initiator=%3F&approval=$1",
}

// FuzzQuery asks for whatever somebody may write behind the question mark: it is answered
// or refused, and never a fault of ours or of the database. conforms holds that.
func FuzzQuery(f *testing.F) {
	for _, seed := range queries {
		f.Add(seed, uint8(0))
	}
	f.Add("wallet=a", uint8(1))
	f.Add("type=x", uint8(2))
	d := newDesk(f)
	d.signIn("all", "wallet")
	d.decided(0, "wa-1")
	f.Fuzz(func(t *testing.T, query string, how uint8) {
		if strings.Contains(query, "wait=") {
			t.Skip("waiting is another test's")
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, []string{"/v1/records", "/v1/decisions"}[how&1], nil)
		req.URL.RawQuery = query // as it came: a client may send what url.Parse refuses
		req.Header.Set("Authorization", "Bearer "+d.tokens[[]string{"all", "wallet"}[how>>1&1]])
		rec := httptest.NewRecorder()
		d.server.Handler().ServeHTTP(rec, req)
		conforms(t, req, rec)
		if rec.Code != http.StatusOK && rec.Code != http.StatusBadRequest && rec.Code != http.StatusForbidden {
			t.Errorf("?%s = %d: %s", query, rec.Code, rec.Body)
		}
	})
}

// FuzzPath does the same for the paths of records and tiles.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/tile/0/000", "/tile/entries/x001/000.p/7", "/v1/records/0", "/v1/records/0196f3a1-0000-7000-8000-000000000000/receipt", "/tile/63/x999/999"} {
		f.Add(seed)
	}
	d := newDesk(f)
	d.signIn("all")
	f.Fuzz(func(t *testing.T, path string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if req.URL.Path = path; path == "" || path[0] != '/' {
			req.URL.Path = "/" + path
		}
		req.Header.Set("Authorization", "Bearer "+d.tokens["all"])
		rec := httptest.NewRecorder()
		d.server.Handler().ServeHTTP(rec, req)
		if rec.Code >= 500 {
			t.Errorf("%q = %d: %s", path, rec.Code, rec.Body)
		}
	})
}

// The same on PostgreSQL, which is stricter about text than SQLite is.
func TestQueriesOnPostgreSQL(t *testing.T) {
	d := newDeskOn(t, storetest.Postgres(t))
	d.signIn("all", "wallet")
	d.decided(0, "wa-1")
	asked := func(tb testing.TB, query string) {
		for _, token := range []string{"all", "wallet"} {
			for _, path := range []string{"/v1/records", "/v1/decisions"} {
				req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
				req.URL.RawQuery = query
				req.Header.Set("Authorization", "Bearer "+d.tokens[token])
				rec := httptest.NewRecorder()
				d.server.Handler().ServeHTTP(rec, req)
				if rec.Code != http.StatusOK && rec.Code != http.StatusBadRequest && rec.Code != http.StatusForbidden {
					tb.Errorf("%s?%s = %d: %s", path, query, rec.Code, rec.Body)
				}
			}
		}
	}
	for _, query := range queries {
		asked(t, query)
	}
	names := slices.Sorted(maps.Keys(published().Components.Parameters))
	rapid.Check(t, func(rt *rapid.T) {
		values := url.Values{}
		for range rapid.IntRange(1, 4).Draw(rt, "parameters") {
			if name := rapid.SampledFrom(names).Draw(rt, "name"); name != "wait" {
				values.Set(name, rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"1", "approve", "2026-05-01", "0x'", "\\", "$1", "?"})).Draw(rt, "value"))
			}
		}
		asked(t, values.Encode())
	})
	if p := pageOf(t, d.get("all", "/v1/decisions?approverId=sa-checker&wallet=wa-1&dateFrom=2026-05-01&dateTo=2026-05-01")); len(p.Items) != 1 {
		t.Errorf("%d decisions, want 1", len(p.Items))
	}
}
