package vendors_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/screening"
	"countersign/screening/vendors"
)

// What any vendor may answer instead of an answer. None of it may be clear.
func TestNoAnswerIsUnknown(t *testing.T) {
	for v, g := range good {
		elsewhere := newAPI(t, body(g.status, g.text))
		for name, answer := range map[string]http.HandlerFunc{
			"nothing":                         body(200, ""),
			"no content":                      body(204, ""),
			"accepted, later":                 body(202, g.text),
			"a bad key":                       body(401, g.text),
			"no right":                        body(403, `{"message":"no"}`),
			"not found":                       body(404, g.text),
			"a limit":                         body(429, g.text),
			"a broken server":                 body(500, g.text),
			"an unready server":               body(503, g.text),
			"an error page":                   body(200, "<html>Sorry</html>"),
			"null":                            body(200, "null"),
			"an empty object":                 body(200, "{}"),
			"an empty array":                  body(200, "[]"),
			"an array of null":                body(200, "[null]"),
			"an array of an empty object":     body(200, "[{}]"),
			"a text":                          body(200, `"clear"`),
			"a number":                        body(200, "0"),
			"false":                           body(200, "false"),
			"JSON that is cut off":            body(g.status, g.text[:len(g.text)-1]),
			"something behind it":             body(g.status, g.text+" x"),
			"the answer twice":                body(g.status, g.text+g.text),
			"two answers in one array":        body(g.status, "["+strings.Trim(g.text, "[]")+","+strings.Trim(g.text, "[]")+"]"),
			"the answer inside an array more": body(g.status, "["+g.text+"]"),
			"deep nesting":                    body(200, strings.Repeat("[", 100_000)),
			"too long":                        body(g.status, g.text+strings.Repeat(" ", 5<<20)),
			"bytes that are no UTF-8":         body(g.status, strings.Replace(g.text, `":`, "\xff\":", 1)),
			"half an answer": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				fmt.Fprint(w, g.text) //nolint:errcheck // the client may have hung up
			},
			"a broken line": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"a redirect to a good answer": func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
			},
		} {
			t.Run(fmt.Sprintf("%s, %s", v, name), func(t *testing.T) {
				f, _ := screen(t, v, answer)
				if f.Verdict != screening.Unknown || f.Detail == "" || strings.Contains(f.Detail, "k3y") {
					t.Errorf("%+v, want unknown with a reason", f)
				}
			})
		}
	}
}

// Answers that are wrong in a way of the vendor's own, by what is put for what.
func TestAnAnswerThatDoesNotSayItIsUnknown(t *testing.T) {
	for _, tt := range []struct {
		vendor vendors.Vendor
		swaps  [][2]string
	}{
		{vendors.Chainalysis, [][2]string{
			{`{"identifications":[]}`, `{"identifications":null}`}, {`[]`, `{}`}, {`[]`, `false`}, {`[]`, `""`}, {`[]`, `0`},
			{"identifications", "Identifications"}, {"identifications", "identification"},
			{`{"identifications":[]}`, `{"identifications":[],"identifications":[{}]}`},
			{`{"identifications":[]}`, `{"identifications":[{}],"IDENTIFICATIONS":[]}`},
		}},
		{vendors.TRM, [][2]string{
			{"false", "null"}, {"false", `"false"`}, {"false", "0"}, {"false", "{}"}, {`,"isSanctioned":false`, ""}, {"isSanctioned", "is_sanctioned"},
			{evm, bitcoin}, {evm, evm[:41] + "0"}, {evm, ""}, {`"` + evm + `"`, "null"}, {`"address":"` + evm + `",`, ""},
			{`"isSanctioned":false`, `"isSanctioned":true,"isSanctioned":false`},
		}},
		{vendors.TRMScored, [][2]string{
			{strings.ToLower(evm), bitcoin}, {evm + `","chain"`, bitcoin + `","chain"`}, {`"chain":"ethereum"`, `"chain":"base"`}, {`"chain":"ethereum"`, `"chain":null`},
			{"addressRiskIndicators", "riskIndicators"}, {`[{"category"`, `[null,{"category"`}, {`"categoryRiskScoreLevel":1`, `"categoryRiskScoreLevel":null`},
			{`"categoryRiskScoreLevel":1`, `"categoryRiskScoreLevel":"1"`}, {`"categoryRiskScoreLevel":1,`, ""}, {`"categoryRiskScoreLevel":1`, `"categoryRiskScoreLevel":-1`},
			{`"categoryRiskScoreLevel":1`, `"categoryRiskScoreLevel":16`}, {`"entities":[]`, `"entities":null`}, {`"entities":[]`, `"entities":[{}]`},
			{`"entities":[]`, `"entities":[{"riskScoreLevel":null}]`}, {`"entities":[]`, `"addressHighestRiskScoreLevel":null`}, {`"entities":[]`, `"addressHighestRiskScoreLevel":"Low"`},
		}},
		{vendors.Elliptic, [][2]string{
			{"0.1", "null"}, {"0.1", `"0.1"`}, {`,"risk_score":0.1`, ""}, {"0.1", "-0.1"}, {"0.1", "10.1"}, {"0.1", "1e2"}, {"0.1", "0e999999999"}, {"0.1", "1e-999999999"},
			{"0.1", "0." + strings.Repeat("1", 1000)}, {"0.1", "{}"}, {"0.1", "false"},
			{"complete", "running"}, {"complete", "Complete"}, {`"complete"`, "null"}, {`"process_status":"complete",`, ""},
			{`"error":null`, `"error":{"message":"something went wrong"}`}, {`"error":null`, `"error":""`}, {`"error":null`, `"error":false`},
			{evm, bitcoin}, {`"hash":"` + evm + `"`, ""}, {`{"hash":"` + evm + `"}`, "null"}, {`"subject"`, `"Subject"`},
		}},
	} {
		g := good[tt.vendor]
		for _, swap := range tt.swaps {
			t.Run(fmt.Sprintf("%s, %.40s for %.40s", tt.vendor, swap[1], swap[0]), func(t *testing.T) {
				if !strings.Contains(g.text, swap[0]) {
					t.Fatalf("the good answer has no %s", swap[0])
				}
				f, _ := screen(t, tt.vendor, body(g.status, strings.Replace(g.text, swap[0], swap[1], 1)))
				if f.Verdict != screening.Unknown || f.Detail == "" {
					t.Errorf("%+v, want unknown with a reason", f)
				}
			})
		}
	}
}

func TestAVendorThatHangsIsUnknown(t *testing.T) {
	for v := range good {
		a := newAPI(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		found, err := source(t, config(v, a.URL)).Screen(ctx, []screening.Query{{Network: "Ethereum", Address: evm}})
		cancel()
		if err != nil || found[0].Verdict != screening.Unknown {
			t.Errorf("%s: %+v, %v, want unknown", v, found, err)
		}
	}
}

func TestWhatIsNotClear(t *testing.T) {
	for _, tt := range []struct {
		name, old, with string
		vendor          vendors.Vendor
		want            screening.Verdict
		score, category string
	}{
		{"an identification", `[]`, `[{"category":"sanctions","name":"SANCTIONS: OFAC SDN","description":"…"}]`, vendors.Chainalysis, screening.Hit, "", "sanctions"},
		{"an identification that cannot be read", `[]`, `[null]`, vendors.Chainalysis, screening.Hit, "", ""},
		{"a sanctioned address", "false", "true", vendors.TRM, screening.Hit, "", "sanctions"},
		{"a score at the limit of review", `Level":1`, `Level":5`, vendors.TRMScored, screening.Review, "5", "Exchange"},
		{"a score below it", `Level":1`, `Level":4.999999999999999999999999`, vendors.TRMScored, screening.Clear, "4.999999999999999999999999", "Exchange"},
		{"a score at the limit of a hit", `Level":1`, `Level":10.0`, vendors.TRMScored, screening.Hit, "10.0", "Exchange"},
		{"a risky owner", `"entities":[]`, `"entities":[{"category":"Mixer","riskScoreLevel":5}]`, vendors.TRMScored, screening.Review, "5", "Mixer"},
		{"the highest level", `"entities":[]`, `"addressHighestRiskScoreLevel":15`, vendors.TRMScored, screening.Hit, "15", ""},
		{"a sanctioned owner, whatever the score", `"category":"Exchange","categoryRiskScoreLevel":1,"riskType":"COUNTERPARTY"`, `"category":"Sanctions","categoryRiskScoreLevel":0,"riskType":"OWNERSHIP"`, vendors.TRMScored, screening.Hit, "0", "Sanctions"},
		{"a sanctioned entity, whatever the score", `"entities":[]`, `"entities":[{"category":"Sanctioned Entity","riskScoreLevel":0}]`, vendors.TRMScored, screening.Hit, "1", "Sanctions"},
		{"no risk at all", `{"category":"Exchange","categoryRiskScoreLevel":1,"riskType":"COUNTERPARTY"}`, "", vendors.TRMScored, screening.Clear, "", ""},
		{"zero", "0.1", "0", vendors.Elliptic, screening.Clear, "0", ""},
		// In floating point 0.1+0.2 is above 0.3, and this is 0.3.
		{"just below the limit of review", "0.1", "0.29999999999999999999", vendors.Elliptic, screening.Clear, "0.29999999999999999999", ""},
		{"at the limit of review", "0.1", "0.30", vendors.Elliptic, screening.Review, "0.30", "risk"},
		{"at the limit, with an exponent", "0.1", "3e-1", vendors.Elliptic, screening.Review, "3e-1", "risk"},
		{"just below the limit of a hit", "0.1", "7.4999999999999999999999", vendors.Elliptic, screening.Review, "7.4999999999999999999999", "risk"},
		{"at the limit of a hit", "0.1", "7.5", vendors.Elliptic, screening.Hit, "7.5", "risk"},
	} {
		t.Run(fmt.Sprintf("%s, %s", tt.vendor, tt.name), func(t *testing.T) {
			g := good[tt.vendor]
			if !strings.Contains(g.text, tt.old) {
				t.Fatalf("the good answer has no %s", tt.old)
			}
			f, _ := screen(t, tt.vendor, body(g.status, strings.Replace(g.text, tt.old, tt.with, 1)))
			if f.Verdict != tt.want || f.Score != tt.score || f.Category != tt.category {
				t.Errorf("%+v, want %q, score %q, category %q", f, tt.want, tt.score, tt.category)
			}
		})
	}
}

// Whatever a vendor answers, it is read without a panic, and only what says so is clear.
func FuzzAnswers(f *testing.F) {
	for _, g := range good {
		f.Add(g.text)
	}
	sources := map[vendors.Vendor]*vendors.Source{}
	var answer string
	a := newFuzzAPI(f, &answer)
	for v := range good {
		s, err := vendors.New(config(v, a))
		if err != nil {
			f.Fatal(err)
		}
		sources[v] = s
	}
	f.Fuzz(func(t *testing.T, text string) {
		answer = text
		for v, s := range sources {
			found, err := s.Screen(t.Context(), []screening.Query{{Network: "Ethereum", Address: evm}})
			if err != nil || len(found) != 1 || found[0].Verdict == "" || strings.Contains(found[0].Detail, "panicked") {
				t.Errorf("%s: %+v, %v", v, found, err)
			}
			if found[0].Verdict == screening.Clear && v != vendors.Chainalysis && !strings.Contains(strings.ToLower(text), strings.ToLower(evm)) && !strings.Contains(text, `\`) {
				t.Errorf("%s: clear by an answer that does not name the address", v)
			}
		}
	})
}
