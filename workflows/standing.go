package workflows

import (
	"time"

	"countersign/activities/bookkeeping"

	"go.temporal.io/sdk/workflow"
)

// StandingDeposit is a deposit that has ended and is watched for a while: its block was final,
// which by the network's own rule cannot change.
type StandingDeposit struct {
	Read bookkeeping.BookDepositResult `json:"read"`
	// Until is when nobody looks any more.
	Until time.Time `json:"until"`
}

// recheck reads whether the transaction is where it was. Where it is not, it is waited for
// anew.
func (d *deposit) recheck(ctx workflow.Context) (done bool, err error) {
	stands := d.in.Carried.Stands
	last := !workflow.Now(ctx).Before(stands.Until)
	var deposits *bookkeeping.Deposits
	res, err := run[bookkeeping.RecheckDepositResult](ctx, "read whether "+d.in.TxHash+" is still there",
		deposits.RecheckDeposit, bookkeeping.RecheckDepositInput{
			Network: d.in.Network, TxHash: d.in.TxHash, Wallets: d.in.Wallets, Deliveries: d.in.Carried.Unrecorded, Round: d.in.Carried.Round,
			End: stands.Read.End, Block: stands.Read.Block, FollowedBy: stands.Read.FollowedBy,
		})
	if err != nil {
		return false, err
	}
	d.in.Carried.Unrecorded = nil
	if !res.Gone {
		return last && !d.heardMore(), nil
	}
	d.in.Carried.Stands, d.in.Carried.Round = nil, max(d.in.Carried.Round, 1)+1
	d.status.Inclusion, d.status.End, d.status.Index, d.status.Why = "", "", res.Index, "it was final, and now it is "+res.Now
	d.status.Reversals++
	workflow.SetCurrentDetails(ctx, d.story())
	return false, workflow.UpsertTypedSearchAttributes(ctx, OutcomeAttribute.ValueUnset())
}

// heardMore reports whether something has arrived that is not on the trail yet.
func (d *deposit) heardMore() bool {
	d.drain()
	return len(d.in.Carried.Unrecorded) > 0
}

// nextLook is how long to wait before the transaction is read again.
func (d *deposit) nextLook(ctx workflow.Context, polls int) time.Duration {
	if s := d.in.Carried.Stands; s != nil {
		return max(min(pollAfter(polls), s.Until.Sub(workflow.Now(ctx))), time.Second)
	}
	return pollAfter(polls)
}
