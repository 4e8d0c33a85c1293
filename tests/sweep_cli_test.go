package tests

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/swept"
	"countersign/store"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	enumspb "go.temporal.io/api/enums/v1"
)

// TestASweepOnTheCommandLine walks an operator's way: the plan is looked at, a run is started,
// approved, looked after, and its report is printed.
func TestASweepOnTheCommandLine(t *testing.T) {
	t.Parallel()
	d, file := newOrder(t)
	d.expects(2, []string{"--dry-run"}, "sweep", "plan", "--file", file)
	d.expects(2, []string{"either --file or --schedule"}, "sweep", "run")
	d.expects(3, []string{"no such file"}, "sweep", "run", "--file", file+".none")
	d.expects(0, []string{"MOVES", "TOP-UPS", d.wallets[0].ID}, "sweep", "plan", "--dry-run", "--file", file)
	d.expects(0, []string{`"moves": [`}, "sweep", "plan", "--dry-run", "--file", file, "--json")
	if n := d.count(swept.SweepPlanned); n != 0 {
		t.Fatalf("%d plans were written", n)
	}

	const id = "sweep/nightly/2026-11-29T17:30:00Z"
	due := []string{"sweep", "run", "--file", file, "--due", "2026-11-29T17:30:00Z"}
	d.expects(3, []string{"has no plan"}, "sweep", "approve", id, "--by", "ana", "--reason", "too early")
	d.expects(0, []string{id + " has begun"}, due...)
	d.expects(3, []string{"there already"}, due...)
	d.awaits(id)
	d.expects(0, []string{"awaiting approval", "sweep approve " + id, "MOVES"}, "sweep", "show", id)
	d.eventually("the sweep in the list", func(context.Context) error {
		if out, _, _ := d.run("sweep", "list"); !strings.Contains(out, id) || !strings.Contains(out, string(flow.NeedsApproval)) {
			return errors.New(out)
		}
		return nil
	})
	d.expects(2, []string{"names no run"}, "sweep", "approve", "nightly", "--reason", "x")
	d.expects(2, []string{"--reason is required"}, "sweep", "approve", id)
	d.expects(3, []string{"no report"}, "sweep", "report", id)
	d.expects(0, []string{"is approved", "by ana (as every night)"}, "sweep", "approve", id, "--by", "ana", "--reason", "as every night")
	d.expects(3, []string{"is approved", "the first word stands"}, "sweep", "decline", id, "--by", "bo", "--reason", "no")
	d.closes(1)
	d.expects(0, []string{"moved, 0 failed, 0 under way, 0 not begun", d.wallets[2].ID, "settled"}, "sweep", "report", id)
	d.eventually("the end in the status", func(context.Context) error {
		if out, _, _ := d.run("sweep", "show", id, "--json"); !strings.Contains(out, `"outcome": "swept"`) {
			return errors.New(out)
		}
		return nil
	})
	d.expects(3, []string{"is approved", "the first word stands"}, "sweep", "decline", id, "--by", "bo", "--reason", "no")
	d.expects(3, []string{"no sweep"}, "sweep", "show", "sweep/other/2026-11-29T17:30:00Z")
}

// newOrder starts a site with three wallets that are paid into, and writes an order that wants
// approval.
func newOrder(t *testing.T) (*deposits, string) {
	t.Helper()
	d := newDeposits(t, 3)
	d.startWorker()
	d.startIngress()
	d.fund()
	waitFor(t, "the books of all wallets", d.agree)
	order := d.order()
	order.Approval = true
	text, err := json.Marshal(order)
	file := filepath.Join(t.TempDir(), "order.json")
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d, file
}

// awaits waits until a run waits for a person.
func (d *deposits) awaits(id string) {
	d.t.Helper()
	d.eventually("a plan to approve", func(ctx context.Context) error {
		v, err := d.Temporal.QueryWorkflow(ctx, id, "", workflows.StatusQuery)
		var s flow.SweepStatus
		if err == nil {
			err = v.Get(&s)
		}
		if err == nil && s.Phase != flow.AwaitingApproval {
			err = errors.New(string(s.Phase))
		}
		return err
	})
}

// TestRecordHistoriesOfSweeps writes those of a sweep that waits for approval, and of what its
// schedule starts.
func TestRecordHistoriesOfSweeps(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_RECORD") == "" {
		t.SkipNow() // a tool, not a test: it asserts what the replay tests assert
	}
	d, _ := newOrder(t)
	order := d.order()
	order.Approval = true
	d.schedule(order)
	d.expects(0, nil, "schedules", "trigger", "sweep/nightly", "--by", "ana", "--why", "a test")
	var planned audit.Entry
	d.eventually("a plan", func(ctx context.Context) error {
		for e, err := range d.Trail.Entries(ctx, store.Filter{Type: swept.SweepPlanned}) {
			planned = e
			return err
		}
		return errors.New("none yet")
	})
	id := planned.Record.Lineage
	d.awaits(id)
	d.expects(0, nil, "sweep", "approve", id, "--by", "ana", "--reason", "a test")
	d.closes(1)
	d.recordAny(workflows.ScheduledSweepWorkflow)
	h := d.history(id)
	if last := h.Events[len(h.Events)-1].EventType; last != enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED {
		t.Fatalf("it ends with %s", last)
	}
	save(t, "sweep", h)
}
