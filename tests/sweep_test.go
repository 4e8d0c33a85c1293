package tests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/swept"
	"countersign/store"
	"countersign/sweep"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// TestASweepThroughItsSchedule has deposits arrive at ten wallets, of the native asset and of a
// token, and a schedule sweep them: wallets without gas get it first, everything lands in the
// treasury, and what the report says is what the chain, the platform and the books say. The same
// window again moves nothing, and neither does the next one.
func TestASweepThroughItsSchedule(t *testing.T) {
	t.Parallel()
	d := newDeposits(t, 10)
	d.startWorker()
	d.startIngress()
	d.fund()
	d.funded()
	d.known()
	before := d.native()
	d.schedule(d.order())
	d.expects(0, nil, "schedules", "trigger", "sweep/nightly", "--by", "ana", "--why", "a test")
	id := d.closes(1)[0]
	closed := d.complete(id, before)
	if len(closed.Totals) != 3 { // gas, the native asset, the token
		t.Errorf("%d totals: %+v", len(closed.Totals), closed.Totals)
	}
	d.again(id)

	d.expects(0, nil, "schedules", "trigger", "sweep/nightly", "--by", "ana", "--why", "and again")
	next := d.closes(2)[1]
	if next == id {
		t.Fatalf("the next window is %s too", next)
	}
	c, _, _, err := swept.ReadReport(t.Context(), d.Trail, next)
	if err != nil || c.Planned != 0 {
		t.Errorf("the next window moves %+v, %v", c, err)
	}
	d.verifies()
}

// order sweeps everything above 1,000 wei, but not what is left of gas that was paid for.
func (d *deposits) order() sweep.Order {
	p := d.stack.Platform
	return sweep.Order{
		Sweep: "nightly", Network: p.Network, Tag: "deposit", Treasury: p.WalletID, TopUp: &sweep.TopUp{Wallet: d.station.ID},
		MaxGasPrice: countersign.MustAmount("1000000000000"),
		Assets: []sweep.Asset{
			{Floor: countersign.NewAmount(floor), Dust: countersign.MustAmount("100000000000000000")},
			{Contract: strings.ToLower(p.Token), Dust: countersign.NewAmount(2)},
		},
	}
}

// floor stays in every wallet, in wei.
const floor = 1000

// schedule applies a file with the order's schedule, which is never due by itself.
func (d *deposits) schedule(o sweep.Order) {
	d.t.Helper()
	text, err := json.Marshal(map[string]any{"schedules": []any{map[string]any{
		"id": "sweep/nightly", "note": "Moves what deposit wallets hold to the treasury.", "workflow": workflows.ScheduledSweepWorkflow,
		"input": o, "cron": "0 3 29 2 *", "zone": "UTC", "catch_up": "1h",
	}}})
	file := filepath.Join(d.t.TempDir(), "schedules.yaml")
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.expects(0, []string{"sweep/nightly: created"}, "schedules", "apply", "--file", file, "--yes", "--by", "ana", "--why", "a test")
}

// closes waits for so many reports, and returns the runs that they are of in their order.
func (d *deposits) closes(n int) (ids []string) {
	d.t.Helper()
	d.eventually(fmt.Sprintf("report %d", n), func(ctx context.Context) error {
		ids = nil
		for e, err := range d.Trail.Entries(ctx, store.Filter{Type: swept.SweepClosed}) {
			if err != nil {
				return err
			}
			ids = append(ids, e.Record.Lineage)
		}
		if len(ids) < n {
			return fmt.Errorf("there are %d: %s", len(ids), d.standing(ctx))
		}
		return nil
	})
	if len(ids) != n {
		d.t.Fatalf("%d reports, want %d", len(ids), n)
	}
	return ids
}

// standing says where the run stands that has begun last.
func (d *deposits) standing(ctx context.Context) string {
	id := "no plan"
	for e, err := range d.Trail.Entries(ctx, store.Filter{Type: swept.SweepPlanned}) {
		if err != nil {
			return err.Error()
		}
		id = e.Record.Lineage
	}
	v, err := d.Temporal.QueryWorkflow(ctx, id, "", workflows.StatusQuery)
	var s flow.SweepStatus
	if err == nil {
		err = v.Get(&s)
	}
	return fmt.Sprintf("%s %+v %v", id, s, err)
}

// complete holds a report against the plan and what everything was before against what it is now.
func (d *deposits) complete(id string, before *big.Int) swept.Closed {
	d.t.Helper()
	plan, _, err := swept.ReadPlan(d.t.Context(), d.Trail, id)
	if err != nil {
		d.t.Fatal(err)
	}
	c, results, _, err := swept.ReadReport(d.t.Context(), d.Trail, id)
	if err != nil {
		d.t.Fatal(err)
	}
	if c.Moved != c.Planned || c.Planned != len(plan.All()) || len(results) != c.Planned {
		d.t.Errorf("%d of %d have moved: %+v", c.Moved, c.Planned, c)
	}
	for i, r := range results {
		m := plan.All()[i]
		if r.State != countersign.SettlementSettled || r.SettlementID != m.ExternalID || r.Amount.Cmp(m.Amount) != 0 || r.Fee.Cmp(m.MaxFee) > 0 || r.Differs {
			d.t.Errorf("%+v of %+v", r, m)
		}
	}
	if after := new(big.Int).Add(d.native(), c.Fees.Big()); after.Cmp(before) != 0 {
		d.t.Errorf("all wallets had %s wei, and have %s with the fees of %s", before, after, c.Fees)
	}
	d.once(plan)
	d.empty()
	waitFor(d.t, "the books as the chain and the platform", d.agree)
	return c
}

// again has the same window run again: while Temporal knows it, and once it has forgotten.
func (d *deposits) again(id string) {
	d.t.Helper()
	ctx := d.t.Context()
	entry, err := d.Trail.Find(ctx, id+"/planned")
	if err != nil {
		d.t.Fatal(err)
	}
	var p swept.Planned
	if err := entry.Decode(&p); err != nil {
		d.t.Fatal(err)
	}
	before, records := d.native(), d.settlements()
	start := func() (client.WorkflowRun, error) {
		return d.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: id, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, WorkflowExecutionErrorWhenAlreadyStarted: true,
		}, workflows.SweepWorkflow, flow.SweepInput{Run: p.Run})
	}
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if _, err := start(); !errors.As(err, &already) {
		d.t.Errorf("started twice: %v", err)
	}
	if _, err := d.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: d.Temporal.Namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: id},
	}); err != nil {
		d.t.Fatal(err)
	}
	var run client.WorkflowRun
	waitFor(d.t, "Temporal to forget", func(context.Context) (err error) {
		run, err = start()
		return err
	})
	var s flow.SweepStatus
	if err := run.Get(ctx, &s); err != nil || s.Report == nil || s.Plan.Index != entry.Index {
		d.t.Errorf("forgotten and run again: %+v, %v", s, err)
	}
	if got := d.settlements(); got != records || d.native().Cmp(before) != 0 {
		d.t.Errorf("it moved something: %d settlements, were %d", got, records)
	}
}

// settlements counts what was opened.
func (d *deposits) settlements() (n int) {
	d.t.Helper()
	return d.count("settlement.opened")
}

func (d *deposits) count(kind audit.Type) (n int) {
	d.t.Helper()
	for _, err := range d.Trail.Entries(d.t.Context(), store.Filter{Type: kind}) {
		if err != nil {
			d.t.Fatal(err)
		}
		n++
	}
	return n
}

// eventually waits as [waitFor] does, and longer where there are many wallets.
func (d *deposits) eventually(what string, condition func(context.Context) error) {
	d.t.Helper()
	deadline := time.Now().Add(patience + time.Duration(len(d.wallets))*5*time.Second)
	for {
		err := condition(d.t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) || d.t.Context().Err() != nil || d.t.Failed() {
			d.t.Fatalf("no %s: %v", what, err)
		}
		select {
		case <-d.t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}
