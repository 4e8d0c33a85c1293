package activities

import (
	"context"
	"fmt"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
)

// Events records deliveries that no process of its own answers.
//
// It is idempotent on the event's root.
type Events struct {
	Trail Trail
}

// RecordEventInput names the delivery and whether its kind is known.
type RecordEventInput struct {
	Event countersign.Event `json:"event"`
	// Type is audit.EventNoticed or audit.EventStray.
	Type audit.Type `json:"type"`
}

// RecordEventResult finds the record.
type RecordEventResult struct {
	Index int64 `json:"index"`
}

// RecordEvent puts a delivery on the trail, once.
func (a *Events) RecordEvent(ctx context.Context, in RecordEventInput) (RecordEventResult, error) {
	key := countersign.EventKey(in.Event.Root())
	if err := countersign.CheckID(in.Event.Root()); err != nil {
		return RecordEventResult{}, wire.Error(fmt.Errorf("record event: %w", err))
	}
	entry, err := a.Trail.Append(ctx, audit.Draft{
		Key: key, Type: in.Type, Retold: true, Body: audit.Notice{Event: in.Event, Workflow: wire.Here(ctx)},
	})
	if err != nil {
		return RecordEventResult{}, wire.Error(fmt.Errorf("record event %s: %w", in.Event.Root(), err))
	}
	return RecordEventResult{Index: entry.Index}, nil
}
