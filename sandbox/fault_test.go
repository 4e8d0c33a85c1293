package sandbox_test

import (
	"strings"
	"testing"

	"countersign/sandbox/fault"
)

// fault installs a script.
func (w *world) fault(text string) {
	w.t.Helper()
	script, err := fault.Parse([]byte(text))
	if err != nil {
		w.t.Fatal(err)
	}
	w.server.Faults().Install(script)
}

func TestAReplyMayBeLostAfterItsEffect(t *testing.T) {
	w := newWorld(t, 1)
	w.fault("rules: [{kind: lost-reply, method: POST, route: /wallets, count: 1}]")
	action := w.admin.action("POST", "/wallets", []byte(walletBody))
	if a, err := w.admin.try("POST", "/wallets", action, []byte(walletBody)); err == nil {
		t.Errorf("answered %d", a.Status)
	}
	if n := len(into[list[entity]](t, w.admin.get("/wallets"), 200).Items); n != 2 {
		t.Errorf("%d wallets, want the treasury and one", n)
	}
}

func TestDeliveriesAreDuplicatedAndReordered(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	w.subscribe(r, "wallet.created")
	w.fault("rules: [{kind: reorder, count: 1}, {kind: duplicate, count: 1}]")
	first := into[entity](t, w.admin.post("/wallets", walletBody), 200)
	into[entity](t, w.admin.post("/wallets", walletBody), 200)
	eventually(t, "three deliveries", func() bool { return len(r.of("")) == 3 })
	got := r.of("")
	if got[0].ID != got[1].ID || !strings.Contains(string(got[2].Data), first.ID) {
		t.Errorf("deliveries: %s, %s, %s", got[0].raw, got[1].raw, got[2].raw)
	}
}

func TestAWrongScriptIsRefusedByItsField(t *testing.T) {
	for text, field := range map[string]string{
		"seed: 1":                                 "rules",
		"rules: [{kind: burn}]":                   "rules[0].kind",
		"rules: [{kind: cut, status: 500}]":       "rules[0].status",
		"rules: [{kind: cut, speed: 1}]":          "speed",
		"rules: [{kind: cut, probability: 2}]":    "rules[0].probability",
		"rules: [{kind: corrupt, what: nothing}]": "rules[0].what",
	} {
		if _, err := fault.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, want it to name %s", text, err, field)
		}
	}
}
