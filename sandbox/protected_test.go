package sandbox_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"testing"
	"time"
)

// allowing is what the tests read of a challenge to sign: with which keys.
type allowing struct {
	challenge
	SupportedCredentialKinds []struct{ Kind string }
	AllowCredentials         struct {
		Key                  []struct{ ID string }
		PasswordProtectedKey []struct{ ID, EncryptedPrivateKey string }
	}
}

// factor is a signed challenge by a credential of a kind.
func (c client) factor(kind string, ch challenge) []byte {
	c.t.Helper()
	said := []byte(`{"type":"key.get","challenge":"` + ch.Challenge + `"}`)
	return encode(c.t, map[string]any{"challengeIdentifier": ch.ChallengeIdentifier, "firstFactor": map[string]any{"kind": kind,
		"credentialAssertion": map[string]string{"credId": c.credID, "clientData": base64.RawURLEncoding.EncodeToString(said),
			"signature": base64.RawURLEncoding.EncodeToString(c.sign(said))}}})
}

func TestAPasswordProtectedKeyComesWithItsPrivateKey(t *testing.T) {
	w := newWorld(t, 1)
	const kind = "PasswordProtectedKey"
	_, key, _ := ed25519.GenerateKey(nil)
	want := func() map[string]any {
		t.Helper()
		body := newKey(t, key, "protected", into[challenge](t, w.alice.send("POST", "/auth/credentials/init", "", []byte(`{"kind":"`+kind+`"}`)), 200))
		body["credentialKind"] = kind
		return body
	}
	refused(t, w.alice.post("/auth/credentials", want()), 400) // without its private key
	body := want()
	body["encryptedPrivateKey"] = "opaque"
	if a := w.alice.post("/auth/credentials", body); a.Status != 200 || bytes.Contains(a.Body, []byte("opaque")) {
		t.Errorf("made: %d %s", a.Status, a.Body)
	}
	if a := w.alice.get("/auth/credentials"); bytes.Contains(a.Body, []byte("opaque")) {
		t.Errorf("the list shows a private key: %s", a.Body)
	}
	alice := w.alice.with(key, "protected")
	sign := func(as string) answer {
		t.Helper()
		ch := into[allowing](t, alice.send("POST", "/auth/action/init", "", encode(t, map[string]string{
			"userActionPayload": walletBody, "userActionHttpMethod": "POST", "userActionHttpPath": "/wallets"})), 200)
		if p := ch.AllowCredentials.PasswordProtectedKey; len(p) != 1 || p[0].ID != "protected" || p[0].EncryptedPrivateKey != "opaque" || len(ch.SupportedCredentialKinds) != 2 {
			t.Errorf("challenge = %+v", ch)
		}
		return alice.send("POST", "/auth/action", "", alice.factor(as, ch.challenge))
	}
	refused(t, sign("Key"), 401)
	action := into[struct{ UserAction string }](t, sign(kind), 200).UserAction
	into[entity](t, alice.send("POST", "/wallets", action, []byte(walletBody)), 200)

	// Nobody gets it who cannot read her mail.
	org := into[user](t, w.admin.get("/auth/users/"+w.alice.userID), 200).OrgID
	enter := func(code string) answer {
		t.Helper()
		body := map[string]string{"username": "alice", "orgId": org}
		if code != "" {
			body["loginCode"] = code
		}
		return w.nobody("").open("POST", "/auth/login/init", body)
	}
	if ch := into[allowing](t, enter(""), 200); len(ch.AllowCredentials.PasswordProtectedKey) != 0 || len(ch.AllowCredentials.Key) != 1 {
		t.Errorf("without a code: %+v", ch)
	}
	refused(t, enter("guess"), 403)
	mailed := func() string {
		t.Helper()
		into[map[string]string](t, w.nobody("").open("POST", "/auth/login/code", map[string]string{"username": "alice", "orgId": org}), 200)
		return w.mail("alice", "Login")
	}
	late := mailed()
	w.clock.Store(int64(15 * time.Minute))
	refused(t, enter(late), 403)
	code := mailed()
	ch := into[allowing](t, enter(code), 200)
	refused(t, enter(code), 403) // once
	if p := ch.AllowCredentials.PasswordProtectedKey; len(p) != 1 || p[0].EncryptedPrivateKey != "opaque" {
		t.Errorf("with a code: %+v", ch)
	}
	alice.bearer = into[struct{ Token string }](t, alice.send("POST", "/auth/login", "", alice.factor(kind, ch.challenge)), 200).Token
	into[list[entity]](t, alice.get("/wallets"), 200)
	refused(t, w.nobody("").open("POST", "/auth/login/code", map[string]string{"username": "nobody", "orgId": org}), 401)

	// The last key may be of either kind.
	creds := w.alice.creds()
	into[map[string]string](t, w.alice.switchKey("deactivate", creds[0].CredentialUUID), 200)
	refused(t, enter(""), 401)
}
