package doctor_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/sandbox/doctor"
)

// exchange is an answer on its way through a proxy that spoils it.
type exchange struct {
	method, path string // without query
	request      []byte
	status       int
	header       http.Header
	body         []byte
}

// breaks say, for each check, how its behaviour is broken. They see the answers to that
// check's requests only.
var breaks = map[string]func(*exchange){
	"bearer.missing":       letThrough,
	"bearer.forged":        letThrough,
	"bearer.first":         turn(401, 403),
	"ratelimit.headers":    func(x *exchange) { x.header.Del("X-RateLimit-Reset") },
	"error.json":           func(x *exchange) { x.header.Set("Content-Type", "text/html") },
	"error.unknown-route":  func(x *exchange) { x.status, x.body = 404, []byte("404 page not found") },
	"error.escaped-path":   turn(404, 405),
	"signing.challenge":    drop("/auth/action/init", "attestation"),
	"signing.init-strict":  letThrough,
	"signing.init-payload": letThrough,
	"signing.accepted":     turn(404, 403),
	"signing.bytes":        turn(200, 403),

	"signing.wrong-key":       letThrough,
	"signing.other-challenge": letThrough,
	"signing.type":            letThrough,
	"signing.challenge-once":  letThrough,
	"signing.once":            turn(400, 404),
	"signing.missing":         turn(403, 404),
	"signing.body":            turn(403, 404),
	"signing.path":            turn(403, 404),
	"signing.method":          turn(403, 404),
	"signing.query":           turn(404, 403),

	"wallet.shape":               set("/wallets/", "dateCreated", "2026-01-02T03:04:05Z"),
	"wallet.unknown":             func(x *exchange) { x.body = []byte(`{"message":"wallet not found"}`) },
	"wallets.list":               rename("/wallets", "items", "wallets"),
	"wallets.pages":              firstPageAgain(),
	"wallets.limit":              letThrough,
	"wallet.assets":              rename("/assets", "balance", "amount"),
	"transfers.list":             rename("/transfers", "requester", "requestedBy"),
	"transfer.unknown":           turn(404, 400),
	"policies.list":              rename("/policies", "activityKind", "activity"),
	"policies.status":            letThrough,
	"policy.unknown":             turn(404, 403),
	"approvals.list":             rename("/policy-approvals", "policyEvaluations", "evaluatedPolicies"),
	"approvals.status":           letThrough,
	"approval.unknown":           turn(404, 410),
	"approval.no-decisions-list": letThrough,
	"webhooks.list":              rename("/webhooks", "url", "secret"),
	"webhook.unknown":            turn(404, 400),
	"credentials.list":           rename("/credentials", "credentialId", "credId"),
	"service-accounts.list":      rename("/service-accounts", "publicKey", "accessToken"),

	"wallet.create":                 created,
	"wallet.create-network":         letThrough,
	"wallet.create-unknown-network": turn(400, 501),
	"wallet.create-strict":          letThrough,
	"wallet.tags":                   set("/tags", "status", "ok"),
	"policy.create":                 rename("/policies/", "status", "state"),
	"policy.create-status":          letThrough,
	"policy.create-quorum":          letThrough,
	"policy.block":                  set("/transfers", "status", "Failed"),
	"approval.pending":              on("/transfers", func(x *exchange) { x.status = 202 }),
	"approval.self":                 turn(403, 422),
	"approval.value":                turn(400, 422),
	"approval.denied":               set("/decisions", "status", "Pending"),
	"approval.resolved":             letThrough,
	"external-id.same":              renewed("/transfers"),
	"external-id.other":             rename("/transfers", "duplicate", "first"),
	"transfer.amount":               letThrough,
	"transfer.strict":               letThrough,
	"webhook.create":                set("/webhooks/", "secret", "whs-again"),
	"webhook.kinds":                 letThrough,
	"webhook.strict":                letThrough,
	"webhook.signature":             delivers(envelope, "whs-another"),
	"webhook.envelope":              delivers(strings.Replace(envelope, `"data"`, `"deliveryId":"d-1","data"`, 1), ""),
}

// letThrough answers 200 where the sandbox refuses.
func letThrough(x *exchange) {
	if x.status >= 400 {
		x.status, x.body = 200, []byte(`{"items":[]}`)
	}
}

// turn answers with another status, and says so in the body too.
func turn(from, to int) func(*exchange) {
	return func(x *exchange) {
		if x.status == from && x.path != "/auth/action/init" {
			x.status, x.body = to, []byte(`{"error":{"id":"1000000000000000000","status":`+number(to)+`,"message":"broken"}}`)
		}
	}
}

func number(n int) string { text, _ := json.Marshal(n); return string(text) }

// on spoils the answers to calls of a path.
func on(path string, spoil func(*exchange)) func(*exchange) {
	return func(x *exchange) {
		if strings.Contains(x.path, path) {
			spoil(x)
		}
	}
}

// rename gives every member of a name another one.
func rename(path, from, to string) func(*exchange) {
	return on(path, func(x *exchange) {
		x.body = bytes.ReplaceAll(x.body, []byte(`"`+from+`":`), []byte(`"`+to+`":`))
	})
}

// set gives the answer's object a member.
func set(path, name string, value any) func(*exchange) {
	return on(path, func(x *exchange) { change(x, func(v map[string]any) { v[name] = value }) })
}

// drop takes a member of the answer's object away.
func drop(path, name string) func(*exchange) {
	return on(path, func(x *exchange) { change(x, func(v map[string]any) { delete(v, name) }) })
}

func change(x *exchange, with func(map[string]any)) {
	var v map[string]any
	if x.status == 200 && json.Unmarshal(x.body, &v) == nil {
		with(v)
		x.body, _ = json.Marshal(v)
	}
}

// created answers 201 to what was made.
func created(x *exchange) {
	if x.method == http.MethodPost && x.path == "/wallets" {
		x.status = 201
	}
}

// renewed gives an entity another ID in every answer.
func renewed(path string) func(*exchange) {
	n := 0
	return on(path, func(x *exchange) {
		change(x, func(v map[string]any) { n++; v["id"] = "xfr-" + number(n) })
	})
}

// firstPageAgain shows the first page for every page.
func firstPageAgain() func(*exchange) {
	var first []byte
	return on("/wallets", func(x *exchange) {
		if first == nil {
			first = x.body
		}
		x.body = first
	})
}

// envelope is a delivery as it should be, but for what time it is.
const envelope = `{"id":"whe-00000-00000-0000000000000000","kind":"wallet.created","date":"2026-01-02T03:04:05.678Z",` +
	`"deliveryAttempt":1,"timestampSent":$now,"data":{"wallet":{}}}`

// delivers posts to a webhook that is being made, signed with another secret unless that
// is "". It arrives before what the sandbox sends.
func delivers(text, secret string) func(*exchange) {
	return func(x *exchange) {
		var hook struct{ URL, Secret string }
		if x.method != http.MethodPost || x.path != "/webhooks" || json.Unmarshal(x.request, &hook) != nil || json.Unmarshal(x.body, &hook) != nil {
			return
		}
		if secret != "" {
			hook.Secret = secret
		}
		text := strings.Replace(text, "$now", strconv.FormatInt(time.Now().Unix(), 10), 1)
		mac := hmac.New(sha256.New, []byte(hook.Secret))
		mac.Write([]byte(text))
		req, err := http.NewRequest(http.MethodPost, hook.URL, strings.NewReader(text))
		if err != nil {
			panic(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-DFNS-WEBHOOK-SIGNATURE", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
	}
}

func TestEachCheckFailsWhenItsBehaviourIsBroken(t *testing.T) {
	cfg := start(t)
	for _, check := range doctor.Checks() {
		t.Run(check.Name, func(t *testing.T) {
			spoil, known := breaks[check.Name]
			if !known {
				t.Fatal("nothing says how to break this: a check that cannot fail is worth nothing")
			}
			proxy := httptest.NewServer(spoiling(t, cfg.Client.Base, spoil))
			defer proxy.Close()
			broken := cfg
			broken.Client.Base, broken.Only = proxy.URL, []string{check.Name}
			results, err := doctor.Run(t.Context(), broken)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("seen: %s", results[0].Seen)
			if r := results[0]; r.Verdict != doctor.Fail || r.Seen == "" {
				t.Errorf("%s (%s), want fail", r.Verdict, r.Seen)
			}
		})
	}
}

// spoiling forwards to base and spoils what comes back.
func spoiling(t *testing.T, base string, spoil func(*exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, base+r.URL.RequestURI(), bytes.NewReader(request))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header = r.Header.Clone()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		x := &exchange{method: r.Method, path: r.URL.EscapedPath(), request: request, status: resp.StatusCode, header: resp.Header, body: text}
		spoil(x)
		for name := range x.header {
			w.Header().Set(name, x.header.Get(name))
		}
		w.Header().Del("Content-Length") // the body may be another
		w.WriteHeader(x.status)
		if _, err := w.Write(x.body); err != nil {
			t.Error(err)
		}
	})
}
