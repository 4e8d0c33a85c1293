package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// sealed is what the tests read of a signature.
type sealed struct {
	ID, KeyID, Status, Reason, ApprovalID, ExternalID, Network, SignedData, DateSigned string

	Signature *struct {
		R, S, Encoded string
		RecID         *byte
	}
}

// signer recovers the address that made the signature of a digest.
func (s sealed) signer(t *testing.T, digest []byte) string {
	t.Helper()
	if s.Signature == nil || s.Signature.RecID == nil {
		t.Fatalf("there is no signature in %+v", s)
	}
	raw := append(append(common.FromHex(s.Signature.R), common.FromHex(s.Signature.S)...), *s.Signature.RecID)
	public, err := crypto.SigToPub(digest, raw)
	if err != nil {
		t.Fatal(err)
	}
	return crypto.PubkeyToAddress(*public).Hex()
}

const hello = `{"kind":"Message","message":"0x68656c6c6f"}` // "hello"

func TestSignaturesRecoverTheWallet(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "wallet.signature.requested", "wallet.signature.signed")
	got := into[sealed](t, w.admin.post(w.path("signatures"), hello), 200)
	if got.Status != "Signed" || got.DateSigned == "" || got.signer(t, accounts.TextHash([]byte("hello"))) != w.env.TreasuryAddress {
		t.Errorf("signature is %+v", got)
	}
	key := "/keys/" + got.KeyID + "/signatures"
	again := into[sealed](t, w.admin.get(key+"/"+got.ID), 200)
	if again.ID != got.ID || again.Network != "EthereumSepolia" {
		t.Errorf("by its key it is %+v", again)
	}
	mine := into[sealed](t, w.admin.post(key, `{"kind":"Message","message":"0x68656c6c6f","blockchainKind":"Evm"}`), 200)
	if mine.signer(t, accounts.TextHash([]byte("hello"))) != w.env.TreasuryAddress {
		t.Error("the key signs for another address than its wallet")
	}
	all, ours := into[list[sealed]](t, w.admin.get(key), 200), into[list[sealed]](t, w.admin.get(w.path("signatures")), 200)
	if len(all.Items) != 2 || len(ours.Items) != 1 || ours.Items[0].ID != got.ID {
		t.Errorf("the key lists %+v, the wallet %+v", all, ours)
	}
	refused(t, w.admin.get(w.path("signatures", mine.ID)), 404)
	eventually(t, "both were announced", func() bool { return len(r.of("wallet.signature.signed")) == 2 })
	var data struct{ SignatureRequest sealed }
	if err := json.Unmarshal(r.of("wallet.signature.signed")[0].Data, &data); err != nil || data.SignatureRequest.Signature == nil {
		t.Errorf("the event carries %s", r.of("wallet.signature.signed")[0].Data)
	}
}

func TestASignedTransactionIsReadyForTheChain(t *testing.T) {
	w := newWorld(t, 1)
	raw := "0x02e783aa36a71503850d40e49def82520894e5a2ebc128e262ab1e3bd02bffbe16911adfbffb0180c0" // DFNS's example
	got := into[sealed](t, w.admin.post(w.path("signatures"), `{"kind":"Transaction","transaction":"`+raw+`"}`), 200)
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(common.FromHex(got.SignedData)); err != nil {
		t.Fatal(err)
	}
	sender, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
	if err != nil || sender.Hex() != w.env.TreasuryAddress {
		t.Errorf("sender is %s, %v", sender, err)
	}
	other := into[purse](t, w.admin.post("/wallets", `{"network":"BaseSepolia"}`), 200)
	refused(t, w.admin.post("/wallets/"+other.ID+"/signatures", `{"kind":"Transaction","transaction":"`+raw+`"}`), 400) // another chain's
}

func TestSignaturesWaitForTheirApproval(t *testing.T) {
	w := newWorld(t, 1)
	wallet := into[purse](t, w.admin.post("/wallets", walletBody), 200)
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}},
		map[string]any{"walletId": map[string]any{"in": []string{wallet.ID}}})
	wallets, key := "/wallets/"+wallet.ID+"/signatures", "/keys/"+wallet.SigningKey.ID+"/signatures"
	twin := into[purse](t, w.admin.post("/wallets", `{"network":"BaseSepolia","signingKey":{"id":"`+wallet.SigningKey.ID+`"}}`), 200)
	// The policy holds whichever way its wallet's key is reached.
	for _, path := range []string{wallets, key, "/wallets/" + twin.ID + "/signatures"} {
		body := `{"kind":"Eip191","message":"0x68656c6c6f","externalId":"` + path + `"}`
		if len(path) > 40 {
			body = strings.Replace(body, path, path[len(path)-40:], 1)
		}
		got := into[sealed](t, w.admin.post(path, body), 200)
		if got.Status != "Pending" || got.ApprovalID == "" || got.Signature != nil {
			t.Fatalf("%s gave %+v", path, got)
		}
		a := into[struct {
			Activity struct{ SignatureRequest *sealed }
		}](t, w.alice.get("/v2/policy-approvals/"+got.ApprovalID), 200)
		if a.Activity.SignatureRequest == nil || a.Activity.SignatureRequest.ID != got.ID {
			t.Errorf("the approval is about %+v", a)
		}
		refused(t, w.vote(w.admin, got.ApprovalID, "Approved"), 403) // his own
		into[approval](t, w.vote(w.alice, got.ApprovalID, "Approved"), 200)
		same := into[sealed](t, w.admin.post(path, body), 200)
		if same.ID != got.ID || same.Status != "Signed" || same.signer(t, accounts.TextHash([]byte("hello"))) != wallet.Address {
			t.Errorf("approved, it is %+v", same)
		}
		refused(t, w.admin.post(path, strings.Replace(body, "6c6f", "6c70", 1)), 409)
	}
	denied := into[sealed](t, w.admin.post(wallets, hello), 200)
	into[approval](t, w.vote(w.bob, denied.ApprovalID, "Denied"), 200)
	if got := into[sealed](t, w.admin.get(wallets+"/"+denied.ID), 200); got.Status != "Rejected" || got.Signature != nil || got.Reason == "" {
		t.Errorf("denied, it is %+v", got)
	}
	late := into[sealed](t, w.admin.post(wallets, hello), 200)
	into[keyed](t, w.admin.call("DELETE", "/keys/"+wallet.SigningKey.ID, "{}"), 200)
	into[approval](t, w.vote(w.bob, late.ApprovalID, "Approved"), 200)
	if got := into[sealed](t, w.admin.get(wallets+"/"+late.ID), 200); got.Status != "Failed" || got.Signature != nil {
		t.Errorf("approved after its key was deleted, it is %+v", got)
	}
	refused(t, w.admin.post(wallets, hello), 422)
}

func TestSignaturesThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	into[entity](t, w.admin.post(w.path("transfers"), `{"kind":"Native","to":"`+recipient+`","amount":"1","externalId":"one"}`), 200)
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"a kind of others":              {`{"kind":"Psbt","psbt":"0x"}`, 501},
		"no kind":                       {`{}`, 400},
		"another network":               {`{"kind":"Message","message":"0x","network":"BaseSepolia"}`, 400},
		"an externalId of a transfer's": {`{"kind":"Message","message":"0x","externalId":"one"}`, 409},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post(w.path("signatures"), tt.body), tt.status) })
	}
	refused(t, w.admin.post("/keys/key-none/signatures", hello), 404)
	refused(t, w.admin.post("/wallets/wa-none/signatures", hello), 404)
	w.policyWith(map[string]any{"kind": "Block"}, nil)
	if got := into[sealed](t, w.admin.post(w.path("signatures"), hello), 200); got.Status != "Rejected" || got.Signature != nil {
		t.Errorf("blocked, it is %+v", got)
	}
}
