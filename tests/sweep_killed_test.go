package tests

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"countersign/audit/booked"
)

// TestASweepWhileEverythingIsKilled sweeps wallets while the worker, the ingress, the platform and
// Temporal are killed with kill -9, again and again, each time when the sweep has come further.
// In the end no wallet was swept twice and none was forgotten, the report is complete, and the
// books are the chain's and the platform's to the last unit.
//
// 20 wallets by default, or as many as COUNTERSIGN_TEST_SWEPT says.
func TestASweepWhileEverythingIsKilled(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_TEST_SWEPT"))
	if err != nil || n < 3 {
		n = 20
	}
	d := newDeposits(t, n)
	d.fund()
	d.funded()
	worker, ingress := d.keep("worker"), d.keep("ingress") // one that does not find Temporal ends, and is started again
	d.known()
	before := d.native()
	d.schedule(d.order())
	d.expects(0, nil, "schedules", "trigger", "sweep/nightly", "--by", "ana", "--why", "a test")
	kills := min(8+n/10, 48)
	for i := range kills {
		d.progresses(float64(i) / float64(kills+2))
		switch i % 4 {
		case 0:
			worker.kill()
		case 1:
			d.control("/restart", map[string]string{"mode": "kill"}, nil)
			d.eventually("the platform again", func(context.Context) error { return d.look("/state", &struct{}{}) })
		case 2:
			d.killTemporal()
			d.restartTemporal()
		case 3:
			ingress.kill()
		}
	}
	id := d.closes(1)[0]
	c := d.complete(id, before)
	t.Logf("%d wallets, %d kills: %d of %d moved, fees %s wei", n, kills, c.Moved, c.Planned, c.Fees)
	d.verifies()
}

// progresses waits until the sweep has come so far: each of its moves is opened, and settles.
func (d *deposits) progresses(part float64) {
	d.t.Helper()
	steps := float64(len(d.wallets)) * 5 / 3 * 2
	d.eventually(fmt.Sprintf("%.0f %% of the sweep", 100*part), func(context.Context) error {
		if done := d.sweptSteps(); float64(done) < part*steps {
			return fmt.Errorf("%d of %.0f steps are done", done, steps)
		}
		return nil
	})
}

// sweptSteps counts what was opened and what has settled.
func (d *deposits) sweptSteps() int {
	return d.count(booked.SettlementOpened) + d.count(booked.SettlementSettled) - 2*d.asked
}
