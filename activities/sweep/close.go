package sweep

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/swept"
	plans "countersign/sweep"
)

// CloseSweep puts the report of a run on the trail, or returns the one that is there: what came
// of each move by the records of its settlement.
func (a *Sweeps) CloseSweep(ctx context.Context, in CloseSweepInput) (CloseSweepResult, error) {
	res, err := a.close(ctx, in)
	if err != nil {
		return res, failed("report on", in.SweepID, err)
	}
	return res, nil
}

func (a *Sweeps) close(ctx context.Context, in CloseSweepInput) (res CloseSweepResult, err error) {
	c, entry, err := swept.FindReport(ctx, a.Trail, in.SweepID)
	switch {
	case err == nil:
		return closed(c, entry), nil
	case !errors.Is(err, audit.ErrNoRecord):
		return res, err
	}
	plan, _, err := swept.ReadPlan(ctx, a.Trail, in.SweepID)
	if err != nil {
		return res, err
	}
	r := report{
		body:   swept.Closed{SweepID: in.SweepID, Network: plan.Run.Order.Network, Reason: in.Reason, Workflow: wire.Here(ctx)},
		totals: map[asset]*sum{}, fees: new(big.Int),
	}
	for _, s := range plan.Skips {
		count(&r.body.Skipped, s.Reason)
	}
	for i, m := range plan.All() {
		end, err := a.end(ctx, m.ExternalID)
		if err != nil {
			return res, err
		}
		if end.state == "" && m.Purpose != plans.GasTopUp && len(plan.TopUps) > 0 {
			gas, err := a.gas(ctx, plan.Run, m.WalletID)
			if err != nil {
				return res, err
			}
			if gas.lacks() {
				end.reason = fmt.Sprintf("its gas has not come: the top-up is %s", gas.state)
			}
		}
		r.add(m, end)
		if i%swept.ChunkSize == 0 {
			beat(ctx, fmt.Sprintf("%d moves looked up", i))
		}
	}
	d, err := r.draft()
	if err != nil {
		return res, err
	}
	if entry, err = a.Trail.Append(ctx, d); err != nil {
		return res, err
	}
	c = swept.Closed{} // what stands is the word, also where another attempt was faster
	err = entry.Decode(&c)
	return closed(c, entry), err
}

func closed(c swept.Closed, e audit.Entry) CloseSweepResult {
	res := CloseSweepResult{Index: e.Index, Planned: c.Planned, Moved: c.Moved, Failed: c.Failed, UnderWay: c.UnderWay, NotBegun: c.NotBegun}
	for _, n := range c.Skipped {
		res.Skipped += n
	}
	res.Summary = fmt.Sprintf("%d of %d moved, %d failed, %d under way, %d not begun, fees %s wei", c.Moved, c.Planned, c.Failed, c.UnderWay, c.NotBegun, c.Fees)
	if c.Reason != "" {
		res.Summary += ": " + c.Reason
	}
	return res
}

// A report is one on its way.
type report struct {
	body    swept.Closed
	results []swept.Result
	order   []asset
	totals  map[asset]*sum
	fees    *big.Int
}

type asset struct {
	purpose  plans.Purpose
	contract string
}

type sum struct {
	moves  int
	amount *big.Int
}

// add counts what came of a move.
func (r *report) add(m plans.Move, end ending) {
	res := swept.Result{
		SettlementID: m.ExternalID, Purpose: m.Purpose, WalletID: m.WalletID, Contract: m.Contract,
		Planned: m.Amount, State: end.state, Reason: end.reason, Record: end.record,
	}
	r.body.Planned++
	switch {
	case end.state == "":
		r.body.NotBegun++
	case !end.state.Ended():
		r.body.UnderWay++
	case end.state == countersign.SettlementSettled:
		r.body.Moved++
	default:
		r.body.Failed++
	}
	if end.state.Ended() {
		count(&r.body.States, end.state)
	}
	if e := end.effect; e != nil {
		res.TxHash, res.Fee, res.Differs = e.TxHash, e.Fee, end.differs
		r.fees.Add(r.fees, e.Fee.Big())
		amount := new(big.Int)
		if e.Succeeded && end.state == countersign.SettlementSettled {
			amount = out(*e, m)
		}
		res.Amount, _ = countersign.AmountFromBig(amount) // a sum that is too large is of moves that cannot be
		r.sum(m, amount)
	}
	r.results = append(r.results, res)
}

func (r *report) sum(m plans.Move, amount *big.Int) {
	if amount.Sign() == 0 {
		return
	}
	k := asset{m.Purpose, m.Contract}
	if r.totals[k] == nil {
		r.totals[k] = &sum{amount: new(big.Int)}
		r.order = append(r.order, k)
	}
	r.totals[k].moves++
	r.totals[k].amount.Add(r.totals[k].amount, amount)
}

// out is what left a wallet for the plan's recipient, of the asset that was to move.
func out(e countersign.Effect, m plans.Move) *big.Int {
	n := new(big.Int)
	for _, move := range e.Moves {
		if strings.EqualFold(move.From, m.From) && strings.EqualFold(move.To, m.To) && strings.EqualFold(move.Asset, m.Contract) && move.TokenID == "" {
			n.Add(n, move.Amount.Big())
		}
	}
	return n
}

func (r *report) draft() (audit.Draft, error) {
	var err error
	if r.body.Fees, err = countersign.AmountFromBig(r.fees); err != nil {
		return audit.Draft{}, fmt.Errorf("fees: %w", err)
	}
	for _, k := range r.order {
		t := swept.Total{Purpose: k.purpose, Contract: k.contract, Moves: r.totals[k].moves}
		if t.Amount, err = countersign.AmountFromBig(r.totals[k].amount); err != nil {
			return audit.Draft{}, fmt.Errorf("total of %q: %w", k.contract, err)
		}
		r.body.Totals = append(r.body.Totals, t)
	}
	return swept.DraftReport(r.body, r.results)
}

func count[K comparable](m *map[K]int, k K) {
	if *m == nil {
		*m = map[K]int{}
	}
	(*m)[k]++
}
