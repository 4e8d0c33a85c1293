package swept

import (
	"context"
	"fmt"
	"slices"

	"countersign/audit"
	"countersign/sweep"
)

// DraftPlan is a plan as it goes onto the trail.
func DraftPlan(p sweep.Plan, w audit.Workflow) (audit.Draft, error) {
	id := p.Run.ID()
	body := Planned{
		SweepID: id, Network: p.Run.Order.Network, Run: p.Run, Block: p.Block, Price: p.Price, Treasury: p.Treasury, Deferred: p.Deferred,
		TopUps: len(p.TopUps), Moves: len(p.Moves), Skips: len(p.Skips), Totals: p.Totals, Workflow: w,
	}
	for _, s := range p.Skips {
		if body.Skipped == nil {
			body.Skipped = map[sweep.Reason]int{}
		}
		body.Skipped[s.Reason]++
	}
	var c Contents
	var kept pieces
	var err error
	if c.TopUps, err = split(&kept, p.TopUps); err != nil {
		return audit.Draft{}, err
	}
	if c.Moves, err = split(&kept, p.Moves); err != nil {
		return audit.Draft{}, err
	}
	if c.Skips, err = split(&kept, p.Skips); err != nil {
		return audit.Draft{}, err
	}
	if body.Contents, err = kept.add(c); err != nil {
		return audit.Draft{}, err
	}
	return audit.Draft{Key: plannedKey(id), Type: SweepPlanned, Lineage: id, Body: body, Retold: true, Evidence: kept.evidence}, nil
}

// FindPlan finds the record of a run's plan; [audit.ErrNoRecord] where there is none.
func FindPlan(ctx context.Context, r Reader, sweepID string) (p Planned, e audit.Entry, err error) {
	return found[Planned](ctx, r, plannedKey(sweepID), SweepPlanned)
}

// PlanContents are the chunks of a plan.
func PlanContents(ctx context.Context, r Reader, p Planned) (Contents, error) {
	return contents(ctx, r, p.Contents)
}

// ReadPlan puts a run's plan together again.
func ReadPlan(ctx context.Context, r Reader, sweepID string) (plan sweep.Plan, e audit.Entry, err error) {
	p, e, err := FindPlan(ctx, r, sweepID)
	if err != nil {
		return plan, e, err
	}
	plan = p.Head()
	c, err := contents(ctx, r, p.Contents)
	if err == nil {
		plan.TopUps, err = chunks[sweep.Move](ctx, r, c.TopUps)
	}
	if err == nil {
		plan.Moves, err = chunks[sweep.Move](ctx, r, c.Moves)
	}
	if err == nil {
		plan.Skips, err = chunks[sweep.Skip](ctx, r, c.Skips)
	}
	if err == nil && (len(plan.TopUps) != p.TopUps || len(plan.Moves) != p.Moves || len(plan.Skips) != p.Skips) {
		err = fmt.Errorf("%w: record %d counts otherwise than its chunks", audit.ErrForged, e.Index)
	}
	if err != nil {
		return sweep.Plan{}, e, fmt.Errorf("read the plan of %s: %w", sweepID, err)
	}
	return plan, e, nil
}

// Head is the plan without its moves and skips.
func (p Planned) Head() sweep.Plan {
	return sweep.Plan{Run: p.Run, Block: p.Block, Price: p.Price, Treasury: p.Treasury, Deferred: p.Deferred, Totals: p.Totals}
}

// found finds a record and reads its body. A record of another type than was looked for is none.
func found[Body any](ctx context.Context, r Reader, key string, types ...audit.Type) (b Body, e audit.Entry, err error) {
	if e, err = r.Find(ctx, key); err != nil {
		return b, e, err
	}
	if !slices.Contains(types, e.Record.Type) {
		return b, audit.Entry{}, fmt.Errorf("%w: %s is %s, want %s", audit.ErrNoRecord, key, e.Record.Type, types[0])
	}
	err = e.Decode(&b)
	return b, e, err
}
