package workflows_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/activities/reconciling"
	"countersign/workflows"

	"go.temporal.io/sdk/temporal"
)

// A run goes on where the last has ended.
func TestReconcileCasesGoesOn(t *testing.T) {
	until := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	last := workflows.ReconcileCasesResult{
		Lists: reconciling.ReconcileListsResult{Until: until, Deliveries: "d1"}, Wallets: reconciling.ReconcileWalletsResult{Cursor: "w1"},
	}
	for name, before := range map[string]*workflows.ReconcileCasesResult{"first": nil, "second": &last} {
		b := newBench(t)
		want := workflows.ReconcileCasesResult{}
		if before != nil {
			b.SetLastCompletionResult(*before)
			want = *before
		}
		var r *reconciling.Reconciliation
		tries := 0
		b.OnActivity(r.ReconcileLists, anything, anything).Return(func(_ context.Context, in reconciling.ReconcileListsInput) (reconciling.ReconcileListsResult, error) {
			if tries++; tries < 3 {
				return reconciling.ReconcileListsResult{}, errors.New("away")
			}
			if !in.Since.Equal(want.Lists.Until) || in.Deliveries != want.Lists.Deliveries {
				t.Errorf("%s: lists from %+v", name, in)
			}
			return reconciling.ReconcileListsResult{Until: until.Add(time.Minute), Deliveries: "d2", Moved: []string{"wa-7"}}, nil
		})
		b.OnActivity(r.ReconcileWallets, anything, anything).Return(func(_ context.Context, in reconciling.ReconcileWalletsInput) (reconciling.ReconcileWalletsResult, error) {
			if in.Cursor != want.Wallets.Cursor || len(in.Moved) != 1 || in.Moved[0] != "wa-7" {
				t.Errorf("%s: wallets from %+v", name, in)
			}
			return reconciling.ReconcileWalletsResult{Cursor: "w2", Found: reconciling.Found{Repaired: 1}}, nil
		})
		b.ExecuteWorkflow(workflows.ReconcileCases)
		var res workflows.ReconcileCasesResult
		if err := b.GetWorkflowResult(&res); err != nil || res.Lists.Deliveries != "d2" || res.Wallets.Cursor != "w2" {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

// A wallet whose books do not begin is tried for ever; people are told after an hour, once.
func TestAWalletIsOpenedLate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		works  time.Duration // after which its books can begin
		never  bool
		alarms int
	}{
		{"at once", 0, false, 0},
		{"within the hour", 30 * time.Minute, false, 0},
		{"after days", 50 * time.Hour, false, 1},
		{"never", 0, true, 1},
	} {
		b := newBench(t)
		began := b.Now()
		var d *bookkeeping.Deposits
		b.OnActivity(d.OpenWallet, anything, anything).Return(func(_ context.Context, in bookkeeping.OpenWalletInput) (bookkeeping.OpenWalletResult, error) {
			switch {
			case tt.never:
				return bookkeeping.OpenWalletResult{}, temporal.NewNonRetryableApplicationError("no ID", "InvalidID", nil)
			case b.Now().Sub(began) < tt.works:
				return bookkeeping.OpenWalletResult{}, errors.New("the node is away")
			}
			return bookkeeping.OpenWalletResult{Index: 5}, nil
		})
		var r *reconciling.Reconciliation
		alarms := 0
		b.OnActivity(r.AlarmUnopened, anything, anything).Return(func(_ context.Context, in reconciling.AlarmUnopenedInput) error {
			alarms++
			if in.Wallet.ID != "wa-1" || in.Why == "" || !in.Since.Equal(began) || !tt.never && !strings.Contains(in.Why, "the node is away") {
				t.Errorf("%s: %+v", tt.name, in)
			}
			return nil
		})
		b.ExecuteWorkflow(workflows.OpenWallet, workflows.OpenWalletInput{Wallet: countersign.Wallet{ID: "wa-1", Network: "Net"}})
		var res bookkeeping.OpenWalletResult
		if err := b.GetWorkflowResult(&res); (err != nil) != tt.never || !tt.never && res.Index != 5 || alarms != tt.alarms {
			t.Errorf("%s: %+v, %v, %d alarms of %d", tt.name, res, err, alarms, tt.alarms)
		}
	}
}
