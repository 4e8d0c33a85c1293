package price_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sources/price"
	"countersign/sources/web"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// api is a source that a server of this test answers for.
func api(t *testing.T, answer func(path string) string, change func(*price.APIConfig)) *price.API {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, answer(r.URL.String())) }))
	t.Cleanup(s.Close)
	client, err := web.New(web.Config{Origins: []web.Origin{{URL: s.URL, Local: true}}})
	if err != nil {
		t.Fatal(err)
	}
	c := price.APIConfig{Name: "market", URL: s.URL + "/{base}-{quote}", Value: "/price", Time: "/time", TimeFormat: price.RFC3339,
		MaxAge: time.Minute, Web: client, Now: func() time.Time { return now }}
	if change != nil {
		change(&c)
	}
	a, err := price.NewAPI(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHowSourcesAnswer(t *testing.T) {
	unix := func(c *price.APIConfig) { c.TimeFormat = price.UnixSeconds }
	millis := func(c *price.APIConfig) { c.TimeFormat = price.UnixMillis }
	deep := func(c *price.APIConfig) {
		c.Value, c.Time = "/data/0/{base}~1{quote}/c~0d", "/data/1"
		c.Symbols = map[string]string{"ETH": "eth", "USD": "usd"}
	}
	for _, tt := range []struct {
		name, answer string
		change       func(*price.APIConfig)
		value, at    string
		fails        string
	}{
		{"a number is its digits", `{"price": 3021.500000000000000001, "time": "2026-11-24T12:00:00Z"}`, nil, "3021.500000000000000001", "12:00:00", ""},
		{"a text is read as one", `{"price": "3021.50", "time": "2026-11-24T14:00:00+02:00"}`, nil, "3021.5", "12:00:00", ""},
		{"an exponent is exact", `{"price": 1.5e-7, "time": "2026-11-24T12:00:00Z"}`, nil, "0.00000015", "12:00:00", ""},
		{"seconds", `{"price": 1, "time": 1795521600}`, unix, "1", "12:00:00", ""},
		{"seconds with a fraction, as text", `{"price": 1, "time": "1795521599.5"}`, unix, "1", "11:59:59.5", ""},
		{"milliseconds", `{"price": 1, "time": 1795521599001}`, millis, "1", "11:59:59.001", ""},
		{"pointers through arrays, with symbols and escapes", `{"data": [{"eth/usd": {"c~d": 7}}, "2026-11-24T12:00:00Z"]}`, deep, "7", "12:00:00", ""},
		{"just as old as it may be", `{"price": 1, "time": "2026-11-24T11:59:00Z"}`, nil, "1", "11:59:00", ""},
		{"a little ahead", `{"price": 1, "time": "2026-11-24T12:01:00Z"}`, nil, "1", "12:01:00", ""},
		{"too far ahead", `{"price": 1, "time": "2026-11-24T12:01:01Z"}`, nil, "", "", "yet to come"},
		{"seconds taken for milliseconds", `{"price": 1, "time": 1795521600}`, millis, "", "", "old, at most"},
		{"milliseconds taken for seconds", `{"price": 1, "time": 1795521600000}`, unix, "", "", "beyond the year 2262"},
		{"zero", `{"price": 0.00, "time": "2026-11-24T12:00:00Z"}`, nil, "", "", "is zero"},
		{"less than zero", `{"price": -1, "time": "2026-11-24T12:00:00Z"}`, nil, "", "", "without sign"},
		{"null", `{"price": null, "time": "2026-11-24T12:00:00Z"}`, nil, "", "", "neither a number nor a text"},
		{"no price", `{"error": "unknown pair"}`, nil, "", "", `no "price"`},
		{"no time", `{"price": 1}`, nil, "", "", `no "time"`},
		{"a time without its offset", `{"price": 1, "time": "2026-11-24T12:00:00"}`, nil, "", "", "not of RFC 3339"},
		{"a price twice", `{"price": 1, "price": 2, "time": "2026-11-24T12:00:00Z"}`, nil, "", "", "twice"},
		{"an empty array", `{"data": []}`, deep, "", "", "0 elements"},
		{"no JSON", `<html>`, nil, "", "", "JSON refused"},
		{"nothing", ``, nil, "", "", "JSON refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := api(t, func(string) string { return tt.answer }, tt.change).Quote(t.Context(), "ETH", "USD")
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || got != (price.Price{}) {
					t.Fatalf("%+v, error %v, want one with %q", got, err, tt.fails)
				}
				return
			}
			if err != nil || got.Value.String() != tt.value || got.At.Format("15:04:05.999") != tt.at || got.Base+got.Quote+got.Source != "ETHUSDmarket" {
				t.Fatalf("%+v, %v, want %s at %s", got, err, tt.value, tt.at)
			}
			var again price.Price
			kept, err := json.Marshal(got)
			if err == nil {
				err = json.Unmarshal(kept, &again)
			}
			if err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("%s decodes to %+v, %v", kept, again, err)
			}
		})
	}
}

func TestAStalePriceHasACode(t *testing.T) {
	_, err := api(t, func(string) string { return `{"price": 1, "time": "2026-11-24T11:58:59Z"}` }, nil).Quote(t.Context(), "ETH", "USD")
	var coded interface{ ReasonCode() countersign.ReasonCode }
	if !errors.As(err, &coded) || coded.ReasonCode() != countersign.PriceStale || !strings.Contains(err.Error(), "1m1s old, at most 1m0s") {
		t.Errorf("error %v, want one of price_stale", err)
	}
}

// A symbol that is not a plain word never reaches a URL.
func TestSymbols(t *testing.T) {
	asked := ""
	answer := func(path string) string {
		asked = path
		return `{"price": 1, "time": "2026-11-24T12:00:00Z"}`
	}
	open := api(t, answer, nil)
	listed := api(t, answer, func(c *price.APIConfig) { c.Symbols = map[string]string{"ETH": "ethereum", "USD": "usd"} })
	if _, err := open.Quote(t.Context(), "ETH", "USD"); err != nil || asked != "/ETH-USD" {
		t.Errorf("asked %s, %v", asked, err)
	}
	if _, err := listed.Quote(t.Context(), "ETH", "USD"); err != nil || asked != "/ethereum-usd" {
		t.Errorf("asked %s, %v", asked, err)
	}
	asked = ""
	for _, s := range []string{"", "..", "a/b", "a?b", "a#b", "a%2e", "a b", "{quote}", "é", strings.Repeat("a", 41), "../../admin"} {
		if _, err := open.Quote(t.Context(), s, "USD"); err == nil || asked != "" {
			t.Errorf("%q: asked %q, %v", s, asked, err)
		}
	}
	if _, err := listed.Quote(t.Context(), "BTC", "USD"); err == nil || asked != "" {
		t.Errorf("a symbol that is not listed: asked %q, %v", asked, err)
	}
}

type nowhere struct{}

func (nowhere) Do(context.Context, web.Request) (web.Answer, error) {
	return web.Answer{}, errors.New("down")
}

func (nowhere) Allows(url string) error {
	if !strings.HasPrefix(url, "https://a.example/") {
		return web.ErrRefused
	}
	return nil
}

func TestAPIsThatCannotBeUsed(t *testing.T) {
	good := price.APIConfig{Name: "m", URL: "https://a.example/{base}/{quote}", Value: "/p", Time: "/t", TimeFormat: price.RFC3339,
		MaxAge: time.Second, Web: nowhere{}, Now: time.Now}
	a, err := price.NewAPI(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Quote(t.Context(), "ETH", "USD"); err == nil || !strings.Contains(err.Error(), `m: price of "ETH" in "USD": down`) {
		t.Errorf("a source that is down: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(*price.APIConfig)
		want   string
	}{
		{"no name", func(c *price.APIConfig) { c.Name = "" }, "name:"},
		{"an origin that is not allowed", func(c *price.APIConfig) { c.URL = "https://b.example/{base}/{quote}" }, "url: request refused"},
		{"a symbol as host", func(c *price.APIConfig) { c.URL = "https://{base}.example/{quote}" }, "behind the host"},
		{"one price for all", func(c *price.APIConfig) { c.URL = "https://a.example/{base}" }, "neither it nor value has {quote}"},
		{"no pointer", func(c *price.APIConfig) { c.Value = "" }, "value: empty"},
		{"no pointer's form", func(c *price.APIConfig) { c.Value = "p" }, "value:"},
		{"a stray tilde", func(c *price.APIConfig) { c.Time = "/a~2" }, "time:"},
		{"a price as time", func(c *price.APIConfig) { c.Time = "/p" }, "time: it points to the price"},
		{"no format", func(c *price.APIConfig) { c.TimeFormat = "" }, "time_format:"},
		{"no bound", func(c *price.APIConfig) { c.MaxAge = 0 }, "max_age:"},
		{"a symbol that is none", func(c *price.APIConfig) { c.Symbols = map[string]string{"ETH": "a/b"} }, "symbols.ETH:"},
		{"nobody who asks", func(c *price.APIConfig) { c.Web = nil }, "web:"},
	} {
		c := good
		tt.change(&c)
		if _, err := price.NewAPI(c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}
