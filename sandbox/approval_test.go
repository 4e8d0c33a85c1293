package sandbox_test

import (
	"testing"
)

func TestQuorumOfTwo(t *testing.T) {
	w := newWorld(t, 1)
	w.policy(0, group(2, w.alice.userID, w.bob.userID))
	e := w.pay(w.admin, "5")
	if e.Status != "Pending" || e.ApprovalID == "" {
		t.Fatalf("gated transfer = %+v", e)
	}
	a := into[approval](t, w.vote(w.alice, e.ApprovalID, "Approved"), 200)
	if a.Status != "Pending" || len(a.Decisions) != 1 || a.Activity.TransferRequest.ID != e.ID {
		t.Errorf("after one vote: %+v", a)
	}
	refused(t, w.vote(w.alice, e.ApprovalID, "Approved"), 409)
	refused(t, w.vote(w.alice, e.ApprovalID, "Denied"), 409)
	refused(t, w.vote(w.admin, e.ApprovalID, "Approved"), 403)
	if got := w.wei(recipient).Int64(); got != 0 {
		t.Errorf("paid %d before the quorum", got)
	}
	a = into[approval](t, w.vote(w.bob, e.ApprovalID, "Approved"), 200)
	if a.Status != "Approved" || len(a.Decisions) != 2 {
		t.Errorf("after two votes: %+v", a)
	}
	w.reach("transfers", e.ID, "Confirmed")
	if got := w.wei(recipient).Int64(); got != 5 {
		t.Errorf("recipient has %d wei, want 5", got)
	}
	refused(t, w.vote(w.bob, e.ApprovalID, "Approved"), 409)
}

func TestWhoMayVote(t *testing.T) {
	w := newWorld(t, 1)
	listed, deaf := w.serviceAccount("listed", 1), w.serviceAccount("not opted in", 1)
	for _, tt := range []struct {
		name   string
		group  map[string]any
		voter  client
		value  string
		status int
	}{
		{"initiator may not approve", group(1), w.admin, "Approved", 403},
		{"initiator may deny", group(1), w.admin, "Denied", 200},
		{"initiator may approve when the group says so", with(group(1), "initiatorCanApprove"), w.admin, "Approved", 200},
		{"outsider may not approve", group(1, w.bob.userID), w.alice, "Approved", 403},
		{"outsider may not deny", group(1, w.bob.userID), w.alice, "Denied", 403},
		{"any human may when none is listed", group(1), w.alice, "Approved", 200},
		{"service account is not any human", with(group(1), "serviceAccountsCanApprove"), listed, "Approved", 403},
		{"listed service account needs the opt-in", group(1, deaf.userID), deaf, "Approved", 403},
		{"nor may it deny", group(1, deaf.userID), deaf, "Denied", 403},
		{"listed service account with the opt-in", with(group(1, listed.userID), "serviceAccountsCanApprove"), listed, "Approved", 200},
		{"there is no abstaining", group(1), w.alice, "Abstained", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := w.policy(0, tt.group)
			e := w.pay(w.admin, "1")
			if a := w.vote(tt.voter, e.ApprovalID, tt.value); tt.status == 200 {
				into[approval](t, a, 200)
			} else {
				refused(t, a, tt.status)
			}
			into[entity](t, w.admin.call("DELETE", "/v2/policies/"+policy, "{}"), 200)
		})
	}
	refused(t, w.vote(w.alice, "ap-00000-00000-0000000000000000", "Approved"), 404)
}

func TestOneDenialIsFinal(t *testing.T) {
	w := newWorld(t, 1)
	w.policy(0, group(1, w.alice.userID), group(1, w.bob.userID))
	e := w.pay(w.admin, "5")
	into[approval](t, w.vote(w.alice, e.ApprovalID, "Approved"), 200)
	a := into[approval](t, w.vote(w.bob, e.ApprovalID, "Denied"), 200)
	if a.Status != "Denied" || a.Activity.TransferRequest.Status != "Rejected" {
		t.Errorf("after a denial: %+v", a)
	}
	policy := w.policy(0, group(1))
	_ = policy
	e2 := w.pay(w.admin, "5")
	into[approval](t, w.vote(w.alice, e2.ApprovalID, "Denied"), 200)
	refused(t, w.vote(w.bob, e2.ApprovalID, "Approved"), 422)
}

func TestVoteCountsInEveryGroupOfEveryPolicy(t *testing.T) {
	w := newWorld(t, 1)
	w.policy(0, group(1, w.alice.userID), group(2, w.alice.userID, w.bob.userID))
	w.policy(0, group(1))
	e := w.pay(w.admin, "5")
	if a := into[approval](t, w.vote(w.alice, e.ApprovalID, "Approved"), 200); a.Status != "Pending" {
		t.Errorf("status = %s, want Pending", a.Status)
	}
	if a := into[approval](t, w.vote(w.bob, e.ApprovalID, "Approved"), 200); a.Status != "Approved" {
		t.Errorf("status = %s, want Approved", a.Status)
	}
}

func TestApprovalExpires(t *testing.T) {
	w := newWorld(t, 600) // a minute is a tenth of a second
	w.policy(1, group(1))
	e := w.pay(w.admin, "5")
	if got := w.reach("transfers", e.ID, "Rejected"); got.Reason == "" {
		t.Errorf("no reason: %+v", got)
	}
	if a := into[approval](t, w.admin.get("/v2/policy-approvals/"+e.ApprovalID), 200); a.Status != "Expired" {
		t.Errorf("approval is %s", a.Status)
	}
	refused(t, w.vote(w.alice, e.ApprovalID, "Approved"), 422)
}

func TestBlockBeatsApprovalAndFiltersNarrow(t *testing.T) {
	w := newWorld(t, 1)
	other := into[entity](t, w.admin.post("/wallets", `{"network":"EthereumSepolia","tags":["hot"]}`), 200)
	w.policy(0, group(1))
	w.policyWith(map[string]any{"kind": "Block"}, map[string]any{"walletTags": map[string]any{"hasAny": []string{"hot"}}})
	w.policyWith(map[string]any{"kind": "Block"}, map[string]any{"walletId": map[string]any{"in": []string{other.ID}}})
	blocked := into[entity](t, w.admin.post("/wallets/"+other.ID+"/transfers",
		map[string]string{"kind": "Native", "to": recipient, "amount": "1"}), 200)
	if blocked.Status != "Rejected" || blocked.ApprovalID != "" || blocked.Reason == "" {
		t.Errorf("blocked = %+v", blocked)
	}
	if e := w.pay(w.admin, "1"); e.Status != "Pending" {
		t.Errorf("the filter did not narrow: %+v", e)
	}
}

func TestPoliciesThatAreNotImplementedAreRefusedByName(t *testing.T) {
	w := newWorld(t, 1)
	body := func(activity, rule string, action map[string]any) map[string]any {
		return map[string]any{"name": "p", "activityKind": activity, "rule": map[string]any{"kind": rule}, "action": action}
	}
	noAction := map[string]any{"kind": "NoAction"}
	ask := func(g map[string]any) map[string]any {
		return map[string]any{"kind": "RequestApproval", "approvalGroups": []any{g}}
	}
	for name, tt := range map[string]struct {
		body   map[string]any
		status int
	}{
		"a rule of vaults":    {body("Wallets:Sign", "ChainalysisQuarantineScreening", noAction), 501},
		"no such rule":        {body("Wallets:Sign", "Whenever", noAction), 400},
		"another activity":    {body("Vaults:CreateLock", "AlwaysTrigger", noAction), 501},
		"an action too light": {body("Policies:Modify", "AlwaysTrigger", noAction), 400},
		"no such activity":    {body("Wallets:Paint", "AlwaysTrigger", noAction), 400},
		"no such action":      {body("Wallets:Sign", "AlwaysTrigger", map[string]any{"kind": "Ask"}), 400},
		"no groups":           {body("Wallets:Sign", "AlwaysTrigger", map[string]any{"kind": "RequestApproval"}), 400},
		"no quorum":           {body("Wallets:Sign", "AlwaysTrigger", ask(group(0))), 400},
		"unreachable quorum":  {body("Wallets:Sign", "AlwaysTrigger", ask(group(2, w.bob.userID))), 400},
		"unknown approver":    {body("Wallets:Sign", "AlwaysTrigger", ask(group(1, "us-x"))), 400},
		"status is no member": {map[string]any{"status": "Active"}, 400},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.admin.post("/v2/policies", tt.body), tt.status) })
	}
}

func TestApprovalsList(t *testing.T) {
	w := newWorld(t, 1)
	w.policy(0, group(1, w.alice.userID))
	var ids []string
	for range 5 {
		ids = append(ids, w.pay(w.admin, "1").ApprovalID)
	}
	into[approval](t, w.vote(w.alice, ids[0], "Denied"), 200)
	count := func(query string) int {
		return len(into[list[approval]](t, w.admin.get("/v2/policy-approvals?"+query), 200).Items)
	}
	for query, want := range map[string]int{
		"": 5, "status=Pending": 4, "status=Denied": 1, "initiatorId=" + w.admin.userID: 5,
		"initiatorId=" + w.bob.userID: 0, "approverId=" + w.alice.userID: 5, "approverId=" + w.bob.userID: 0,
	} {
		if got := count(query); got != want {
			t.Errorf("list %q has %d, want %d", query, got, want)
		}
	}
	var paged []string
	for token := ""; ; {
		page := into[list[approval]](t, w.admin.get("/v2/policy-approvals?status=Pending&limit=3&paginationToken="+token), 200)
		for _, a := range page.Items {
			paged = append(paged, a.ID)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if len(paged) != 4 || paged[0] != ids[1] || paged[3] != ids[4] {
		t.Errorf("pages = %v, want %v", paged, ids[1:])
	}
	refused(t, w.admin.get("/v2/policy-approvals?paginationToken=x"), 400)
	refused(t, w.admin.get("/v2/policy-approvals?limit=501"), 400)
}
