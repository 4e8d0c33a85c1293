package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// wallet is a body that any caller may send.
const walletBody = `{"network":"EthereumSepolia","name":"w"}`

func TestEveryKeyKindSignsTheFullFlow(t *testing.T) {
	w := newWorld(t, 1)
	for name, c := range map[string]client{"Ed25519": w.admin, "P-256": w.alice, "RSA": w.bob} {
		t.Run(name, func(t *testing.T) {
			got := into[struct{ ID, Network, Address, Status string }](t, c.post("/wallets", walletBody), 200)
			if !strings.HasPrefix(got.ID, "wa-") || got.Network != "EthereumSepolia" || len(got.Address) != 42 {
				t.Errorf("wallet = %+v", got)
			}
		})
	}
}

func TestSignatureIsVerifiedOverTheBytesReceived(t *testing.T) {
	w := newWorld(t, 1)
	flip := func(sign func([]byte) []byte) func([]byte) []byte {
		return func(m []byte) []byte { s := sign(m); s[len(s)/2] ^= 1; return s }
	}
	for name, c := range map[string]client{"Ed25519": w.admin, "P-256": w.alice, "RSA": w.bob} {
		t.Run(name, func(t *testing.T) {
			ch := c.challenge("POST", "/wallets", []byte(walletBody))
			refused(t, c.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, flip(c.sign)), 403)
			ch = c.challenge("POST", "/wallets", []byte(walletBody))
			odd := ` { "origin":"x", "challenge": "` + ch.Challenge + `" , "crossOrigin":false,"type":"key.get"}`
			if a := c.exchange(ch, odd, c.sign); a.Status != 200 {
				t.Errorf("client data in another form: %d %s", a.Status, a.Body)
			}
			ch = c.challenge("POST", "/wallets", []byte(walletBody))
			other := func([]byte) []byte { return c.sign([]byte("something else")) }
			refused(t, c.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, other), 403)
		})
	}
}

func TestClientDataMustAnswerTheChallenge(t *testing.T) {
	w := newWorld(t, 1)
	c := w.admin
	ch := c.challenge("POST", "/wallets", nil)
	refused(t, c.exchange(ch, `{"type":"key.get","challenge":"another"}`, c.sign), 403)
	ch = c.challenge("POST", "/wallets", nil)
	refused(t, c.exchange(ch, `{"type":"key.create","challenge":"`+ch.Challenge+`"}`, c.sign), 400)
	ch = c.challenge("POST", "/wallets", nil)
	stolen := c
	stolen.credID = w.alice.credID
	refused(t, stolen.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, c.sign), 401)
}

func TestChallengeServesOnceItsOwnerForFifteenMinutes(t *testing.T) {
	w := newWorld(t, 1)
	c := w.admin
	data := func(ch challenge) string { return `{"type":"key.get","challenge":"` + ch.Challenge + `"}` }
	ch := c.challenge("POST", "/wallets", nil)
	into[struct{ UserAction string }](t, c.exchange(ch, data(ch), c.sign), 200)
	refused(t, c.exchange(ch, data(ch), c.sign), 400)
	ch = c.challenge("POST", "/wallets", nil)
	refused(t, w.alice.exchange(ch, data(ch), w.alice.sign), 400)
	ch = c.challenge("POST", "/wallets", nil)
	action := c.action("POST", "/wallets", []byte(walletBody))
	w.clock.Store(int64(15 * time.Minute))
	refused(t, c.exchange(ch, data(ch), c.sign), 400)
	refused(t, c.send("POST", "/wallets", action, []byte(walletBody)), 403)
}

func TestUserActionIsForOneRequestOnce(t *testing.T) {
	w := newWorld(t, 1)
	c, body := w.admin, []byte(walletBody)
	sign := func() string { return c.action("POST", "/wallets", body) }

	refused(t, c.send("POST", "/wallets", "", body), 403)
	refused(t, c.send("POST", "/wallets", "made.up.token", body), 403)
	refused(t, c.send("POST", "/wallets", sign(), []byte(`{"network":"EthereumSepolia","name":"W"}`)), 403)
	refused(t, c.send("POST", "/webhooks", sign(), body), 403)
	refused(t, c.send("POST", "/wallets", c.action("PUT", "/wallets", body), body), 403)

	action := sign()
	refused(t, w.alice.send("POST", "/wallets", action, body), 403)
	into[entity](t, c.send("POST", "/wallets", action, body), 200)
	if m := refused(t, c.send("POST", "/wallets", action, body), 400); m != "user action has already been used" {
		t.Errorf("reused action: %q", m)
	}
	// The query is no part of what is signed.
	into[entity](t, c.send("POST", "/wallets?x=1", c.action("POST", "/wallets?y=2", body), body), 200)
	if got := len(into[list[entity]](t, c.get("/wallets"), 200).Items); got != 3 {
		t.Errorf("%d wallets, want the treasury and 2", got)
	}
}

func TestUserActionIsSpentOnceUnderRace(t *testing.T) {
	w := newWorld(t, 1)
	action := w.admin.action("POST", "/wallets", []byte(walletBody))
	var granted atomic.Int64
	var race sync.WaitGroup
	for range 8 {
		race.Go(func() {
			if a, err := w.admin.try("POST", "/wallets", action, []byte(walletBody)); err == nil && a.Status == 200 {
				granted.Add(1)
			}
		})
	}
	race.Wait()
	if got := granted.Load(); got != 1 {
		t.Errorf("one user action made %d wallets", got)
	}
}

func TestBodylessCallsSignNothingOrBraces(t *testing.T) {
	w := newWorld(t, 1)
	for name, body := range map[string]string{"Go SDK": "", "JS SDK": "{}"} {
		t.Run(name, func(t *testing.T) {
			id := w.policyWith(map[string]any{"kind": "NoAction"}, nil)
			got := into[entity](t, w.admin.call("DELETE", "/v2/policies/"+id, body), 200)
			if got.Status != "Archived" {
				t.Errorf("status = %q", got.Status)
			}
		})
	}
}

func TestBearerTokens(t *testing.T) {
	w := newWorld(t, 1)
	parts := strings.Split(w.admin.bearer, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err != nil || json.Unmarshal(text, &claims) != nil {
		t.Fatalf("token %q is not a JWT: %v", w.admin.bearer, err)
	}
	app, _ := claims["https://custom/app_metadata"].(map[string]any)
	if app["orgId"] != w.env.OrgID || app["userId"] != w.env.UserID || app["tokenId"] == "" {
		t.Errorf("app_metadata = %v", app)
	}
	forged := w.admin
	forged.bearer = parts[0] + "." + base64.RawURLEncoding.EncodeToString(
		[]byte(strings.Replace(string(text), w.admin.userID, w.alice.userID, 1))) + "." + parts[2]
	refused(t, forged.get("/wallets"), 401)
	for _, bearer := range []string{"", "x", parts[0] + "." + parts[1] + ".", "a.b.c"} {
		forged.bearer = bearer
		refused(t, forged.get("/wallets"), 401)
	}
	into[list[entity]](t, w.admin.get("/wallets"), 200)
	w.clock.Store(int64(11 * 365 * 24 * time.Hour))
	refused(t, w.admin.get("/wallets"), 401)
}
