package workflows

import (
	"countersign/activities/bookkeeping"

	"go.temporal.io/sdk/workflow"
)

// OpenWallets begins the books of every wallet of the custodian that has none. A schedule runs
// it; see package schedules.
func OpenWallets(ctx workflow.Context) (bookkeeping.OpenWalletsResult, error) {
	ctx = workflow.WithActivityOptions(ctx, periodically("begin the books of new wallets"))
	var res bookkeeping.OpenWalletsResult
	var deposits *bookkeeping.Deposits
	err := workflow.ExecuteActivity(ctx, deposits.OpenWallets).Get(ctx, &res)
	return res, err
}
