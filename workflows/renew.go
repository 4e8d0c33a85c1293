package workflows

import (
	"countersign/activities/timetable"

	"go.temporal.io/sdk/workflow"
)

// RenewSchedules writes the coming times of schedules with a time zone or a business
// calendar down for Temporal, a year ahead. A schedule runs it; see package schedules.
func RenewSchedules(ctx workflow.Context) (timetable.RenewResult, error) {
	ctx = workflow.WithActivityOptions(ctx, periodically("write the coming times of schedules down, a year ahead"))
	var res timetable.RenewResult
	var schedules *timetable.Timetable
	err := workflow.ExecuteActivity(ctx, schedules.RenewTimetables).Get(ctx, &res)
	return res, err
}
