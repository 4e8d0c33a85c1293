package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/api"
	"countersign/audit/api/token"
	"countersign/store"
)

func TestWhoMayCome(t *testing.T) {
	d := newDesk(t)
	d.signIn("records")
	good := d.tokens["records"]
	for _, tt := range []struct {
		name    string
		headers []string
		status  int
		says    string
	}{
		{"nobody", nil, 401, "a token is needed"},
		{"a known token", []string{"Bearer " + good}, 200, ""},
		{"the scheme in other letters", []string{"bearer " + good}, 200, ""},
		{"another scheme", []string{"Basic " + good}, 401, "none that this server knows"},
		{"without scheme", []string{good}, 401, "none that this server knows"},
		{"two headers", []string{"Bearer " + good, "Bearer " + good}, 401, "send one header"},
		{"two spaces", []string{"Bearer  " + good}, 401, "none that this server knows"},
		{"an unknown token", []string{"Bearer " + token.New()}, 401, "none that this server knows"},
		{"one letter less", []string{"Bearer " + good[:len(good)-1]}, 401, "none that this server knows"},
		{"the digest", []string{"Bearer " + token.Digest(good)}, 401, "none that this server knows"},
		{"an expired one", []string{"Bearer " + d.tokens["expired"]}, 401, "has expired"},
		{"one that may do other things", []string{"Bearer " + d.tokens["tiles"]}, 403, "lacks scope records:read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/records", nil)
			req.Header["Authorization"] = tt.headers
			rec := d.send(req)
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.says) {
				t.Errorf("%d: %s", rec.Code, rec.Body)
			}
			if rec.Code >= 400 && !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("WWW-Authenticate: %q", rec.Header().Get("WWW-Authenticate"))
			}
			if strings.Contains(rec.Body.String(), good) && rec.Code >= 400 {
				t.Error("the refusal shows the token")
			}
		})
	}
}

func TestTheFirstUseOfATokenIsOnTheTrail(t *testing.T) {
	d := newDesk(t)
	before := d.size()
	d.failing(1)
	if got := d.get("tiles", "/v1/records"); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
		t.Fatalf("without the record = %d: %s", got.Code, got.Body)
	}
	if d.size() != before {
		t.Fatal("a record of a sign-in that was refused")
	}
	var once sync.WaitGroup
	for range 16 {
		once.Go(func() { d.get("tiles", "/v1/records") }) // not allowed, and a use all the same
	}
	once.Wait()
	if got := d.size() - before; got != 1 {
		t.Fatalf("%d records of 17 uses, want 1", got)
	}
	var in audit.SignIn
	e := d.newest()
	if err := e.Decode(&in); err != nil {
		t.Fatal(err)
	}
	digest := strings.TrimPrefix(token.Digest(d.tokens["tiles"]), "sha256:")
	if e.Record.Type != audit.SignedIn || e.Record.Key != "api/signin/"+digest[:16]+"/p1" || in.Name != "tiles" || in.Digest != digest ||
		!slices.Equal(in.Scopes, []string{"tiles:read"}) || in.Address != "192.0.2.1" || !in.At.Equal(start) {
		t.Errorf("record %s: %+v", e.Record.Key, in)
	}
	for _, target := range []string{"/checkpoint", "/v1/policy", "/healthz", "/.well-known/jwks.json"} {
		d.get("", target)
	}
	d.get("expired", "/v1/records")
	if got := d.size() - before; got != 1 {
		t.Errorf("%d records, though nobody else has signed in", got)
	}
}

func TestATokenMayNotAskTooOften(t *testing.T) {
	d := newDesk(t, func(c *api.Config) { c.Rate, c.Burst = 1e-9, 2 })
	for i, want := range []int{200, 200, 429, 429} {
		if got := d.get("records", "/v1/records"); got.Code != want || want == 429 && got.Header().Get("Retry-After") == "" {
			t.Errorf("request %d = %d, want %d", i, got.Code, want)
		}
		if got := d.get("", "/checkpoint"); got.Code != want {
			t.Errorf("request %d without token = %d, want %d", i, got.Code, want)
		}
	}
	if got := d.get("all", "/v1/records"); got.Code != 200 {
		t.Errorf("another token = %d: one must not starve the others", got.Code)
	}
	if got := d.get("", "/healthz"); got.Code != 200 {
		t.Errorf("health = %d", got.Code)
	}
}

// A token that is bound to wallets sees their records, and by no way another.
func TestATokenBoundToWallets(t *testing.T) {
	d := newDesk(t)
	d.signIn("wallet", "all")
	mine := []int64{d.decided(0, "wa-1").Index, d.decided(1, "wa-2").Index}
	other := d.decided(2, "wa-3")
	outcome := d.append(audit.Draft{Key: "post/2", Type: audit.DecisionOutcome, Body: audit.Post{ApprovalID: "ap-2"}})
	nowhere := d.decided(3, "")
	for _, path := range []string{"/v1/records", "/v1/decisions"} {
		if got := indexes(pageOf(t, d.get("wallet", path)).Items); !slices.Equal(got, mine) {
			t.Errorf("%s: %v, want %v", path, got, mine)
		}
		if got := indexes(pageOf(t, d.get("wallet", path+"?wallet=wa-2")).Items); !slices.Equal(got, mine[1:]) {
			t.Errorf("%s of wa-2: %v, want %v", path, got, mine[1:])
		}
		for _, query := range []string{"?wallet=wa-3", "?wallet=wa-3&decision=approve"} {
			if got := d.get("wallet", path+query); got.Code != http.StatusForbidden || strings.Contains(got.Body.String(), "items") {
				t.Errorf("%s%s = %d", path, query, got.Code)
			}
		}
		if got := pageOf(t, d.get("wallet", path+"?approval=ap-2")); len(got.Items) != 0 {
			t.Errorf("%s of another's approval: %+v", path, got)
		}
		for _, accept := range []string{"text/csv", "application/x-ndjson"} {
			got := d.get("wallet", path, "Accept", accept)
			if got.Code != 200 || strings.Contains(got.Body.String(), "wa-3") || strings.Contains(got.Body.String(), other.LeafHash) || !strings.Contains(got.Body.String(), "ap-1") {
				t.Errorf("%s as %s = %d:\n%s", path, accept, got.Code, got.Body)
			}
		}
	}
	for _, e := range []audit.Entry{other, outcome, nowhere, {Index: 0, Record: audit.Record{ID: d.at0().Record.ID}}} {
		for _, id := range []string{fmt.Sprint(e.Index), e.Record.ID} {
			for _, tail := range []string{"", "/receipt"} {
				if got := d.get("wallet", "/v1/records/"+id+tail); got.Code != http.StatusNotFound {
					t.Errorf("record %s%s = %d: %s", id, tail, got.Code, got.Body)
				}
				if got := d.get("all", "/v1/records/"+id+tail); got.Code != http.StatusOK {
					t.Errorf("record %s%s for who may = %d", id, tail, got.Code)
				}
			}
		}
	}
	if got := d.get("wallet", fmt.Sprintf("/v1/records/%d/receipt", mine[0])); got.Code != http.StatusOK {
		t.Errorf("its own receipt = %d", got.Code)
	}
	for _, path := range []string{"/tile/0/000.p/1", "/tile/entries/000.p/1"} {
		if got := d.get("wallet", path); got.Code != http.StatusForbidden {
			t.Errorf("%s = %d", path, got.Code)
		}
	}
}

// at0 is the first record.
func (d *desk) at0() audit.Entry {
	d.tb.Helper()
	for e, err := range d.db.Select(d.tb.Context(), store.Query{Limit: 1}) {
		if err != nil {
			d.tb.Fatal(err)
		}
		return e
	}
	d.tb.Fatal("the log is empty")
	panic("unreachable")
}

// With decisions:read alone, the records that are not decisions do not exist.
func TestATokenForDecisions(t *testing.T) {
	d := newDesk(t)
	e := d.decided(0, "wa-1")
	for _, tail := range []string{"", "/receipt"} {
		if got := d.get("decisions", fmt.Sprintf("/v1/records/%d%s", e.Index, tail)); got.Code != http.StatusOK {
			t.Errorf("a decision%s = %d", tail, got.Code)
		}
		if got := d.get("decisions", "/v1/records/0"+tail); got.Code != http.StatusNotFound {
			t.Errorf("another record%s = %d", tail, got.Code)
		}
	}
}

func TestARecordThatIsNotThere(t *testing.T) {
	d := newDesk(t)
	for id, want := range map[string]int{
		"100": 404, "999999999999999999": 404, "9999999999999999999": 400, "-1": 400, "01": 400, "x": 400, "%00": 400,
		"0196f3a1-0000-7000-8000-000000000000": 404, "0196F3A1-0000-7000-8000-000000000000": 400, "0196f3a1-0000-4000-8000-000000000000": 400,
	} {
		for _, tail := range []string{"", "/receipt"} {
			if got := d.get("all", "/v1/records/"+id+tail); got.Code != want {
				t.Errorf("%s%s = %d, want %d: %s", id, tail, got.Code, want, got.Body)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	d := newDesk(t)
	next := keyOf("next")
	if _, err := d.trail.Enrol(t.Context(), audit.RecordKey, "sa-other", next, "tests"); err != nil {
		t.Fatal(err)
	}
	end, err := d.trail.EndKey(t.Context(), audit.KeyID(next.Public()), audit.KeyRevoked, d.size()-1, "lost", "tests")
	if err != nil {
		t.Fatal(err)
	}
	type member struct {
		audit.JWK
		Use, Alg, Kid string
		ForUse        string `json:"countersign_use"`
		Subject       string `json:"countersign_subject"`
		From          int64  `json:"countersign_from"`
		Until         *int64 `json:"countersign_until"`
		Revoked       bool   `json:"countersign_revoked"`
	}
	var set struct{ Keys []member }
	rec := d.get("", "/.well-known/jwks.json")
	if err := json.Unmarshal(rec.Body.Bytes(), &set); err != nil || rec.Code != 200 {
		t.Fatal(rec.Code, err)
	}
	registry, err := d.db.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := registry.All()
	if len(set.Keys) != 3 || len(all) != 3 {
		t.Fatalf("%d keys are published, %d were enrolled, want 3", len(set.Keys), len(all))
	}
	for i, k := range all {
		m := set.Keys[i]
		pub, err := m.Public()
		if err != nil || audit.KeyID(pub) != k.KeyID || m.Kid != k.KeyID || m.Use != "sig" || m.Alg != "EdDSA" ||
			m.ForUse != string(k.Use) || m.Subject != k.Subject || m.From != k.From || m.Revoked != k.Revoked {
			t.Errorf("key %d: %+v, %v; want %+v", i, m, err, k)
		}
		if (m.Until == nil) != (k.Until < 0) || m.Until != nil && *m.Until != k.Until {
			t.Errorf("key %d ends at %v, want %d", i, m.Until, k.Until)
		}
	}
	if last := set.Keys[2]; !last.Revoked || *last.Until != end.Index-1 {
		t.Errorf("the revoked key: %+v", last)
	}
}

func TestConfigNamesWhatIsMissing(t *testing.T) {
	_, err := api.New(api.Config{Burst: -1, Rate: -2, Streams: -3})
	for _, want := range []string{"Log is missing", "Journal is missing", "Tokens are missing", "Burst is -1", "Rate is -2", "Streams is -3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want it to say %q", err, want)
		}
	}
}

func TestWithoutPolicyNoneIsServed(t *testing.T) {
	d := newDesk(t)
	if got := d.get("", "/v1/policy"); got.Code != 200 || got.Body.String() != "log trail.test\n" {
		t.Errorf("policy = %d %q", got.Code, got.Body)
	}
	d = newDesk(t, func(c *api.Config) { c.Policy = nil })
	if got := d.get("", "/v1/policy"); got.Code != http.StatusNotFound {
		t.Errorf("without policy = %d", got.Code)
	}
}

func TestTokensEndByTheClock(t *testing.T) {
	now := start.Add(-time.Hour)
	d := newDesk(t, func(c *api.Config) { c.Now = func() time.Time { return now } })
	for _, tt := range []struct {
		at   string
		want int
	}{{"2026-05-01T11:59:59Z", 200}, {"2026-05-01T11:59:59.000001Z", 401}, {"2027-01-01T00:00:00Z", 401}} {
		var err error
		if now, err = time.Parse(time.RFC3339, tt.at); err != nil {
			t.Fatal(err)
		}
		if got := d.get("expired", "/v1/records"); got.Code != tt.want {
			t.Errorf("at %s = %d, want %d", tt.at, got.Code, tt.want)
		}
	}
}
