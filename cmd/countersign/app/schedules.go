package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/audit"
	"countersign/schedules"
	"countersign/schedules/keeper"
	"countersign/store"
	"countersign/worker"
)

// Keeper keeps this deployment's schedules in Temporal, and records on the trail what it
// changes.
func (a *App) Keeper(c *worker.Temporal, trail *store.Trail) *keeper.Keeper {
	return &keeper.Keeper{
		Client: c.Client, Namespace: c.Namespace, TaskQueue: a.Config.Worker.TaskQueue, Now: time.Now,
		Record: func(ctx context.Context, change keeper.Change) error { return recordSchedule(ctx, trail, change) },
	}
}

// OwnPlans are the product's own schedules, as this configuration wants them.
func (a *App) OwnPlans() ([]schedules.Plan, error) {
	screeningEvery := a.Config.Worker.ScreeningEvery
	if a.Config.Rules.ScreeningFile == "" {
		screeningEvery = 0
	}
	return schedules.Plans(schedules.Own(schedules.Intervals{
		Reconcile: a.Config.Worker.ReconcileEvery, Compare: a.Config.Worker.CompareEvery, Screening: screeningEvery,
	}))
}

// applyOwn brings Temporal in line with the product's own schedules. Those of the file
// are applied by people.
func (a *App) applyOwn(ctx context.Context, c *worker.Temporal, trail *store.Trail) error {
	plans, err := a.OwnPlans()
	if err != nil {
		return err
	}
	_, err = a.Keeper(c, trail).Apply(ctx, plans, keeper.FromProduct)
	return err
}

// recordSchedule puts a change of a schedule on the trail before it is made.
func recordSchedule(ctx context.Context, trail *store.Trail, c keeper.Change) error {
	prefix := "schedule/" + c.ID + "/"
	body := audit.ScheduleChange{Schedule: c.ID, Change: string(c.Kind), Before: c.Before, After: c.After, By: c.By, Why: c.Why}
	key := fmt.Sprintf("%s%d", prefix, time.Now().UnixNano()) // what somebody asks for twice happens twice
	if c.By == "" {
		// Named after the record before it: workers that start together tell one change once.
		last, err := trail.LatestUnder(ctx, audit.ScheduleChanged, prefix)
		if errors.Is(err, audit.ErrNoRecord) {
			last.LeafHash = "first"
		} else if err != nil {
			return err
		}
		key = prefix + last.LeafHash
	}
	e, err := trail.Append(ctx, audit.Draft{Key: key, Type: audit.ScheduleChanged, Body: body, Retold: true})
	if err != nil {
		return fmt.Errorf("record the change of schedule %s: %w", c.ID, err)
	}
	var stands audit.ScheduleChange
	if err := e.Decode(&stands); err != nil {
		return err
	}
	if stands != body { // another worker, of other configuration, was faster
		return fmt.Errorf("record the change of schedule %s: %w", c.ID, keeper.ErrMeanwhile)
	}
	return nil
}
