package sandbox_test

import (
	"testing"
	"time"
)

// changeRequest is what the tests read of one.
type changeRequest struct {
	ID, Kind, OperationKind, Status, EntityID, ApprovalID string
	Body                                                  struct{ ID, Name, Status, IdentityID string }
}

// governed is what the tests read of a policy or permission.
type governed struct {
	ID, Name, Status     string
	Operations           []string
	IsArchived           bool
	PendingChangeRequest *changeRequest
}

// policyOn makes a policy that always triggers on an activity.
func (w *world) policyOn(activity string, action, filters map[string]any) string {
	w.t.Helper()
	body := map[string]any{"name": activity, "activityKind": activity, "rule": map[string]any{"kind": "AlwaysTrigger"}, "action": action}
	if filters != nil {
		body["filters"] = filters
	}
	return into[struct{ ID string }](w.t, w.admin.post("/v2/policies", body), 200).ID
}

func ask(timeout int, groups ...map[string]any) map[string]any {
	action := map[string]any{"kind": "RequestApproval", "approvalGroups": groups}
	if timeout > 0 {
		action["autoRejectTimeout"] = timeout
	}
	return action
}

func signPolicy(name string) map[string]any {
	return map[string]any{"name": name, "activityKind": "Wallets:Sign", "rule": map[string]any{"kind": "AlwaysTrigger"},
		"action": map[string]any{"kind": "Block"}}
}

func (w *world) changeOf(id string) *changeRequest {
	w.t.Helper()
	return into[governed](w.t, w.admin.get("/v2/policies/"+id), 200).PendingChangeRequest
}

func TestAGovernedPolicyChangesWhenThatIsApproved(t *testing.T) {
	w := newWorld(t, 1)
	p := into[governed](t, w.admin.post("/v2/policies", signPolicy("old")), 200).ID
	guard := w.policyOn("Policies:Modify", ask(0, group(1)), map[string]any{"policyId": map[string]any{"in": []string{p}}})
	r := into[changeRequest](t, w.admin.call("PUT", "/v2/policies/"+p, signPolicy("new")), 202)
	if r.Kind != "Policy" || r.OperationKind != "Update" || r.Status != "Pending" || r.EntityID != p || r.Body.Name != "new" || r.ApprovalID == "" {
		t.Errorf("change request = %+v", r)
	}
	if shown := into[governed](t, w.admin.get("/v2/policies/"+p), 200); shown.Name != "old" || shown.PendingChangeRequest == nil || shown.PendingChangeRequest.ID != r.ID {
		t.Errorf("policy = %+v", shown)
	}
	refused(t, w.admin.call("DELETE", "/v2/policies/"+p, "{}"), 409)
	refused(t, w.vote(w.admin, r.ApprovalID, "Approved"), 403)
	a := into[struct {
		Status   string
		Activity struct {
			Kind          string
			ChangeRequest changeRequest
		}
	}](t, w.vote(w.alice, r.ApprovalID, "Approved"), 200)
	if a.Status != "Approved" || a.Activity.Kind != "Policies:Modify" || a.Activity.ChangeRequest.Status != "Applied" {
		t.Errorf("approval = %+v", a)
	}
	if shown := into[governed](t, w.admin.get("/v2/policies/"+p), 200); shown.Name != "new" || shown.PendingChangeRequest != nil {
		t.Errorf("policy = %+v", shown)
	}
	into[governed](t, w.admin.call("DELETE", "/v2/policies/"+guard, "{}"), 200) // the filter leaves it alone
	into[governed](t, w.admin.call("DELETE", "/v2/policies/"+p, "{}"), 200)
}

func TestAChangeThatIsDeniedOrExpiredIsRejected(t *testing.T) {
	w := newWorld(t, 1)
	p := into[governed](t, w.admin.post("/v2/policies", signPolicy("old")), 200).ID
	w.policyOn("Policies:Modify", ask(5, group(1)), map[string]any{"policyId": map[string]any{"in": []string{p}}})
	submit := func() changeRequest {
		return into[changeRequest](t, w.admin.call("DELETE", "/v2/policies/"+p, "{}"), 202)
	}
	status := func(r changeRequest) string {
		return into[struct {
			Activity struct{ ChangeRequest changeRequest }
		}](t, w.admin.get("/v2/policy-approvals/"+r.ApprovalID), 200).Activity.ChangeRequest.Status
	}
	denied := submit()
	if denied.OperationKind != "Update" || denied.Body.Status != "Archived" {
		t.Errorf("archiving = %+v", denied)
	}
	into[approval](t, w.vote(w.alice, denied.ApprovalID, "Denied"), 200)
	expired := submit()
	w.clock.Add(int64(5 * time.Minute))
	refused(t, w.vote(w.alice, expired.ApprovalID, "Approved"), 422)
	for _, r := range []changeRequest{denied, expired} {
		if got := status(r); got != "Rejected" {
			t.Errorf("change request is %s, want Rejected", got)
		}
	}
	if shown := into[governed](t, w.admin.get("/v2/policies/"+p), 200); shown.Status != "Active" || w.changeOf(p) != nil {
		t.Errorf("policy = %+v", shown)
	}
}

func TestAChangeThatHasBecomeImpossibleFails(t *testing.T) {
	w := newWorld(t, 1)
	pm := into[governed](t, w.admin.post("/permissions", map[string]any{"name": "readers", "operations": []string{"Wallets:Read"}}), 200).ID
	w.policyOn("Permissions:Assign", ask(0, group(1)), nil)
	r := into[changeRequest](t, w.admin.post("/permissions/"+pm+"/assignments", map[string]any{"identityId": w.bob.userID}), 202)
	into[governed](t, w.admin.call("PUT", "/permissions/"+pm+"/archive", map[string]any{"isArchived": true}), 200)
	a := into[struct {
		Status   string
		Activity struct{ ChangeRequest changeRequest }
	}](t, w.vote(w.alice, r.ApprovalID, "Approved"), 200)
	if a.Status != "Approved" || a.Activity.ChangeRequest.Status != "Failed" {
		t.Errorf("approval = %+v", a)
	}
	if n := len(into[list[entity]](t, w.admin.get("/permissions/"+pm+"/assignments"), 200).Items); n != 0 {
		t.Errorf("%d assignments, want none", n)
	}
}

func TestPermissionsAndAssignmentsAreGoverned(t *testing.T) {
	w := newWorld(t, 1)
	pm := into[governed](t, w.admin.post("/permissions", map[string]any{"name": "readers", "operations": []string{"Wallets:Read"}}), 200).ID
	account := w.serviceAccount("reader", 1)
	w.policyOn("Permissions:Modify", ask(0, group(1)), map[string]any{"permissionId": map[string]any{"in": []string{pm}}})
	w.policyOn("Permissions:Assign", ask(0, group(1)), nil)
	r := into[changeRequest](t, w.admin.call("PUT", "/permissions/"+pm, map[string]any{"operations": []string{"Policies:Read"}}), 202)
	if shown := into[governed](t, w.admin.get("/permissions/"+pm), 200); shown.PendingChangeRequest == nil || shown.Operations[0] != "Wallets:Read" {
		t.Errorf("permission = %+v", shown)
	}
	refused(t, w.admin.call("PUT", "/permissions/"+pm+"/archive", map[string]any{"isArchived": true}), 409)
	into[approval](t, w.vote(w.alice, r.ApprovalID, "Approved"), 200)
	if shown := into[governed](t, w.admin.get("/permissions/"+pm), 200); shown.PendingChangeRequest != nil || shown.Operations[0] != "Policies:Read" {
		t.Errorf("permission = %+v", shown)
	}
	assign := map[string]any{"identityId": account.userID}
	a := into[changeRequest](t, w.admin.post("/permissions/"+pm+"/assignments", assign), 202)
	if a.Kind != "Assignment" || a.OperationKind != "Create" || a.Body.IdentityID != account.userID || a.EntityID != a.Body.ID {
		t.Errorf("change request = %+v", a)
	}
	refused(t, w.admin.post("/permissions/"+pm+"/assignments", assign), 409)
	count := func() int {
		return len(into[list[entity]](t, w.admin.get("/permissions/"+pm+"/assignments"), 200).Items)
	}
	if count() != 0 {
		t.Error("assigned before it was approved")
	}
	into[approval](t, w.vote(w.bob, a.ApprovalID, "Approved"), 200)
	if count() != 1 {
		t.Error("not assigned after it was approved")
	}
	d := into[changeRequest](t, w.admin.call("DELETE", "/permissions/"+pm+"/assignments/"+a.EntityID, "{}"), 202)
	into[approval](t, w.vote(w.bob, d.ApprovalID, "Denied"), 200)
	if d.OperationKind != "Delete" || count() != 1 {
		t.Errorf("revoked against a denial: %+v", d)
	}
}

func TestABlockedChangeIsRejected(t *testing.T) {
	w := newWorld(t, 1)
	pm := into[governed](t, w.admin.post("/permissions", map[string]any{"name": "readers", "operations": []string{"Wallets:Read"}}), 200).ID
	w.policyOn("Permissions:Modify", map[string]any{"kind": "Block"}, nil)
	for range 2 { // one that is rejected bars no other
		r := into[changeRequest](t, w.admin.call("PUT", "/permissions/"+pm+"/archive", map[string]any{"isArchived": true}), 202)
		if r.Status != "Rejected" || r.ApprovalID != "" {
			t.Errorf("blocked = %+v", r)
		}
	}
	if into[governed](t, w.admin.get("/permissions/"+pm), 200).IsArchived {
		t.Error("archived in spite of a block")
	}
}
