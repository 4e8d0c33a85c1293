package doctor_test

import (
	"strings"
	"testing"

	"countersign/sandbox"
	"countersign/sandbox/client"
	"countersign/sandbox/doctor"
)

// start starts a sandbox that has something of everything that is looked at, and returns
// what to ask it with.
func start(t *testing.T) doctor.Config {
	t.Helper()
	dir := t.TempDir()
	server, err := sandbox.Start(t.Context(), sandbox.Config{Listen: "127.0.0.1:0", RPCListen: "127.0.0.1:0", Data: dir})
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	env, err := sandbox.ReadEnv(dir, "admin")
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.ParseKey(env.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cfg := doctor.Config{Write: true, WalletID: env.WalletID,
		Client: client.Client{Base: env.BaseURL, Token: env.AuthToken, CredID: env.CredID, Key: key}}
	fill(t, cfg)
	return cfg
}

// fill makes a second wallet, a policy, a transfer that waits, a webhook, a service account.
func fill(t *testing.T, cfg doctor.Config) {
	t.Helper()
	for _, c := range []struct{ path, body string }{
		{"/wallets", `{"network":"EthereumSepolia"}`},
		{"/v2/policies", `{"name":"p","activityKind":"Wallets:Sign","rule":{"kind":"AlwaysTrigger"},"action":{"kind":"RequestApproval","approvalGroups":[{"quorum":1,"approvers":{}}]},"filters":{"walletId":{"in":["` + cfg.WalletID + `"]}}}`},
		{"/wallets/" + cfg.WalletID + "/transfers", `{"kind":"Native","to":"0x00000000000000000000000000000000DeaDBeef","amount":"1"}`},
		{"/webhooks", `{"url":"https://doctor.invalid","events":["key.created"],"status":"Disabled"}`},
		{"/auth/service-accounts", `{"name":"checker","publicKey":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"}`},
	} {
		a, err := cfg.Client.Call(t.Context(), "POST", c.path, []byte(c.body))
		if err != nil || a.Status != 200 {
			t.Fatalf("POST %s: %d %s %v", c.path, a.Status, a.Body, err)
		}
	}
}

func TestTheSandboxPasses(t *testing.T) {
	cfg := start(t)
	before := standing(t, cfg)
	results, err := doctor.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Verdict != doctor.Pass {
			t.Errorf("%s: %s, want pass: %s; expected: %s", r.Name, r.Verdict, r.Seen, r.Expected)
		}
	}
	if len(results) != len(doctor.Checks()) {
		t.Errorf("%d results of %d checks", len(results), len(doctor.Checks()))
	}
	if after := standing(t, cfg); after != before {
		t.Errorf("the checks leave what they made:\n%s\nwas\n%s", after, before)
	}
}

// standing is what is in force: policies, webhooks, approvals that wait.
func standing(t *testing.T, cfg doctor.Config) (all string) {
	t.Helper()
	for _, path := range []string{"/v2/policies?status=Active", "/webhooks", "/v2/policy-approvals?status=Pending"} {
		a, err := cfg.Client.Get(t.Context(), path)
		if err != nil || a.Status != 200 {
			t.Fatalf("GET %s: %d %v", path, a.Status, err)
		}
		all += string(a.Body) + "\n"
	}
	return all
}

func TestReadingChecksWriteNothing(t *testing.T) {
	cfg := start(t)
	before := count(t, cfg)
	cfg.Write = false
	results, err := doctor.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if after := count(t, cfg); after != before {
		t.Errorf("there are %v, and were %v", after, before)
	}
	for _, r := range results {
		if want := map[bool]string{true: doctor.Skip, false: doctor.Pass}[r.Write]; r.Verdict != want {
			t.Errorf("%s: %s, want %s: %s", r.Name, r.Verdict, want, r.Seen)
		}
	}
}

// count is how much there is of what could be made, and the log of signed actions.
func count(t *testing.T, cfg doctor.Config) (n [5]int) {
	t.Helper()
	for i, path := range []string{"/wallets", "/v2/policies", "/webhooks", "/v2/policy-approvals",
		"/auth/action/logs?startTime=2000-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z"} {
		a, err := cfg.Client.Get(t.Context(), path)
		if err != nil || a.Status != 200 {
			t.Fatalf("GET %s: %d %v", path, a.Status, err)
		}
		n[i] = len(a.Body)
	}
	return n
}

func TestAnUnknownCheckIsAnError(t *testing.T) {
	if _, err := doctor.Run(t.Context(), doctor.Config{Only: []string{"bearer.mising"}}); err == nil || !strings.Contains(err.Error(), "bearer.mising") {
		t.Errorf("Run = %v, want an error that names the check", err)
	}
}
