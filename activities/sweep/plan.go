package sweep

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/swept"
	plans "countersign/sweep"
)

// PlanSweep makes the plan of a run and puts it on the trail, or returns the one that is there.
func (a *Sweeps) PlanSweep(ctx context.Context, in PlanSweepInput) (PlanSweepResult, error) {
	res, err := a.plan(ctx, in.Run)
	if err != nil {
		return res, failed("plan", in.Run.ID(), err)
	}
	return res, nil
}

func (a *Sweeps) plan(ctx context.Context, run plans.Run) (res PlanSweepResult, err error) {
	p, entry, err := swept.FindPlan(ctx, a.Trail, run.ID())
	switch {
	case err == nil:
		return a.again(ctx, p, entry)
	case !errors.Is(err, audit.ErrNoRecord):
		return res, err
	}
	plan, err := a.Planner.Plan(ctx, run)
	if err != nil {
		return res, err
	}
	d, err := swept.DraftPlan(plan, wire.Here(ctx))
	if err != nil {
		return res, err
	}
	if entry, err = a.Trail.Append(ctx, d); err != nil {
		return res, err
	}
	// Another attempt may have been faster: what stands is the word.
	var stands swept.Planned
	if err := entry.Decode(&stands); err != nil {
		return res, err
	}
	return planned(stands, entry), nil
}

// again is a plan that was there, and whether it is of a run that has its report: of one that Temporal
// has forgotten nothing is begun that was left then.
func (a *Sweeps) again(ctx context.Context, p swept.Planned, e audit.Entry) (PlanSweepResult, error) {
	res := planned(p, e)
	_, _, err := swept.FindReport(ctx, a.Trail, p.SweepID)
	if errors.Is(err, audit.ErrNoRecord) {
		return res, nil
	}
	res.Closed = err == nil
	return res, err
}

func planned(p swept.Planned, e audit.Entry) PlanSweepResult {
	return PlanSweepResult{
		Index: e.Index, TopUps: p.TopUps, Moves: p.Moves, Skips: p.Skips, Deferred: p.Deferred,
		TopUpChunks: chunksOf(p.TopUps), MoveChunks: chunksOf(p.Moves), Summary: summary(p),
	}
}

func chunksOf(n int) int { return (n + swept.ChunkSize - 1) / swept.ChunkSize }

func summary(p swept.Planned) string {
	if p.Deferred != "" {
		return fmt.Sprintf("nothing moves on %s: %s", p.Network, p.Deferred)
	}
	return fmt.Sprintf("%d top-ups and %d moves to %s on %s, %d left where they are, at block %d", p.TopUps, p.Moves, p.Treasury, p.Network, p.Skips, p.Block.Number)
}

// SweepPage is a chunk of a run's plan, as it is asked of settlements.
func (a *Sweeps) SweepPage(ctx context.Context, in SweepPageInput) (SweepPageResult, error) {
	res, err := a.page(ctx, in)
	if err != nil {
		return res, failed("read a chunk of the plan of", in.SweepID, err)
	}
	return res, nil
}

func (a *Sweeps) page(ctx context.Context, in SweepPageInput) (res SweepPageResult, err error) {
	p, _, err := swept.FindPlan(ctx, a.Trail, in.SweepID)
	if err != nil {
		return res, err
	}
	c, err := swept.PlanContents(ctx, a.Trail, p)
	if err != nil {
		return res, err
	}
	digests, known := map[plans.Purpose][]string{plans.GasTopUp: c.TopUps, plans.ToTreasury: c.Moves}[in.Purpose]
	if !known || in.Chunk < 0 || in.Chunk >= len(digests) {
		return res, fmt.Errorf("%w: chunk %d of %q: the plan has %d", countersign.ErrInvalid, in.Chunk, in.Purpose, len(digests))
	}
	if res.Stop, err = a.dear(ctx, p); err != nil || res.Stop != "" {
		return res, err
	}
	moves, err := swept.Moves(ctx, a.Trail, digests[in.Chunk])
	if err != nil {
		return res, err
	}
	plan := p.Head()
	for _, m := range moves {
		res.Instructions = append(res.Instructions, plan.Instruction(m))
		if m.Purpose == plans.GasTopUp || p.TopUps == 0 {
			continue
		}
		gas, err := a.gas(ctx, plan.Run, m.WalletID)
		if err != nil {
			return res, err
		}
		if gas.lacks() {
			res.Without = append(res.Without, m.ExternalID)
		}
	}
	return res, nil
}

// gas is how the top-up of a wallet stands; nothing where it was given none.
func (a *Sweeps) gas(ctx context.Context, run plans.Run, walletID string) (ending, error) {
	return a.end(ctx, plans.ExternalID(run, plans.GasTopUp, walletID, ""))
}

// lacks reports whether a top-up was begun and has not come.
func (e ending) lacks() bool { return e.state != "" && e.state != countersign.SettlementSettled }

// dear says whether gas costs more now than the plan offers: then what is begun would stick.
func (a *Sweeps) dear(ctx context.Context, p swept.Planned) (string, error) {
	base, tip, err := a.Planner.Gas.Price(ctx, p.Network)
	if err != nil {
		return "", fmt.Errorf("read the price of gas: %w", err)
	}
	if now := new(big.Int).Add(base.Big(), tip.Big()); now.Cmp(p.Price.Big()) > 0 {
		return fmt.Sprintf("a unit of gas costs %s wei on %s, and the plan offers %s", now, p.Network, p.Price), nil
	}
	return "", nil
}

// SweepVerdict is what a person has said of a run's plan.
func (a *Sweeps) SweepVerdict(ctx context.Context, in SweepVerdictInput) (SweepVerdictResult, error) {
	v, entry, err := swept.FindVerdict(ctx, a.Trail, in.SweepID)
	if errors.Is(err, audit.ErrNoRecord) {
		return SweepVerdictResult{}, nil
	}
	if err != nil {
		return SweepVerdictResult{}, failed("read the verdict on", in.SweepID, err)
	}
	res := SweepVerdictResult{Verdict: Declined, By: v.By, Index: entry.Index}
	if entry.Record.Type == swept.SweepApproved {
		res.Verdict = Approved
	}
	return res, nil
}

// failed says which run an error is of, in the form that crosses into a workflow.
func failed(step, id string, err error) error {
	return wire.Error(fmt.Errorf("%s %s: %w", step, id, err))
}
