package sandbox_test

import (
	"strings"
	"testing"
)

func TestAServiceAccountMayDoWhatItWasGiven(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccountWith("bot", 30, "")
	want := "CustomerEmployee " + bot.userID + " is not authorized to perform operation (Wallets:Read)"
	if m := refused(t, bot.get("/wallets"), 403); m != want {
		t.Errorf("refused with %q, want %q", m, want)
	}
	into[list[struct{}]](t, bot.get("/auth/credentials"), 200) // one's own

	reader := w.permission("reader", "Wallets:Read")
	grant := w.assign(reader.ID, bot.userID)
	if grant.PermissionID != reader.ID || grant.IdentityID != bot.userID || grant.IsImmutable || grant.DateCreated == "" {
		t.Errorf("assignment = %+v", grant)
	}
	into[list[entity]](t, bot.get("/wallets"), 200)
	refused(t, bot.post("/wallets", walletBody), 403)
	again := map[string]string{"identityId": bot.userID}
	refused(t, w.admin.post("/permissions/"+reader.ID+"/assignments", again), 409)

	into[role](t, w.admin.call("PUT", "/permissions/"+reader.ID, `{"operations":["Wallets:Create"]}`), 200)
	refused(t, bot.get("/wallets"), 403)
	into[entity](t, bot.post("/wallets", walletBody), 200)
	into[role](t, w.admin.call("PUT", "/permissions/"+reader.ID+"/archive", `{"isArchived":true}`), 200)
	refused(t, bot.post("/wallets", walletBody), 403)
	into[role](t, w.admin.call("PUT", "/permissions/"+reader.ID+"/archive", `{"isArchived":false}`), 200)
	into[entity](t, bot.post("/wallets", walletBody), 200)

	path := "/permissions/" + reader.ID + "/assignments/" + grant.ID
	refused(t, w.admin.call("DELETE", path+"?force=perhaps", "{}"), 400)
	into[struct{}](t, w.admin.send("DELETE", path+"?force=true", w.admin.action("DELETE", path, []byte("{}")), []byte("{}")), 200)
	refused(t, bot.post("/wallets", walletBody), 403)
	into[given](t, w.admin.post("/permissions/"+reader.ID+"/assignments", again), 200)
}

func TestOldAndNewNamesAreTheSameRight(t *testing.T) {
	w := newWorld(t, 1)
	for name, tt := range map[string]struct {
		operations []string
		path       string
		status     int
	}{
		"approvals by the SDK's name":    {[]string{"Policies:Approvals:Read"}, "/v2/policy-approvals", 200},
		"approvals by the newer name":    {[]string{"Policies:Evaluations:Read"}, "/v2/policy-approvals", 200},
		"another right":                  {[]string{"Policies:Evaluations:Vote"}, "/v2/policy-approvals", 403},
		"transfers of 2024":              {[]string{"Wallets:ReadTransfer"}, w.path("transfers"), 200},
		"transactions of 2024":           {[]string{"Wallets:ReadTransaction"}, w.path("transactions"), 200},
		"accounts of 2024":               {[]string{"Auth:Apps:Read", "Auth:Types:ServiceAccount"}, "/auth/service-accounts", 200},
		"accounts of 2024, without type": {[]string{"Auth:Apps:Read"}, "/auth/service-accounts", 403},
		"assignments of 2024":            {[]string{"PermissionAssignments:Read"}, "/permissions/" + w.managed("ManagedFullAdminAccess") + "/assignments", 200},
	} {
		t.Run(name, func(t *testing.T) {
			bot := w.serviceAccountWith(name, 1, w.permission(name, tt.operations...).ID)
			if got := bot.get(tt.path); got.Status != tt.status {
				t.Errorf("%s with %v is %d, want %d: %s", tt.path, tt.operations, got.Status, tt.status, got.Body)
			}
		})
	}
	for name, right := range map[string]string{"old": "Policies:Archive", "new": "Policies:Delete"} {
		t.Run("archive by the "+name+" name", func(t *testing.T) {
			bot := w.serviceAccountWith(name, 1, w.permission(name, right).ID)
			id := w.policyWith(map[string]any{"kind": "NoAction"}, nil)
			into[entity](t, bot.call("DELETE", "/v2/policies/"+id, "{}"), 200)
		})
	}
}

func TestVotingNeedsTheRight(t *testing.T) {
	w := newWorld(t, 1)
	voter := w.serviceAccountWith("voter", 1, w.permission("voter", "Policies:Evaluations:Vote").ID)
	reader := w.serviceAccountWith("reader", 1, w.permission("reader", "Policies:Approvals:Read").ID)
	w.policy(0, with(group(1, voter.userID, reader.userID), "serviceAccountsCanApprove"))
	id := w.pay(w.alice, "1").ApprovalID
	if m := refused(t, w.vote(reader, id, "Approved"), 403); !strings.Contains(m, "(Policies:Approvals:Approve)") {
		t.Errorf("refused with %q", m)
	}
	into[approval](t, w.vote(voter, id, "Approved"), 200)
}

func TestGivingAPermissionNeedsTheRightToAssign(t *testing.T) {
	w := newWorld(t, 1)
	full := w.managed("ManagedFullAdminAccess")
	clerk := w.permission("clerk", "Auth:ServiceAccounts:Create", "Auth:ServiceAccounts:Read")
	// bob keeps his key and loses his rights.
	for _, g := range into[list[given]](t, w.admin.get("/permissions/"+full+"/assignments"), 200).Items {
		if g.IdentityID == w.bob.userID {
			into[struct{}](t, w.admin.call("DELETE", "/permissions/"+full+"/assignments/"+g.ID, "{}"), 200)
		}
	}
	w.assign(clerk.ID, w.bob.userID)
	body := map[string]any{"name": "n", "publicKey": publicPEM(t, w.bob.key.Public())}
	poor := into[account](t, w.bob.post("/auth/service-accounts", body), 200)
	if n := len(poor.UserInfo.PermissionAssignments); n != 0 {
		t.Errorf("a new account has %d permissions", n)
	}
	body["permissionId"] = full
	if m := refused(t, w.bob.post("/auth/service-accounts", body), 403); !strings.Contains(m, "(Permissions:Assign)") {
		t.Errorf("refused with %q", m)
	}
}

func TestAssignmentsAreShown(t *testing.T) {
	w := newWorld(t, 1)
	reader := w.permission("reader", "Wallets:Read")
	bot := w.serviceAccountWith("bot", 1, reader.ID)
	shown := into[account](t, w.admin.get("/auth/service-accounts/"+bot.userID), 200)
	for where, got := range map[string][]held{
		"userInfo": shown.UserInfo.PermissionAssignments, "accessTokens": shown.AccessTokens[0].PermissionAssignments,
	} {
		if len(got) != 1 || got[0].PermissionName != "reader" || got[0].PermissionID != reader.ID ||
			got[0].AssignmentID == "" || len(got[0].Operations) != 1 {
			t.Errorf("%s shows %+v", where, got)
		}
	}
	user := into[struct{ PermissionAssignments []held }](t, w.admin.get("/auth/users/"+w.bob.userID), 200)
	if len(user.PermissionAssignments) != 1 || user.PermissionAssignments[0].PermissionName != "ManagedFullAdminAccess" {
		t.Errorf("bob shows %+v", user.PermissionAssignments)
	}
}
