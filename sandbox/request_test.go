package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

func TestNativeAndTokenTransfersReachTheChain(t *testing.T) {
	w := newWorld(t, 1)
	e := w.pay(w.admin, "1234")
	done := w.reach("transfers", e.ID, "Confirmed")
	receipt, err := w.dial().TransactionReceipt(context.Background(), common.HexToHash(done.TxHash))
	if err != nil || receipt.Status != 1 {
		t.Fatalf("receipt of %s: %+v, %v", done.TxHash, receipt, err)
	}
	fee := new(big.Int).Mul(receipt.EffectiveGasPrice, big.NewInt(int64(receipt.GasUsed)))
	if done.Fee != fee.String() || w.wei(recipient).Int64() != 1234 {
		t.Errorf("fee %s, want %s; recipient has %s", done.Fee, fee, w.wei(recipient))
	}
	mint := into[entity](t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Eip1559",
		"to": w.env.TokenAddress, "data": mintData(w.env.TreasuryAddress, 1_000_000), "value": "0"}), 200)
	w.reach("transactions", mint.ID, "Confirmed")
	send := into[entity](t, w.admin.post(w.path("transfers"), map[string]string{"kind": "Erc20",
		"contract": w.env.TokenAddress, "to": recipient, "amount": "400000"}), 200)
	w.reach("transfers", send.ID, "Confirmed")
	if mine, theirs := w.units(w.env.TreasuryAddress).Int64(), w.units(recipient).Int64(); mine != 600_000 || theirs != 400_000 {
		t.Errorf("treasury has %d, recipient %d", mine, theirs)
	}
	var assets struct {
		Assets []struct{ Symbol, Balance string }
	}
	if err := json.Unmarshal(w.admin.get(w.path("assets")).Body, &assets); err != nil || assets.Assets[1].Balance != "600000" {
		t.Errorf("assets = %+v, %v", assets, err)
	}
}

func TestMintThroughAPolicy(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("approver", 1)
	w.policy(0, with(group(1, bot.userID), "serviceAccountsCanApprove"))
	e := into[entity](t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Evm",
		"to": w.env.TokenAddress, "data": mintData(recipient, 77), "externalId": "mint-1"}), 200)
	if e.Status != "Pending" {
		t.Fatalf("mint = %+v", e)
	}
	a := into[approval](t, bot.get("/v2/policy-approvals/"+e.ApprovalID), 200)
	if a.Activity.TransactionRequest == nil || a.Activity.TransactionRequest.ID != e.ID || a.InitiatorID != w.admin.userID {
		t.Errorf("approval = %+v", a)
	}
	into[approval](t, w.vote(bot, e.ApprovalID, "Approved"), 200)
	w.reach("transactions", e.ID, "Confirmed")
	if got := w.units(recipient).Int64(); got != 77 {
		t.Errorf("recipient has %d units, want 77", got)
	}
}

func TestTransactionsThatFail(t *testing.T) {
	w := newWorld(t, 1)
	poor := into[entity](t, w.admin.post("/wallets", walletBody), 200) // not the minter
	path := "/wallets/" + poor.ID + "/transactions"
	mint := func(extra string) string {
		return fmt.Sprintf(`{"kind":"Evm","to":%q,"data":%q%s}`, w.env.TokenAddress, mintData(recipient, 1), extra)
	}
	for name, tt := range map[string]struct {
		body  string
		mined bool
	}{
		"reverts on chain":            {mint(`,"gasLimit":"100000"`), true},
		"reverts when estimated":      {mint(""), false},
		"cannot pay":                  {`{"kind":"Evm","to":"` + recipient + `","value":"1000000000000000000000"}`, false},
		"nonce is not the next":       {`{"kind":"Evm","to":"` + recipient + `","nonce":7}`, false},
		"fee cap below the base fee":  {`{"kind":"Eip1559","to":"` + recipient + `","maxFeePerGas":"1"}`, false},
		"gas limit above EIP-7825":    {mint(`,"gasLimit":"0x1000001"`), false},
		"gas limit below the minimum": {mint(`,"gasLimit":"21000"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			e := into[entity](t, w.admin.post(path, tt.body), 200)
			eventually(t, "failed", func() bool {
				e = into[entity](t, w.admin.get(path+"/"+e.ID), 200)
				return e.Status == "Failed"
			})
			if e.Reason == "" || (e.TxHash != "") != tt.mined {
				t.Errorf("failed = %+v", e)
			}
		})
	}
	ok := into[entity](t, w.admin.post(path, `{"kind":"Eip1559","to":"`+recipient+`","value":"0x1","nonce":"0x1"}`), 200)
	eventually(t, "the wallet still works", func() bool {
		return into[entity](t, w.admin.get(path+"/"+ok.ID), 200).Status == "Confirmed"
	})
}

func TestExternalID(t *testing.T) {
	w := newWorld(t, 1)
	body := `{"kind":"Native","to":"` + recipient + `","amount":"9","externalId":"pay-1"}`
	first := into[entity](t, w.admin.post(w.path("transfers"), body), 200)
	w.reach("transfers", first.ID, "Confirmed")
	same := into[entity](t, w.alice.post(w.path("transfers"),
		`{"externalId":"pay-1", "amount":"9","to":"`+recipient+`","kind":"Native"}`), 200)
	if same.ID != first.ID || same.Status != "Confirmed" {
		t.Errorf("same terms gave %+v, want %s", same, first.ID)
	}
	conflict := func(path, body string) {
		t.Helper()
		a := w.admin.post(path, body)
		refused(t, a, 409)
		var e struct {
			Error struct {
				Details struct {
					Duplicate struct{ ID, ExternalID string }
				}
			}
		}
		if err := json.Unmarshal(a.Body, &e); err != nil || e.Error.Details.Duplicate.ID != first.ID ||
			e.Error.Details.Duplicate.ExternalID != "pay-1" {
			t.Errorf("details of %s", a.Body)
		}
	}
	conflict(w.path("transfers"), `{"kind":"Native","to":"`+recipient+`","amount":"10","externalId":"pay-1"}`)
	conflict(w.path("transactions"), `{"kind":"Evm","to":"`+recipient+`","value":"9","externalId":"pay-1"}`)
	other := into[entity](t, w.admin.post("/wallets", walletBody), 200)
	conflict("/wallets/"+other.ID+"/transfers", body)
	if got := w.wei(recipient).Int64(); got != 9 {
		t.Errorf("recipient has %d wei, want 9", got)
	}
}

func TestExternalIDUnderRace(t *testing.T) {
	w := newWorld(t, 1)
	ids := make(chan string, 8)
	var race sync.WaitGroup
	for range cap(ids) {
		race.Go(func() {
			e, err := w.admin.tryTransfer(w.admin.walletID, recipient, "one", 4)
			if err != nil {
				t.Error(err)
			}
			ids <- e.ID
		})
	}
	race.Wait()
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first {
			t.Errorf("two transfers: %s and %s", first, id)
		}
	}
	w.reach("transfers", first, "Confirmed")
	if got := w.wei(recipient).Int64(); got != 4 {
		t.Errorf("recipient has %d wei, want 4", got)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	to := `"to":"` + recipient + `"`
	for name, tt := range map[string]struct {
		object, body string
		status       int
	}{
		"a kind the sandbox lacks":     {"transfers", `{"kind":"Spl"}`, 501},
		"another kind":                 {"transactions", `{"kind":"Psbt","psbt":"0x"}`, 501},
		"no such kind":                 {"transfers", `{"kind":"Gift"}`, 400},
		"no kind":                      {"transfers", `{}`, 400},
		"not JSON":                     {"transfers", `{`, 400},
		"a member the sandbox lacks":   {"transfers", `{"kind":"Native",` + to + `,"amount":"1","travelRule":{}}`, 400},
		"a number for an amount":       {"transfers", `{"kind":"Native",` + to + `,"amount":1}`, 400},
		"a fraction":                   {"transfers", `{"kind":"Native",` + to + `,"amount":"1.5"}`, 400},
		"more than 256 bits":           {"transfers", `{"kind":"Native",` + to + `,"amount":"` + fmt.Sprint(new(big.Int).Lsh(big.NewInt(1), 256)) + `"}`, 400},
		"a short address":              {"transfers", `{"kind":"Native","to":"0x1","amount":"1"}`, 400},
		"an empty externalId":          {"transfers", `{"kind":"Native",` + to + `,"amount":"1","externalId":""}`, 400},
		"half a byte of data":          {"transactions", `{"kind":"Evm",` + to + `,"data":"0x1"}`, 400},
		"a creation of nothing":        {"transactions", `{"kind":"Evm"}`, 400},
		"a fee on a kind without fees": {"transactions", `{"kind":"Evm",` + to + `,"maxFeePerGas":"1"}`, 400},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post(w.path(tt.object), tt.body), tt.status) })
	}
	refused(t, w.admin.post("/wallets/wa-none/transfers", `{"kind":"Native",`+to+`,"amount":"1"}`), 404)
	refused(t, w.admin.post("/wallets", `{"network":"Bitcoin"}`), 501)
	if n := len(into[list[entity]](t, w.admin.get(w.path("transfers")), 200).Items); n != 0 {
		t.Errorf("%d transfers were made", n)
	}
}

func TestTransfersArePaged(t *testing.T) {
	w := newWorld(t, 1)
	for range 7 {
		w.pay(w.admin, "1")
	}
	seen := map[string]bool{}
	for token, pages := "", 0; ; pages++ {
		page := into[list[entity]](t, w.admin.get(w.path("transfers")+"?limit=3&paginationToken="+token), 200)
		for _, e := range page.Items {
			seen[e.ID] = true
		}
		if token = page.NextPageToken; token == "" {
			if pages != 2 {
				t.Errorf("%d pages, want 3", pages+1)
			}
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d transfers, want 7", len(seen))
	}
}
