package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox"
)

// keyed is what the tests read of a key.
type keyed struct {
	ID, Scheme, Curve, PublicKey, Name, Status, DateDeleted string

	Wallets []struct{ ID, Network string }
	Store   struct{ ID, Kind, KeyID string }
}

// purse is what the tests read of a wallet.
type purse struct {
	ID, Network, Address, Status, Name, ExternalID string

	SigningKey keyed
	Tags       []string
}

func TestAKeyMakesWalletsOfOneAddress(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "key.created")
	key := into[keyed](t, w.admin.post("/keys", `{"scheme":"ECDSA","curve":"secp256k1","name":"shared"}`), 200)
	reuse := func(network string) string {
		return `{"network":"` + network + `","signingKey":{"id":"` + key.ID + `"}}`
	}
	one := into[purse](t, w.admin.post("/wallets", reuse("EthereumSepolia")), 200)
	two := into[purse](t, w.admin.post("/wallets", reuse("BaseSepolia")), 200)
	public, err := crypto.DecompressPubkey(common.FromHex(key.PublicKey))
	if err != nil || one.Address != crypto.PubkeyToAddress(*public).Hex() || two.Address != one.Address || two.SigningKey.ID != key.ID {
		t.Errorf("wallets %+v and %+v of key %+v; %v", one, two, key, err)
	}
	refused(t, w.admin.post("/wallets", reuse("BaseSepolia")), 409)
	got := into[keyed](t, w.admin.get("/keys/"+key.ID), 200)
	if len(got.Wallets) != 2 || got.Wallets[1].ID != two.ID || got.Store.KeyID != key.ID || got.Store.Kind != "Mpc" || got.Name != "shared" {
		t.Errorf("key is %+v", got)
	}
	if named := into[keyed](t, w.admin.call("PUT", "/keys/"+key.ID, `{"name":null}`), 200); named.Name != "" {
		t.Errorf("name is %q, want none", named.Name)
	}
	eventually(t, "the key was announced", func() bool { return len(r.of("key.created")) == 1 })
	var data struct{ Key keyed }
	if err := json.Unmarshal(r.of("key.created")[0].Data, &data); err != nil || data.Key.ID != key.ID {
		t.Errorf("key.created carries %s", r.of("key.created")[0].Data)
	}
}

func TestADeletedKeySignsNothing(t *testing.T) {
	w := newWorld(t, 1)
	wallet := into[purse](t, w.admin.post("/wallets", walletBody), 200)
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}}, map[string]any{"walletId": map[string]any{"in": []string{wallet.ID}}})
	path := "/wallets/" + wallet.ID + "/transfers"
	body := `{"kind":"Native","to":"` + recipient + `","amount":"1","externalId":"late"}`
	pending := into[entity](t, w.admin.post(path, body), 200)
	deleted := into[keyed](t, w.admin.call("DELETE", "/keys/"+wallet.SigningKey.ID, "{}"), 200)
	if deleted.Status != "Archived" || deleted.DateDeleted == "" {
		t.Errorf("deleted key is %+v", deleted)
	}
	if got := into[purse](t, w.admin.get("/wallets/"+wallet.ID), 200); got.Status != "Archived" {
		t.Errorf("its wallet is %s", got.Status)
	}
	if same := into[entity](t, w.admin.post(path, body), 200); same.ID != pending.ID {
		t.Errorf("its externalId names %s now, not %s", same.ID, pending.ID)
	}
	refused(t, w.admin.post(path, `{"kind":"Native","to":"`+recipient+`","amount":"1"}`), 422)
	refused(t, w.admin.call("PUT", "/wallets/"+wallet.ID, `{"name":"x"}`), 422)
	refused(t, w.admin.call("DELETE", "/keys/"+wallet.SigningKey.ID, "{}"), 422)
	refused(t, w.admin.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+wallet.SigningKey.ID+`"}}`), 422)
	into[approval](t, w.vote(w.alice, pending.ApprovalID, "Approved"), 200)
	eventually(t, "the approved transfer fails", func() bool {
		e := into[entity](t, w.admin.get(path+"/"+pending.ID), 200)
		return e.Status == "Failed" && e.TxHash == ""
	})
	if got := w.wei(recipient).Sign(); got != 0 {
		t.Error("a deleted key moved money")
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	edwards := into[keyed](t, w.admin.post("/keys", `{"scheme":"EdDSA","curve":"ed25519"}`), 200)
	if len(edwards.PublicKey) != 64 {
		t.Errorf("public key is %q, want 32 bytes", edwards.PublicKey)
	}
	for name, tt := range map[string]struct {
		path, body string
		status     int
	}{
		"no scheme":                 {"/keys", `{"curve":"secp256k1"}`, 400},
		"a curve of another scheme": {"/keys", `{"scheme":"EdDSA","curve":"secp256k1"}`, 400},
		"Schnorr":                   {"/keys", `{"scheme":"Schnorr","curve":"secp256k1"}`, 501},
		"stark":                     {"/keys", `{"scheme":"ECDSA","curve":"stark"}`, 501},
		"a master key":              {"/keys", `{"scheme":"ECDSA","curve":"secp256k1","masterKey":true}`, 501},
		"a member of nobody's":      {"/keys", `{"scheme":"ECDSA","curve":"secp256k1","colour":"red"}`, 400},
		"an unknown key":            {"/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"key-none"}}`, 404},
		"a key that does not fit":   {"/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"` + edwards.ID + `"}}`, 400},
		"a scheme that does not":    {"/wallets", `{"network":"EthereumSepolia","signingKey":{"scheme":"EdDSA","curve":"ed25519"}}`, 400},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post(tt.path, tt.body), tt.status) })
	}
	refused(t, w.admin.get("/keys/key-none"), 404)
	refused(t, w.admin.call("PUT", "/keys/"+edwards.ID, `{}`), 400)
	page := into[list[keyed]](t, w.admin.get("/keys?limit=1"), 200)
	rest := into[list[keyed]](t, w.admin.get("/keys?paginationToken="+page.NextPageToken), 200)
	if len(page.Items) != 1 || len(rest.Items) != 1 || rest.Items[0].ID != edwards.ID {
		t.Errorf("keys are %+v and %+v: the treasury's and the new one", page, rest)
	}
	if owned := into[list[keyed]](t, w.admin.get("/keys?owner=us-1"), 200); len(owned.Items) != 0 {
		t.Errorf("someone owns %+v", owned.Items)
	}
}

func TestAWalletIsRenamedAndLabelled(t *testing.T) {
	w := newWorld(t, 1)
	path := "/wallets/" + w.admin.walletID
	one := into[purse](t, w.admin.call("PUT", path, `{"name":"Till","externalId":"till-1"}`), 200)
	two := into[purse](t, w.admin.call("PUT", path, `{"externalId":null}`), 200)
	three := into[purse](t, w.admin.get(path), 200)
	if one.Name != "Till" || one.ExternalID != "till-1" || two.Name != "Till" || two.ExternalID != "" || three.Name != "Till" {
		t.Errorf("wallet was %+v, %+v and is %+v", one, two, three)
	}
	refused(t, w.admin.call("PUT", path, `{"tags":[]}`), 400)
	refused(t, w.admin.call("PUT", path+"/tags", `{"tags":[""]}`), 400)
	refused(t, w.admin.call("PUT", path+"/tags", `{}`), 400)
	if owned := into[list[purse]](t, w.admin.get("/wallets?ownerUsername=alice"), 200); len(owned.Items) != 0 {
		t.Errorf("alice owns %+v", owned.Items)
	}
}

func TestADHKeyDerives(t *testing.T) {
	w := newWorld(t, 1)
	key := into[keyed](t, w.admin.post("/keys", `{"scheme":"DH","curve":"secp256k1"}`), 200)
	other := into[keyed](t, w.admin.post("/keys", `{"scheme":"DH","curve":"secp256k1"}`), 200)
	derive := func(id, domain, seed string) string {
		t.Helper()
		a := w.admin.post("/keys/"+id+"/derive", `{"domain":"`+domain+`","seed":"`+seed+`"}`)
		return into[struct{ Output string }](t, a, 200).Output
	}
	first := derive(key.ID, "0x6f7572", "0x01")
	if len(key.PublicKey) != 66 || len(common.FromHex(first)) != 32 || !strings.HasPrefix(first, "0x") {
		t.Errorf("key %+v derives %s", key, first)
	}
	for name, got := range map[string]string{"another seed": derive(key.ID, "0x6f7572", "0x02"),
		"another domain": derive(key.ID, "0x6f", "0x01"), "another key": derive(other.ID, "0x6f7572", "0x01")} {
		if got == first {
			t.Errorf("%s derives the same", name)
		}
	}
	w.restart(sandbox.Config{TimeScale: 1})
	if again := derive(key.ID, "0x6F7572", "0x01"); again != first {
		t.Errorf("derived %s after a restart, %s before", again, first)
	}
	signs := into[keyed](t, w.admin.post("/keys", `{"scheme":"ECDSA","curve":"secp256k1"}`), 200)
	path := "/keys/" + key.ID + "/derive"
	for body, says := range map[string]string{`{"seed":"0x"}`: "domain", `{"domain":"0x","seed":"0x"}`: "domain", `{"domain":"0x01"}`: "seed",
		`{"domain":"0x01","seed":"x"}`: "seed", `{"domain":"0x01","seed":"0x` + strings.Repeat("00", 1<<16+1) + `"}`: "seed"} {
		if said := refused(t, w.admin.post(path, body), 400); !strings.Contains(said, says) {
			t.Errorf("%.40s refused with %q, which does not name %s", body, said, says)
		}
	}
	good := `{"domain":"0x01","seed":"0x02"}`
	refused(t, w.admin.post("/keys/"+signs.ID+"/derive", good), 400)
	refused(t, w.admin.post("/keys/key-none/derive", good), 404)
	refused(t, w.admin.send("POST", path, "", []byte(good)), 403) // not signed
	reader := w.serviceAccountWith("reader", 1, w.permission("reader", "Keys:Vrf:Derive").ID)
	into[struct{ Output string }](t, reader.post(path, good), 200) // by the newer name
	refused(t, w.admin.post("/keys/"+key.ID+"/signatures", `{"kind":"Message","message":"0x00"}`), 400)
	refused(t, w.admin.post("/wallets", `{"network":"EthereumSepolia","signingKey":{"id":"`+key.ID+`"}}`), 400)
	into[keyed](t, w.admin.call("DELETE", "/keys/"+key.ID, "{}"), 200)
	refused(t, w.admin.post(path, good), 422)
	refused(t, w.admin.post("/keys", `{"scheme":"DH","curve":"ed25519"}`), 501)
}
