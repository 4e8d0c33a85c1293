package sandbox_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox"
	"countersign/sandbox/dealer"
)

// sealedShare is a share as it travels.
type sealedShare struct {
	SignerID          string `json:"signerId"`
	EncryptedKeyShare string `json:"encryptedKeyShare"`
}

// exportedKey is the answer to an export.
type exportedKey struct {
	PublicKey, Protocol, Curve string
	MinSigners                 int
	EncryptedKeyShares         []sealedShare
}

// exporter is who exports keys: his key, and the body of an export to it.
func exporter(t *testing.T, protocol, curve string) (dealer.SealingKey, map[string]any) {
	t.Helper()
	key, err := dealer.NewSealingKey([]byte("exporter"))
	if err != nil {
		t.Fatal(err)
	}
	return key, map[string]any{"encryptionKey": key.Public(), "supportedSchemes": []any{
		map[string]string{"protocol": "KU23", "curve": "secp256k1"}, map[string]string{"protocol": protocol, "curve": curve}}}
}

// recovered puts the private key together of as many shares as make it.
func (e exportedKey) recovered(t *testing.T, by dealer.SealingKey, order *big.Int) *big.Int {
	t.Helper()
	var xs, ys []*big.Int
	for _, share := range e.EncryptedKeyShares[1 : 1+e.MinSigners] {
		raw, err1 := base64.StdEncoding.DecodeString(share.EncryptedKeyShare)
		text, err2 := by.Open(raw)
		var s struct {
			Index       struct{ Scalar string }
			SecretShare struct{ Scalar string } `json:"secret_share"`
		}
		err3 := json.Unmarshal(text, &s)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatalf("share %+v: %v %v %v", share, err1, err2, err3)
		}
		xs = append(xs, new(big.Int).SetBytes(common.FromHex(s.Index.Scalar)))
		ys = append(ys, new(big.Int).SetBytes(common.FromHex(s.SecretShare.Scalar)))
	}
	sum := new(big.Int)
	for i := range xs { // Lagrange's polynomial at 0
		term, under := new(big.Int).Set(ys[i]), big.NewInt(1)
		for j := range xs {
			if j != i {
				term.Mod(term.Mul(term, xs[j]), order)
				under.Mul(under, new(big.Int).Sub(xs[j], xs[i]))
			}
		}
		sum.Add(sum, term.Mul(term, under.ModInverse(under.Mod(under, order), order)))
	}
	return sum.Mod(sum, order)
}

func TestAnExportedKeyIsTheCallersAndSignsNoMore(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "key.exported", "wallet.exported")
	wallet := into[owned](t, w.admin.post("/wallets", walletBody), 200)
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}}, nil)
	path := "/wallets/" + wallet.ID
	waiting := into[entity](t, w.admin.post(path+"/transfers", payment), 200)
	seal := into[sealed](t, w.admin.post(path+"/signatures", `{"kind":"Hash","hash":"0x`+word("1")+`"}`), 200)
	key, body := exporter(t, "CGGMP21", "secp256k1")
	out := into[exportedKey](t, w.admin.post(path+"/export", body), 200)
	if out.Protocol != "CGGMP21" || out.Curve != "secp256k1" || out.MinSigners != 3 || len(out.EncryptedKeyShares) != 5 {
		t.Errorf("exported %+v", out)
	}
	private, err := crypto.ToECDSA(out.recovered(t, key, crypto.S256().Params().N).FillBytes(make([]byte, 32)))
	if err != nil || crypto.PubkeyToAddress(private.PublicKey).Hex() != wallet.Address || hex.EncodeToString(crypto.CompressPubkey(&private.PublicKey)) != out.PublicKey {
		t.Errorf("the shares make the key of another wallet; %v", err)
	}

	w.restart(sandbox.Config{TimeScale: 1})
	shown := into[struct {
		Status, DateExported string
		Exported             bool
	}](t, w.admin.get("/keys/"+wallet.SigningKey.ID), 200)
	if shown.Status != "Active" || !shown.Exported || shown.DateExported == "" {
		t.Errorf("the key shows %+v", shown)
	}
	for _, p := range []string{path + "/transfers", path + "/signatures", "/keys/" + wallet.SigningKey.ID + "/signatures"} {
		asked := payment
		if strings.HasSuffix(p, "signatures") {
			asked = `{"kind":"Hash","hash":"0x` + word("2") + `"}`
		}
		if said := refused(t, w.admin.post(p, asked), 422); !strings.Contains(said, "exported") {
			t.Errorf("refused with %q", said)
		}
	}
	refused(t, w.admin.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+wallet.SigningKey.ID+`"}}`), 422)
	into[approval](t, w.vote(w.alice, waiting.ApprovalID, "Approved"), 200)
	into[approval](t, w.vote(w.alice, seal.ApprovalID, "Approved"), 200)
	if e := w.become("transfers", waiting, "Failed"); e.TxHash != "" || !strings.Contains(e.Reason, "exported") {
		t.Errorf("it ended as %+v", e)
	}
	if s := into[sealed](t, w.admin.get(path+"/signatures/"+seal.ID), 200); s.Status != "Failed" || s.Signature != nil {
		t.Errorf("it ended as %+v", s)
	}
	into[exportedKey](t, w.admin.post("/keys/"+wallet.SigningKey.ID+"/export", body), 200) // again
	eventually(t, "the exports were announced", func() bool {
		return len(r.of("key.exported")) == 2 && len(r.of("wallet.exported")) == 2
	})
}

func TestExportsThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	_, body := exporter(t, "CGGMP24", "secp256k1")
	ann := w.customers("ann")[0]
	hers := into[owned](t, w.admin.post("/wallets", `{"network":"EthereumSepolia","delegateTo":"`+ann.userID+`"}`), 200)
	refused(t, w.admin.post("/wallets/"+hers.ID+"/export", body), 403) // she alone may
	refused(t, ann.post("/wallets/"+hers.ID+"/export", body), 403)     // and her permission has it not
	w.assign(w.permission("exporter", "Keys:Export").ID, ann.userID)
	into[exportedKey](t, ann.post("/wallets/"+hers.ID+"/export", body), 200)

	edwards := into[keyed](t, w.admin.post("/keys", `{"scheme":"EdDSA","curve":"ed25519"}`), 200)
	path := "/keys/" + edwards.ID + "/export"
	refused(t, w.admin.post(path, body), 400) // shared by FROST
	key, frost := exporter(t, "FROST", "ed25519")
	order, _ := new(big.Int).SetString("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)
	if scalar := into[exportedKey](t, w.admin.post(path, frost), 200).recovered(t, key, order); scalar.Sign() == 0 {
		t.Error("the shares of an EdDSA key make nothing")
	}
	frost["encryptionKey"] = "AAAA"
	refused(t, w.admin.post(path, frost), 400)
	refused(t, w.admin.post(path, `{"supportedSchemes":[]}`), 400)
	refused(t, w.admin.post("/keys/key-none/export", body), 404)
	refused(t, w.admin.send("POST", path, "", []byte(`{}`)), 403) // not signed
	refused(t, w.serviceAccountWith("poor", 1, "").post(path, frost), 403)
}

// importBody is the body of an import of a private key, as DFNS's tools make it.
func (w *world) importBody(key *big.Int) map[string]any {
	w.t.Helper()
	type signer struct{ SignerID, EncryptionKey string }
	got := into[struct {
		Clusters []struct {
			ClusterID string
			Signers   []signer
		}
	}](w.t, w.admin.get("/signers"), 200)
	if len(got.Clusters) != 1 || len(got.Clusters[0].Signers) != 5 {
		w.t.Fatalf("signers are %+v", got)
	}
	order := crypto.S256().Params().N
	value := func(x int64) []byte { // key + 5x, so that two shares make it
		v := new(big.Int).Add(key, big.NewInt(5*x))
		return v.Mod(v, order).FillBytes(make([]byte, 32))
	}
	var public []any
	for i := range got.Clusters[0].Signers {
		d, _ := crypto.ToECDSA(value(int64(i + 1)))
		public = append(public, map[string]string{"curve": "secp256k1", "point": hex.EncodeToString(crypto.FromECDSAPub(&d.PublicKey))})
	}
	var shares []sealedShare
	for i, s := range got.Clusters[0].Signers { // which come in the order of their IDs
		text := encode(w.t, map[string]any{"version": 1, "public_shares": public,
			"secret_share": map[string]string{"curve": "secp256k1", "scalar": hex.EncodeToString(value(int64(i + 1)))}})
		out, err := dealer.Seal(s.EncryptionKey, text)
		if err != nil {
			w.t.Fatal(err)
		}
		shares = append(shares, sealedShare{s.SignerID, base64.StdEncoding.EncodeToString(out)})
	}
	return map[string]any{"curve": "secp256k1", "protocol": "CGGMP24", "minSigners": 2, "encryptedKeyShares": shares}
}

func TestAnImportedKeySignsHere(t *testing.T) {
	w := newWorld(t, 1)
	private, _ := crypto.GenerateKey()
	number := new(big.Int).SetBytes(crypto.FromECDSA(private))
	body := w.importBody(number)
	body["network"], body["name"] = "EthereumSepolia", "brought"
	wallet := into[purse](t, w.admin.post("/wallets/import", body), 200)
	if wallet.Address != crypto.PubkeyToAddress(private.PublicKey).Hex() || wallet.Name != "brought" || wallet.Status != "Active" {
		t.Errorf("imported %+v", wallet)
	}
	if key := into[struct{ Imported, Custodial bool }](t, w.admin.get("/keys/"+wallet.SigningKey.ID), 200); !key.Imported || !key.Custodial {
		t.Errorf("its key is %+v", key)
	}
	refused(t, w.admin.post("/wallets/import", body), 409)
	w.restart(sandbox.Config{TimeScale: 1})
	w.become("transfers", into[entity](t, w.admin.post("/wallets/"+wallet.ID+"/transfers", payment), 200), "Confirmed")

	other, _ := crypto.GenerateKey()
	alone := w.importBody(new(big.Int).SetBytes(crypto.FromECDSA(other)))
	alone["name"] = "alone"
	if key := into[keyed](t, w.admin.post("/keys/import", alone), 200); key.Name != "alone" || key.PublicKey != hex.EncodeToString(crypto.CompressPubkey(&other.PublicKey)) {
		t.Errorf("imported %+v", key)
	}
	third, _ := crypto.GenerateKey()
	for name, tt := range map[string]struct {
		member string
		value  any
		status int
	}{
		"a threshold that is not theirs": {"minSigners", 1, 400}, "too many signers": {"minSigners", 6, 400},
		"no shares": {"encryptedKeyShares", []any{}, 400}, "a curve of nobody's": {"curve", "p256", 400}, "no protocol": {"protocol", "", 400},
		"an Edwards key": {"curve", "ed25519", 501}, "a protocol for Bitcoin": {"protocol", "FROST_BITCOIN", 501}, "a master key": {"masterKey", true, 501},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.importBody(new(big.Int).SetBytes(crypto.FromECDSA(third)))
			b[tt.member] = tt.value
			refused(t, w.admin.post("/keys/import", b), tt.status)
		})
	}
	b := w.importBody(number)
	shares := b["encryptedKeyShares"].([]sealedShare)
	shares[0], shares[1] = sealedShare{shares[0].SignerID, shares[1].EncryptedKeyShare}, sealedShare{shares[1].SignerID, shares[0].EncryptedKeyShare}
	refused(t, w.admin.post("/keys/import", b), 400) // sealed for others
	shares[1].SignerID = shares[0].SignerID
	refused(t, w.admin.post("/keys/import", b), 400) // one signer twice
	refused(t, w.serviceAccountWith("poor", 1, "").get("/signers"), 403)
	refused(t, w.admin.send("POST", "/keys/import", "", encode(t, alone)), 403) // not signed
}
