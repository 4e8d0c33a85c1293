package tests

import (
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"countersign/cmd/countersign/doctor"
	"countersign/custody/dfns/org"
)

// TestDoctorOnTheSandbox examines the stack as `countersign dev` sets it up, and again
// after an administrator has taken its governance apart.
func TestDoctorOnTheSandbox(t *testing.T) {
	s := newSite(t)
	good := s.examine()
	for id, want := range map[string]doctor.Result{
		"policy.sign": doctor.OK, "policy.coverage": doctor.OK, "policy.action": doctor.OK,
		"group.initiator": doctor.OK, "group.quorum": doctor.OK, "group.member": doctor.OK, "group.people": doctor.OK,
		"wallet.delegated": doctor.OK, "webhook.pending": doctor.OK, "token.expiry": doctor.OK,
		"credential.active": doctor.OK, "credential.signs": doctor.OK, "clock.skew": doctor.OK,
		"nodes.answer": doctor.OK, "screening.lists": doctor.OK, "key.separate": doctor.OK,
		"account.self": doctor.OK, "account.duties": doctor.OK, "api.identity": doctor.OK, "api.reader": doctor.OK, "trail.halts": doctor.OK,
		// The stack guards no change of policies and permissions: it says so.
		"policy.change": doctor.Failed, "permission.change": doctor.Failed,
		"people.self": doctor.Warning,
	} {
		if got := good[id]; got.Result != want {
			t.Errorf("%s is %s (%s), want %s", id, got.Result, got.Found, want)
		}
	}
	if len(good) != len(doctor.IDs()) {
		t.Errorf("%d checks, want %d", len(good), len(doctor.IDs()))
	}

	s.takeApart()
	bad := s.examine()
	for id, want := range map[string]string{
		"policy.coverage": s.stack.Platform.WalletID, "group.initiator": "lax",
		"group.member": "can never vote", "webhook.pending": "switched off",
		"account.self": "may make what it then approves", "account.duties": "Wallets:Transactions:Create",
	} {
		got := bad[id]
		text := strings.Join(append(got.Items, got.Found), "\n")
		if got.Result != doctor.Failed || !strings.Contains(text, want) {
			t.Errorf("%s is %s: %s; want failed with %q", id, got.Result, text, want)
		}
	}
}

// takeApart leaves one policy, for another wallet, in which alice may approve her own.
func (s *site) takeApart() {
	s.t.Helper()
	admin, err := s.stack.Platform.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	alice, err := s.stack.As(s.t.Context(), "alice")
	if err != nil {
		s.t.Fatal(err)
	}
	do := func(method, path string, body, out any) {
		s.t.Helper()
		if err := admin.Do(s.t.Context(), method, path, body, out); err != nil {
			s.t.Fatal(err)
		}
	}
	do(http.MethodDelete, "/v2/policies/"+s.stack.Accounts.Policy, nil, nil)
	var other struct {
		ID string `json:"id"`
	}
	do(http.MethodPost, "/wallets", map[string]any{"network": s.stack.Platform.Network, "name": "Other"}, &other)
	do(http.MethodPost, "/v2/policies", map[string]any{
		"name": "lax", "activityKind": "Wallets:Sign", "rule": map[string]any{"kind": "AlwaysTrigger"},
		"filters": map[string]any{"walletId": map[string]any{"in": []string{other.ID}}},
		"action": map[string]any{"kind": "RequestApproval", "approvalGroups": []any{map[string]any{
			"name": "all", "quorum": 1, "initiatorCanApprove": true,
			"approvers": map[string]any{"userId": map[string]any{"in": []string{alice.UserID}}},
		}}},
	}, nil)
	permissions, err := org.Org{Client: admin}.Permissions(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	maker := slices.IndexFunc(permissions, func(p org.Permission) bool { return p.Name == "countersign-maker" })
	do(http.MethodPost, "/permissions/"+permissions[maker].ID+"/assignments",
		map[string]any{"identityId": s.stack.Accounts.Checker.UserID}, nil)
	do(http.MethodPut, "/webhooks/"+s.stack.Accounts.Webhook.ID, map[string]any{"status": "Disabled"}, nil)
}

// examine runs the verb on the stack's configuration and returns the checks by ID.
func (s *site) examine() map[string]doctor.Check {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), program(s.t, "countersign"), "doctor", "--json", "--config", s.stack.ConfigFile).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		s.t.Fatalf("doctor ended with %v, want exit code 3\n%s", err, out)
	}
	var report doctor.Report
	if err := json.Unmarshal(out, &report); err != nil {
		s.t.Fatal(err)
	}
	checks := map[string]doctor.Check{}
	for _, c := range report.Checks {
		checks[c.ID] = c
	}
	return checks
}
