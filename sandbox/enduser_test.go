package sandbox_test

import (
	"crypto/ed25519"
	"testing"
)

func TestAnEndUserRegistersWithWallets(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("backend", 1)
	_, key, _ := ed25519.GenerateKey(nil)
	begin := func(name string) session {
		t.Helper()
		return into[session](t, bot.post("/auth/registration/delegated", map[string]string{"email": name, "kind": "EndUser"}), 200)
	}
	body := func(s session, credID string, wallets any) map[string]any {
		return map[string]any{"firstFactorCredential": s.offer(t, "Key", credID, key), "wallets": wallets}
	}
	settle := func(s session, b map[string]any) answer {
		return w.nobody(s.TemporaryAuthenticationToken).open("POST", "/auth/registration/enduser", b)
	}
	type wish map[string]string
	s := begin("ann")
	done := into[struct {
		outcome
		Authentication struct{ Token string }
		Wallets        []owned
	}](t, settle(s, body(s, "ann's key", []wish{{"network": "EthereumSepolia", "name": "hers"}, {"network": "StellarTestnet"}})), 200)
	if len(done.Wallets) != 2 || done.User.ID == "" || done.Credential.Kind != "Key" {
		t.Fatalf("registered %+v", done)
	}
	for _, wallet := range done.Wallets {
		if wallet.Custodial || wallet.SigningKey.DelegatedTo != done.User.ID {
			t.Errorf("got %+v, which is not hers", wallet)
		}
	}
	ann := w.nobody(done.Authentication.Token).with(key, "ann's key") // she is logged in
	e := into[entity](t, ann.post("/wallets/"+done.Wallets[0].ID+"/transfers", payment), 200)
	w.become("transfers", e, "Confirmed")
	refused(t, w.admin.post("/wallets/"+done.Wallets[0].ID+"/transfers", payment), 403)
	refused(t, settle(s, body(s, "again", []wish{})), 401) // the token is spent

	before := len(into[list[owned]](t, w.admin.get("/wallets"), 200).Items)
	for name, tt := range map[string]struct {
		wallets any
		status  int
	}{"no wallets": {nil, 400}, "a network of nobody's": {[]wish{{"network": "EthereumSepolia"}, {"network": "Atlantis"}}, 400},
		"a network that does not run": {[]wish{{"network": "Bitcoin"}}, 501}, "a member of nobody's": {[]wish{{"network": "EthereumSepolia", "colour": "red"}}, 400}} {
		t.Run(name, func(t *testing.T) {
			s := begin("who asks for " + name)
			refused(t, settle(s, body(s, name, tt.wallets)), tt.status)
			if shown := into[user](t, w.admin.get("/auth/users/"+s.User.ID), 200); shown.CredentialUUID != "" {
				t.Errorf("registered %+v", shown)
			}
		})
	}
	u := w.invited("jane@example.com")
	jane := into[session](t, w.nobody("").open("POST", "/auth/registration/init",
		map[string]string{"orgId": u.OrgID, "username": u.Username, "registrationCode": w.mail(u.Username, "Registration")}), 200)
	refused(t, settle(jane, body(jane, "jane's key", []wish{})), 400) // no end user
	if after := len(into[list[owned]](t, w.admin.get("/wallets"), 200).Items); after != before {
		t.Errorf("%d wallets were left by registrations that failed", after-before)
	}
}
