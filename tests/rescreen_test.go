package tests

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/screened"
	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
	"countersign/config"
	"countersign/schedules"
	"countersign/store"
	"countersign/workflows"

	"go.temporal.io/sdk/client"
)

// TestAnOpenApprovalIsScreenedAgain: an address is put on a list after we have approved
// and before people have. It is told, once, and our decision stays what it was.
func TestAnOpenApprovalIsScreenedAgain(t *testing.T) {
	s, r, list := newScreenedSite(t)

	// By the schedule: what is read first is recorded, and nobody is listed.
	if err := s.Temporal.ScheduleClient().GetHandle(t.Context(), "refresh/screening").Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "record of the lists", func(context.Context) error { return s.has(screened.ListsRefreshed, 1) })

	if res := s.refreshScreening("same"); res.Screened != 0 || len(res.Changed) != 0 {
		t.Errorf("the same lists: %+v, want nothing screened", res)
	}
	list(stack.Recipient)
	if res := s.refreshScreening("listed"); res.Screened != 1 || res.Told != 1 || !slices.Equal(res.Changed, []string{"own"}) {
		t.Errorf("another list: %+v, want one approval told of", res)
	}
	list(stack.Recipient, stack.Denied)
	if res := s.refreshScreening("more"); res.Screened != 1 || res.Told != 1 { // told for these lists, too
		t.Errorf("a third list: %+v, want one approval told of", res)
	}
	var told screened.Rescreened
	for e, err := range s.Trail.Entries(t.Context(), store.Filter{Type: screened.ApprovalRescreened, Approval: r.Approval, Limit: 1}) {
		if err == nil {
			err = e.Decode(&told)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if told.Screening != "hit" || told.Count != 1 || !strings.EqualFold(told.Addresses[0].Address, stack.Recipient) || told.Verdict != "approve" {
		t.Errorf("told %+v, want a hit on the recipient of what we approved", told)
	}
	if err := errors.Join(s.has(screened.ListsRefreshed, 3), s.has(screened.ApprovalRescreened, 2), s.has(audit.DecisionIntent, 1)); err != nil {
		t.Error(err)
	}
	if err := s.ApproveAsAlice(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.endsApprovedOnce(r, audit.Posted)
	list(stack.Recipient)
	if res := s.refreshScreening("ended"); res.Screened != 0 || len(res.Changed) != 1 {
		t.Errorf("after the end: %+v, want nothing screened", res)
	}
}

// TestTheScheduleOfScreeningIsForThoseWhoScreen holds the schedule to the setting.
func TestTheScheduleOfScreeningIsForThoseWhoScreen(t *testing.T) {
	for _, own := range schedules.Own(schedules.Intervals{Reconcile: time.Minute, Compare: time.Minute}) {
		if own.ID == "refresh/screening" {
			t.Errorf("schedule %s where nothing is screened", own.ID)
		}
	}
	file := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		screening string
		refused   bool
	}{{"", false}, {file, true}} {
		c, err := config.Load("", []string{"COUNTERSIGN_SCREENING_EVERY=0s", "COUNTERSIGN_SCREENING_FILE=" + tt.screening})
		if err != nil {
			t.Fatal(err)
		}
		if refused := strings.Contains(c.Check(config.RoleWorker).Error(), "COUNTERSIGN_SCREENING_EVERY"); refused != tt.refused {
			t.Errorf("an interval of zero with the file %q: refused %t, want %t", tt.screening, refused, tt.refused)
		}
	}
}

// newScreenedSite is a site whose worker screens against one list, and a mint that we
// have approved and people have not. list writes the list anew.
func newScreenedSite(t *testing.T) (s *site, r demo.Request, list func(addresses ...string)) {
	t.Helper()
	s = newSite(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list = func(addresses ...string) {
		write("own.txt", "0x098B716B8Aaf21512996dC57EB0615e2383E2f96 somebody else\n"+strings.Join(addresses, "\n")+"\n")
	}
	list()
	write("screening.json", `{"timeout":"1m","lists":[{"name":"own","format":"text","file":"own.txt","max_age":"24h"}]}`)
	s.twoMustApprove()
	s.startWorker("COUNTERSIGN_SCREENING_FILE="+filepath.Join(dir, "screening.json"), "COUNTERSIGN_SCREENING_EVERY=24h")
	s.startIngress()
	r = s.mint(100)
	waitFor(t, "vote of ours", func(ctx context.Context) error { return s.HasPost(ctx, r) })
	return s, r, list
}

// twoMustApprove lets an approval of ours wait for another's.
func (s *site) twoMustApprove() {
	s.t.Helper()
	admin, err := s.stack.Platform.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	alice, err := s.stack.As(s.t.Context(), "alice")
	if err != nil {
		s.t.Fatal(err)
	}
	err = admin.Do(s.t.Context(), http.MethodPut, "/v2/policies/"+s.stack.Accounts.Policy, map[string]any{
		"name": "two", "activityKind": "Wallets:Sign", "rule": map[string]any{"kind": "AlwaysTrigger"},
		"action": map[string]any{"kind": "RequestApproval", "approvalGroups": []any{map[string]any{
			"name": "two", "quorum": 2, "serviceAccountsCanApprove": true,
			"approvers": map[string]any{"userId": map[string]any{"in": []string{alice.UserID, s.stack.Accounts.Checker.UserID}}},
		}}},
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
}

// refreshScreening runs the workflow, under a name of its own, to its end.
func (s *site) refreshScreening(name string) (res workflows.RefreshScreeningResult) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	run, err := s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "screening/" + name, TaskQueue: workflows.TaskQueue},
		workflows.RefreshScreeningWorkflow, workflows.RefreshScreeningInput{})
	if err == nil {
		err = run.Get(ctx, &res)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return res
}

// has returns nil when the trail has so many records of a type.
func (s *site) has(kind audit.Type, want int) error {
	n := 0
	for _, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: kind}) {
		if err != nil {
			return err
		}
		n++
	}
	if n != want {
		return errors.New("the trail has another number of records " + string(kind))
	}
	return nil
}
