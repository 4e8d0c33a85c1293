package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/sandbox"
)

// cred is what the tests read of a credential.
type cred struct {
	Kind, CredentialID, CredentialUUID, Name, PublicKey string
	IsActive                                            bool
}

// newKey is the body that adds key by a challenge; changed may spoil it.
func newKey(t *testing.T, key crypto.Signer, credID string, ch challenge, changed ...func(clientData, attestation map[string]string)) map[string]any {
	t.Helper()
	clientData := map[string]string{"challenge": ch.Challenge, "type": "key.create"}
	attestation := map[string]string{"publicKey": publicPEM(t, key.Public())}
	for _, change := range changed {
		change(clientData, attestation)
	}
	said := encode(t, clientData)
	hash := sha256.Sum256(said)
	if attestation["signature"] == "" {
		// encoding/json writes what JSON.stringify does: sorted keys, and + of base64 as it is.
		signed := encode(t, map[string]string{"clientDataHash": hex.EncodeToString(hash[:]), "publicKey": attestation["publicKey"]})
		attestation["signature"] = hex.EncodeToString(client{t: t, key: key}.sign(signed))
	}
	return map[string]any{"credentialKind": "Key", "credentialName": "new", "challengeIdentifier": ch.ChallengeIdentifier,
		"credentialInfo": map[string]string{"credId": credID, "clientData": base64.RawURLEncoding.EncodeToString(said),
			"attestationData": base64.RawURLEncoding.EncodeToString(encode(t, attestation))}}
}

// wantKey opens a challenge for a new key.
func (c client) wantKey() challenge {
	c.t.Helper()
	return into[challenge](c.t, c.send("POST", "/auth/credentials/init", "", []byte(`{"kind":"Key"}`)), 200)
}

// with returns c as it signs with another key.
func (c client) with(key crypto.Signer, credID string) client {
	c.key, c.credID = key, credID
	return c
}

// switchKey activates or deactivates a credential of c's.
func (c client) switchKey(verb, uuid string) answer {
	c.t.Helper()
	return c.call("PUT", "/auth/credentials/"+verb, map[string]string{"credentialUuid": uuid})
}

func (c client) creds() []cred {
	c.t.Helper()
	return into[list[cred]](c.t, c.get("/auth/credentials"), 200).Items
}

func TestAKeyIsAddedBesideTheFirst(t *testing.T) {
	w := newWorld(t, 1)
	_, edwards, _ := ed25519.GenerateKey(nil)
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsa2048, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, key := range map[string]crypto.Signer{"edwards": edwards, "p256": p256, "rsa": rsa2048} {
		body := newKey(t, key, "my-"+name, w.alice.wantKey())
		made := into[cred](t, w.alice.post("/auth/credentials", body), 200)
		if made.Kind != "Key" || made.CredentialID != "my-"+name || !strings.HasPrefix(made.CredentialUUID, "cr-") ||
			made.Name != "new" || !made.IsActive || made.PublicKey != publicPEM(t, key.Public()) {
			t.Errorf("%s = %+v", name, made)
		}
		into[entity](t, w.alice.with(key, made.CredentialID).post("/wallets", walletBody), 200)
		refused(t, w.alice.post("/auth/credentials", body), 400) // the challenge is spent
		refused(t, w.bob.post("/auth/credentials", newKey(t, key, "my-"+name, w.bob.wantKey())), 409)
	}
	if got := w.alice.creds(); len(got) != 4 || got[0].CredentialID != w.alice.credID {
		t.Errorf("credentials = %+v", got)
	}
}

func TestAKeyHasToProveItself(t *testing.T) {
	w := newWorld(t, 1)
	_, key, _ := ed25519.GenerateKey(nil)
	_, other, _ := ed25519.GenerateKey(nil)
	spoilt := func(status int, change func(clientData, attestation map[string]string)) {
		t.Helper()
		refused(t, w.alice.post("/auth/credentials", newKey(t, key, "k", w.alice.wantKey(), change)), status)
	}
	spoilt(403, func(_, a map[string]string) { a["publicKey"] = publicPEM(t, other.Public()) })
	spoilt(403, func(_, a map[string]string) { a["signature"] = strings.Repeat("00", 64) })
	spoilt(400, func(_, a map[string]string) { a["signature"] = "not hex" })
	spoilt(400, func(_, a map[string]string) { a["algorithm"] = "MD5" })
	spoilt(400, func(_, a map[string]string) { a["algorithm"] = "SHA512" }) // an Ed25519 key has no digest
	spoilt(400, func(_, a map[string]string) { a["publicKey"] = "ssh-ed25519 AAAA" })
	spoilt(400, func(c, _ map[string]string) { c["type"] = "key.get" })
	spoilt(403, func(c, _ map[string]string) { c["challenge"] = "another" })

	refused(t, w.bob.post("/auth/credentials", newKey(t, key, "k", w.alice.wantKey())), 400)
	late := w.alice.wantKey()
	w.clock.Store(int64(16 * time.Minute))
	refused(t, w.alice.post("/auth/credentials", newKey(t, key, "k", late)), 400)
	body := newKey(t, key, "k", w.alice.wantKey())
	refused(t, w.alice.send("POST", "/auth/credentials", "", encode(t, body)), 403) // not signed
	action := w.alice.challenge("POST", "/auth/credentials", nil)                   // a challenge for something else
	refused(t, w.alice.post("/auth/credentials", newKey(t, key, "k", action)), 400)
	delete(body, "credentialName")
	refused(t, w.alice.post("/auth/credentials", body), 400)
	for _, kind := range []string{"Fido2", "Password", "Totp"} {
		refused(t, w.alice.send("POST", "/auth/credentials/init", "", encode(t, map[string]string{"kind": kind})), 501)
	}
	refused(t, w.alice.send("POST", "/auth/credentials/init", "", []byte(`{"kind":"Passkey"}`)), 400)
	for _, machine := range []client{w.serviceAccount("bot", 1), w.pat(w.alice, "")} {
		refused(t, machine.send("POST", "/auth/credentials/init", "", []byte(`{"kind":"Key"}`)), 403)
		refused(t, machine.switchKey("deactivate", machine.credID), 403)
		refused(t, machine.post("/auth/credentials/code", `{"expiration":"2100-01-01T00:00:00Z"}`), 403)
	}
	if got := w.alice.creds(); len(got) != 1 {
		t.Errorf("credentials = %+v", got)
	}
}

func TestAKeyThatIsOffSignsNothing(t *testing.T) {
	w := newWorld(t, 1)
	_, key, _ := ed25519.GenerateKey(nil)
	old := w.alice.creds()[0]
	last := refused(t, w.alice.switchKey("deactivate", old.CredentialUUID), 422)
	if !strings.Contains(last, "last active") {
		t.Errorf("refusal = %q", last)
	}
	added := into[cred](t, w.alice.post("/auth/credentials", newKey(t, key, "second", w.alice.wantKey())), 200)
	second := w.alice.with(key, added.CredentialID)
	signed, pending := w.alice.action("POST", "/wallets", []byte(walletBody)), w.alice.challenge("POST", "/wallets", []byte(walletBody))

	refused(t, w.bob.switchKey("deactivate", old.CredentialUUID), 404)
	into[map[string]string](t, w.alice.switchKey("deactivate", old.CredentialUUID), 200) // it may switch itself off
	refused(t, w.alice.send("POST", "/wallets", signed, []byte(walletBody)), 403)
	refused(t, w.alice.exchange(pending, `{"type":"key.get","challenge":"`+pending.Challenge+`"}`, w.alice.sign), 401)
	allowed := into[struct {
		AllowCredentials struct{ Key []struct{ ID string } }
	}](t, second.send("POST", "/auth/action/init", "",
		[]byte(`{"userActionPayload":"","userActionHttpMethod":"POST","userActionHttpPath":"/wallets"}`)), 200).AllowCredentials.Key
	if len(allowed) != 1 || allowed[0].ID != "second" {
		t.Errorf("allowed = %+v", allowed)
	}
	into[map[string]string](t, second.switchKey("deactivate", old.CredentialUUID), 200) // it is off already
	refused(t, second.switchKey("deactivate", added.CredentialUUID), 422)
	into[map[string]string](t, second.switchKey("activate", old.CredentialUUID), 200)
	into[entity](t, w.alice.post("/wallets", walletBody), 200)
	w.restart(sandbox.Config{})
	if got := w.alice.creds(); len(got) != 2 || !got[0].IsActive || !got[1].IsActive {
		t.Errorf("credentials after a restart = %+v", got)
	}
	logs := string(w.admin.get("/auth/action/logs?startTime=2000-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z&userId=" + w.alice.userID).Body)
	if strings.Count(logs, "PUT /auth/credentials/deactivate") != 2 {
		t.Errorf("log of signed actions:\n%s", logs)
	}
}

func TestABotMayRotateItsKeyInABootstrapSandbox(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Bootstrap: true})
	bot := w.serviceAccount("bot", 1)
	_, key, _ := ed25519.GenerateKey(nil)
	made := into[cred](t, bot.post("/auth/credentials", newKey(t, key, "rotated", bot.wantKey())), 200)
	fresh := bot.with(key, made.CredentialID)
	old := slices.IndexFunc(bot.creds(), func(c cred) bool { return c.CredentialID == bot.credID })
	into[map[string]string](t, fresh.switchKey("deactivate", bot.creds()[old].CredentialUUID), 200)
	into[entity](t, fresh.post("/wallets", walletBody), 200)
}

func TestACodeAddsAKeyOnce(t *testing.T) {
	w := newWorld(t, 1)
	_, key, _ := ed25519.GenerateKey(nil)
	nobody := client{t: t, base: w.admin.base, bearer: "none"}
	type code struct{ Code, Expiration string }
	issue := func(c client, expiration string) code {
		t.Helper()
		return into[code](t, c.post("/auth/credentials/code", `{"expiration":`+expiration+`}`), 200)
	}
	enter := func(c code) answer {
		t.Helper()
		return nobody.send("POST", "/auth/credentials/code/init", "", encode(t, map[string]string{"credentialKind": "Key", "code": c.Code}))
	}
	verify := func(credID string, ch challenge) answer {
		t.Helper()
		return nobody.send("POST", "/auth/credentials/code/verify", "", encode(t, newKey(t, key, credID, ch)))
	}
	first := issue(w.alice, `"2100-01-01T00:00:00Z"`)
	until, err := time.Parse(time.RFC3339, first.Expiration)
	if err != nil || until.After(time.Now().Add(time.Minute)) {
		t.Errorf("code = %+v: %v", first, err) // a minute at most
	}
	w.restart(sandbox.Config{Now: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }})
	nobody.base = w.admin.base
	ch := into[challenge](t, enter(first), 200)
	refused(t, enter(first), 403)
	refused(t, w.alice.post("/auth/credentials", newKey(t, key, "by code", ch)), 400) // it serves the other way only
	refused(t, verify("by code", ch), 400)                                            // and is spent
	ch = into[challenge](t, enter(issue(w.alice, `4102444800`)), 200)
	made := into[cred](t, verify("by code", ch), 200)
	into[entity](t, w.alice.with(key, made.CredentialID).post("/wallets", walletBody), 200)

	expired, gone := issue(w.alice, `"2100-01-01T00:00:00Z"`), issue(w.bob, `"2100-01-01T00:00:00Z"`)
	refused(t, w.alice.post("/auth/credentials/code", `{"expiration":1}`), 400)
	refused(t, w.alice.post("/auth/credentials/code", `{"expiration":"soon"}`), 400)
	refused(t, w.alice.post("/auth/credentials/code", `{}`), 400)
	refused(t, w.alice.send("POST", "/auth/credentials/code", "", []byte(`{"expiration":4102444800}`)), 403)
	refused(t, enter(code{Code: "guess"}), 403)
	into[user](t, w.admin.call("PUT", "/auth/users/"+w.bob.userID+"/deactivate", `{}`), 200)
	refused(t, enter(gone), 403)
	w.clock.Store(int64(time.Minute))
	refused(t, enter(expired), 403)
}

func TestAPolicyHoldsThePermissionOfANewAccount(t *testing.T) {
	w := newWorld(t, 1)
	role := w.permission("readers", "Wallets:Read")
	w.policyOn("Permissions:Assign", ask(0, group(1, w.alice.userID)), map[string]any{"permissionId": map[string]any{"in": []string{role.ID}}})
	bot, token := w.serviceAccountWith("bot", 1, role.ID), w.pat(w.admin, role.ID)
	for _, c := range []client{bot, token} {
		refused(t, c.get("/wallets"), 403)
	}
	waiting := into[list[struct {
		ID       string
		Activity struct{ ChangeRequest changeRequest }
	}]](t, w.alice.get("/v2/policy-approvals?status=Pending"), 200).Items
	if len(waiting) != 2 || waiting[0].Activity.ChangeRequest.Body.IdentityID != bot.userID || waiting[1].Activity.ChangeRequest.Body.IdentityID != token.userID {
		t.Fatalf("approvals = %+v", waiting)
	}
	for _, a := range waiting {
		into[approval](t, w.vote(w.alice, a.ID, "Approved"), 200)
	}
	for _, c := range []client{bot, token} {
		into[list[entity]](t, c.get("/wallets"), 200)
	}
}
