package vendors_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/screening"
	"countersign/screening/vendors"
)

const (
	evm     = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	bitcoin = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
	secret  = "894f142d667e8cdaca6822ac173937af" // of Elliptic's own example
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// An api answers requests and keeps them.
type api struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []string // method, path and body
	header http.Header
	answer http.HandlerFunc
}

func newAPI(t *testing.T, answer http.HandlerFunc) *api {
	a := &api{answer: answer}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("request: %v", err)
		}
		a.mu.Lock()
		a.seen = append(a.seen, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+string(body)))
		a.header = r.Header.Clone()
		a.mu.Unlock()
		a.answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// body answers with fixed bytes.
func body(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the client may have hung up
	}
}

// config is one that each vendor takes.
func config(v vendors.Vendor, base string) vendors.Config {
	c := vendors.Config{Name: "vendor", Vendor: v, BaseURL: base, Key: "k3y", PerSecond: 1000, Now: func() time.Time { return noon }}
	switch v {
	case vendors.TRMScored:
		c.ReviewAt, c.HitAt, c.Chains = "5", "10", map[string]string{"Ethereum": "ethereum"}
	case vendors.Elliptic:
		c.ReviewAt, c.HitAt, c.Secret, c.CustomerReference = "0.3", "7.5", secret, "treasury"
	}
	return c
}

func source(t *testing.T, c vendors.Config) *vendors.Source {
	t.Helper()
	s, err := vendors.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// screen asks one vendor about one address.
func screen(t *testing.T, v vendors.Vendor, answer http.HandlerFunc) (screening.Finding, *api) {
	t.Helper()
	a := newAPI(t, answer)
	found, err := source(t, config(v, a.URL)).Screen(t.Context(), []screening.Query{{Network: "Ethereum", Address: evm}})
	if err != nil || len(found) != 1 || found[0].Address != evm || found[0].Network != "Ethereum" || found[0].Source != "vendor" || !found[0].Checked.Equal(noon) {
		t.Fatalf("%+v, %v", found, err)
	}
	return found[0], a
}

// good answers, by vendor, to which everything below does harm.
var good = map[vendors.Vendor]struct {
	status int
	text   string
}{
	vendors.Chainalysis: {200, `{"identifications":[]}`},
	vendors.TRM:         {201, `[{"address":"` + evm + `","isSanctioned":false}]`},
	vendors.TRMScored:   {201, `[{"address":"` + strings.ToLower(evm) + `","addressSubmitted":"` + evm + `","chain":"ethereum","addressRiskIndicators":[{"category":"Exchange","categoryRiskScoreLevel":1,"riskType":"COUNTERPARTY"}],"entities":[]}]`},
	vendors.Elliptic:    {200, `{"id":"a-1","process_status":"complete","error":null,"subject":{"hash":"` + evm + `"},"risk_score":0.1}`},
}

func TestAGoodAnswerIsClear(t *testing.T) {
	for v, g := range good {
		if f, _ := screen(t, v, body(g.status, g.text)); f.Verdict != screening.Clear {
			t.Errorf("%s: %+v, want clear", v, f)
		}
	}
}

func TestWhatIsAsked(t *testing.T) {
	_, a := screen(t, vendors.Chainalysis, body(200, good[vendors.Chainalysis].text))
	if a.seen[0] != "GET /api/v1/address/"+evm || a.header.Get("X-API-Key") != "k3y" {
		t.Errorf("%q, %v", a.seen, a.header)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("k3y:k3y"))
	_, a = screen(t, vendors.TRM, body(201, good[vendors.TRM].text))
	if a.seen[0] != `POST /public/v1/sanctions/screening [{"address":"`+evm+`"}]` || a.header.Get("Authorization") != basic {
		t.Errorf("%q, %v", a.seen, a.header)
	}
	_, a = screen(t, vendors.TRMScored, body(201, good[vendors.TRMScored].text))
	if a.seen[0] != `POST /public/v2/screening/addresses [{"address":"`+evm+`","chain":"ethereum"}]` || a.header.Get("Authorization") != basic {
		t.Errorf("%q, %v", a.seen, a.header)
	}
	_, a = screen(t, vendors.Elliptic, body(200, good[vendors.Elliptic].text))
	asked := `{"customer_reference":"treasury","subject":{"asset":"holistic","blockchain":"holistic","hash":"` + evm + `","type":"address"},"type":"wallet_exposure"}`
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if a.seen[0] != "POST /v2/wallet/synchronous "+asked || a.header.Get("X-Access-Key") != "k3y" || a.header.Get("X-Access-Timestamp") != "1795521600000" ||
		a.header.Get("X-Access-Sign") != vendors.Sign(key, noon, "POST", "/v2/wallet/synchronous", asked) {
		t.Errorf("%q, %v", a.seen, a.header)
	}
}

// The examples of Elliptic's documentation, with the signatures that it prints.
func TestSign(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1478692862000)
	text := `[{"customer_reference":"123456","subject":{"asset":"BTC","hash":"accf5c09cc027339a3beb2e28104ce9f406ecbbd29775b4a1a17ba213f1e035e","output_address":"15Hm2UEPaEuiAmgyNgd5mF3wugqLsYs3Wn","output_type":"address","type":"transaction"},"type":"source_of_funds"}]`
	for _, tt := range []struct{ method, path, body, want string }{
		{"POST", "/v2/analyses", text, "65mQHB2o95lL3I+N/bZYwDC9p2YvNwsVDnXr8u72hUk="},
		{"GET", "/v2/customers", "", "cN9fRUqeT7UnwwpkBZaNmnwxKAPHkhytdXelfUVvxMI="},
		{"get", "/V2/Customers", "{}", "cN9fRUqeT7UnwwpkBZaNmnwxKAPHkhytdXelfUVvxMI="},
	} {
		if got := vendors.Sign(key, at, tt.method, tt.path, tt.body); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.method, tt.path, got, tt.want)
		}
	}
}

func TestAnAddressIsAskedAboutOnceAndMalformedOnesNever(t *testing.T) {
	a := newAPI(t, body(200, good[vendors.Chainalysis].text))
	queries := []screening.Query{{Network: "Ethereum", Address: evm}, {Network: "Base", Address: strings.ToLower(evm)}, {Network: "Bitcoin", Address: bitcoin}, {Address: "../../etc"}}
	found, err := source(t, config(vendors.Chainalysis, a.URL)).Screen(t.Context(), queries)
	if err != nil || len(found) != 4 || len(a.seen) != 2 {
		t.Fatalf("%d findings, %v, asked %q", len(found), err, a.seen)
	}
	for i, f := range found {
		want := screening.Clear
		if i == 3 {
			want = screening.Unknown
		}
		if f.Verdict != want || f.Address != queries[i].Address || f.Network != queries[i].Network {
			t.Errorf("%d: %+v, want %q", i, f, want)
		}
	}
}

func TestANetworkWithoutAChainIsUnknown(t *testing.T) {
	a := newAPI(t, body(201, good[vendors.TRMScored].text))
	found, err := source(t, config(vendors.TRMScored, a.URL)).Screen(t.Context(), []screening.Query{{Network: "Base", Address: evm}})
	if err != nil || found[0].Verdict != screening.Unknown || len(a.seen) != 0 {
		t.Errorf("%+v, %v, asked %q", found, err, a.seen)
	}
}

// The rate is the vendor's limit; what there is no room for within the time is unknown.
func TestWhatThereIsNoRoomForIsUnknown(t *testing.T) {
	a := newAPI(t, body(201, good[vendors.TRM].text))
	c := config(vendors.TRM, a.URL)
	c.PerSecond, c.Key = 0, "" // the free service: one a second
	s := screening.Screener{Sources: []screening.Source{source(t, c)}, Timeout: 900 * time.Millisecond}
	var queries []screening.Query
	for i := range 5 {
		queries = append(queries, screening.Query{Address: fmt.Sprintf("0x%040x", i)})
	}
	if r := s.Screen(t.Context(), queries); r.Verdict != screening.Unknown || len(a.seen) != 1 || a.header.Get("Authorization") != "" {
		t.Errorf("%q after %d requests, want unknown after one", r.Verdict, len(a.seen))
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	all := func(c vendors.Config) (string, bool) {
		s, err := vendors.New(c)
		return fmt.Sprint(err), err != nil && s == nil
	}
	for _, tt := range []struct {
		config vendors.Config
		want   []string
	}{
		{vendors.Config{}, []string{"vendor:"}},
		{vendors.Config{Vendor: vendors.Chainalysis, HitAt: "1", ReviewAt: "1", Secret: "x!", Chains: map[string]string{"a": "b"}, CustomerReference: "x", BaseURL: "http://evil.example", PerSecond: -1},
			[]string{"name:", "key:", "hit_at:", "review_at:", "secret:", "chains:", "customer_reference:", "base_url:", "requests_per_second:"}},
		{vendors.Config{Name: "x", Vendor: vendors.Elliptic}, []string{"key:", "secret:", "review_at:", "hit_at:", "customer_reference:"}},
		{vendors.Config{Name: "x", Vendor: vendors.TRMScored, Key: "two words"}, []string{"key:", "chains:", "review_at:", "hit_at:"}},
	} {
		text, refused := all(tt.config)
		for _, field := range tt.want {
			if !refused || !strings.Contains(text, field) {
				t.Errorf("%s\nsays nothing of %s", text, field)
			}
		}
	}
	for _, limits := range [][2]string{{"0", "1"}, {"2", "1"}, {"-1", "1"}, {"1", "1e999999999"}, {"1", "1/2"}, {"1", "0x2"}, {"a", "1"}, {"1", "Inf"}, {" 1", "2"}, {"1", ""}} {
		c := config(vendors.Elliptic, "")
		c.ReviewAt, c.HitAt = limits[0], limits[1]
		if text, refused := all(c); !refused {
			t.Errorf("review at %q, hit at %q: taken (%s)", limits[0], limits[1], text)
		}
	}
	for v := range good {
		if _, err := vendors.New(config(v, "")); err != nil {
			t.Errorf("%s with its own base URL: %v", v, err)
		}
	}
}

// newFuzzAPI serves what text points to.
func newFuzzAPI(f *testing.F, text *string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, *text) // the client may have hung up
	}))
	f.Cleanup(server.Close)
	return server.URL
}
