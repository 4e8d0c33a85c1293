package tests

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
	"countersign/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// TestRecordHistories writes testdata/history from the build at hand. Run it on a
// release (`make record`), never to make a failing replay pass: a history is what
// is running at somebody's desk.
func TestRecordHistories(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // a tool, not a test: it asserts what the replay tests assert
	}
	s := newSite(t)
	away := newAway(t, s.stack.Platform.BaseURL)
	s.start("worker", "COUNTERSIGN_DFNS_URL="+away.URL)
	s.startIngress()

	away.away.Store(true)
	slow := s.mint(100)
	waitFor(t, "step that gave way", func(ctx context.Context) error { return s.pendingActivity(ctx, slow) })
	away.away.Store(false)
	s.recordEnded("approve-slow-path", slow)

	s.recordEnded("approve", s.mint(100))
	denied, err := s.Mint(t.Context(), stack.Denied, 100)
	if err != nil {
		t.Fatal(err)
	}
	s.recordEnded("reject", denied)
	people := s.mint(6000)
	waitFor(t, "abstention", func(ctx context.Context) error { return s.IsAbstained(ctx, people) })
	if err := s.ApproveAsAlice(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	s.recordEnded("abstain-then-people", people)

	if err := s.DeliverUnknownKind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Temporal.ScheduleClient().GetHandle(t.Context(), "reconcile/approvals").Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{workflows.NoticeWorkflow, workflows.StrayWorkflow, workflows.ReconcileWorkflow} {
		s.recordAny(kind)
	}
}

// TestRecordHistoriesOfScreening writes that of an open approval that is screened again.
func TestRecordHistoriesOfScreening(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // as above
	}
	s, _, list := newScreenedSite(t)
	list(stack.Recipient)
	s.refreshScreening("record")
	save(t, "refresh-screening", s.history("screening/record"))
}

func (s *site) recordEnded(name string, r demo.Request) {
	s.t.Helper()
	waitFor(s.t, "closed workflow", func(ctx context.Context) error { return s.Closed(ctx, r) })
	save(s.t, name, s.history(workflows.ApprovalID(r.Approval)))
}

// recordAny saves the history of one completed workflow of a type.
func (s *site) recordAny(kind string) {
	s.t.Helper()
	waitFor(s.t, "completed "+kind, func(ctx context.Context) error {
		page, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + kind + "' AND ExecutionStatus = 'Completed'", PageSize: 1,
		})
		if err == nil && len(page.Executions) == 0 {
			err = errors.New("none yet")
		}
		if err == nil {
			save(s.t, map[string]string{
				workflows.NoticeWorkflow: "notice", workflows.StrayWorkflow: "stray", workflows.ReconcileWorkflow: "reconcile",
				workflows.CompareDecisionsWorkflow: "compare-decisions", workflows.CertifyWorkflow: "certify",
				workflows.OpenWalletsWorkflow: "open-wallets", workflows.RenewSchedulesWorkflow: "renew-schedules",
				workflows.ScheduledSweepWorkflow: "scheduled-sweep",
				workflows.OpenWalletWorkflow:     "open-wallet", workflows.ReconcileCasesWorkflow: "reconcile-cases",
			}[kind], s.history(page.Executions[0].Execution.WorkflowId))
		}
		return err
	})
}

func (s *site) history(id string) *historypb.History {
	s.t.Helper()
	h := &historypb.History{}
	events := s.Temporal.GetWorkflowHistory(s.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			s.t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

func (s *site) pendingActivity(ctx context.Context, r demo.Request) error {
	d, err := s.Temporal.DescribeWorkflowExecution(ctx, workflows.ApprovalID(r.Approval), "")
	if err == nil && len(d.PendingActivities) == 0 {
		err = errors.New("no pending activity")
	}
	return err
}

// away is a custodian that cannot be reached while it says so.
type away struct {
	URL  string
	away atomic.Bool
}

func newAway(t *testing.T, platform string) *away {
	t.Helper()
	target, err := url.Parse(platform)
	if err != nil {
		t.Fatal(err)
	}
	a := &away{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.away.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	a.URL = srv.URL
	return a
}
