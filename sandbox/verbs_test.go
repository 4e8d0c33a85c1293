package sandbox_test

import (
	"encoding/json"
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
