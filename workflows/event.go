package workflows

import (
	"countersign"
	"countersign/activities"
	"countersign/audit"

	"go.temporal.io/sdk/workflow"
)

// EventInput starts a Notice or a Stray.
type EventInput struct {
	Event countersign.Event `json:"event"`
}

// Notice records a delivery of a kind that we know and that no process of its own
// answers yet.
func Notice(ctx workflow.Context, in EventInput) (activities.RecordEventResult, error) {
	return record(ctx, in, audit.EventNoticed)
}

// Stray records a verified delivery of a kind that we do not know, so that
// nothing the custodian says is lost.
func Stray(ctx workflow.Context, in EventInput) (activities.RecordEventResult, error) {
	return record(ctx, in, audit.EventStray)
}

func record(ctx workflow.Context, in EventInput, kind audit.Type) (activities.RecordEventResult, error) {
	var events *activities.Events
	return run[activities.RecordEventResult](ctx, "record "+string(in.Event.Kind),
		events.RecordEvent, activities.RecordEventInput{Event: in.Event, Type: kind})
}
