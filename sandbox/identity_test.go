package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"countersign/sandbox"
)

func TestServiceAccountLife(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("bot", 30)
	path := "/auth/service-accounts/" + bot.userID
	if got := into[account](t, w.admin.call("PUT", path, `{"name":"robot","externalId":"r-1"}`), 200); got.UserInfo.Name != "robot" {
		t.Errorf("renamed %+v", got)
	}
	refused(t, w.admin.call("PUT", path, `{"name":""}`), 400)
	refused(t, w.admin.call("PUT", path, `{"isActive":false}`), 400)

	challenge := bot.action("POST", "/wallets", []byte(walletBody)) // made while it was active
	into[account](t, w.admin.call("PUT", path+"/deactivate", `{}`), 200)
	refused(t, bot.get("/wallets"), 401)
	refused(t, bot.send("POST", "/wallets", challenge, []byte(walletBody)), 401)
	into[account](t, w.admin.call("PUT", path+"/activate", `{}`), 200)
	into[list[entity]](t, bot.get("/wallets"), 200)

	into[account](t, w.admin.call("DELETE", path, `{}`), 200)
	refused(t, bot.get("/wallets"), 401)
	refused(t, w.admin.get(path), 404)
	refused(t, w.admin.call("PUT", path+"/activate", `{}`), 404)
	if n := len(into[list[account]](t, w.admin.get("/auth/service-accounts"), 200).Items); n != 0 {
		t.Errorf("%d accounts are listed after the only one was deleted", n)
	}
	full := "/permissions/" + w.managed("ManagedFullAdminAccess") + "/assignments"
	if n := len(into[list[given]](t, w.admin.get(full), 200).Items); n != 3 {
		t.Errorf("%d assignments, want those of the humans", n)
	}
	refused(t, w.admin.post(full, map[string]string{"identityId": bot.userID}), 404)
}

func TestAnApproverIsSilencedByForceOnly(t *testing.T) {
	w := newWorld(t, 1)
	off, gone := w.serviceAccount("off", 1), w.serviceAccount("gone", 1)
	id := w.policy(0, with(group(1, off.userID, gone.userID, w.bob.userID), "serviceAccountsCanApprove"))
	offPath, gonePath := "/auth/service-accounts/"+off.userID, "/auth/service-accounts/"+gone.userID
	refused(t, w.admin.call("PUT", offPath+"/deactivate", `{}`), 422)
	refused(t, w.admin.call("PUT", offPath+"/deactivate", ``), 422)
	refused(t, w.admin.call("DELETE", gonePath, `{}`), 422)
	into[list[entity]](t, off.get("/wallets"), 200) // nothing was changed
	into[list[entity]](t, gone.get("/wallets"), 200)
	into[account](t, w.admin.call("PUT", offPath+"/deactivate", `{"force":true}`), 200)
	forced := w.admin.action("DELETE", gonePath, []byte("{}"))
	into[account](t, w.admin.send("DELETE", gonePath+"?force=true", forced, []byte("{}")), 200)
	refused(t, gone.get("/wallets"), 401)
	into[account](t, w.admin.call("PUT", offPath+"/activate", `{}`), 200)
	into[entity](t, w.admin.call("DELETE", "/v2/policies/"+id, `{}`), 200)
	into[account](t, w.admin.call("PUT", offPath+"/deactivate", `{}`), 200)
}

func TestBootstrapLetsAnAccountCreateAccounts(t *testing.T) {
	for name, tt := range map[string]struct {
		bootstrap bool
		status    int
	}{"strict": {false, 403}, "bootstrap": {true, 200}} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, sandbox.Config{Bootstrap: tt.bootstrap})
			public, _, _ := ed25519.GenerateKey(nil)
			body := map[string]any{"name": "child", "publicKey": publicPEM(t, public)}
			for who, c := range map[string]client{"service account": w.serviceAccount("bot", 1), "token": w.pat(w.alice, w.managed("ManagedFullAdminAccess"))} {
				if got := c.post("/auth/service-accounts", body); got.Status != tt.status {
					t.Errorf("a %s is answered %d, want %d: %s", who, got.Status, tt.status, got.Body)
				}
			}
		})
	}
}

func TestKeysOfServiceAccounts(t *testing.T) {
	w := newWorld(t, 1)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p521, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	long, _ := rsa.GenerateKey(rand.Reader, 2048)
	short, _ := rsa.GenerateKey(rand.Reader, 1024)
	pkcs1 := func(k *rsa.PrivateKey) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&k.PublicKey)}))
	}
	full := w.managed("ManagedFullAdminAccess")
	for name, c := range map[string]client{
		"P-384":      {key: p384, credID: publicPEM(t, &p384.PublicKey)},
		"P-521":      {key: p521, credID: publicPEM(t, &p521.PublicKey)},
		"RSA, PKCS1": {key: long, credID: pkcs1(long)},
	} {
		t.Run(name, func(t *testing.T) {
			bot := w.accountOf(c.key, c.credID, full)
			into[entity](t, bot.post("/wallets", walletBody), 200)
		})
	}
	refused(t, w.admin.post("/auth/service-accounts", map[string]any{"name": "n", "publicKey": pkcs1(short)}), 400)
}

func TestPersonalAccessTokens(t *testing.T) {
	w := newWorld(t, 1)
	reader := w.permission("reader", "Wallets:Read", "Wallets:Create")
	token := w.pat(w.alice, reader.ID)
	into[list[entity]](t, token.get("/wallets"), 200)
	into[entity](t, token.post("/wallets", walletBody), 200) // signed with the token's own key
	refused(t, token.get("/webhooks"), 403)                  // which its user may read
	refused(t, token.post("/auth/pats", map[string]any{"name": "n", "publicKey": publicPEM(t, w.alice.key.Public())}), 403)

	stolen := token
	stolen.bearer = w.alice.bearer // the token's key does not sign for its user's login
	ch := stolen.challenge("POST", "/wallets", []byte(walletBody))
	refused(t, stolen.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, stolen.sign), 401)

	path := "/auth/pats/" + token.userID
	refused(t, w.bob.get(path), 404) // it is alice's
	refused(t, w.bob.call("DELETE", path, `{}`), 404)
	if got := into[list[accessToken]](t, w.alice.get("/auth/pats"), 200).Items; len(got) != 1 || got[0].Kind != "Pat" ||
		got[0].AccessToken != "" || got[0].LinkedUserID != w.alice.userID || len(got[0].PermissionAssignments) != 1 {
		t.Errorf("tokens = %+v", got)
	}
	if got := into[accessToken](t, w.alice.call("PUT", path, `{"name":"new name"}`), 200); got.Name != "new name" {
		t.Errorf("renamed %+v", got)
	}
	into[accessToken](t, w.alice.call("PUT", path+"/deactivate", `{}`), 200)
	refused(t, token.get("/wallets"), 401)
	into[accessToken](t, w.alice.call("PUT", path+"/activate", `{}`), 200)
	into[list[entity]](t, token.get("/wallets"), 200)
	into[accessToken](t, w.alice.call("DELETE", path, `{}`), 200)
	refused(t, token.get("/wallets"), 401)
	refused(t, w.alice.get(path), 404)
}

func TestPersonalAccessTokenExpiresAndTakesAssignments(t *testing.T) {
	w := newWorld(t, 1)
	token := w.pat(w.alice, "")
	refused(t, token.get("/wallets"), 403)
	w.assign(w.permission("reader", "Wallets:Read").ID, token.userID)
	into[list[entity]](t, token.get("/wallets"), 200)
	w.clock.Store(int64(time.Hour))
	refused(t, token.get("/wallets"), 401)
	public := publicPEM(t, w.alice.key.Public())
	for name, body := range map[string]map[string]any{
		"no name":       {"publicKey": public},
		"no key":        {"name": "n"},
		"no time":       {"name": "n", "publicKey": public, "secondsValid": 0},
		"too long":      {"name": "n", "publicKey": public, "daysValid": 731},
		"two lifetimes": {"name": "n", "publicKey": public, "daysValid": 1, "secondsValid": 1},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.alice.post("/auth/pats", body), 400) })
	}
	bot := w.serviceAccount("bot", 1)
	refused(t, bot.post("/auth/pats", map[string]any{"name": "n", "publicKey": public}), 403)
}
