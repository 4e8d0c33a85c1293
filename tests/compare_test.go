package tests

import (
	"context"
	"errors"
	"os"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/custody/dfns"
	"countersign/workflows"

	"go.temporal.io/sdk/client"
)

// TestACredentialThatIsUsedOutsideRaisesAnAlarm has somebody vote with our service
// account's own credential, beside us.
func TestACredentialThatIsUsedOutsideRaisesAnAlarm(t *testing.T) {
	s := newSite(t) // without an ingress, so that nobody decides what we are not told of
	r, err := s.Mint(t.Context(), "0x1111111111111111111111111111111111111111", 100)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := s.stack.Account(s.stack.Accounts.Checker)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := thief.Decide(t.Context(), r.Approval, dfns.ValueApproved, "mine"); err != nil {
		t.Fatal(err)
	}
	s.startWorker("COUNTERSIGN_COMPARE_EVERY=24h")
	if err := s.Temporal.ScheduleClient().GetHandle(t.Context(), "reconcile/decisions").Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	key := countersign.AlarmKey(string(audit.UsedOutside), r.Approval, s.stack.Accounts.Checker.UserID)
	waitFor(t, "alarm", func(ctx context.Context) error {
		_, err := s.Trail.Find(ctx, key)
		return err
	})
	report, err := s.Verify(t.Context())
	if err != nil || !report.OK() || report.Alarms != 1 {
		t.Errorf("verified with %d alarms, %v, %v; want one", report.Alarms, report.Faults, err)
	}
	if os.Getenv("COUNTERSIGN_TEST_RECORD") != "" {
		s.recordAny(workflows.CompareDecisionsWorkflow)
	}
}

// TestPeoplesVotesAreImportedWithTheirProof: what alice decides in the custodian's console
// stands on our trail, with the assertion that the custodian keeps.
func TestPeoplesVotesAreImportedWithTheirProof(t *testing.T) {
	s := newSite(t)
	s.startWorker()
	s.startIngress()
	r := s.mint(6000) // over the cap: people decide
	waitFor(t, "abstention", func(ctx context.Context) error { return s.IsAbstained(ctx, r) })
	if err := s.ApproveAsAlice(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "end", func(ctx context.Context) error { return s.HasOutcome(ctx, r) })
	alice, err := s.stack.As(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Trail.Find(t.Context(), countersign.HumanKey(r.Approval, alice.UserID))
	if err != nil {
		t.Fatal(err)
	}
	var body audit.HumanDecision
	if err := e.Decode(&body); err != nil {
		t.Fatal(err)
	}
	if body.Assertion == nil || body.Assertion.Signature == "" || body.Vote.Verdict != countersign.Approve {
		t.Fatalf("imported %+v, want alice's approval with her assertion", body)
	}
	_, err1 := s.Trail.Evidence(t.Context(), body.Decision)
	_, err2 := s.Trail.Evidence(t.Context(), body.Log)
	if err := errors.Join(err1, err2); err != nil {
		t.Errorf("the custodian's own words: %v", err)
	}
	report, err := s.Verify(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("trail: %v, %v", report.Faults, err)
	}
}
