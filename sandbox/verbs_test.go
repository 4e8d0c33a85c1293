package sandbox_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// fails runs the program and wants it to fail with each of the texts.
func fails(t *testing.T, want []string, args ...string) {
	t.Helper()
	out, err := run(t, args...)
	if err == nil {
		t.Errorf("%s succeeded: %s", strings.Join(args, " "), out)
	}
	for _, text := range want {
		if !strings.Contains(out, text) {
			t.Errorf("%s lacks %q: %s", strings.Join(args, " "), text, out)
		}
	}
}

func TestHumanDecides(t *testing.T) {
	w := newWorld(t, 1)
	human := func(verb, as string, more ...string) []string {
		return append([]string{"human", verb, "--as", as, "--data", w.dir}, more...)
	}
	fails(t, []string{"no pending approval", "alice"}, human("approve", "alice")...)
	w.policy(0, group(1, w.alice.userID))
	first := w.pay(w.admin, "5")
	fails(t, []string{"no pending approval", "bob"}, human("approve", "bob")...)
	fails(t, []string{"403", "bob"}, human("approve", "bob", first.ApprovalID)...)
	fails(t, []string{"no pending approval", "admin"}, human("approve", "admin")...)

	if out, err := run(t, human("approve", "alice")...); err != nil || out != first.ApprovalID+" Approved\n" {
		t.Errorf("approve: %v %s", err, out)
	}
	w.reach("transfers", first.ID, "Confirmed")
	fails(t, []string{"409"}, human("deny", "alice", first.ApprovalID)...)

	second, third := w.pay(w.admin, "6"), w.pay(w.admin, "7")
	fails(t, []string{second.ApprovalID, third.ApprovalID, "2 approvals wait for alice"}, human("deny", "alice")...)
	var open []approval
	if out, err := run(t, human("list", "alice", "--json")...); err != nil || json.Unmarshal([]byte(out), &open) != nil || len(open) != 2 {
		t.Errorf("list: %v %s", err, out)
	}
	if out, err := run(t, human("deny", "alice", third.ApprovalID, "--reason", "not now")...); err != nil || out != third.ApprovalID+" Denied\n" {
		t.Errorf("deny: %v %s", err, out)
	}
	w.reach("transfers", third.ID, "Rejected")
	if got := into[struct{ Decisions []struct{ Reason string } }](t, w.admin.get("/v2/policy-approvals/"+third.ApprovalID), 200); got.Decisions[0].Reason != "not now" {
		t.Errorf("decisions = %+v", got.Decisions)
	}
	if out, err := run(t, human("list", "alice")...); err != nil || !strings.HasPrefix(out, second.ApprovalID+" Wallets:Sign "+second.ID) {
		t.Errorf("list: %v %s", err, out)
	}
	if out, err := run(t, human("list", "bob", "--json")...); err != nil || out != "[]\n" {
		t.Errorf("list of one who has no say: %v %q", err, out)
	}
}

// Whoever votes sees what a transaction of the caller's own making would do, and which token
// would go.
func TestHumanSeesWhatWaits(t *testing.T) {
	w := newWorld(t, 1)
	w.policy(0, group(1))
	w.raw(map[string]string{"to": recipient, "value": "12"})
	w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Erc721", "contract": w.env.TokenAddress, "to": recipient, "tokenId": "34"})
	out, err := run(t, "human", "list", "--as", "alice", "--data", w.dir)
	for _, want := range []string{`Transaction transaction {"to":"` + recipient + `","value":"12"}`, "Erc721 token 34 of " + w.env.TokenAddress + " to " + recipient} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("the list (%v) lacks %q:\n%s", err, want, out)
		}
	}
}

func TestHumanWronglyUsed(t *testing.T) {
	w := newWorld(t, 1)
	fails(t, []string{"--as", "mallory", "admin, alice and bob"}, "human", "approve", "--as", "mallory", "--data", w.dir)
	fails(t, []string{"as"}, "human", "list", "--data", w.dir)
	fails(t, []string{"tx-1", "ap-"}, "human", "deny", "tx-1", "--as", "alice", "--data", w.dir)
	fails(t, []string{"never served", "sandbox serve"}, "human", "list", "--as", "alice", "--data", t.TempDir())
	if out, err := run(t, "human", "approve", "--help"); err != nil || !strings.Contains(out, "For development only") {
		t.Errorf("help: %v %s", err, out)
	}
}

func TestTrigger(t *testing.T) {
	w := newWorld(t, 1)
	type triggered struct {
		ID, Status, ApprovalID, PolicyID string
		Entity                           entity
	}
	ask := func(args ...string) (got triggered) {
		t.Helper()
		out, err := exec.Command(must(binary()), append([]string{"trigger", args[0], "--dir", w.dir, "--json"}, args[1:]...)...).Output()
		if err != nil || json.Unmarshal(out, &got) != nil {
			t.Fatalf("trigger %v: %v %s", args, err, out)
		}
		return got
	}
	minted := into[entity](t, w.admin.post(w.path("transactions"), map[string]string{"kind": "Evm", "to": w.env.TokenAddress,
		"data": mintData(w.env.TreasuryAddress, 7)}), 200)
	w.reach("transactions", minted.ID, "Confirmed")
	paid := ask("transfer", "--to", recipient, "--amount", "5")
	w.reach("transfers", paid.ID, "Confirmed")
	token := ask("transfer", "--to", recipient, "--amount", "7", "--contract", w.env.TokenAddress, "--as", "bob")
	w.reach("transfers", token.ID, "Confirmed")
	if w.wei(recipient).Int64() != 5 || w.units(recipient).Int64() != 7 {
		t.Errorf("recipient has %s wei and %s units", w.wei(recipient), w.units(recipient))
	}

	first := ask("approval", "--to", w.env.TokenAddress, "--data", mintData(recipient, 3))
	if first.Status != "Pending" || first.ApprovalID == "" || first.PolicyID == "" || first.Entity.ID != first.ID {
		t.Errorf("first = %+v", first)
	}
	second := ask("approval", "--to", recipient, "--value", "1")
	if second.PolicyID != "" || second.ApprovalID == "" {
		t.Errorf("a policy was made again, or there is no approval: %+v", second)
	}
	into[approval](t, w.vote(w.alice, first.ApprovalID, "Approved"), 200)
	w.reach("transactions", first.ID, "Confirmed")
	if w.units(recipient).Int64() != 10 {
		t.Errorf("recipient has %s units", w.units(recipient))
	}
	other := into[entity](t, w.admin.post("/wallets", `{"network":"EthereumSepolia"}`), 200)
	out, err := run(t, "trigger", "approval", "--dir", w.dir, "--to", recipient, "--wallet", other.ID)
	if err != nil || !strings.Contains(out, "made policy plc-") || !strings.Contains(out, " Pending ap-") {
		t.Errorf("the policy of one wallet is not another's: %v %s", err, out)
	}
	w.policyWith(map[string]any{"kind": "Block"}, nil)
	fails(t, []string{"Rejected", "policy that blocks"}, "trigger", "approval", "--dir", w.dir, "--to", recipient)
}

func TestTriggerWronglyUsed(t *testing.T) {
	w := newWorld(t, 1)
	approval := []string{"trigger", "approval", "--dir", w.dir}
	transfer := []string{"trigger", "transfer", "--dir", w.dir, "--to", recipient}
	fails(t, []string{"--to", `"bob"`, "40 hexadecimal"}, append(approval, "--to", "bob")...)
	fails(t, []string{"--data", w.dir, "--dir"}, append(approval, "--to", recipient, "--data", w.dir)...)
	fails(t, []string{"--value", `"1.5"`, "whole"}, append(approval, "--to", recipient, "--value", "1.5")...)
	fails(t, []string{"--wallet", "wa-00000", "404"}, append(approval, "--to", recipient, "--wallet", "wa-00000-00000-0000000000000000")...)
	fails(t, []string{"--amount", `"-1"`, "whole"}, append(transfer, "--amount", "-1")...)
	fails(t, []string{"--contract", `"TUSD"`}, append(transfer, "--amount", "1", "--contract", "TUSD")...)
	if n := len(into[list[entity]](t, w.admin.get("/v2/policies"), 200).Items); n != 0 {
		t.Errorf("wrong uses made %d policies", n)
	}
}
