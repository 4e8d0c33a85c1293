package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"countersign/sandbox"
)

// pageOf is the address that `sandbox page` prints.
func (w *world) pageOf(name string) string {
	w.t.Helper()
	out, err := exec.Command(must(binary()), "page", "--data", w.dir, "--as", name).Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestAPersonVotesOnThePage(t *testing.T) {
	b := newBrowser(t)
	w := newWorld(t, 1)
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}}, nil)
	h := w.subscribe(newReceiver(t, 200), "policy.approval.pending")
	for name, from := range map[string]client{"admin": w.alice, "alice": w.admin, "bob": w.admin} {
		t.Run(name, func(t *testing.T) {
			b.t, w.t = t, t
			e := w.pay(from, "1500000000000000000")
			p := b.open(w.pageOf(name))
			card := `[data-id="` + e.ApprovalID + `"]`
			p.until(`document.querySelector('` + card + `') && /TUSD/.test(document.getElementById('wallets').innerText)`)
			if text := p.text(card); !strings.Contains(text, "1.5 ETH") || !strings.Contains(text, recipient) || !strings.Contains(text, "EthereumSepolia") || !strings.Contains(text, "1 vote of anyone") {
				t.Errorf("the card says %s", text)
			}
			p.until(`/policy.approval.pending/.test(document.getElementById('webhooks').innerText)`)
			p.shoot("desk-"+name, "light")
			p.press("#review-" + e.ApprovalID)
			if text := p.text("#review"); !strings.Contains(text, "1.5 ETH") || !strings.Contains(text, "1\u202f500\u202f000\u202f000\u202f000\u202f000\u202f000 smallest units") ||
				!strings.Contains(text, recipient) || !strings.Contains(text, "EthereumSepolia") || !strings.Contains(text, "Treasury "+w.env.TreasuryAddress) {
				t.Errorf("before the vote it says %s", text)
			}
			p.run(`document.getElementById('reason').value = 'seen on the page'`, nil)
			p.shoot("review-"+name, "light")
			p.shoot("review-"+name, "dark")
			p.press("#approve")
			p.until(`/Approved/.test(document.getElementById('said').innerText)`)
			w.reach("transfers", e.ID, "Confirmed")
			p.until(`/Confirmed/.test(document.querySelector('#decided tbody tr')?.innerText) && !document.querySelector('` + card + `')`)
			p.shoot("after-"+name, "dark")
			got := into[struct {
				Decisions []struct{ UserID, Value, Reason string }
			}](t, w.admin.get("/v2/policy-approvals/"+e.ApprovalID), 200)
			if voter := as(t, w.dir, name); len(got.Decisions) != 1 || got.Decisions[0].UserID != voter.userID || got.Decisions[0].Reason != "seen on the page" {
				t.Errorf("decisions = %+v", got.Decisions)
			}
			w.keepsToItself(p)
		})
	}
	b.t, w.t = t, t
	if n := len(w.events(h, "")); n < 3 {
		t.Errorf("%d events", n)
	}
}

// keepsToItself checks that the page's key went nowhere, and that it asked nobody else.
func (w *world) keepsToItself(p tab) {
	w.t.Helper()
	var address string
	p.run("location.href", &address)
	if address != w.server.ControlURL+"/page/" {
		w.t.Errorf("the address bar says %s", address)
	}
	for _, url := range p.requests() {
		if bare, _, _ := strings.Cut(url, "#"); !strings.HasPrefix(bare, w.server.ControlURL+"/page/") || strings.Contains(bare, "BEGIN") {
			w.t.Errorf("the page asked for %s", url)
		}
	}
	for _, text := range p.events("Network.requestWillBeSent") {
		if strings.Contains(text, "PRIVATE KEY") {
			w.t.Errorf("a request has the key: %s", text)
		}
	}
	for _, kind := range []string{"Runtime.exceptionThrown", "Log.entryAdded"} {
		for _, text := range p.events(kind) {
			if !strings.Contains(text, `"level":"verbose"`) {
				w.t.Errorf("%s: %s", kind, text)
			}
		}
	}
}

func TestThePageShowsRefusalsAndCallData(t *testing.T) {
	b := newBrowser(t)
	w := newWorld(t, 1)
	w.policyWith(map[string]any{"kind": "RequestApproval", "approvalGroups": []any{group(1)}}, nil)
	data := mintData(recipient, 7_000_000)
	e := into[entity](t, w.admin.post(w.path("transactions"), map[string]string{"kind": "Evm", "to": w.env.TokenAddress, "data": data}), 200)
	p := b.open(w.server.ControlURL + "/page/")
	p.until(`!document.getElementById('enter').hidden`)
	p.shoot("enter", "light")
	enter := func(text string) {
		t.Helper()
		p.run(`document.getElementById('pasted').value = `+string(encode(t, quoted(text))), nil)
		p.press("#enter-form .primary")
	}
	enter("eval $(sandbox env)")
	p.until(`/that is no JSON/.test(document.getElementById('enter-error').innerText)`)
	text := must(run(t, "env", "--json", "--as", "admin", "--data", w.dir))
	enter(strings.Replace(text, w.admin.bearer, w.admin.bearer+"x", 1))
	p.until(`/^401: /.test(document.getElementById('enter-error').innerText)`)
	enter(text)
	p.press("#review-" + e.ApprovalID)
	if text := p.text("#review"); !strings.Contains(text, data) || !strings.Contains(text, "Call data, 68 bytes") || !strings.Contains(text, w.env.TokenAddress) {
		t.Errorf("before the vote it says %s", text)
	}
	p.shoot("calldata", "light")
	p.press("#approve")
	said := refused(t, w.vote(w.admin, e.ApprovalID, "Approved"), 403)
	p.until(`document.getElementById('review-error').innerText === ` + string(encode(t, quoted("403: "+said))))
	p.press("#deny")
	p.until(`/Denied/.test(document.getElementById('said').innerText)`)
	w.reach("transactions", e.ID, "Rejected")
	p.press("#leave")
	p.until(`!document.getElementById('enter').hidden && !/TUSD/.test(document.body.innerText)`)
}

func TestThePageRunsItsOwnScriptsOnly(t *testing.T) {
	b := newBrowser(t)
	w := newWorld(t, 1)
	outside := newReceiver(t, 200)
	p := b.open(w.server.ControlURL + "/page/")
	p.until(`!document.getElementById('enter').hidden`)
	var tried []string
	p.run(`Promise.all([
		fetch(`+string(encode(t, quoted(outside.URL)))+`, { mode: 'no-cors', method: 'POST', body: '{}' }).then(() => 'fetched', () => 'refused'),
		fetch('/state', { method: 'POST', body: '{}' }).then((r) => r.status === 403 ? 'refused' : 'asked the control API', () => 'refused'),
		new Promise((ok) => { const s = document.createElement('script');
			try { s.append('window.ran = 1'); document.body.append(s); } catch { /* as it should */ } ok(window.ran ? 'ran' : 'refused'); }),
		new Promise((ok) => { try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); ok('marked up'); } catch { ok('refused'); } }),
	])`, &tried)
	if strings.Join(tried, " ") != "refused refused refused refused" || len(outside.of("")) != 0 {
		t.Errorf("tried = %v", tried)
	}
}

func TestThePageSignsAndCountsExactly(t *testing.T) {
	b := newBrowser(t)
	w := newWorld(t, 1)
	p := b.open(w.server.ControlURL + "/page/")
	p.until(`!document.getElementById('enter').hidden`)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		var signed []string
		p.run(`import('/page/key.js').then(async ({ importKey }) => {
			const key = await importKey(`+string(encode(t, quoted(text)))+`);
			const all = [];
			for (let i = 0; i < 64; i++) all.push([...await key.sign(new TextEncoder().encode('message ' + i))].map((b) => b.toString(16).padStart(2, '0')).join(''));
			return all;
		})`, &signed)
		for i, one := range signed {
			raw, _ := hex.DecodeString(one)
			if sum := sha256.Sum256([]byte("message " + string(encode(t, i)))); !ecdsa.VerifyASN1(&key.PublicKey, sum[:], raw) {
				t.Errorf("%s: signature %d is wrong: %s", curve.Params().Name, i, one)
			}
		}
		if len(signed) != 64 {
			t.Errorf("%d signatures", len(signed))
		}
	}
	for _, tt := range []struct{ amount, asset, want string }{
		{"1500000000000000000", `{decimals: 18, symbol: 'ETH'}`, "1.5 ETH"},
		{"123456789012345678901234567890", `{decimals: 18, symbol: 'ETH'}`, "123\u202f456\u202f789\u202f012.34567890123456789 ETH"},
		{"1", `{decimals: 6, symbol: 'TUSD'}`, "0.000001 TUSD"},
		{"0", `{decimals: 6, symbol: 'TUSD'}`, "0 TUSD"},
		{"1000", `{decimals: 0, symbol: 'X'}`, "1\u202f000 X"},
		{"0xff", `{decimals: 0, symbol: 'X'}`, "255 X"},
		{"1000", `undefined`, "1\u202f000 smallest units"},
		{"1.5", `{decimals: 6, symbol: 'TUSD'}`, "1.5 (not a whole number)"},
	} {
		var got string
		p.run(`import('/page/amounts.js').then(({ worded }) => worded(`+string(encode(t, quoted(tt.amount)))+`, `+tt.asset+`))`, &got)
		if got != tt.want {
			t.Errorf("%s of %s = %q, want %q", tt.amount, tt.asset, got, tt.want)
		}
	}
	var plain string
	p.run(`import('/page/dom.js').then(({ el }) => el('p', {}, 'to \u202Ecba\u0007').textContent)`, &plain)
	if plain != `to \u202ecba\u0007` {
		t.Errorf("text that turns around is shown as %q", plain)
	}
}

func TestThePageIsNoDoorForOthers(t *testing.T) {
	w := newWorld(t, 1)
	ask := func(method, path, host string, header map[string]string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(method, w.server.ControlURL+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Authorization", "Bearer "+w.admin.bearer)
		for name, value := range header {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	own := w.server.ControlURL
	_, port, _ := strings.Cut(strings.TrimPrefix(own, "http://"), ":")
	for _, tt := range []struct {
		name, method, path, host string
		header                   map[string]string
		status                   int
	}{
		{"the page", "GET", "/page/", "", nil, 200},
		{"the page, as localhost", "GET", "/page/", "localhost:" + port, nil, 200},
		{"the page, by a rebound name", "GET", "/page/", "evil.example:" + port, nil, 403},
		{"a call of the page's", "GET", "/page/api/wallets", "", map[string]string{"Origin": own, "Sec-Fetch-Site": "same-origin"}, 200},
		{"a call by a rebound name", "GET", "/page/api/wallets", "evil.example:" + port, map[string]string{"Origin": "http://evil.example:" + port}, 403},
		{"a call of another page", "GET", "/page/api/wallets", "", map[string]string{"Origin": "http://evil.example"}, 403},
		{"a call of a page without an origin", "POST", "/page/api/wallets", "", map[string]string{"Origin": "null"}, 403},
		{"a call that the browser says is another's", "GET", "/page/api/wallets", "", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"a call with the other name of this machine as origin", "GET", "/page/api/wallets", "", map[string]string{"Origin": "http://localhost:" + port}, 403},
		{"a preflight", "OPTIONS", "/page/api/wallets", "", map[string]string{"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}, 403},
		{"the control API, by the page", "GET", "/state", "", map[string]string{"Origin": own}, 403},
		{"a file that is none", "GET", "/page/other.js", "", nil, 404},
		{"a way out of the files", "GET", "/page/..%2fpage.go", "", nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := ask(tt.method, tt.path, tt.host, tt.header)
			if resp.StatusCode != tt.status {
				t.Errorf("status = %d, want %d", resp.StatusCode, tt.status)
			}
			if strings.HasPrefix(tt.path, "/page/") && !strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src 'self'") {
				t.Error("there is no Content-Security-Policy")
			}
			if resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins may read the answer")
			}
		})
	}
	if resp, err := http.Get(w.server.ControlURL + "/page/api/wallets"); err != nil || resp.StatusCode != 401 {
		t.Errorf("without a token: %v %v", resp, err)
	}
}

func TestPageWronglyUsed(t *testing.T) {
	dir := t.TempDir()
	fails(t, []string{"never served"}, "page", "--data", dir)
	s, err := sandbox.Start(t.Context(), sandbox.Config{Data: dir, Listen: "127.0.0.1:0", RPCListen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing was written
	fails(t, []string{"is off", "--control-listen"}, "page", "--data", dir)
	fails(t, []string{"mallory", "admin, alice and bob"}, "page", "--data", dir, "--as", "mallory")
}
