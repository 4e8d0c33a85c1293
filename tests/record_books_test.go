package tests

import (
	"os"
	"testing"
	"time"

	"countersign/workflows"

	"go.temporal.io/sdk/client"
)

// TestRecordHistoriesOfBooks writes those of a deposit, of an opening, of a certificate and of
// schedules that are renewed.
func TestRecordHistoriesOfBooks(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // a tool, not a test: it asserts what the replay tests assert
	}
	s := newSite(t, func(o *options) { o.ReconcileEvery = 2 * time.Second })
	s.startIngress()
	s.startWorker()
	p := newPurse(s)
	waitFor(t, "the opening of the treasury's books", p.agree)
	s.deposit(1000)
	waitFor(t, "the deposit in the books", p.agree)
	if err := s.Temporal.ScheduleClient().GetHandle(t.Context(), "renew/schedules").Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	to := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	run, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "certify/record", TaskQueue: workflows.TaskQueue},
		workflows.CertifyWorkflow, workflows.CertifyInput{From: to.Add(-time.Hour), To: to})
	if err == nil {
		err = run.Get(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{workflows.OpenWalletsWorkflow, workflows.RenewSchedulesWorkflow, workflows.CertifyWorkflow} {
		s.recordAny(kind)
	}
}

// TestRecordHistoriesOfReconciliation writes those of a run and of a wallet that it has opened.
func TestRecordHistoriesOfReconciliation(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // as above
	}
	s := newSite(t)
	s.startIngress()
	s.startWorker()
	s.reconciled(t, func(workflows.ReconcileCasesResult) error { return s.running(workflows.OpenWalletWorkflow, 1) })
	for _, kind := range []string{workflows.OpenWalletWorkflow, workflows.ReconcileCasesWorkflow} {
		s.recordAny(kind)
	}
}

// TestRecordHistoryOfADeposit writes that of one that was booked, reversed and booked again, and
// is watched. That of deposit.json is from before deposits were watched, and stays as it is.
func TestRecordHistoryOfADeposit(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // as above
	}
	s, id := depositReorganised(t)
	save(t, "deposit-reversed", s.history(id))
}
