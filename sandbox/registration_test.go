package sandbox_test

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"countersign/sandbox"
)

// session is what the tests read of the challenge of a registration or a recovery.
type session struct {
	User                         struct{ ID, Name string }
	Challenge                    string
	TemporaryAuthenticationToken string
	AllowedRecoveryCredentials   []struct{ ID, EncryptedRecoveryKey string }
}

// outcome is what the tests read of its end.
type outcome struct {
	Credential struct{ UUID, Kind, Name string }
	User       struct{ ID, Username, OrgID string }
}

// mail returns the newest code that was posted to a user.
func (w *world) mail(to, kind string) string {
	w.t.Helper()
	found := into[list[struct{ To, Kind, Code string }]](w.t, w.control("GET", "/mail?to="+to, ""), 200).Items
	if len(found) == 0 || found[len(found)-1].Kind != kind || found[len(found)-1].To != to {
		w.t.Fatalf("mail to %s: %+v, want a last one of kind %s", to, found, kind)
	}
	return found[len(found)-1].Code
}

// offer is a new key that answers a session's challenge.
func (s session) offer(t *testing.T, kind, credID string, key crypto.Signer) map[string]any {
	t.Helper()
	body := newKey(t, key, credID, challenge{Challenge: s.Challenge})
	delete(body, "challengeIdentifier")
	delete(body, "credentialName")
	body["credentialKind"] = kind
	return body
}

// nobody is a client that has no bearer token but the one given.
func (w *world) nobody(token string) client {
	return client{t: w.t, base: w.admin.base, bearer: token}
}

// open asks a call that needs no user action.
func (c client) open(method, path string, body any) answer {
	c.t.Helper()
	return c.send(method, path, "", encode(c.t, body))
}

// invited makes a user of the organisation's who has no key.
func (w *world) invited(email string) user {
	w.t.Helper()
	return into[user](w.t, w.admin.post("/auth/users", map[string]any{"email": email, "kind": "CustomerEmployee"}), 200)
}

func TestAUserRegistersByACode(t *testing.T) {
	w := newWorld(t, 1)
	u := w.invited("jane@example.com")
	if u.CredentialUUID != "" {
		t.Errorf("invited %+v", u)
	}
	enter := func(code string) answer {
		t.Helper()
		return w.nobody("").open("POST", "/auth/registration/init", map[string]string{"orgId": u.OrgID, "username": u.Username, "registrationCode": code})
	}
	refused(t, w.nobody("").open("POST", "/auth/login/init", map[string]string{"username": u.Username, "orgId": u.OrgID}), 401) // no key yet
	first := w.mail(u.Username, "Registration")
	again := map[string]string{"username": u.Username, "orgId": u.OrgID}
	into[map[string]string](t, w.nobody("").open("PUT", "/auth/registration/code", again), 200)
	refused(t, enter(first), 403) // another was sent in its place
	refused(t, enter("guess"), 403)
	second := w.mail(u.Username, "Registration")
	w.clock.Store(int64(8 * 24 * time.Hour))
	if why := refused(t, enter(second), 400); why != "Registration code expired" {
		t.Errorf("refusal = %q", why)
	}
	into[map[string]string](t, w.nobody("").open("PUT", "/auth/registration/code", again), 200)
	s := into[session](t, enter(w.mail(u.Username, "Registration")), 200)
	refused(t, enter(w.mail(u.Username, "Registration")), 403) // once

	_, key, _ := ed25519.GenerateKey(nil)
	_, spare, _ := ed25519.GenerateKey(nil)
	body := map[string]any{"firstFactorCredential": s.offer(t, "Key", "jane's", key)}
	refused(t, w.admin.open("POST", "/auth/registration", body), 401) // by another bearer token
	done := into[outcome](t, w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/registration", body), 200)
	if done.User.ID != u.UserID || done.User.Username != u.Username || done.Credential.Kind != "Key" || done.Credential.Name != "Default Credential" {
		t.Errorf("registered %+v", done)
	}
	refused(t, w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/registration", body), 401) // once
	refused(t, enter("x"), 401)
	refused(t, w.nobody("").open("PUT", "/auth/registration/code", again), 401)
	refused(t, w.nobody("").open("PUT", "/auth/registration/code", map[string]string{"username": "nobody", "orgId": u.OrgID}), 401)

	jane, _ := w.admin.with(key, "jane's").logIn(u)
	refused(t, jane.get("/wallets"), 403)
	into[cred](t, jane.post("/auth/credentials", newKey(t, spare, "spare", jane.wantKey())), 200)
	shown := into[struct {
		IsRegistered   bool
		CredentialUUID string
	}](t, w.admin.get("/auth/users/"+u.UserID), 200)
	if !shown.IsRegistered || shown.CredentialUUID != done.Credential.UUID {
		t.Errorf("user = %+v", shown)
	}
}

func TestARegistrationThatIsWrongGivesNoKey(t *testing.T) {
	w := newWorld(t, 1)
	_, key, _ := ed25519.GenerateKey(nil)
	for name, tt := range map[string]struct {
		spoil  func(session, map[string]any)
		status int
	}{
		"no first factor": {func(_ session, b map[string]any) { delete(b, "firstFactorCredential") }, 400},
		"another challenge": {func(s session, b map[string]any) {
			s.Challenge = "another"
			b["firstFactorCredential"] = s.offer(t, "Key", "k", key)
		}, 403},
		"a recovery key to sign with": {func(s session, b map[string]any) { b["firstFactorCredential"] = s.offer(t, "RecoveryKey", "k", key) }, 400},
		"a key to recover with":       {func(s session, b map[string]any) { b["recoveryCredential"] = s.offer(t, "Key", "r", key) }, 400},
		"a passkey":                   {func(s session, b map[string]any) { b["firstFactorCredential"] = s.offer(t, "Fido2", "k", key) }, 501},
		"a second factor":             {func(s session, b map[string]any) { b["secondFactorCredential"] = s.offer(t, "Key", "s", key) }, 501},
		"a credId that is taken":      {func(s session, b map[string]any) { b["firstFactorCredential"] = s.offer(t, "Key", w.bob.credID, key) }, 409},
	} {
		t.Run(name, func(t *testing.T) {
			u := w.invited(time.Now().Format("150405.000000000") + "@example.com")
			s := into[session](t, w.nobody("").open("POST", "/auth/registration/init",
				map[string]string{"orgId": u.OrgID, "username": u.Username, "registrationCode": w.mail(u.Username, "Registration")}), 200)
			body := map[string]any{"firstFactorCredential": s.offer(t, "Key", "k", key)}
			tt.spoil(s, body)
			refused(t, w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/registration", body), tt.status)
			if shown := into[user](t, w.admin.get("/auth/users/"+u.UserID), 200); shown.CredentialUUID != "" {
				t.Errorf("user = %+v", shown)
			}
		})
	}
}

// joined makes an end user with a key and a recovery key.
func (w *world) joined(bot client, name string, key, rescue crypto.Signer) user {
	w.t.Helper()
	s := into[session](w.t, bot.post("/auth/registration/delegated", map[string]string{"email": name, "kind": "EndUser"}), 200)
	recovery := s.offer(w.t, "RecoveryKey", name+"'s rescue", rescue)
	recovery["encryptedPrivateKey"] = "opaque"
	done := into[outcome](w.t, w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/registration",
		map[string]any{"firstFactorCredential": s.offer(w.t, "Key", name+"'s key", key), "recoveryCredential": recovery}), 200)
	return user{UserID: done.User.ID, Username: name, OrgID: done.User.OrgID}
}

func TestAnEndUserIsVouchedForByAServiceAccount(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("backend", 1)
	_, key, _ := ed25519.GenerateKey(nil)
	_, rescue, _ := ed25519.GenerateKey(nil)
	u := w.joined(bot, "customer-1", key, rescue)
	refused(t, bot.post("/auth/registration/delegated", map[string]string{"email": "customer-1", "kind": "EndUser"}), 401)
	refused(t, bot.post("/auth/registration/delegated", map[string]string{"email": "customer-2", "kind": "CustomerEmployee"}), 400)
	for path, body := range map[string]map[string]string{
		"/auth/registration/delegated": {"email": "customer-2", "kind": "EndUser"},
		"/auth/login/delegated":        {"username": "customer-1"},
		"/auth/recover/user/delegated": {"username": "customer-1", "credentialId": "customer-1's rescue"},
	} {
		refused(t, w.admin.post(path, body), 403) // no service account
		refused(t, w.serviceAccountWith("other", 1, "").post(path, body), 403)
	}
	customer := w.nobody(into[struct{ Token string }](t, bot.post("/auth/login/delegated", map[string]string{"username": "customer-1"}), 200).Token)
	customer.key, customer.credID, customer.userID = key, "customer-1's key", u.UserID
	if got := customer.creds(); len(got) != 2 || got[1].Kind != "RecoveryKey" {
		t.Errorf("credentials = %+v", got)
	}
	refused(t, bot.post("/auth/login/delegated", map[string]string{"username": "alice"}), 401) // no end user

	// Whatever is assigned to him, he may do nothing with the organisation's wallets, nor vote.
	w.assign(w.managed("ManagedFullAdminAccess"), u.UserID)
	if got := into[list[purse]](t, customer.get("/wallets"), 200); len(got.Items) != 0 {
		t.Errorf("he sees %+v", got.Items)
	}
	refused(t, customer.get("/wallets/"+w.admin.walletID), 404)
	refused(t, customer.post(w.path("transfers"), map[string]string{"kind": "Native", "to": recipient, "amount": "1"}), 404)
	refused(t, customer.get("/webhooks"), 403)
	w.policy(0, group(1))
	id := w.pay(w.admin, "1").ApprovalID
	refused(t, customer.post("/v2/policy-approvals/"+id+"/decisions", map[string]string{"value": "Approved"}), 403)

	// A recovery key signs nothing else.
	refused(t, customer.with(rescue, "customer-1's rescue").exchange(customer.challenge("POST", "/wallets", nil), `{}`, customer.sign), 401)
	into[user](t, w.admin.call("PUT", "/auth/users/"+u.UserID+"/deactivate", `{}`), 200)
	refused(t, bot.post("/auth/login/delegated", map[string]string{"username": "customer-1"}), 400)
	refused(t, customer.get("/auth/credentials"), 401)
}

// recovery is the body that gives a user the key fresh, signed by rescue.
func (s session) recovery(t *testing.T, rescue client, fresh crypto.Signer, changed ...func(newCredentials map[string]any)) []byte {
	t.Helper()
	factors := map[string]any{"firstFactorCredential": s.offer(t, "Key", "fresh", fresh)}
	signed := encode(t, factors)
	for _, change := range changed {
		change(factors)
	}
	said := `{"type":"key.get","challenge":"` + base64.RawURLEncoding.EncodeToString(signed) + `"}`
	return encode(t, map[string]any{"newCredentials": json.RawMessage(encode(t, factors)), "recovery": map[string]any{"kind": "RecoveryKey",
		"credentialAssertion": map[string]string{"credId": rescue.credID, "clientData": base64.RawURLEncoding.EncodeToString([]byte(said)),
			"signature": base64.RawURLEncoding.EncodeToString(rescue.sign([]byte(said)))}}})
}

func TestARecoveryVoidsAllThatTheUserHad(t *testing.T) {
	w := newWorld(t, 1)
	_, rescueKey, _ := ed25519.GenerateKey(nil)
	_, fresh, _ := ed25519.GenerateKey(nil)
	body := newKey(t, rescueKey, "rescue", into[challenge](t, w.alice.send("POST", "/auth/credentials/init", "", []byte(`{"kind":"RecoveryKey"}`)), 200))
	body["credentialKind"], body["encryptedPrivateKey"] = "RecoveryKey", "opaque"
	into[cred](t, w.alice.post("/auth/credentials", body), 200)
	rescue := w.alice.with(rescueKey, "rescue")
	pat := w.pat(w.alice, w.managed("ManagedFullAdminAccess"))
	into[list[entity]](t, pat.get("/wallets"), 200)
	org := into[user](t, w.admin.get("/auth/users/"+w.alice.userID), 200).OrgID
	who := map[string]string{"username": "alice", "orgId": org}

	start := func() session {
		t.Helper()
		into[map[string]string](t, w.nobody("").open("POST", "/auth/recover/user/code", who), 200)
		s := into[session](t, w.nobody("").open("POST", "/auth/recover/user/init", map[string]string{"username": "alice", "orgId": org,
			"verificationCode": w.mail("alice", "Recovery"), "credentialId": "rescue"}), 200)
		if len(s.AllowedRecoveryCredentials) != 1 || s.AllowedRecoveryCredentials[0].EncryptedRecoveryKey != "opaque" {
			t.Errorf("session = %+v", s)
		}
		return s
	}
	enter := func(code, credID string) answer {
		return w.nobody("").open("POST", "/auth/recover/user/init", map[string]string{"username": "alice", "orgId": org, "verificationCode": code, "credentialId": credID})
	}
	refused(t, enter("guess", "rescue"), 403)
	into[map[string]string](t, w.nobody("").open("POST", "/auth/recover/user/code", who), 200)
	refused(t, enter(w.mail("alice", "Recovery"), w.alice.credID), 401) // it signs, and does not recover
	w.clock.Store(int64(15 * time.Minute))
	refused(t, enter(w.mail("alice", "Recovery"), "rescue"), 403) // late
	refused(t, w.nobody("").open("POST", "/auth/recover/user/code", map[string]string{"username": "nobody", "orgId": org}), 401)

	recovers := func(s session, body []byte) answer {
		return w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/recover/user", body)
	}
	s := start()
	refused(t, recovers(s, s.recovery(t, rescue, fresh, func(f map[string]any) { f["firstFactorCredential"].(map[string]any)["credentialName"] = "mine" })), 403)
	s = start()
	refused(t, recovers(s, s.recovery(t, w.alice, fresh)), 401) // by the key that is lost
	s = start()
	refused(t, recovers(s, s.recovery(t, rescue.with(fresh, "rescue"), fresh)), 403)
	into[list[cred]](t, w.alice.get("/auth/credentials"), 200) // nothing has changed yet

	s = start()
	done := into[outcome](t, recovers(s, s.recovery(t, rescue, fresh)), 200)
	if done.User.ID != w.alice.userID || done.Credential.Kind != "Key" {
		t.Errorf("recovered %+v", done)
	}
	refused(t, recovers(s, s.recovery(t, rescue, fresh)), 401)
	refused(t, w.alice.get("/auth/credentials"), 401)
	refused(t, pat.get("/wallets"), 401)
	alice, _ := w.alice.with(fresh, "fresh").logIn(user{Username: "alice", OrgID: org})
	if got := alice.creds(); len(got) != 1 || got[0].CredentialUUID != done.Credential.UUID {
		t.Errorf("credentials = %+v", got)
	}
	into[entity](t, alice.post("/wallets", walletBody), 200) // what was assigned to her is
	refused(t, enter("x", "rescue"), 403)
	into[map[string]string](t, w.nobody("").open("POST", "/auth/recover/user/code", who), 200)
	refused(t, enter(w.mail("alice", "Recovery"), "rescue"), 401) // it is void too
}

func TestAnEndUserIsRecovered(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{})
	bot := w.serviceAccount("backend", 1)
	_, key, _ := ed25519.GenerateKey(nil)
	_, rescue, _ := ed25519.GenerateKey(nil)
	_, fresh, _ := ed25519.GenerateKey(nil)
	w.joined(bot, "customer", key, rescue)
	path, body := "/auth/recover/user/delegated", map[string]string{"username": "customer", "credentialId": "customer's rescue"}
	refused(t, bot.post(path, map[string]string{"username": "customer", "credentialId": "customer's key"}), 401)
	refused(t, bot.post(path, map[string]string{"username": "alice", "credentialId": w.alice.credID}), 401)
	s := into[session](t, bot.post(path, body), 200)
	into[outcome](t, w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/recover/user",
		s.recovery(t, client{t: t, key: rescue, credID: "customer's rescue"}, fresh)), 200)
	customer := w.nobody(into[struct{ Token string }](t, bot.post("/auth/login/delegated", map[string]string{"username": "customer"}), 200).Token)
	if got := customer.creds(); len(got) != 1 || got[0].CredentialID != "fresh" {
		t.Errorf("credentials = %+v", got)
	}
	refused(t, w.nobody("").open("POST", "/auth/recover/user/code", map[string]string{"username": "customer", "orgId": "or-x"}), 401)
}
