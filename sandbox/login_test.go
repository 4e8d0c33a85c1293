package sandbox_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"countersign/sandbox"
)

// user is what POST /auth/users answers.
type user struct {
	UserID, Username, OrgID, CredentialUUID string
	IsActive                                bool
}

// logIn goes through init and login, and returns c with the session's token.
func (c client) logIn(u user) (client, challenge) {
	c.t.Helper()
	ch := into[challenge](c.t, c.send("POST", "/auth/login/init", "", encode(c.t, map[string]string{"username": u.Username, "orgId": u.OrgID})), 200)
	body := c.assertion(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, c.sign)
	c.bearer = into[struct{ Token string }](c.t, c.send("POST", "/auth/login", "", body), 200).Token
	return c, ch
}

func TestUserLogsInUntilDeactivated(t *testing.T) {
	w := newWorld(t, 1)
	public, private, _ := ed25519.GenerateKey(nil)
	body := map[string]any{"email": "jane@example.com", "kind": "CustomerEmployee", "publicKey": publicPEM(t, public)}
	u := into[user](t, w.admin.post("/auth/users", body), 200)
	refused(t, w.admin.post("/auth/users", body), 409)
	path, jane := "/auth/users/"+u.UserID, w.admin
	jane.bearer, jane.key, jane.credID, jane.userID = "none", private, u.CredentialUUID, u.UserID
	first, spent := jane.logIn(u)
	into[list[any]](t, first.get("/auth/credentials"), 200)
	refused(t, first.get("/wallets"), 403) // nothing is assigned to her
	text := `{"type":"key.get","challenge":"` + spent.Challenge + `"}`
	refused(t, jane.send("POST", "/auth/login", "", jane.assertion(spent, text, jane.sign)), 400)

	action := first.challenge("POST", "/wallets", []byte(walletBody)) // serves no login, nor the other way round
	refused(t, jane.send("POST", "/auth/login", "", jane.assertion(action, `{"type":"key.get","challenge":"`+action.Challenge+`"}`, jane.sign)), 400)
	forged := into[challenge](t, jane.send("POST", "/auth/login/init", "", encode(t, map[string]string{"username": u.Username, "orgId": u.OrgID})), 200)
	refused(t, jane.send("POST", "/auth/login", "", jane.assertion(forged, text, w.admin.sign)), 403)

	second, _ := jane.logIn(u)
	into[map[string]string](t, second.send("PUT", "/auth/logout", "", nil), 200)
	refused(t, second.get("/auth/credentials"), 401)
	into[list[any]](t, first.get("/auth/credentials"), 200)
	into[user](t, w.admin.call("PUT", path+"/deactivate", `{}`), 200)
	refused(t, first.get("/auth/credentials"), 401)
	into[user](t, w.admin.call("PUT", path+"/activate", `{}`), 200)
	into[list[any]](t, first.get("/auth/credentials"), 200)
	w.clock.Store(int64(13 * time.Hour))
	refused(t, first.get("/auth/credentials"), 401)
	if got := into[user](t, w.admin.call("DELETE", path, `{}`), 200); got.IsActive {
		t.Errorf("archived %+v", got)
	}
	refused(t, w.admin.call("PUT", path+"/activate", `{}`), 404)
	refused(t, w.admin.send("PUT", "/auth/users/"+w.bob.userID+"/deactivate", "", []byte(`{}`)), 403) // not signed
}

func TestWhoMustUseSingleSignOnLogsInNoOtherWay(t *testing.T) {
	w := newWorld(t, 1)
	public, private, _ := ed25519.GenerateKey(nil)
	u := into[user](t, w.admin.post("/auth/users", map[string]any{"email": "jane@example.com", "kind": "CustomerEmployee", "publicKey": publicPEM(t, public)}), 200)
	path, jane := "/auth/users/"+u.UserID, w.admin.with(private, u.CredentialUUID)
	before, _ := jane.logIn(u)
	entry := map[string]string{"username": u.Username, "orgId": u.OrgID}
	begun := into[challenge](t, jane.open("POST", "/auth/login/init", entry), 200)
	type shown struct{ IsSSORequired bool }
	if !into[shown](t, w.admin.call("PUT", path, `{"isSSORequired":true}`), 200).IsSSORequired || !into[shown](t, w.bob.get(path), 200).IsSSORequired {
		t.Error("the user does not show that she must use single sign-on")
	}
	refused(t, jane.open("POST", "/auth/login/init", entry), 403)
	refused(t, jane.open("POST", "/auth/login/code", entry), 403)
	refused(t, jane.send("POST", "/auth/login", "", jane.assertion(begun, `{"type":"key.get","challenge":"`+begun.Challenge+`"}`, jane.sign)), 403)
	into[list[any]](t, before.get("/auth/credentials"), 200) // the session that she had
	w.restart(sandbox.Config{TimeScale: 1})
	jane.base, before.base = w.admin.base, w.admin.base
	refused(t, jane.open("POST", "/auth/login/init", entry), 403)
	into[shown](t, w.admin.call("PUT", path, `{"isSSORequired":false}`), 200)
	jane.logIn(u)

	refused(t, w.admin.call("PUT", path, `{}`), 400)
	refused(t, w.admin.call("PUT", path, `{"isSSORequired":true,"isActive":false}`), 400)
	refused(t, w.admin.call("PUT", "/auth/users/us-none", `{"isSSORequired":true}`), 404)
	refused(t, w.admin.send("PUT", path, "", []byte(`{"isSSORequired":true}`)), 403) // not signed
	refused(t, before.call("PUT", path, `{"isSSORequired":true}`), 403)              // nothing is assigned to her
	born := into[user](t, w.admin.post("/auth/users", `{"email":"joe@example.com","kind":"CustomerEmployee","isSSORequired":true}`), 200)
	refused(t, jane.open("POST", "/auth/login/init", map[string]string{"username": born.Username, "orgId": born.OrgID}), 403)
}
