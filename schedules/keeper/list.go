package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
)

// An Entry is a schedule as Temporal has it.
type Entry struct {
	ID string `json:"id"`
	// Owner is the task queue of the deployment whose it is, Source where it is written
	// down; empty for somebody else's.
	Owner  string `json:"owner,omitempty"`
	Source Source `json:"source,omitempty"`
	Note   string `json:"note"`
	Paused bool   `json:"paused"`
	// When says in words when it runs, Until to which day its times are written down;
	// empty where that has no end.
	When  string `json:"when,omitempty"`
	Until string `json:"until,omitempty"`
	// Next are the coming times, jitter included; Last is the one before. Missed counts
	// runs that were due while Temporal was down for longer than the catch-up window.
	Next   []time.Time `json:"next"`
	Last   *time.Time  `json:"last,omitempty"`
	Missed int         `json:"missed"`

	facts facts
}

// List returns every schedule of the namespace by its ID, also those that are not ours.
func (k *Keeper) List(ctx context.Context) ([]Entry, error) {
	found, err := k.Client.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 200})
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	entries := []Entry{}
	for found.HasNext() {
		there, err := found.Next()
		if err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		e, err := k.Entry(ctx, there.ID)
		if errors.Is(err, ErrMissing) { // deleted since it was listed
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	return entries, nil
}

// Entry is one schedule; [ErrMissing] where there is none.
func (k *Keeper) Entry(ctx context.Context, id string) (Entry, error) {
	d, err := k.describe(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	f := factsOf(d.Schedule)
	e := Entry{
		ID: id, Owner: f.mark.Owner, Source: f.mark.Source, When: f.value["when"], Until: f.until,
		Next: d.Info.NextActionTimes, Missed: d.Info.NumActionsMissedCatchupWindow, facts: f,
	}
	if d.Schedule.State != nil {
		e.Note, e.Paused = d.Schedule.State.Note, d.Schedule.State.Paused
	}
	if n := len(d.Info.RecentActions); n > 0 {
		e.Last = &d.Info.RecentActions[n-1].ScheduleTime
	}
	if e.Next == nil {
		e.Next = []time.Time{}
	}
	return e, nil
}
