package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"
)

// account is what the tests read of a service account.
type account struct {
	UserInfo struct {
		UserID, Name     string
		IsServiceAccount bool

		PermissionAssignments []held
	}
	AccessTokens []accessToken
}

// accessToken is what the tests read of one.
type accessToken struct {
	AccessToken, CredID, Kind, LinkedUserID, Name, TokenID string
	PermissionAssignments                                  []held
}

// held is an assignment as users and tokens show it.
type held struct {
	PermissionName, PermissionID, AssignmentID string
	Operations                                 []string
}

// publicPEM encodes a public key.
func publicPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatalf("encoding key: %v", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// serviceAccount makes one that may do everything and returns a client that acts as it.
func (w *world) serviceAccount(name string, days int) client {
	w.t.Helper()
	return w.serviceAccountWith(name, days, w.managed("ManagedFullAdminAccess"))
}

// serviceAccountWith makes one with a permission, or with none when it is "".
func (w *world) serviceAccountWith(name string, days int, permissionID string) client {
	w.t.Helper()
	public, private, _ := ed25519.GenerateKey(nil)
	body := map[string]any{"name": name, "publicKey": publicPEM(w.t, public), "daysValid": days}
	return w.made(private, permissionID, body)
}

// accountOf makes a service account with a key in a form of its own.
func (w *world) accountOf(key crypto.Signer, publicKey, permissionID string) client {
	w.t.Helper()
	return w.made(key, permissionID, map[string]any{"name": "bot", "publicKey": publicKey})
}

func (w *world) made(key crypto.Signer, permissionID string, body map[string]any) client {
	w.t.Helper()
	if permissionID != "" {
		body["permissionId"] = permissionID
	}
	got := into[account](w.t, w.admin.post("/auth/service-accounts", body), 200)
	c := w.admin
	c.key, c.bearer, c.credID = key, got.AccessTokens[0].AccessToken, got.AccessTokens[0].CredID
	c.userID = got.UserInfo.UserID
	return c
}

// pat makes a personal access token of a human, for an hour, and returns a client that acts
// with it; its userID is that of the token.
func (w *world) pat(owner client, permissionID string) client {
	w.t.Helper()
	public, private, _ := ed25519.GenerateKey(nil)
	body := map[string]any{"name": "pat", "publicKey": publicPEM(w.t, public), "secondsValid": 3600}
	if permissionID != "" {
		body["permissionId"] = permissionID
	}
	got := into[accessToken](w.t, owner.post("/auth/pats", body), 200)
	owner.key, owner.bearer, owner.credID, owner.userID = private, got.AccessToken, got.CredID, got.TokenID
	return owner
}

func TestServiceAccounts(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("bot", 30)
	into[entity](t, bot.post("/wallets", walletBody), 200)

	got := into[account](t, w.admin.get("/auth/service-accounts/"+bot.userID), 200)
	if !got.UserInfo.IsServiceAccount || got.UserInfo.Name != "bot" || got.AccessTokens[0].AccessToken != "" ||
		got.AccessTokens[0].Kind != "ServiceAccount" || got.AccessTokens[0].CredID != bot.credID {
		t.Errorf("account = %+v", got)
	}
	if n := len(into[list[account]](t, w.admin.get("/auth/service-accounts"), 200).Items); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
	refused(t, w.admin.get("/auth/service-accounts/"+w.admin.userID), 404)
	w.clock.Store(int64(31 * 24 * time.Hour))
	refused(t, bot.get("/wallets"), 401)
	into[list[entity]](t, w.admin.get("/wallets"), 200)
}

func TestServiceAccountRefusals(t *testing.T) {
	w := newWorld(t, 1)
	public, _, _ := ed25519.GenerateKey(nil)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	good := publicPEM(t, public)
	body := func(extra ...any) map[string]any {
		b := map[string]any{"name": "n", "publicKey": good}
		for i := 0; i < len(extra); i += 2 {
			b[extra[i].(string)] = extra[i+1]
		}
		return b
	}
	for name, tt := range map[string]struct {
		body   map[string]any
		status int
	}{
		"no name":           {body("name", ""), 400},
		"no key":            {body("publicKey", "ssh-ed25519 AAAA"), 400},
		"curve not offered": {body("publicKey", publicPEM(t, &p224.PublicKey)), 400},
		"too many days":     {body("daysValid", 731), 400},
		"zero days":         {body("daysValid", 0), 400},
		"no permission":     {body("permissionId", "pm-1"), 404},
		"unknown member":    {body("secondsValid", 5), 400},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post("/auth/service-accounts", tt.body), tt.status) })
	}
	bot := w.serviceAccount("bot", 1)
	refused(t, bot.post("/auth/service-accounts", body()), 403)
}

func TestUsersAndCredentials(t *testing.T) {
	w := newWorld(t, 1)
	w.serviceAccount("bot", 1)
	type user struct{ UserID, Username string }
	if got := into[list[user]](t, w.bob.get("/auth/users"), 200).Items; len(got) != 3 || got[1].Username != "alice" {
		t.Errorf("users = %+v", got)
	}
	if got := into[user](t, w.bob.get("/auth/users/"+w.alice.userID), 200); got.Username != "alice" {
		t.Errorf("user = %+v", got)
	}
	refused(t, w.bob.get("/auth/users/us-none"), 404)
	got := into[list[struct{ CredentialID, PublicKey string }]](t, w.bob.get("/auth/credentials"), 200).Items
	if len(got) != 1 || got[0].CredentialID != w.bob.credID || got[0].PublicKey == "" {
		t.Errorf("credentials = %+v", got)
	}
}

func TestWalletTags(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "wallet.tags.modified")
	path := w.path("tags")
	into[struct{}](t, w.admin.call("PUT", path, `{"tags":["hot","eu"]}`), 200)
	into[struct{}](t, w.admin.call("DELETE", path, `{"tags":["eu","none"]}`), 200)
	got := into[struct{ Tags []string }](t, w.admin.get("/wallets/"+w.admin.walletID), 200)
	if len(got.Tags) != 1 || got.Tags[0] != "hot" {
		t.Errorf("tags = %v", got.Tags)
	}
	eventually(t, "both changes are announced", func() bool { return len(r.of("")) == 2 })
}
