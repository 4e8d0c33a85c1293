// Package keeper brings Temporal in line with schedules that are wanted, and keeps it so.
//
// It tells first and acts then: [Keeper.Diff] says what would change, [Keeper.Make] makes
// one change, and before anything is changed it is told to Record, which puts it on the
// trail; what cannot be recorded is not done. A schedule of ours carries a mark in the
// memo of its action: whose it is, and what was asked for. One without the mark is
// somebody else's, and is neither changed nor deleted.
//
// A schedule that an operator has paused stays paused, whatever else changes.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/schedules"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// ErrForeign means that a schedule in Temporal is not ours to change.
var ErrForeign = errors.New("not a schedule of this deployment")

// ErrMissing means that Temporal has no such schedule.
var ErrMissing = errors.New("there is no such schedule in Temporal")

// ErrMeanwhile means that a schedule is no longer what a change was meant for.
var ErrMeanwhile = errors.New("it was changed meanwhile: look again with `countersign schedules diff`")

// A Source is where a schedule is written down.
type Source string

// The sources.
const (
	FromProduct Source = "product" // in this release: [schedules.Own]
	FromFile    Source = "file"    // in COUNTERSIGN_SCHEDULES_FILE
)

// A Keeper knows the schedules of one deployment.
type Keeper struct {
	Client    client.Client
	Namespace string
	// TaskQueue is the deployment's own. It is what tells deployments apart that share a
	// namespace, and where workflows run unless a schedule says otherwise.
	TaskQueue string
	Now       func() time.Time
	// Record puts a change on the trail before it is made.
	Record func(context.Context, Change) error
}

// A Kind is what becomes of a schedule. The words stand on the trail.
type Kind string

// The kinds.
const (
	Created    Kind = "created"
	Updated    Kind = "updated"
	Renewed    Kind = "renewed" // its coming times are written down for longer
	Deleted    Kind = "deleted"
	Paused     Kind = "paused"
	Resumed    Kind = "resumed"
	Triggered  Kind = "triggered"
	Backfilled Kind = "backfilled"
)

// A Change is what becomes of one schedule.
type Change struct {
	ID   string `json:"id"`
	Kind Kind   `json:"change"`
	// Before and After say in words what it is; Before is empty where there was none,
	// After where there is none any more.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Fields are what differs, each "name: before -> after".
	Fields []string `json:"fields,omitempty"`
	// By and Why are who asked for it and for what reason; empty where the product did.
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`

	plan   schedules.Plan
	source Source
}

// Diff says what would have to change for Temporal to have the plans, and which schedules
// of ours from the same source are there besides; with prune their end is among the
// changes. It changes nothing. A plan whose ID is somebody else's is an error that wraps
// [ErrForeign]; all of them are named.
func (k *Keeper) Diff(ctx context.Context, plans []schedules.Plan, source Source, prune bool) (changes []Change, besides []string, err error) {
	wanted := map[string]bool{}
	var foreign []error
	for _, p := range plans {
		wanted[p.Schedule.ID] = true
		c, err := k.diff(ctx, p, source)
		switch {
		case errors.Is(err, ErrForeign):
			foreign = append(foreign, err)
		case err != nil:
			return nil, nil, err
		case c != nil:
			changes = append(changes, *c)
		}
	}
	if len(foreign) > 0 {
		return nil, nil, errors.Join(foreign...)
	}
	there, err := k.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range there {
		if e.Source != source || e.Owner != k.TaskQueue || wanted[e.ID] {
			continue
		}
		besides = append(besides, e.ID)
		if prune {
			changes = append(changes, Change{ID: e.ID, Kind: Deleted, Before: e.facts.words(), source: source})
		}
	}
	return changes, besides, nil
}

// diff is nil where there is nothing to change.
func (k *Keeper) diff(ctx context.Context, p schedules.Plan, source Source) (*Change, error) {
	there, err := k.describe(ctx, p.Schedule.ID)
	want := k.want(p, source)
	c := Change{ID: p.Schedule.ID, plan: p, source: source}
	if errors.Is(err, ErrMissing) {
		f := factsOf(want)
		c.Kind, c.After, c.Fields = Created, f.words(), f.created()
		return &c, nil
	}
	if err != nil {
		return nil, err
	}
	have := factsOf(there.Schedule)
	if err := k.own(p.Schedule.ID, have.mark); err != nil {
		return nil, err
	}
	want.State.Paused = there.Schedule.State.Paused
	after := factsOf(want)
	c.Kind, c.Before, c.After, c.Fields = Updated, have.words(), after.words(), have.differ(after)
	switch {
	case len(c.Fields) == 0:
		return nil, nil
	case have.onlyTimes(after):
		c.Kind = Renewed
	}
	return &c, nil
}

// own is [ErrForeign] for a schedule that is not this deployment's. Those of the product
// were made without a mark by earlier releases.
func (k *Keeper) own(id string, m mark) error {
	switch {
	case m.Owner == k.TaskQueue, m.Owner == "" && schedules.IsOwn(id):
		return nil
	case m.Owner == "":
		return fmt.Errorf("schedule %s: %w: it has no mark of ours: choose another ID, or delete it with `temporal schedule delete`", id, ErrForeign)
	}
	return fmt.Errorf("schedule %s: %w: it belongs to the one on task queue %s: choose another ID or another namespace", id, ErrForeign, m.Owner)
}

// describe returns [ErrMissing] where there is none.
func (k *Keeper) describe(ctx context.Context, id string) (*client.ScheduleDescription, error) {
	d, err := k.Client.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("schedule %s: %w", id, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", id, err)
	}
	return d, nil
}

// Apply makes every change that the plans need. Workers that start together may all do
// it.
func (k *Keeper) Apply(ctx context.Context, plans []schedules.Plan, source Source) ([]Change, error) {
	changes, _, err := k.Diff(ctx, plans, source, false)
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		if err := k.Make(ctx, c); err != nil {
			return changes[:i], err
		}
	}
	return changes, nil
}

// Make records a change that [Keeper.Diff] has found and makes it.
func (k *Keeper) Make(ctx context.Context, c Change) error {
	if err := k.Record(ctx, c); err != nil {
		return err
	}
	var err error
	switch c.Kind {
	case Created:
		err = k.create(ctx, c)
	case Updated, Renewed:
		err = k.update(ctx, c)
	case Deleted:
		if err = k.still(ctx, c); err == nil {
			err = k.Client.ScheduleClient().GetHandle(ctx, c.ID).Delete(ctx)
		}
	default:
		err = fmt.Errorf("%q is not a change that Diff finds", c.Kind)
	}
	if err != nil {
		return fmt.Errorf("schedule %s: %w", c.ID, err)
	}
	return nil
}

func (k *Keeper) create(ctx context.Context, c Change) error {
	want := k.want(c.plan, c.source)
	_, err := k.Client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: c.ID, Spec: *want.Spec, Action: want.Action, Note: want.State.Note,
		Overlap: want.Policy.Overlap, CatchupWindow: want.Policy.CatchupWindow, PauseOnFailure: want.Policy.PauseOnFailure,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	// Another worker was faster, and wants the same.
	there, err := k.describe(ctx, c.ID)
	if err == nil && factsOf(there.Schedule).words() != c.After {
		err = ErrMeanwhile
	}
	return err
}

// still is [ErrMeanwhile] where a schedule is not what it was.
func (k *Keeper) still(ctx context.Context, c Change) error {
	there, err := k.describe(ctx, c.ID)
	if err == nil && factsOf(there.Schedule).words() != c.Before {
		err = ErrMeanwhile
	}
	return err
}

func (k *Keeper) update(ctx context.Context, c Change) error {
	return k.Client.ScheduleClient().GetHandle(ctx, c.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			switch factsOf(now).words() {
			case c.After: // another worker was faster, and wanted the same
				return nil, temporal.ErrSkipScheduleUpdate
			case c.Before:
			default:
				return nil, ErrMeanwhile
			}
			want := k.want(c.plan, c.source)
			state := *now.State
			if !state.Paused { // a reason for the pause stands there
				state.Note = want.State.Note
			}
			return &client.ScheduleUpdate{Schedule: &client.Schedule{Spec: want.Spec, Action: want.Action, Policy: want.Policy, State: &state}}, nil
		},
	})
}
