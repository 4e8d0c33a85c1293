package sandbox_test

import (
	"encoding/json"
	"testing"
)

// TestASimulatedLedger moves lumens with a memo from wallet to wallet.
func TestASimulatedLedger(t *testing.T) {
	w := newWorld(t, 1)
	hooks := newReceiver(t, 200)
	w.subscribe(hooks, "wallet.transfer.broadcasted", "wallet.transfer.confirmed", "wallet.blockchainevent.detected")
	from, to := w.open("StellarTestnet"), w.open("StellarTestnet")
	lumens := func(wallet holder) string {
		return into[struct {
			Assets []struct{ Symbol, Balance string }
		}](t, w.admin.get("/wallets/"+wallet.ID+"/assets"), 200).Assets[0].Balance
	}
	eventually(t, "the wallets are funded", func() bool { return lumens(from) == "100000000000" && lumens(to) == "100000000000" })
	e := w.become("transfers", w.ask(from.ID, "transfers", map[string]any{"kind": "Native", "to": to.Address, "amount": "15", "memo": "rent"}), "Confirmed")
	if e.Fee != "100" || len(e.TxHash) != 64 {
		t.Errorf("%+v, want a fee of 100 and a hash", e)
	}
	if a, b := lumens(from), lumens(to); a != "99999999885" || b != "100000000015" {
		t.Errorf("balances %s and %s", a, b)
	}
	eventually(t, "the deposit is announced", func() bool {
		return detected(hooks, "wallet.blockchainevent.detected", e.TxHash, "Included") == 1 &&
			detected(hooks, "wallet.blockchainevent.detected", e.TxHash, "Confirmed") == 1
	})
	for _, d := range hooks.of("wallet.blockchainevent.detected") {
		var data struct {
			BlockchainEvent struct{ TxHash, Memo, Symbol string }
		}
		if err := json.Unmarshal(d.Data, &data); err != nil || data.BlockchainEvent.TxHash == e.TxHash && data.BlockchainEvent.Memo != "rent" {
			t.Errorf("announced %s (%v), want the memo", d.Data, err)
		}
	}
	nobody := "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
	gone := w.become("transfers", w.ask(from.ID, "transfers", map[string]any{"kind": "Native", "to": nobody, "amount": "15"}), "Failed")
	if gone.Fee != "100" || gone.Reason == "" {
		t.Errorf("to nobody: %+v, want a reason, and the fee paid", gone)
	}
	w.become("transfers", w.ask(from.ID, "transfers", map[string]any{"kind": "Native", "to": nobody, "amount": "20000000", "createDestinationAccount": true}), "Confirmed")
	refused(t, w.admin.post("/wallets/"+from.ID+"/transfers", map[string]any{"kind": "Native", "to": recipient, "amount": "1"}), 400)
	refused(t, w.admin.post("/wallets/"+from.ID+"/transfers", map[string]any{"kind": "Erc20", "to": nobody, "amount": "1"}), 501)
	refused(t, w.admin.post("/wallets/"+from.ID+"/transactions", map[string]any{"kind": "Evm", "to": nobody}), 501)
	refused(t, w.admin.post(w.path("transfers"), map[string]any{"kind": "Native", "to": recipient, "amount": "1", "memo": "x"}), 400)
}
