package sandbox_test

import (
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"countersign/sandbox"
	"countersign/sandbox/control"
)

// restartable is a server program with a control API.
func restartable(t *testing.T) (*world, *process) {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	p := launch(t, w.dir, "--control-listen", "127.0.0.1:0")
	<-p.ready
	var err error
	if w.env, err = sandbox.ReadEnv(w.dir, "admin"); err != nil {
		t.Fatal(err)
	}
	w.server = &sandbox.Server{ControlURL: w.env.ControlURL}
	w.admin, w.alice = as(t, w.dir, "admin"), as(t, w.dir, "alice")
	return w, p
}

// anew waits until the server answers, with no faults in force: it started anew.
func (w *world) anew() {
	w.t.Helper()
	eventually(w.t, "the server started anew", func() bool {
		faults, err := http.Get(w.env.ControlURL + "/faults")
		if err != nil {
			return false
		}
		text, _ := io.ReadAll(faults.Body)
		_ = faults.Body.Close()
		health, err := http.Get(w.env.BaseURL + "/healthz")
		if err != nil {
			return false
		}
		_ = health.Body.Close()
		return health.StatusCode == 200 && strings.TrimSpace(string(text)) == `{"items":[]}`
	})
}

func TestRestartLosesNothing(t *testing.T) {
	w, p := restartable(t)
	confirmed := int64(0)
	for _, mode := range []string{"kill", "stop"} {
		into[map[string]any](t, w.control("POST", "/faults", "rules: [{kind: error, route: /never}]"), 200)
		policy := w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1, w.alice.userID)}},
			map[string]any{"walletId": map[string]any{"in": []string{w.admin.walletID}}})
		gated := w.pay(w.admin, "1")
		into[entity](t, w.admin.call("DELETE", "/v2/policies/"+policy, "{}"), 200)
		var asked []entity
		for range 5 {
			asked = append(asked, w.pay(w.admin, "1"))
		}
		head := readHead(t, w.dir)
		into[map[string]any](t, w.control("POST", "/restart", `{"mode":"`+mode+`"}`), 200)
		w.anew()
		head.check(t, w.dir)
		for _, e := range asked {
			w.reach("transfers", e.ID, "Confirmed")
		}
		into[approval](t, w.vote(w.alice, gated.ApprovalID, "Approved"), 200)
		w.reach("transfers", gated.ID, "Confirmed")
		if confirmed += 6; w.wei(recipient).Int64() != confirmed {
			t.Errorf("%s: the recipient has %v, want %d", mode, w.wei(recipient), confirmed)
		}
	}
	refused(t, w.control("POST", "/restart", `{"mode":"sleep"}`), 400)
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

// TestFaultRestart: the call has happened, and asked again it is the same.
func TestFaultRestart(t *testing.T) {
	w, _ := restartable(t)
	for i, what := range []string{"kill", "stop"} {
		w.script("rules: [{kind: restart, what: " + what + ", method: POST, route: /wallets/*/transfers, count: 1}]")
		external := fmt.Sprintf("again-%d", i)
		if e, err := w.admin.tryTransfer(w.admin.walletID, recipient, external, 1); err == nil {
			t.Errorf("%s: answered %+v", what, e)
		}
		w.anew()
		there := into[list[entity]](t, w.admin.get(w.path("transfers")), 200).Items
		if len(there) != i+1 || there[i].ExternalID != external {
			t.Fatalf("%s: there are %+v", what, there)
		}
		if e, err := w.admin.tryTransfer(w.admin.walletID, recipient, external, 1); err != nil || e.ID != there[i].ID {
			t.Errorf("%s: asked again it is %s, was %s: %v", what, e.ID, there[i].ID, err)
		}
		w.reach("transfers", there[i].ID, "Confirmed")
	}
	if w.wei(recipient).Cmp(big.NewInt(2)) != 0 {
		t.Errorf("the recipient has %v", w.wei(recipient))
	}
}

func TestOnlyAProgramRestarts(t *testing.T) {
	w := newWorld(t, 1)
	refused(t, w.control("POST", "/restart", "{}"), 501)
	refused(t, w.control("POST", "/faults", "rules: [{kind: restart}]"), 501)
	into[control.State](t, w.control("GET", "/state", ""), 200)
}
