package sandbox_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/sandbox"
)

// screening is a policy on what comes in, with the fallbacks named set.
func screening(filters map[string]any, skips ...string) map[string]any {
	fallbacks := map[string]bool{"skipUnscreenableTransaction": false, "skipUnsupportedNetwork": false, "skipUnsupportedAsset": false, "skipChainalysisFailure": false}
	for _, skip := range skips {
		fallbacks[skip] = true
	}
	all := map[string]any{"categoryIds": []int{}}
	return map[string]any{"name": "screening", "activityKind": "Wallets:IncomingTransaction", "action": map[string]any{"kind": "NoAction"}, "filters": filters,
		"rule": map[string]any{"kind": "ChainalysisTransactionScreening", "configuration": map[string]any{
			"alerts":    map[string]any{"alertLevel": "HIGH", "categoryIds": []int{}},
			"exposures": map[string]any{"direct": all}, "fallbackBehaviours": fallbacks}}}
}

// verdicts has the providers know something of an address.
func (w *world) verdicts(address, said string) {
	w.t.Helper()
	text := `{"addresses":{"` + address + `":` + said + `}}`
	if err := os.WriteFile(filepath.Join(w.dir, "verdicts.json"), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// alarm is the data of a policy.triggered about a deposit.
type alarm struct {
	PolicyEvaluation struct {
		Triggered bool
		Reason    string
		Policy    struct{ ID string }
		Activity  struct {
			Kind            string
			BlockchainEvent item
		}
	}
}

// alarms are those about the transaction.
func alarms(t *testing.T, r *receiver, hash string) (found []alarm) {
	t.Helper()
	for _, d := range r.of("policy.triggered") {
		var a alarm
		if err := json.Unmarshal(d.Data, &a); err != nil {
			t.Fatal(err)
		}
		if a.PolicyEvaluation.Activity.BlockchainEvent.TxHash == hash {
			found = append(found, a)
		}
	}
	return found
}

func TestADepositOfSomebodyKnownIsToldOf(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 2, BlockTime: -1})
	known, clean := w.outsider(), w.outsider()
	w.verdicts(known.address().Hex(), `{"chainalysis":{"alerts":[{"level":"SEVERE","categoryId":3}]}}`)
	hooks := newReceiver(t, 200)
	w.subscribe(hooks, "policy.triggered", "wallet.blockchainevent.detected")
	only := map[string]any{"walletId": map[string]any{"in": []string{w.admin.walletID}}}
	p := into[governed](t, w.admin.post("/v2/policies", screening(only)), 200)
	other := w.open("EthereumSepolia")

	quiet := clean.send(w.env.TreasuryAddress, 1, "")
	elsewhere := known.send(other.Address, 1, "")
	for _, hash := range []string{known.send(w.env.TreasuryAddress, 2, ""), known.send(w.env.TokenAddress, 0, transferData(w.env.TreasuryAddress, 3))} {
		eventually(t, "the deposit is told of", func() bool { return len(alarms(t, hooks, hash)) == 1 })
		got := alarms(t, hooks, hash)[0].PolicyEvaluation
		if !got.Triggered || got.Policy.ID != p.ID || got.Activity.Kind != "Wallets:IncomingTransaction" ||
			got.Activity.BlockchainEvent.WalletID != w.admin.walletID || got.Activity.BlockchainEvent.Direction != "In" ||
			!strings.Contains(got.Reason, "SEVERE") {
			t.Errorf("alarm = %+v", got)
		}
	}
	w.mine(2)
	for _, hash := range []string{quiet, elsewhere} {
		eventually(t, "the deposit is confirmed", func() bool { return detected(hooks, "wallet.blockchainevent.detected", hash, "Confirmed") == 1 })
	}
	triggered := len(hooks.of("policy.triggered"))
	if triggered != 2 || len(alarms(t, hooks, quiet))+len(alarms(t, hooks, elsewhere)) != 0 {
		t.Errorf("%d alarms, want 2: once for each deposit of the known sender into the treasury", triggered)
	}
	if n := len(into[list[approval]](t, w.admin.get("/v2/policy-approvals"), 200).Items); n != 0 {
		t.Errorf("%d approvals, want none: the money is there", n)
	}
}

func TestADepositThatCannotBeScreenedIsToldOfUnlessSkipped(t *testing.T) {
	for name, want := range map[string]int{"skipChainalysisFailure": 0, "skipUnsupportedNetwork": 1} {
		w := newWorld(t, 1)
		o, hooks := w.outsider(), newReceiver(t, 200)
		w.verdicts(o.address().Hex(), `{"chainalysis":{"unable":"Failure"}}`)
		w.subscribe(hooks, "policy.triggered", "wallet.blockchainevent.detected")
		into[governed](t, w.admin.post("/v2/policies", screening(nil, name)), 200)
		hash := o.send(w.env.TreasuryAddress, 1, "")
		eventually(t, "the deposit is confirmed", func() bool { return detected(hooks, "wallet.blockchainevent.detected", hash, "Confirmed") == 1 })
		eventually(t, "it is told of as often as it should be", func() bool { return len(alarms(t, hooks, hash)) == want })
	}
}

func TestLumensThatComeInAreScreened(t *testing.T) {
	w := newWorld(t, 1)
	from, to := w.open("StellarTestnet"), w.open("StellarTestnet")
	w.verdicts(from.Address, `{"chainalysis":{"direct":[7]}}`)
	hooks := newReceiver(t, 200)
	w.subscribe(hooks, "policy.triggered")
	eventually(t, "the sender is funded", func() bool { return len(w.history(from.ID, "")) == 1 && len(w.history(to.ID, "")) == 1 })
	into[governed](t, w.admin.post("/v2/policies", screening(nil)), 200)
	e := w.become("transfers", w.ask(from.ID, "transfers", map[string]any{"kind": "Native", "to": to.Address, "amount": "15"}), "Confirmed")
	eventually(t, "the deposit is told of", func() bool { return len(alarms(t, hooks, e.TxHash)) == 1 })
}

// DFNS can do nothing about money that has arrived.
func TestPoliciesOnDepositsDoNothingElse(t *testing.T) {
	w := newWorld(t, 1)
	for _, action := range []any{map[string]any{"kind": "Block"}, ask(0, group(1))} {
		body := screening(nil)
		body["action"] = action
		refused(t, w.admin.post("/v2/policies", body), 400)
	}
	body := screening(nil)
	body["rule"] = map[string]any{"kind": "AlwaysTrigger"}
	refused(t, w.admin.post("/v2/policies", body), 400)
	body = screening(nil)
	body["activityKind"] = "Wallets:Sign"
	refused(t, w.admin.post("/v2/policies", body), 400)
}
