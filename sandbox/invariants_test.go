package sandbox_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ruled is an approval as the model reads it.
type ruled struct {
	approval
	PolicyEvaluations []struct {
		PolicyID  string
		Triggered bool
	}
}

// model is what is remembered of one wallet: what was asked of the platform, and under
// which policies. Everything else is read from the platform and held against it.
type model struct {
	*rapid.T
	money
	w       *world
	people  []client
	wallet  string
	verdict string                       // what the file of verdicts says
	rules   map[string]rules             // the active policies on the wallet
	asked   map[string]map[string]rules  // by request, the policies that were active then
	by      map[string]string            // by external ID, the one request
	over    map[string]bool              // requests that were seen Rejected
	names   map[string]map[string]string // by policy, the approvals under which it may bear a name; "" for none
	changes map[string]string            // approvals of change requests
}

// actions are drawn from; most sequences should get as far as an execution.
var actions = append(slices.Repeat([]string{"RequestApproval"}, 10), "Block", "NoAction")

// rules is a policy of the model.
type rules struct {
	always bool // it triggers on everything
	action string
	groups []map[string]any
	on     []string // the verdicts on which it triggers, if it screens
}

// fewerChecks has a property checked by 16 sequences, unless the flag says by how many.
func fewerChecks(t *testing.T) {
	t.Helper()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("16"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoSequenceBreaksTheInvariants makes random calls and, after each, holds what the
// platform shows against its rules: nothing executes, and nothing is signed, without the
// quorum of every group of every triggered policy; an initiator's own approval does not
// count unless the group says so; what was denied or has expired never executes; a user
// votes once; an external ID names one request. A governed policy changes by an approved
// change request only. A rule that screens triggers exactly when the verdicts say so. In
// the end no money was made or lost, whatever came in, was cancelled or sped up.
func TestNoSequenceBreaksTheInvariants(t *testing.T) {
	fewerChecks(t)
	w := newWorld(t, 1)
	people := []client{w.admin, w.alice, w.bob, w.serviceAccount("voter", 1)}
	rapid.Check(t, func(r *rapid.T) {
		m := &model{T: r, w: w, people: people, rules: map[string]rules{}, asked: map[string]map[string]rules{}, by: map[string]string{},
			over: map[string]bool{}, names: map[string]map[string]string{}, changes: map[string]string{}}
		m.open(r)
		r.Repeat(map[string]func(*rapid.T){
			"policy": m.policy, "request": m.request, "request again": m.request, "request more": m.request, "archive": m.archive,
			"vote": m.vote, "vote again": m.vote, "vote once more": m.vote, "vote still": m.vote, "vote on": m.vote,
			"guard": m.guard, "rename": m.rename, "advance": func(r *rapid.T) {
				w.clock.Add(int64(time.Duration(rapid.IntRange(1, 4).Draw(r, "minutes")) * time.Minute))
			},
			"sign": m.sign, "judge": m.judge, "watch": m.watch, "deposit": m.deposit, "replace": m.replace,
			"hold": m.hold, "release": func(*rapid.T) { w.chain().Release() },
			"": func(*rapid.T) { m.check() },
		})
		m.settle()
		for id := range m.rules { // so that the next run starts alike
			w.admin.call("DELETE", "/v2/policies/"+id, "{}")
		}
	})
}

// renamed are the groups of a renamed policy.
var renamed = []map[string]any{{"quorum": 1, "approvers": map[string]any{}, "initiatorCanApprove": false, "serviceAccountsCanApprove": false}}

// group draws an approval group.
func (m *model) group(r *rapid.T) map[string]any {
	g := map[string]any{"quorum": rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(r, "quorum"), "approvers": map[string]any{},
		"initiatorCanApprove": rapid.Bool().Draw(r, "initiator"), "serviceAccountsCanApprove": rapid.Bool().Draw(r, "machines")}
	if rapid.Bool().Draw(r, "listed") {
		ids := []string{}
		for _, c := range m.people[rapid.IntRange(0, 2).Draw(r, "from"):] {
			ids = append(ids, c.userID)
		}
		g["approvers"] = map[string]any{"userId": map[string]any{"in": ids}}
	}
	return g
}

func (m *model) action(r *rapid.T, kind string) (map[string]any, []map[string]any) {
	action, groups := map[string]any{"kind": kind}, []map[string]any(nil)
	if kind == "RequestApproval" {
		groups = rapid.SliceOfN(rapid.Custom(m.group), 1, 2).Draw(r, "groups")
		action["approvalGroups"] = groups
		if rapid.Bool().Draw(r, "expires") {
			action["autoRejectTimeout"] = rapid.IntRange(1, 5).Draw(r, "timeout")
		}
	}
	return action, groups
}

// vote has anyone decide on anything.
func (m *model) vote(r *rapid.T) {
	var open []string
	late := rapid.IntRange(0, 3).Draw(r, "late") == 0
	for _, e := range m.requests() {
		if e.ApprovalID != "" && (late || e.Status == "Pending") {
			open = append(open, e.ApprovalID)
		}
	}
	for id := range m.changes {
		open = append(open, id)
	}
	if len(open) == 0 {
		r.Skip("nothing to vote on")
	}
	slices.Sort(open)
	value := rapid.SampledFrom(append(slices.Repeat([]string{"Approved"}, 9), "Denied")).Draw(r, "value")
	m.w.vote(rapid.SampledFrom(m.people).Draw(r, "who"), open[rapid.IntRange(0, len(open)-1).Draw(r, "on")], value)
}

// known draws one of the policies on the wallet.
func (m *model) known(r *rapid.T) string {
	if len(m.rules) == 0 {
		r.Skip("no policy")
	}
	ids := []string{}
	for id := range m.rules {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids[rapid.IntRange(0, len(ids)-1).Draw(r, "policy")]
}

func (m *model) archive(r *rapid.T) {
	id := m.known(r)
	if a := m.w.admin.call("DELETE", "/v2/policies/"+id, "{}"); a.Status == 200 {
		delete(m.rules, id)
	} else if a.Status == 202 {
		m.submitted(id, "", a)
	}
}

// guard makes a policy over the changes of a policy.
func (m *model) guard(r *rapid.T) {
	action, _ := m.action(r, "RequestApproval")
	m.w.admin.post("/v2/policies", map[string]any{"name": "guard", "activityKind": "Policies:Modify", "action": action,
		"rule": map[string]any{"kind": "AlwaysTrigger"}, "filters": map[string]any{"policyId": map[string]any{"in": []string{m.known(r)}}}})
}

// rename makes a policy one that always asks one person, under another name.
func (m *model) rename(r *rapid.T) {
	id, name := m.known(r), rapid.SampledFrom([]string{"second", "third"}).Draw(r, "name")
	p := signPolicy(name)
	p["action"], p["filters"] = ask(0, renamed...), map[string]any{"walletId": map[string]any{"in": []string{m.wallet}}}
	switch a := rapid.SampledFrom(m.people[:3]).Draw(r, "who").call("PUT", "/v2/policies/"+id, p); a.Status {
	case 200:
		m.names[id][name], m.rules[id] = "", rules{true, "RequestApproval", renamed, nil}
	case 202:
		m.submitted(id, name, a)
	}
}

func (m *model) submitted(policy, name string, a answer) {
	r := into[changeRequest](m.w.t, a, 202)
	m.changes[r.ApprovalID] = policy
	if why, may := m.names[policy][name]; name != "" && (!may || why != "") {
		m.names[policy][name] = r.ApprovalID // the latest, since one change is pending at most
	}
}

// check holds what the platform shows against the rules.
func (m *model) check() {
	for approval, id := range m.changes { // what was approved is in force
		if m.approval(approval).Status != "Approved" {
			continue
		}
		delete(m.changes, approval)
		p := into[governed](m.w.t, m.w.admin.get("/v2/policies/"+id), 200)
		if m.names[id][p.Name] == approval {
			m.names[id][p.Name] = ""
		}
		if delete(m.rules, id); p.Status == "Active" {
			m.rules[id] = rules{true, "RequestApproval", renamed, nil}
		}
	}
	for id := range m.names {
		p := into[governed](m.w.t, m.w.admin.get("/v2/policies/"+id), 200)
		if why, may := m.names[id][p.Name]; !may || why != "" {
			m.Fatalf("policy %s is named %q, which nobody approved", id, p.Name)
		}
	}
	paid, held := m.wei(recipient), m.wei(m.address)
	all := m.requests()
	m.checkMoney(all, paid, held)
	for _, e := range all {
		m.checkRequest(e)
	}
}

func (m *model) approval(id string) ruled {
	return into[ruled](m.w.t, m.w.admin.get("/v2/policy-approvals/"+id), 200)
}

func (m *model) checkRequest(e entity) {
	if m.over[e.ID] && e.Status != "Rejected" {
		m.Fatalf("%s was Rejected and is %s", e.ID, e.Status)
	}
	m.over[e.ID] = e.Status == "Rejected"
	executes := e.Status != "Pending" && e.Status != "Rejected"
	for id, p := range m.asked[e.ID] {
		if p.always && (p.action == "Block" && e.Status != "Rejected" || p.action == "RequestApproval" && executes && e.ApprovalID == "") {
			m.Fatalf("%s is %s in spite of policy %s", e.ID, e.Status, id)
		}
	}
	if e.ApprovalID == "" {
		return
	}
	a := m.approval(e.ApprovalID)
	voted := map[string]bool{}
	for _, d := range a.Decisions {
		if voted[d.UserID] {
			m.Fatalf("%s voted twice on %s", d.UserID, a.ID)
		}
		voted[d.UserID] = true
		if d.Value == "Denied" && (executes || a.Status != "Denied") {
			m.Fatalf("%s was denied and is %s", e.ID, e.Status)
		}
	}
	if executes != (a.Status == "Approved") {
		m.Fatalf("%s is %s under an approval that is %s", e.ID, e.Status, a.Status)
	}
	for _, evaluation := range a.PolicyEvaluations {
		p := m.asked[e.ID][evaluation.PolicyID]
		if p.on != nil && evaluation.Triggered != p.always {
			m.Fatalf("policy %s triggered on %s: %t, and not %t", evaluation.PolicyID, e.ID, evaluation.Triggered, p.always)
		}
		for _, g := range p.groups {
			if n := m.counted(a, g); executes && evaluation.Triggered && n < g["quorum"].(int) {
				m.Fatalf("%s is %s with %d approvals of group %v", e.ID, e.Status, n, g)
			}
		}
	}
}
