// Package timetable keeps what runs by the clock supplied with times: those of a schedule
// with a time zone or a business calendar are written down in Temporal for a year ahead,
// and somebody must write the next ones.
package timetable

import (
	"context"
	"fmt"

	"countersign/activities/wire"
)

// Timetable renews the times of schedules.
type Timetable struct {
	Schedules Schedules
}

// Schedules are those in Temporal. keeper.Keeper is the real one.
type Schedules interface {
	// Renew writes down what is missing of the coming times, and returns the IDs of the
	// schedules that had some missing. Asked again it changes nothing.
	Renew(ctx context.Context) (renewed []string, err error)
}

// RenewResult names what was renewed.
type RenewResult struct {
	Renewed []string `json:"renewed,omitempty"`
}

// RenewTimetables brings every schedule of ours up to a year ahead. It is safe to run at
// any time and twice at once.
func (t *Timetable) RenewTimetables(ctx context.Context) (RenewResult, error) {
	renewed, err := t.Schedules.Renew(ctx)
	if err != nil {
		return RenewResult{}, wire.Error(fmt.Errorf("renew schedules: %w", err))
	}
	return RenewResult{Renewed: renewed}, nil
}
