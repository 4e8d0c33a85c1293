package workflows

import (
	"fmt"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/activities/reconciling"
	"countersign/workflows/step"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// ReconcileCasesResult is what a run has found, and where the next one goes on: Temporal gives it
// to that one.
type ReconcileCasesResult struct {
	Lists   reconciling.ReconcileListsResult   `json:"lists"`
	Wallets reconciling.ReconcileWalletsResult `json:"wallets"`
}

// ReconcileCases starts a workflow for everything that has none although it should, and raises an
// alarm about what nobody can explain. What a run could not ask is asked again by the next; a run
// that fails leaves the next to go on where the one before it was. A schedule runs it; see package
// schedules.
func ReconcileCases(ctx workflow.Context) (ReconcileCasesResult, error) {
	var last, res ReconcileCasesResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return res, err
		}
	}
	var r *reconciling.Reconciliation
	lists := reconciling.ReconcileListsInput{Since: last.Lists.Until, Deliveries: last.Lists.Deliveries}
	err := workflow.ExecuteActivity(beating(ctx, "lists of the whole organisation: what waits, was not delivered, came in"), r.ReconcileLists, lists).Get(ctx, &res.Lists)
	if err != nil {
		return res, err
	}
	wallets := reconciling.ReconcileWalletsInput{Cursor: last.Wallets.Cursor, Moved: res.Lists.Moved}
	err = workflow.ExecuteActivity(beating(ctx, "some wallets: what was asked of them, and whether their books have begun"), r.ReconcileWallets, wallets).Get(ctx, &res.Wallets)
	if err == nil {
		workflow.SetCurrentDetails(ctx, reconciled(res))
	}
	return res, err
}

// beating is [periodically] for a step that says how far it is.
func beating(ctx workflow.Context, summary string) workflow.Context {
	o := periodically(summary)
	o.HeartbeatTimeout = 2 * time.Minute
	return workflow.WithActivityOptions(ctx, o)
}

func reconciled(r ReconcileCasesResult) string {
	a, b := r.Lists.Found, r.Wallets.Found
	text := fmt.Sprintf("%d expected, %d seen, %d repaired, %d missing; %d wallets looked at.",
		a.Expected+b.Expected, a.Seen+b.Seen, a.Repaired+b.Repaired, a.Missing+b.Missing, r.Wallets.Wallets)
	if n := a.Unreadable + b.Unreadable; n > 0 {
		text += fmt.Sprintf(" %d cannot be read.", n)
	}
	for _, id := range append(a.Started, b.Started...) {
		text += "\n- started " + id
	}
	for _, key := range append(a.Alarms, b.Alarms...) {
		text += "\n- **" + key + "**: people must look"
	}
	for _, why := range append(a.Unknown, b.Unknown...) {
		text += "\n- not known: " + why
	}
	return text
}

// OpenWalletInput starts an OpenWallet.
type OpenWalletInput struct {
	Wallet countersign.Wallet `json:"wallet"`
	// Told says that an earlier run of the same workflow has raised the alarm; starters leave
	// it out.
	Told bool `json:"told,omitempty"`
}

// unopenedAfter is how long the books of a wallet may take to begin before people are told.
const unopenedAfter = time.Hour

// OpenWallet begins the books of one wallet, whose beginning has failed together with all others'.
// It tries until it works; the reason stands in the Web UI, and after an hour on the trail, as an
// alarm.
func OpenWallet(ctx workflow.Context, in OpenWalletInput) (res bookkeeping.OpenWalletResult, err error) {
	began := workflow.Now(ctx)
	var deposits *bookkeeping.Deposits
	for told := in.Told; ; told = true {
		try := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 2 * time.Minute, ScheduleToCloseTimeout: unopenedAfter,
			RetryPolicy: &temporal.RetryPolicy{InitialInterval: 15 * time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Minute},
			Summary:     "begin the books of wallet " + in.Wallet.ID,
		})
		err = workflow.ExecuteActivity(try, deposits.OpenWallet, bookkeeping.OpenWalletInput{Wallet: in.Wallet}).Get(ctx, &res)
		if err == nil || ctx.Err() != nil {
			return res, err
		}
		if !told {
			if err := tellUnopened(ctx, in.Wallet, began, err); err != nil {
				return res, err
			}
		}
		if permanent(err) {
			return res, err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			in.Told = true
			return res, workflow.NewContinueAsNewError(ctx, OpenWalletWorkflow, in)
		}
	}
}

// tellUnopened puts it on the trail, and into the Web UI.
func tellUnopened(ctx workflow.Context, w countersign.Wallet, began time.Time, why error) error {
	workflow.SetCurrentDetails(ctx, "The books of this wallet have not begun: "+why.Error())
	var r *reconciling.Reconciliation
	in := reconciling.AlarmUnopenedInput{Wallet: w, Since: began, Why: why.Error()}
	return workflow.ExecuteActivity(step.UntilDone(ctx, "raise an alarm"), r.AlarmUnopened, in).Get(ctx, nil)
}
