package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox"
	"countersign/sandbox/control"
)

// control asks the control API.
func (w *world) control(method, path, body string) answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.server.ControlURL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp.StatusCode, text}
}

// script replaces the faults in force.
func (w *world) script(text string) {
	w.t.Helper()
	into[map[string]any](w.t, w.control("DELETE", "/faults", ""), 200)
	into[map[string]any](w.t, w.control("POST", "/faults", text), 200)
}

func TestFaultsOfCalls(t *testing.T) {
	w := newWorld(t, 1)
	for rule, want := range map[string]int{"kind: error, status: 502": 502, "kind: error": 503, "kind: limit, retryAfter: 7s": 429, "kind: expired": 401} {
		w.script("rules: [{" + rule + ", route: /wallets, count: 1}]")
		refused(t, w.admin.get("/wallets"), want)
		into[list[entity]](t, w.admin.get("/wallets"), 200)
	}
	w.script("rules: [{kind: limit, retryAfter: 7s}]")
	if resp, err := http.Get(w.server.URL + "/wallets"); err != nil || resp.Header.Get("Retry-After") != "7" {
		t.Errorf("limit: %+v %v", resp, err)
	}
	w.script("rules: [{kind: cut, method: GET, route: /wallets/*}]")
	if a, err := w.admin.try("GET", "/wallets/"+w.admin.walletID, "", nil); err == nil {
		t.Errorf("cut: answered %d", a.Status)
	}
	w.script("rules: [{kind: slow, delay: 300ms, count: 1}]")
	start := time.Now()
	into[list[entity]](t, w.admin.get("/wallets"), 200)
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("slow: took %s", took)
	}
	one := into[struct{ Items []struct{ ID string } }](t, w.control("GET", "/faults", ""), 200).Items
	into[map[string]any](t, w.control("DELETE", "/faults/"+one[0].ID, ""), 200)
	refused(t, w.control("DELETE", "/faults/"+one[0].ID, ""), 404)
}

// The third wallet's announcement is a witness: when it arrived, so did those before.
func TestFaultsOfDeliveries(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 200)
	h := w.subscribe(r, "wallet.created")
	next := func() entity { return into[entity](t, w.admin.post("/wallets", walletBody), 200) }
	of := func(e entity) (found []delivery) {
		for _, d := range r.of("wallet.created") {
			if strings.Contains(string(d.Data), e.ID) {
				found = append(found, d)
			}
		}
		return found
	}
	w.script("rules: [{kind: drop, count: 1}]")
	lost := next()
	eventually(t, "the drop is recorded", func() bool { return len(w.events(h, "deliveryFailed=true")) == 1 })
	into[control.Time](t, w.control("POST", "/clock/advance", `{"by":"1m"}`), 200)
	if got := of(lost); len(got) != 1 || got[0].DeliveryAttempt != 2 {
		t.Errorf("drop: %+v", got)
	}
	w.script("rules: [{kind: delay, delay: 30m, count: 1}]")
	late := next()
	witness := next()
	eventually(t, "the witness arrives", func() bool { return len(of(witness)) == 1 })
	if got := of(late); len(got) != 0 {
		t.Errorf("delay: %+v came at once", got)
	}
	into[control.Time](t, w.control("POST", "/clock/advance", `{"by":"31m"}`), 200)
	if got := of(late); len(got) != 1 {
		t.Errorf("delay: %d deliveries", len(got))
	}
	w.script("rules: [{kind: corrupt, what: signature, count: 1}]")
	forged := next()
	eventually(t, "the forged one arrives", func() bool { return len(of(forged)) == 1 })
	if d := of(forged)[0]; signedBy(h, d) {
		t.Errorf("corrupt: %s has a right signature", d.raw)
	}
	w.script("rules: [{kind: skew, skew: -10m, count: 1}]")
	skewed := next()
	eventually(t, "the skewed one arrives", func() bool { return len(of(skewed)) == 1 })
	if d := of(skewed)[0]; !signedBy(h, d) || w.server.Clock().Now().Sub(time.Unix(d.TimestampSent, 0)) < 10*time.Minute {
		t.Errorf("skew: %s", d.raw)
	}
	w.script("rules: [{kind: duplicate, copies: 2, count: 1}]")
	twin := next()
	eventually(t, "three copies arrive", func() bool { return len(of(twin)) == 3 })
	w.script("rules: [{kind: reorder, count: 1}]")
	second, first := next(), next()
	eventually(t, "both arrive", func() bool { return len(of(first)) == 1 && len(of(second)) == 1 })
	if got := r.of("wallet.created"); !bytes.Equal(got[len(got)-1].raw, of(second)[0].raw) {
		t.Error("reorder: they came in order")
	}
}

func TestTheSameSeedGivesTheSameFaults(t *testing.T) {
	w := newWorld(t, 1)
	pattern := func(seed int) string {
		w.script(fmt.Sprintf("seed: %d\nrules: [{kind: error, probability: 0.5, route: /wallets}]", seed))
		var got strings.Builder
		for range 24 {
			fmt.Fprint(&got, w.admin.send("GET", "/wallets", "", nil).Status, " ")
		}
		return got.String()
	}
	first := pattern(7)
	if again := pattern(7); again != first || !strings.Contains(first, "200") || !strings.Contains(first, "503") {
		t.Errorf("seed 7: %s, then %s", first, again)
	}
	if other := pattern(8); other == first {
		t.Errorf("seed 8 gives the faults of seed 7: %s", other)
	}
}

func TestAdvanceFiresRetries(t *testing.T) {
	w := newWorld(t, 1)
	r := newReceiver(t, 500)
	h := w.subscribe(r, "wallet.created")
	into[entity](t, w.admin.post("/wallets", walletBody), 200)
	eventually(t, "the first attempt is recorded", func() bool { return len(w.events(h, "")) == 1 })
	before := into[control.Time](t, w.control("GET", "/clock", ""), 200)
	after := into[control.Time](t, w.control("POST", "/clock/advance", `{"by":"24h"}`), 200)
	if n := len(r.of("wallet.created")); n != 5 || before.Ahead == after.Ahead {
		t.Errorf("%d attempts after %+v, %+v", n, before, after)
	}
}

func TestControlOfAChain(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 6, BlockTime: -1})
	hooks := newReceiver(t, 200)
	w.subscribe(hooks, "wallet.blockchainevent.detected")
	on := func(verb, body string) control.Head {
		t.Helper()
		return into[control.Head](t, w.control("POST", "/chain/EthereumSepolia/"+verb, body), 200)
	}
	pay := func(token string) string {
		t.Helper()
		body := fmt.Sprintf(`{"network":"EthereumSepolia","to":%q,"amount":"12"%s}`, w.env.TreasuryAddress, token)
		return into[control.Paid](t, w.control("POST", "/deposits", body), 200).TxHash.Hex()
	}
	told := func(hash, status string) int {
		return detected(hooks, "wallet.blockchainevent.detected", hash, status)
	}
	on("mine", `{"blocks":6}`)
	native := pay("")
	eventually(t, "the deposit is announced", func() bool { return told(native, "Included") == 1 })
	before := into[control.State](t, w.control("GET", "/state", ""), 200)
	after := on("reorganise", `{"depth":1,"drop":true}`)
	if len(after.Held) != 1 || after.Held[0].Hex() != native || after.Hash == before.Heads[0].Hash || after.Block != before.Heads[0].Block+1 {
		t.Errorf("reorganised %+v, before %+v", after, before.Heads)
	}
	refused(t, w.control("POST", "/chain/EthereumSepolia/reorganise", `{"depth":7}`), 422)
	on("release", "")
	eventually(t, "the deposit is back", func() bool { return told(native, "Included") == 2 })
	fee, raised := after.BaseFee, on("congest", `{"factor":2,"blocks":0}`).BaseFee
	if len(raised) < len(fee) || raised == fee {
		t.Errorf("base fee %s after %s", raised, fee)
	}
	token := fmt.Sprintf(`,"contract":%q`, w.env.TokenAddress)
	why := refused(t, w.control("POST", "/deposits", fmt.Sprintf(`{"network":"EthereumSepolia","to":%q,"amount":"12"%s}`, w.env.TreasuryAddress, token)), 422)
	if !strings.Contains(why, before.OutsideAccount.Hex()) {
		t.Errorf("a token that it cannot mint: %s", why)
	}
	w.ask(w.admin.walletID, "transactions", map[string]any{"kind": "Evm", "to": w.env.TokenAddress, "data": mintData(before.OutsideAccount.Hex(), 100)})
	eventually(t, "it has tokens", func() bool { return w.units(before.OutsideAccount.Hex()).Int64() == 100 })
	units := pay(token)
	eventually(t, "the deposit of tokens is announced", func() bool { return told(units, "Included") == 1 })
	on("mine", `{"blocks":6}`)
	eventually(t, "both are confirmed", func() bool { return told(native, "Confirmed") == 1 && told(units, "Confirmed") == 1 })
}

func TestHoldAndPause(t *testing.T) {
	w := newWorld(t, 1)
	into[control.Head](t, w.control("POST", "/chain/EthereumSepolia/hold", `{"count":1}`), 200)
	e := w.become("transfers", w.pay(w.admin, "1"), "Broadcasted")
	eventually(t, "it is held", func() bool {
		held := into[control.State](t, w.control("GET", "/state", ""), 200).Heads[0].Held
		return len(held) == 1 && held[0] == common.HexToHash(e.TxHash)
	})
	into[control.Head](t, w.control("POST", "/chain/EthereumSepolia/release", ""), 200)
	w.become("transfers", e, "Confirmed")
	into[map[string]bool](t, w.control("POST", "/settler/pause", ""), 200)
	e = w.pay(w.admin, "2")
	if s := into[control.State](t, w.control("GET", "/state", ""), 200); !s.SettlerPaused || s.Objects["wallet"] != 1 {
		t.Errorf("state %+v", s)
	}
	w.become("transfers", e, "Executing")
	into[map[string]bool](t, w.control("POST", "/settler/resume", ""), 200)
	w.become("transfers", e, "Confirmed")
}

func TestControlNamesWhatIsWrong(t *testing.T) {
	w := newWorld(t, 1)
	deposit := `{"network":"%s","to":"` + recipient + `","amount":"%s"}`
	for _, c := range []struct {
		path, body, names string
		status            int
	}{
		{"/clock/advance", `{"by":"-1h"}`, "by", 400},
		{"/clock/advance", `{"by":"1h","to":"x"}`, "to", 400},
		{"/faults", `{"rules":[{"kind":"burn"}]}`, "rules[0].kind", 400},
		{"/chain/EthereumSepolia/hold", `{}`, "count, from", 400},
		{"/chain/EthereumSepolia/hold", `{"from":"me"}`, "from", 400},
		{"/chain/EthereumSepolia/congest", `{"factor":1}`, "factor", 400},
		{"/chain/EthereumSepolia/mine", `{"blocks":0}`, "blocks", 400},
		{"/chain/StellarTestnet/mine", `{}`, "StellarTestnet", 501},
		{"/deposits", fmt.Sprintf(deposit, "StellarTestnet", "1"), "StellarTestnet", 501},
		{"/deposits", fmt.Sprintf(deposit, "EthereumSepolia", "1.5"), "amount", 400},
		{"/deposits", fmt.Sprintf(deposit, "BaseSepolia", "1"), "wallet", 422},
		{"/reboot", ``, "/reboot", 404}, // no such route
	} {
		if why := refused(t, w.control("POST", c.path, c.body), c.status); !strings.Contains(why, c.names) {
			t.Errorf("POST %s %s: %s, want it to name %s", c.path, c.body, why, c.names)
		}
	}
	req, _ := http.NewRequest("GET", w.server.ControlURL+"/clock", nil)
	req.Header.Set("Origin", "http://example.com")
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != 403 {
		t.Errorf("a page: %+v %v", resp, err)
	}
}

func TestControlVerbs(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "faults.yaml")
	if err := os.WriteFile(script, []byte("rules: [{kind: error, route: /nowhere}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir)
	<-p.ready
	if out, err := run(t, "clock", "--data", dir); err == nil || !strings.Contains(out, "--control-listen") {
		t.Errorf("clock without the port: %v %s", err, out)
	}
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p = launch(t, dir, "--control-listen", "127.0.0.1:0", "--faults", script)
	<-p.ready
	count := func(args ...string) int {
		var got struct{ Items []any }
		if out, err := run(t, append(args, "--data", dir)...); err != nil || json.Unmarshal([]byte(out), &got) != nil {
			t.Errorf("%v: %v %s", args, err, out)
		}
		return len(got.Items)
	}
	if a, b, c, d := count("fault", "list"), count("fault", "add", script), count("fault"), count("fault", "clear"); a != 1 || b != 1 || c != 2 || d != 0 {
		t.Errorf("faults: %d listed, %d added, %d in all, %d left", a, b, c, d)
	}
	if out, err := run(t, "clock", "advance", "24h", "--data", dir); err != nil || !strings.Contains(out, `"ahead": "24h0m0s"`) {
		t.Errorf("advance: %v %s", err, out)
	}
	if out, err := run(t, "env", "--data", dir); err != nil || !strings.Contains(out, "SANDBOX_CONTROL_URL='http://127.0.0.1:") {
		t.Errorf("env: %v %s", err, out)
	}
	if err := p.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
