package sandbox_test

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"countersign/sandbox"
)

// owned is what the tests read of a wallet that may be delegated.
type owned struct {
	ID, Network, Address string
	Custodial            bool
	SigningKey           struct{ ID, DelegatedTo string }
}

// customers makes end users who are logged in.
func (w *world) customers(names ...string) []client {
	w.t.Helper()
	bot := w.serviceAccount("backend of "+names[0], 1)
	var all []client
	for _, name := range names {
		_, key, _ := ed25519.GenerateKey(nil)
		_, rescue, _ := ed25519.GenerateKey(nil)
		u := w.joined(bot, name, key, rescue)
		c := w.nobody(into[struct{ Token string }](w.t, bot.post("/auth/login/delegated", map[string]string{"username": name}), 200).Token)
		c.key, c.credID, c.userID = key, name+"'s key", u.UserID
		all = append(all, c)
	}
	return all
}

// payment is the body of a transfer of one wei.
const payment = `{"kind":"Native","to":"` + recipient + `","amount":"1"}`

func TestADelegatedWalletIsItsEndUsersAlone(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "*")
	people := w.customers("ann", "ben")
	ann, ben := people[0], people[1]
	refused(t, ann.get("/keys"), 403) // the default permission has no such right
	reader := w.permission("reader of keys", "Keys:Read")
	w.assign(reader.ID, ann.userID)
	w.assign(reader.ID, ben.userID)
	w.policyWith(map[string]any{"kind": "Block"}, nil) // of all that the organisation signs
	hers := into[owned](t, w.admin.post("/wallets", `{"network":"EthereumSepolia","delegateTo":"`+ann.userID+`"}`), 200)
	if hers.Custodial || hers.SigningKey.DelegatedTo != ann.userID {
		t.Errorf("delegated %+v", hers)
	}
	path, key := "/wallets/"+hers.ID, "/keys/"+hers.SigningKey.ID
	hash := `{"kind":"Hash","hash":"0x` + word("1") + `"}`
	for _, c := range []client{w.admin, w.serviceAccount("machine", 1)} {
		if said := refused(t, c.post(path+"/transfers", payment), 403); !strings.Contains(said, ann.userID) {
			t.Errorf("refused with %q, which does not say whose it is", said)
		}
		refused(t, c.post(path+"/transactions", `{"kind":"Evm","to":"`+recipient+`"}`), 403)
		refused(t, c.post(path+"/signatures", hash), 403)
		refused(t, c.post(key+"/signatures", hash), 403)
	}
	for _, at := range []string{path, path + "/history", path + "/assets", path + "/transfers", key, key + "/signatures"} {
		into[map[string]any](t, w.admin.get(at), 200)
		into[map[string]any](t, ann.get(at), 200)
		refused(t, ben.get(at), 404)
	}
	refused(t, ben.post(path+"/transfers", payment), 404)
	refused(t, ann.post(w.path("transfers"), payment), 404)
	if e := into[entity](t, w.admin.post(w.path("transfers"), payment), 200); e.Status != "Rejected" {
		t.Errorf("the organisation's own transfer is %s, and a policy blocks it", e.Status)
	}
	paid := w.become("transfers", into[entity](t, ann.post(path+"/transfers", payment), 200), "Confirmed")
	if paid.ApprovalID != "" || w.wei(recipient).Int64() != 1 {
		t.Errorf("she paid %+v, and %s wei came", paid, w.wei(recipient))
	}
	if s := into[sealed](t, ann.post(key+"/signatures", hash), 200); s.Status != "Signed" {
		t.Errorf("she signed %+v", s)
	}
	refused(t, w.admin.call("PUT", path+"/transfers/"+paid.ID+"/abort", "{}"), 403)
	refused(t, w.admin.post(path+"/transfers/"+paid.ID+"/cancel", "{}"), 403)
	eventually(t, "her transfer was announced", func() bool { return len(r.of("wallet.transfer.confirmed")) == 1 })
	var data struct{ Wallet owned }
	if made := r.of("wallet.created"); len(made) != 1 || json.Unmarshal(made[0].Data, &data) != nil || data.Wallet != hers {
		t.Errorf("wallet.created carries %+v", data)
	}
}

func TestListsAreNarrowedToAnOwner(t *testing.T) {
	w := newWorld(t, 1)
	people := w.customers("ann", "ben")
	ann, ben := people[0], people[1]
	refused(t, ann.get("/keys"), 403) // the default permission has no such right
	reader := w.permission("reader of keys", "Keys:Read")
	w.assign(reader.ID, ann.userID)
	w.assign(reader.ID, ben.userID)
	hers := into[owned](t, w.admin.post("/wallets", `{"network":"StellarTestnet","delegateTo":"`+ann.userID+`"}`), 200)
	count := func(c client, path string) int {
		t.Helper()
		return len(into[list[struct{ ID string }]](t, c.get(path), 200).Items)
	}
	for path, want := range map[string]int{"/wallets": 2, "/keys": 2, "/wallets?owner=" + ann.userID: 1, "/wallets?ownerUsername=ann": 1,
		"/wallets?ownerId=" + ben.userID: 0, "/keys?owner=ann": 1, "/keys?owner=nobody": 0} {
		if n := count(w.admin, path); n != want {
			t.Errorf("%s lists %d, want %d", path, n, want)
		}
	}
	for path, want := range map[string]int{"/wallets": 1, "/wallets?ownerUsername=ann": 1, "/keys": 1} {
		if n := count(ann, path); n != want || count(ben, strings.TrimSuffix(path, "?ownerUsername=ann")) != 0 {
			t.Errorf("%s lists %d to her, want %d, or something to him", path, n, want)
		}
	}
	refused(t, ann.get("/wallets?owner=ben"), 403)
	refused(t, ann.get("/wallets/all/history?startTime=2020-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z"), 403)
	// A wallet on a delegated key is its owner's, whoever makes it.
	refused(t, w.admin.post("/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"`+hers.SigningKey.ID+`"}}`), 400) // another curve
	refused(t, ann.post("/wallets", `{"network":"EthereumSepolia"}`), 403)                                                  // she has not the right
	w.assign(w.permission("maker", "Wallets:Create", "Keys:Create", "Keys:Reuse").ID, ann.userID)
	own := into[owned](t, ann.post("/wallets", `{"network":"EthereumSepolia"}`), 200)
	twin := into[owned](t, w.admin.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+own.SigningKey.ID+`"}}`), 200)
	if own.SigningKey.DelegatedTo != ann.userID || own.Custodial || twin.SigningKey.DelegatedTo != ann.userID || twin.Address != own.Address {
		t.Errorf("she made %+v, and of its key came %+v", own, twin)
	}
	into[keyed](t, ann.post("/keys", `{"scheme":"EdDSA","curve":"ed25519"}`), 200)
	if n := count(ann, "/keys"); n != 3 {
		t.Errorf("she has %d keys", n)
	}
	treasury := into[owned](t, w.admin.get("/wallets/"+w.admin.walletID), 200)
	refused(t, ann.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+treasury.SigningKey.ID+`"}}`), 403)
	refused(t, ann.post("/wallets", `{"network":"BaseSepolia","delegateTo":"`+ben.userID+`"}`), 403)
	refused(t, ann.post("/keys/"+own.SigningKey.ID+"/delegate", `{"delegateTo":"`+ben.userID+`"}`), 403)
}

func TestAKeyIsDelegatedLaterWithAllItsWallets(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "key.delegated", "wallet.delegated")
	ann := w.customers("ann")[0]
	one := into[owned](t, w.admin.post("/wallets", `{"network":"EthereumSepolia","delayDelegation":true}`), 200)
	two := into[owned](t, w.admin.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+one.SigningKey.ID+`"}}`), 200)
	if !one.Custodial || one.SigningKey.DelegatedTo != "" {
		t.Errorf("made %+v, which is to be delegated later", one)
	}
	before := w.become("transfers", into[entity](t, w.admin.post("/wallets/"+one.ID+"/transfers", payment), 200), "Confirmed")
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}}, nil)
	waiting := into[entity](t, w.admin.post("/wallets/"+one.ID+"/transfers", payment), 200)
	seal := into[sealed](t, w.admin.post("/keys/"+one.SigningKey.ID+"/signatures", `{"kind":"Hash","hash":"0x`+word("1")+`"}`), 200)
	refused(t, ann.get("/wallets/"+two.ID), 404)

	path, body := "/wallets/"+two.ID+"/delegate", `{"userId":"`+ann.userID+`"}`
	refused(t, w.admin.send("POST", path, "", []byte(body)), 403) // not signed
	refused(t, w.serviceAccountWith("poor", 1, "").post(path, body), 403)
	refused(t, w.admin.post(path, `{}`), 400)
	refused(t, w.admin.post(path, `{"userId":"`+w.alice.userID+`"}`), 400) // no end user
	refused(t, w.admin.post(path, `{"userId":"us-none"}`), 404)
	refused(t, w.admin.post("/wallets/wa-none/delegate", body), 404)
	said := into[struct{ WalletID, Status string }](t, w.admin.post(path, body), 200)
	if said.WalletID != two.ID || said.Status != "Delegated" {
		t.Errorf("delegating answered %+v", said)
	}
	refused(t, w.admin.post(path, body), 422) // for good
	refused(t, w.admin.post(w.path("delegate"), body), 422)
	eventually(t, "the delegation was announced", func() bool {
		return len(r.of("key.delegated")) == 1 && len(r.of("wallet.delegated")) == 2
	})
	var data struct {
		Wallet owned
		Key    struct {
			ID        string
			Custodial bool
		}
	}
	for _, kind := range []string{"key.delegated", "wallet.delegated"} {
		if err := json.Unmarshal(r.of(kind)[0].Data, &data); err != nil {
			t.Error(err)
		}
	}
	if data.Key.ID != one.SigningKey.ID || data.Key.Custodial || data.Wallet.SigningKey.DelegatedTo != ann.userID || data.Wallet.Custodial {
		t.Errorf("announced %+v", data)
	}

	// What others asked for before fails, however they vote on it.
	into[approval](t, w.vote(w.alice, waiting.ApprovalID, "Approved"), 200)
	into[approval](t, w.vote(w.alice, seal.ApprovalID, "Approved"), 200)
	if e := w.become("transfers", waiting, "Failed"); e.TxHash != "" || !strings.Contains(e.Reason, "delegated") {
		t.Errorf("it ended as %+v", e)
	}
	if s := into[sealed](t, w.admin.get("/keys/"+one.SigningKey.ID+"/signatures/"+seal.ID), 200); s.Status != "Failed" || s.Signature != nil {
		t.Errorf("it ended as %+v", s)
	}
	w.restart(sandbox.Config{TimeScale: 1})
	ann.base = w.admin.base
	refused(t, w.admin.post("/wallets/"+one.ID+"/transfers", payment), 403)
	for _, wallet := range []owned{one, two} {
		w.become("transfers", into[entity](t, ann.post("/wallets/"+wallet.ID+"/transfers", payment), 200), "Confirmed")
	}
	if shown := into[list[entity]](t, ann.get("/wallets/"+one.ID+"/transfers"), 200).Items; len(shown) != 3 || shown[0].ID != before.ID {
		t.Errorf("she sees %+v", shown)
	}
}

func TestWhatIsNotSignedWhenTheWalletIsDelegatedFails(t *testing.T) {
	w := newWorld(t, 1)
	ann := w.customers("ann")[0]
	for _, network := range []string{"EthereumSepolia", "StellarTestnet"} {
		t.Run(network, func(t *testing.T) {
			wallet := into[owned](t, w.admin.post("/wallets", `{"network":"`+network+`","delayDelegation":true}`), 200)
			eventually(t, "the wallet is funded", func() bool {
				return strings.Contains(string(w.admin.get("/wallets/"+wallet.ID+"/assets").Body), `"balance":"1`)
			})
			w.server.Settler().Pause(true)
			body := strings.Replace(payment, recipient, wallet.Address, 1)
			e := into[entity](t, w.admin.post("/wallets/"+wallet.ID+"/transfers", body), 200)
			into[map[string]string](t, w.admin.post("/keys/"+wallet.SigningKey.ID+"/delegate", `{"delegateTo":"`+ann.userID+`"}`), 200)
			w.server.Settler().Pause(false)
			if e = w.become("transfers", e, "Failed"); e.TxHash != "" || !strings.Contains(e.Reason, "delegated") {
				t.Errorf("it ended as %+v", e)
			}
			w.become("transfers", into[entity](t, ann.post("/wallets/"+wallet.ID+"/transfers", body), 200), "Confirmed")
		})
	}
}

func TestDelegationsThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	ann := w.customers("ann")[0]
	plain := into[keyed](t, w.admin.post("/keys", `{"scheme":"ECDSA","curve":"secp256k1"}`), 200)
	later := into[keyed](t, w.admin.post("/keys", `{"scheme":"DH","curve":"secp256k1","delayDelegation":true}`), 200)
	to := `"delegateTo":"` + ann.userID + `"`
	for name, tt := range map[string]struct {
		path, body string
		status     int
	}{
		"a key that is to stay":       {"/keys/" + plain.ID + "/delegate", `{` + to + `}`, 422},
		"a key of nobody's":           {"/keys/key-none/delegate", `{` + to + `}`, 404},
		"to nobody":                   {"/keys/" + later.ID + "/delegate", `{}`, 400},
		"by the wallet's name for it": {"/keys/" + later.ID + "/delegate", `{"userId":"` + ann.userID + `"}`, 400},
		"now and later":               {"/wallets", `{"network":"EthereumSepolia","delayDelegation":true,` + to + `}`, 400},
		"a wallet to an employee":     {"/wallets", `{"network":"EthereumSepolia","delegateTo":"` + w.alice.userID + `"}`, 400},
		"a key to who is unknown":     {"/keys", `{"scheme":"ECDSA","curve":"secp256k1","delegateTo":"us-1"}`, 404},
		"an old key, by a new wallet": {"/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"` + plain.ID + `"},` + to + `}`, 400},
		"an old key, later":           {"/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"` + plain.ID + `"},"delayDelegation":true}`, 400},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post(tt.path, tt.body), tt.status) })
	}
	derive := `{"domain":"0x01","seed":"0x02"}`
	into[map[string]string](t, w.admin.post("/keys/"+later.ID+"/derive", derive), 200)
	into[map[string]string](t, w.admin.post("/keys/"+later.ID+"/delegate", `{`+to+`}`), 200)
	refused(t, w.admin.post("/keys/"+later.ID+"/derive", derive), 403)
	refused(t, ann.post("/keys/"+later.ID+"/derive", derive), 403) // her permission has it not
	w.assign(w.permission("deriver", "Keys:Derive").ID, ann.userID)
	into[map[string]string](t, ann.post("/keys/"+later.ID+"/derive", derive), 200)
	into[keyed](t, w.admin.call("DELETE", "/keys/"+plain.ID, "{}"), 200)
	refused(t, w.admin.post("/keys/"+plain.ID+"/delegate", `{`+to+`}`), 422)
}
