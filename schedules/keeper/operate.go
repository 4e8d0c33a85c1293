package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/schedules"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ErrWho means that a change by hand does not say by whom or why.
var ErrWho = errors.New("say who asks for it and why: it stands on the trail")

// A Hand is who changes something by hand, and why.
type Hand struct{ By, Why string }

// by records what is done by hand to a schedule of ours.
func (k *Keeper) by(ctx context.Context, id string, h Hand, kind Kind, after string) (*client.ScheduleDescription, error) {
	if strings.TrimSpace(h.By) == "" || strings.TrimSpace(h.Why) == "" {
		return nil, ErrWho
	}
	there, err := k.describe(ctx, id)
	if err != nil {
		return nil, err
	}
	f := factsOf(there.Schedule)
	if err := k.own(id, f.mark); err != nil {
		return nil, err
	}
	return there, k.Record(ctx, Change{ID: id, Kind: kind, Before: f.words(), After: after, By: h.By, Why: h.Why})
}

// Pause stops a schedule from starting anything by the clock until it is resumed. The Web
// UI shows by whom and why. What is due meanwhile is not made up for.
func (k *Keeper) Pause(ctx context.Context, id string, h Hand) error {
	there, err := k.by(ctx, id, h, Paused, "paused")
	if err != nil {
		return err
	}
	note := fmt.Sprintf("Paused by %s: %s. %s", h.By, h.Why, noteOf(there.Schedule))
	return k.Client.ScheduleClient().GetHandle(ctx, id).Pause(ctx, client.SchedulePauseOptions{Note: note})
}

// Resume lets a schedule go on from now.
func (k *Keeper) Resume(ctx context.Context, id string, h Hand) error {
	there, err := k.by(ctx, id, h, Resumed, "resumed")
	if err != nil {
		return err
	}
	return k.Client.ScheduleClient().GetHandle(ctx, id).Unpause(ctx, client.ScheduleUnpauseOptions{Note: noteOf(there.Schedule)})
}

// noteOf is the schedule's own note, whatever stands there while it is paused.
func noteOf(s client.Schedule) string {
	if a, ok := s.Action.(*client.ScheduleWorkflowAction); ok && a.StaticSummary != "" {
		return a.StaticSummary
	}
	return s.State.Note
}

// Trigger starts the schedule's workflow now, paused or not, as its overlap policy
// allows.
func (k *Keeper) Trigger(ctx context.Context, id string, h Hand) error {
	if _, err := k.by(ctx, id, h, Triggered, "started once, now"); err != nil {
		return err
	}
	return k.Client.ScheduleClient().GetHandle(ctx, id).Trigger(ctx, client.ScheduleTriggerOptions{})
}

// Matching are the nominal times of a schedule in Temporal between two moments, both
// included, by the server's own word.
func (k *Keeper) Matching(ctx context.Context, id string, from, until time.Time) ([]time.Time, error) {
	// The server leaves out a first moment that is a scheduled time.
	res, err := k.Client.WorkflowService().ListScheduleMatchingTimes(ctx, &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: k.Namespace, ScheduleId: id, StartTime: timestamppb.New(from.Add(-time.Second)), EndTime: timestamppb.New(until),
	})
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", id, err)
	}
	var out []time.Time
	for _, t := range res.StartTime {
		if !t.AsTime().Before(from) {
			out = append(out, t.AsTime())
		}
	}
	return out, nil
}

// ErrNothing means that there is no time to make up for.
var ErrNothing = errors.New("no scheduled time is between these")

// Backfill starts the workflow for every scheduled time between two moments, both
// included, as overlap says, and returns those times. A run is named after its time: one
// that was there already is started again under the same name. Times before those that
// are written down are not there to be made up for.
func (k *Keeper) Backfill(ctx context.Context, id string, from, until time.Time, overlap schedules.Overlap, h Hand) ([]time.Time, error) {
	policy, known := overlap.Policy()
	if !known {
		return nil, fmt.Errorf("overlap: %.40q: want skip, buffer_one, buffer_all, cancel_other, terminate_other or allow_all", string(overlap))
	}
	if _, err := k.describe(ctx, id); err != nil {
		return nil, err
	}
	times, err := k.Matching(ctx, id, from, until)
	if err != nil {
		return nil, err
	}
	if len(times) == 0 {
		return nil, fmt.Errorf("schedule %s: %w", id, ErrNothing)
	}
	after := fmt.Sprintf("started for %d times from %s to %s, overlap %s", len(times), times[0].Format(time.RFC3339), times[len(times)-1].Format(time.RFC3339), overlap)
	if _, err := k.by(ctx, id, h, Backfilled, after); err != nil {
		return nil, err
	}
	return times, k.Client.ScheduleClient().GetHandle(ctx, id).Backfill(ctx, client.ScheduleBackfillOptions{
		Backfill: []client.ScheduleBackfill{{Start: times[0].Add(-time.Second), End: times[len(times)-1], Overlap: policy}},
	})
}

// Renew writes the coming times of our schedules down as far ahead as they should be, and
// returns the IDs of those that had less. It changes nothing else, and nothing of a
// schedule whose end has not moved.
func (k *Keeper) Renew(ctx context.Context) (renewed []string, err error) {
	entries, err := k.List(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		p := e.facts.mark.Plan
		if e.Owner != k.TaskQueue || p.Schedule.ID != e.ID || !p.Explicit() {
			continue
		}
		c, err := k.diff(ctx, p, e.Source)
		if err == nil && c != nil && c.Kind == Renewed {
			if err = k.Make(ctx, *c); err == nil {
				renewed = append(renewed, e.ID)
			}
		}
		if err != nil { // one that cannot be renewed is no reason to leave the others
			errs = append(errs, err)
		}
	}
	return renewed, errors.Join(errs...)
}
