package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countersign/activities"
	"countersign/activities/bookkeeping"
	"countersign/activities/certify"
	"countersign/activities/rescreening"
	"countersign/completeness"
	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// A certifyCase is an input and the window that it means.
type certifyCase struct {
	name   string
	in     workflows.CertifyInput
	from   time.Time
	to     time.Time
	broken bool // a source cannot be asked
	fails  bool
}

func certifyCases(at, day time.Time) []certifyCase {
	return []certifyCase{
		{"the last hour", workflows.CertifyInput{Window: "hour"}, at.Truncate(time.Hour).Add(-time.Hour), at.Truncate(time.Hour), false, false},
		{"yesterday", workflows.CertifyInput{Window: "day"}, day.Add(-24 * time.Hour), day, false, false},
		{"what is asked for", workflows.CertifyInput{From: day, To: day.Add(time.Hour)}, day, day.Add(time.Hour), false, false},
		{"a source that stays away", workflows.CertifyInput{Window: "hour"}, at.Truncate(time.Hour).Add(-time.Hour), at.Truncate(time.Hour), true, false},
		{"no window", workflows.CertifyInput{}, day, day, false, true},
		{"a week", workflows.CertifyInput{Window: "week"}, day, day, false, true},
		{"both", workflows.CertifyInput{Window: "day", From: day, To: day}, day, day, false, true},
	}
}

func TestCertify(t *testing.T) {
	at := time.Date(2026, 5, 4, 12, 0, 30, 0, time.UTC)
	day := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	for _, tt := range certifyCases(at, day) {
		b := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
		b.SetStartTime(at)
		worker.Register(b, worker.Activities{
			Approvals: &activities.Approvals{}, Events: &activities.Events{}, Reconciler: &activities.Reconciler{}, Screening: &rescreening.Screening{},
			Comparison: &activities.Comparison{}, Deposits: &bookkeeping.Deposits{}, Completeness: &certify.Completeness{},
		})
		var c *certify.Completeness
		var last certify.CertifyWindowInput
		b.OnActivity(c.CertifyWindow, anything, anything).Return(func(_ context.Context, in certify.CertifyWindowInput) (certify.CertifyWindowResult, error) {
			last = in
			if tt.broken && !in.Accept {
				return certify.CertifyWindowResult{}, temporal.NewApplicationError("away", certify.Unfinished, completeness.Progress{Done: 3, Repaired: []string{"approval/ap-1"}})
			}
			return certify.CertifyWindowResult{Index: 9, Complete: !tt.broken}, nil
		})
		b.ExecuteWorkflow(workflows.Certify, tt.in)
		var res certify.CertifyWindowResult
		err := b.GetWorkflowError()
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if tt.fails {
			continue
		}
		if err := b.GetWorkflowResult(&res); err != nil || !last.From.Equal(tt.from) || !last.To.Equal(tt.to) || res.Index != 9 || last.Accept != tt.broken {
			t.Errorf("%s: certified %+v, %+v, %v", tt.name, last, res, err)
		}
		if tt.broken && fmt.Sprint(last.Earlier.Repaired) != "[approval/ap-1]" {
			t.Errorf("%s: the last try does not know what those before have started: %+v", tt.name, last)
		}
		if b.Now().Sub(tt.to) < 2*time.Minute {
			t.Errorf("%s: asked %s after its end", tt.name, b.Now().Sub(tt.to))
		}
	}
}
