package workflows

import (
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/audit/booked"
	"countersign/workflows/step"

	"go.temporal.io/sdk/workflow"
)

// DepositInput starts a Deposit.
type DepositInput struct {
	Network string `json:"network"`
	// TxHash is the transaction, as its network writes it; on EVM chains 0x and 64
	// lower-case hex digits.
	TxHash string `json:"tx_hash"`
	// Wallets are those that the events of it have named, for networks that are read
	// through the custodian.
	Wallets []string `json:"wallets,omitempty"`
	// Carried is what an earlier run of the same workflow hands on; starters leave it empty.
	Carried *CarriedDeposit `json:"carried,omitempty"`
}

// CarriedDeposit is all that a long wait must not forget.
type CarriedDeposit struct {
	Seen  countersign.Seen `json:"seen,omitempty"`
	Began time.Time        `json:"began"`
	Heard int              `json:"heard"`
	// Unrecorded are the deliveries that are to be put on the trail.
	Unrecorded []countersign.Event `json:"unrecorded,omitempty"`
	// Round counts from 1, which may be left out: another begins when what was final has left
	// the chain.
	Round int `json:"round,omitempty"`
	// Stands is how it ended, while that is watched.
	Stands *StandingDeposit `json:"stands,omitempty"`
}

// DepositStatus is the answer to [StatusQuery], and the result in the end.
type DepositStatus struct {
	// Inclusion is how far the transaction had come when it was last read.
	Inclusion countersign.Inclusion `json:"inclusion"`
	// End is how it ended: "booked", "settlement" (a wallet of ours sent it), "nothing"
	// (no move of a wallet of ours that is not in an opening), "reverted", "doubtful"
	// (people must look) or "vanished". Empty while it is waited for, and again when its block
	// has left the chain after it was final.
	End string `json:"end,omitempty"`
	// Index is the record that says so, where there is one.
	Index int64  `json:"index,omitempty"`
	Why   string `json:"why,omitempty"`
	Heard int    `json:"heard"`
	// Reversals counts how often it was final and did not last.
	Reversals int `json:"reversals,omitempty"`
}

// depositPatience is how long a transaction is waited for that no block has. It may be sent
// again from any pool, and what nobody waits for would be found by the certificate only.
const depositPatience = 30 * 24 * time.Hour

// Deposit waits until a transaction that touched a wallet of ours is final, books what it
// moved, and watches for a while that it stays so: an hour, or a day where the custodian's word
// is all there is. It believes no event: each is a hint to look, and a poll replaces a lost one.
func Deposit(ctx workflow.Context, in DepositInput) (DepositStatus, error) {
	d := &deposit{in: in}
	if err := d.open(ctx); err != nil {
		return DepositStatus{}, err
	}
	for polls := 0; ; polls++ {
		round := d.in.Carried.Round
		done, err := d.look(ctx)
		if done || err != nil {
			return d.status, err
		}
		if d.in.Carried.Round != round {
			polls, d.news = 0, true
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			d.drain()
			d.in.Carried.Heard = d.status.Heard
			return d.status, workflow.NewContinueAsNewError(ctx, DepositWorkflow, d.in)
		}
		if err := d.wait(ctx, polls); err != nil {
			return d.status, err
		}
	}
}

// DepositOf reads an event's subject, "network:hash", or fails with [countersign.ErrID].
func DepositOf(e countersign.Event) (DepositInput, error) {
	network, hash, _ := strings.Cut(e.Subject, ":")
	for _, part := range []string{network, hash} {
		if err := countersign.CheckID(part); err != nil {
			return DepositInput{}, fmt.Errorf("subject %q, want network:hash: %w", e.Subject, err)
		}
	}
	if len(hash) == 66 && strings.HasPrefix(hash, "0x") {
		hash = strings.ToLower(hash)
	}
	in := DepositInput{Network: network, TxHash: hash}
	if e.WalletID != "" {
		in.Wallets = []string{e.WalletID}
	}
	return in, nil
}

type deposit struct {
	in      DepositInput
	signals workflow.ReceiveChannel
	news    bool
	status  DepositStatus
}

func (d *deposit) open(ctx workflow.Context) error {
	if d.in.Carried == nil {
		d.in.Carried = &CarriedDeposit{Seen: countersign.Seen{}, Began: workflow.Now(ctx)}
	}
	d.status.Heard = d.in.Carried.Heard
	if s := d.in.Carried.Stands; s != nil {
		d.show(s.Read)
	}
	d.status.Reversals = max(d.in.Carried.Round, 1) - 1
	err := workflow.SetQueryHandlerWithOptions(ctx, StatusQuery,
		func() (DepositStatus, error) { return d.status, nil },
		workflow.QueryHandlerOptions{Description: "where the deposit stands"})
	if err != nil {
		return err
	}
	d.signals = workflow.GetSignalChannelWithOptions(ctx, EventSignal,
		workflow.SignalChannelOptions{Description: "a verified delivery (countersign.Event); a hint to look"})
	d.drain()
	return nil
}

// drain hears what has arrived already.
func (d *deposit) drain() {
	for {
		var e countersign.Event
		if !d.signals.ReceiveAsync(&e) {
			return
		}
		d.hear(e)
	}
}

func (d *deposit) hear(e countersign.Event) {
	d.status.Heard++
	if !d.in.Carried.Seen.Add(e) {
		return
	}
	d.news = true
	d.in.Carried.Unrecorded = append(d.in.Carried.Unrecorded, e)
	for _, w := range d.in.Wallets {
		if w == e.WalletID {
			return
		}
	}
	if e.WalletID != "" {
		d.in.Wallets = append(d.in.Wallets, e.WalletID)
	}
}

// look reads the transaction: to book it when it is final, and then whether it stays so.
func (d *deposit) look(ctx workflow.Context) (done bool, err error) {
	if d.in.Carried.Stands != nil {
		return d.recheck(ctx)
	}
	var deposits *bookkeeping.Deposits
	gone := workflow.Now(ctx).Sub(d.in.Carried.Began) > depositPatience
	res, err := run[bookkeeping.BookDepositResult](ctx, "read "+d.in.TxHash+" on "+d.in.Network,
		deposits.BookDeposit, bookkeeping.BookDepositInput{Network: d.in.Network, TxHash: d.in.TxHash, Wallets: d.in.Wallets,
			Deliveries: d.in.Carried.Unrecorded, GiveUp: gone, Round: d.in.Carried.Round})
	if err != nil {
		return false, err
	}
	d.show(res)
	workflow.SetCurrentDetails(ctx, d.story())
	if res.End == "" {
		return false, nil
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, OutcomeAttribute.ValueSet(res.End)); err != nil {
		return false, err
	}
	watched := workflow.GetVersion(ctx, "recheck", workflow.DefaultVersion, 1) != workflow.DefaultVersion // histories from before it was
	if res.End == bookkeeping.EndVanished || res.End == bookkeeping.EndSettlement || !watched {
		d.drain()
		return true, nil
	}
	d.in.Carried.Unrecorded = nil // they are with the end
	watch := step.WatchFinal
	if res.FollowedBy == booked.ByCustodian {
		watch = step.WatchWord
	}
	d.in.Carried.Stands = &StandingDeposit{Read: res, Until: workflow.Now(ctx).Add(watch)}
	return false, nil
}

func (d *deposit) show(read bookkeeping.BookDepositResult) {
	d.status.Inclusion, d.status.End, d.status.Index, d.status.Why = read.Inclusion, read.End, read.Index, read.Why
}

// wait returns when there is news or the poll is due.
func (d *deposit) wait(ctx workflow.Context, polls int) error {
	d.drain()
	if d.news {
		d.news = false
		return nil
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	due := workflow.NewTimerWithOptions(timerCtx, d.nextLook(ctx, polls), workflow.TimerOptions{Summary: "read the transaction again"})
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(due, func(workflow.Future) {})
	selector.AddReceive(d.signals, func(c workflow.ReceiveChannel, _ bool) {
		var e countersign.Event
		c.Receive(ctx, &e)
		d.hear(e)
	})
	for !d.news && !due.IsReady() && ctx.Err() == nil {
		selector.Select(ctx)
	}
	d.news = false
	return ctx.Err()
}

// story is what the Web UI shows.
func (d *deposit) story() string {
	s := d.status
	switch s.End {
	case "":
		if s.Inclusion == "" { // it has left its block
			return fmt.Sprintf("Transaction %s on %s: %s. What it moved is booked when it is final again.", d.in.TxHash, d.in.Network, s.Why)
		}
		return fmt.Sprintf("Transaction %s on %s is %s; what it moved is booked when it is final.", d.in.TxHash, d.in.Network, strings.ReplaceAll(string(s.Inclusion), "_", " "))
	case bookkeeping.EndBooked:
		return fmt.Sprintf("Booked by record %d.", s.Index)
	}
	return strings.TrimSuffix(fmt.Sprintf("Ended: %s. %s", s.End, s.Why), " ")
}
